//! What holds where no rule says anything.

use super::{INVALID, LOOKING};
use crate::request::{Effect, Preset};

/// Tools of the engine's that change nothing outside of the session, or do what is judged on its own. None that an MCP
/// server could give the name of: that is the server's name, `_`, and the tool's.
pub(super) const HARMLESS: [&str; 6] = ["todowrite", "skill", "question", INVALID, "StructuredOutput", "lsp"];

/// The preset's decision about a tool inside of the agent's directories, for all its targets.
pub(super) fn of_tool(preset: Preset, tool: &str) -> Effect {
    let looks = LOOKING.contains(&tool);
    match preset {
        Preset::AutoTools if looks || tool == "edit" || tool == "task" || HARMLESS.contains(&tool) => Effect::Allow,
        Preset::AutoTools => Effect::Ask,
        Preset::LookOnly if looks || matches!(tool, "question" | INVALID | "StructuredOutput") => Effect::Allow,
        Preset::ReadOnly if looks || tool == "task" || HARMLESS.contains(&tool) => Effect::Allow,
        // Looking outside of the directory is the only thing that is left to a person.
        Preset::ReadOnly if matches!(tool, "external_directory" | "doom_loop") => Effect::Ask,
        Preset::LookOnly | Preset::ReadOnly => Effect::Deny,
    }
}

/// What the preset says of what is beyond its ordinary bounds: secrets, places outside.
pub(super) fn beyond(preset: Preset, tool: &str) -> Effect {
    let cautious = match preset {
        Preset::AutoTools | Preset::ReadOnly => Effect::Ask,
        Preset::LookOnly => Effect::Deny,
    };
    cautious.max(of_tool(preset, tool))
}

/// What a reason that comes from the preset begins with.
const PREFIX: &str = "the preset: ";

/// Reasons that concern a whole tool, as the question puts them.
const WHOLE_TOOLS: [(&str, &str); 4] = [
    ("bash asks", "commands always ask"),
    ("webfetch asks", "fetching from the web always asks"),
    ("websearch asks", "searching the web always asks"),
    ("doom_loop asks", "the same call over and over asks"),
];

/// The reason of a judgement in the words of the question, which name no preset.
pub(super) fn plain_reason(rule: &str) -> String {
    let Some(reason) = rule.strip_prefix(PREFIX) else {
        return if rule.starts_with('`') {
            format!("the rule {rule}")
        } else {
            rule.to_owned()
        };
    };
    for (tool, plain) in WHOLE_TOOLS {
        if let Some(more) = reason.strip_prefix(tool)
            && (more.is_empty() || more.starts_with(';'))
        {
            return format!("{plain}{more}");
        }
    }
    match reason.strip_prefix("bash ") {
        Some(more) => format!("a command {more}"),
        None => reason.to_owned(),
    }
}

/// How the preset's word on something is put.
pub(super) fn words(subject: &str, effect: Effect) -> String {
    let verb = match effect {
        Effect::Allow => "is allowed",
        Effect::Ask => "asks",
        Effect::Deny => "is denied",
    };
    format!("{PREFIX}{subject} {verb}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_reasons_in_plain_words() {
        let asks = |subject: &str| plain_reason(&words(subject, Effect::Ask));
        assert_eq!(asks("bash"), "commands always ask");
        assert_eq!(
            asks("bash with a path outside of the directory"),
            "a command with a path outside of the directory asks"
        );
        assert_eq!(asks("read of `*.env`"), "read of `*.env` asks");
        assert_eq!(asks("bash_tool"), "bash_tool asks");
        assert_eq!(
            plain_reason("the preset: doom_loop asks; this is call 3 of the same kind in a row"),
            "the same call over and over asks; this is call 3 of the same kind in a row"
        );
        assert_eq!(
            plain_reason("`ask bash:rm *` (--ask)"),
            "the rule `ask bash:rm *` (--ask)"
        );
    }
}
