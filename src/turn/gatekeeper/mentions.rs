//! Files that the prompt of a subagent mentions.
//!
//! The engine reads every file with an `@NAME` in the text before the subagent begins, without a permission ask:
//! neither the tool gate nor a rule sees that read. So the model could read any file this way, and each mention is
//! judged like a read. Measured with engine 1.18.33: the engine resolves a name from the root of the repository, which
//! is `/` outside of a repository.

use std::path::{Path, PathBuf};

use crate::permission::{Action, JudgedPart, Judgement, Policy};
use crate::request::Effect;

/// Judges the files that a subagent's `prompt` mentions; returns the strictest judgement if it is stricter than
/// `judgement`.
///
/// `root`: the directory from which the engine resolves the names, if known.
pub(super) fn judge(
    policy: &Policy,
    judgement: &Judgement,
    prompt: &str,
    directory: &Path,
    root: Option<&Path>,
) -> Option<Judgement> {
    let named = names(prompt).into_iter().flat_map(|name| {
        let why = format!("the subagent's prompt names `@{name}`, which the engine reads");
        let actions = actions(&name, directory, root);
        actions
            .into_iter()
            .map(move |action| (format!("@{name}"), why.clone(), action))
    });
    strictest(policy, judgement, named)
}

/// The strictest judgement of additional reads, if it is stricter than `judgement`. Each read comes with its name and
/// the reason for it.
pub(super) fn strictest(
    policy: &Policy,
    judgement: &Judgement,
    besides: impl Iterator<Item = (String, String, Action)>,
) -> Option<Judgement> {
    let mut strictest: Option<Judgement> = None;
    let mut parts = Vec::new();
    for (what, why, action) in besides {
        let mut judged = policy.judge(&action);
        if matches!(action, Action::Outside { .. }) {
            // A rule that allows the read does not cover the home of another user, which we cannot resolve.
            judged.effect = judged.effect.max(Effect::Ask);
        }
        if judged.effect
            <= strictest
                .as_ref()
                .map_or(judgement.effect, |judgement| judgement.effect)
        {
            continue;
        }
        let rule = format!("{why}: {}", judged.rule);
        parts.push(JudgedPart {
            what,
            effect: judged.effect,
            rule: rule.clone(),
        });
        strictest = Some(Judgement {
            rule,
            grant: Vec::new(),
            ..judged
        });
    }
    strictest.map(|judgement| Judgement { parts, ..judgement })
}

/// The files that the engine may read for a name.
fn actions(name: &str, directory: &Path, root: Option<&Path>) -> Vec<Action> {
    let read = |path: &Path| Action::Read {
        path: path.to_string_lossy().into_owned(),
    };
    if name.starts_with("~/") {
        return vec![Action::Outside {
            paths: vec![name.to_owned()],
        }];
    }
    let roots: Vec<PathBuf> = match root {
        Some(root) => vec![root.to_owned()],
        None => directory.ancestors().map(Path::to_owned).collect(),
    };
    // The engine takes a name of no existing file for an agent's name or a word.
    std::iter::once(directory.join(name))
        .chain(
            roots
                .iter()
                .map(|root| root.join(name))
                .filter(|path| path.symlink_metadata().is_ok()),
        )
        .map(|path| read(&path))
        .collect()
}

/// Every `@NAME`, as the engine's own expression finds it: `@(\.?[^\s`,.]*(?:\.[^\s`,.]+)*)`. Includes names after a
/// letter, which the engine ignores.
fn names(prompt: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (at, _) in prompt.match_indices('@') {
        let mut name = String::new();
        let mut rest = prompt[at + 1..].chars().peekable();
        if rest.peek() == Some(&'.') {
            name.extend(rest.next());
        }
        loop {
            while let Some(c) = rest.next_if(|&c| !ends_name(c) && c != '.') {
                name.push(c);
            }
            let mut further = rest.clone();
            if further.next() != Some('.') || further.peek().is_none_or(|&c| ends_name(c) || c == '.') {
                break;
            }
            name.push('.');
            rest.next();
        }
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// White space in JavaScript, and the other characters that no name contains.
fn ends_name(c: char) -> bool {
    matches!(c, '`' | ',' | '\u{feff}') || c.is_whitespace() && c != '\u{85}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_the_engine_finds_them() {
        for (prompt, expected) in [
            ("read @src/main.rs, then @README.md.", &["src/main.rs", "README.md"][..]),
            (
                "@~/.ssh/id_ed25519 and (@/etc/passwd)",
                &["~/.ssh/id_ed25519", "/etc/passwd)"],
            ),
            ("@.env @../up @.. @a..b", &[".env", "../up", ".", "a"]),
            ("mail a@b.org, @", &["b.org"]),
            ("@a@/etc/shadow", &["a@/etc/shadow", "/etc/shadow"]),
            ("@x\u{85}y @z\u{feff}w", &["x\u{85}y", "z"]),
            ("no names", &[]),
        ] {
            assert_eq!(names(prompt), expected, "{prompt}");
        }
    }

    #[test]
    fn a_name_is_looked_for_wherever_the_engine_may() {
        let paths = |name: &str, root: Option<&str>| -> Vec<String> {
            actions(name, Path::new("/no/such/place"), root.map(Path::new))
                .into_iter()
                .flat_map(|action| action.subjects())
                .collect()
        };
        assert_eq!(paths("a.rs", Some("/")), ["/no/such/place/a.rs"]);
        assert_eq!(paths("tmp", Some("/")), ["/no/such/place/tmp", "/tmp"]);
        assert_eq!(paths("tmp", None), ["/no/such/place/tmp", "/tmp"]);
        assert_eq!(paths("/etc/hosts.none", None), ["/etc/hosts.none"]);
        assert_eq!(paths("~/.ssh/id", None), ["~/.ssh/id"]);
    }
}
