//! What holds where no rule says anything.

use super::LOOKING;
use crate::request::{Effect, Preset};

/// Tools that change nothing outside of the session, or do what is judged on its own.
const HARMLESS: [&str; 9] = [
    "todowrite",
    "todoread",
    "skill",
    "question",
    "plan_enter",
    "plan_exit",
    "invalid",
    "StructuredOutput",
    "lsp",
];

/// What the preset says of a tool, on whatever it is used, inside of the agent's directories.
pub(super) fn of_tool(preset: Preset, tool: &str) -> Effect {
    let looks = LOOKING.contains(&tool);
    match preset {
        Preset::AutoTools if looks || tool == "edit" || tool == "task" || HARMLESS.contains(&tool) => Effect::Allow,
        Preset::AutoTools => Effect::Ask,
        Preset::LookOnly if looks || matches!(tool, "question" | "invalid" | "StructuredOutput") => Effect::Allow,
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

/// How the preset's word on something is put.
pub(super) fn words(subject: &str, effect: Effect) -> String {
    let verb = match effect {
        Effect::Allow => "is allowed",
        Effect::Ask => "asks",
        Effect::Deny => "is denied",
    };
    format!("the preset: {subject} {verb}")
}
