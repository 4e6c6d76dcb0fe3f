//! From rules to a judgement.

use std::path::{Path, PathBuf};

use super::Action;
use crate::request::{Effect, PermissionRequest, PolicyRule, Preset};

/// The rules in force for one run.
#[derive(Debug, Clone)]
pub struct Policy {
    preset: Preset,
    rules: Vec<PolicyRule>,
    directory: PathBuf,
    added: Vec<PathBuf>,
    home: PathBuf,
}

/// What the policy says of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What happens.
    pub effect: Effect,
    /// What decided it: a rule with its origin, or the preset, in words ("`deny bash:rm *` (--deny)").
    pub rule: String,
    /// Whether the preset decided, and no rule of anybody's.
    pub by_preset: bool,
    /// The parts that were judged one by one: the commands of a shell line, the paths of an edit.
    pub parts: Vec<JudgedPart>,
    /// The rules that would allow this and its like for the rest of the session; empty when there is no good pattern.
    pub grant: Vec<PolicyRule>,
}

/// What the policy says of a part of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedPart {
    /// The part: a command, a path. Not cleaned for a terminal.
    pub what: String,
    /// What happens.
    pub effect: Effect,
    /// What decided it.
    pub rule: String,
}

impl Policy {
    /// The policy for an agent that works in `directory` (absolute, canonical).
    pub fn new(request: &PermissionRequest, directory: &Path, home: &Path) -> Self {
        Self {
            preset: request.preset,
            rules: request.rules.clone(),
            directory: directory.to_path_buf(),
            added: request.added_directories.clone(),
            home: home.to_path_buf(),
        }
    }

    /// Judges an action. Reads the file system (symbolic links), changes nothing.
    pub fn judge(&self, action: &Action) -> Judgement {
        let _ = (&self.preset, &self.directory, &self.added, &self.home, action);
        Judgement {
            effect: Effect::Ask,
            rule: "everything asks".to_owned(),
            by_preset: true,
            parts: Vec::new(),
            grant: Vec::new(),
        }
    }

    /// Adds rules that a person granted for the rest of the session.
    pub fn grant(&mut self, rules: &[PolicyRule]) {
        self.rules.extend_from_slice(rules);
    }

    /// The rules of the session, for the engine: tools that are denied altogether, by the engine's names.
    pub fn removed_tools(&self) -> Vec<String> {
        Vec::new()
    }
}
