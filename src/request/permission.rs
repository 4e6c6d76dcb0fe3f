//! What the model may do, as it was asked for.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// What happens to something that the model wants to do. The stricter one is the greater one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    Allow,
    Ask,
    Deny,
}

/// Which tool, and on what: `TOOL` or `TOOL:PATTERN`, with `*` (any text) and `?` (one character) in both.
///
/// All tools that write files are `edit`, as the engine asks for them. That and the other names that people have for a
/// tool are read as the engine's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RulePattern {
    /// The tool: `bash`, `edit`, `read`, `webfetch`, the name of an MCP tool, ...
    pub tool: String,
    /// On what; without one, on anything.
    pub pattern: Option<String>,
}

impl fmt::Display for RulePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tool)?;
        match &self.pattern {
            Some(pattern) => write!(f, ":{pattern}"),
            None => Ok(()),
        }
    }
}

/// The engine's name of a tool, for any of the names that people use for it. A `deny` for a name that the engine never
/// asks about would deny nothing.
pub fn canonical_tool(tool: &str) -> String {
    let folded = tool.to_ascii_lowercase();
    let known = match folded.as_str() {
        "write" | "patch" | "apply_patch" | "multiedit" | "edit" => "edit",
        "ls" | "list" => "list",
        "shell" | "bash" => "bash",
        "fetch" | "web_fetch" | "webfetch" => "webfetch",
        "web_search" | "websearch" => "websearch",
        "agent" | "subagent" | "task" => "task",
        "read" | "glob" | "grep" | "skill" | "question" | "todowrite" | "external_directory" | "doom_loop" => &folded,
        _ => tool,
    };
    known.to_owned()
}

/// A rule that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a rule is written `TOOL` or `TOOL:PATTERN`, such as `bash:git diff *` or `edit:docs/**`")]
pub struct ParseRuleError;

impl FromStr for RulePattern {
    type Err = ParseRuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (tool, pattern) = match text.split_once(':') {
            Some((tool, pattern)) => (tool.trim(), Some(pattern.trim())),
            None => (text.trim(), None),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*' | '?' | '.');
        if tool.is_empty() || !tool.chars().all(is_name) || pattern.is_some_and(str::is_empty) {
            return Err(ParseRuleError);
        }
        Ok(Self {
            tool: canonical_tool(tool),
            pattern: pattern.map(str::to_owned),
        })
    }
}

/// Where a rule came from; `policy show` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RuleOrigin {
    /// A flag, with its dashes.
    Flag(&'static str),
    /// The file of `--policy`, the user's settings, or a project's.
    File(PathBuf),
    /// A person, for the rest of the session.
    Granted,
}

impl fmt::Display for RuleOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Granted => f.write_str("granted for this session"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyRule {
    pub effect: Effect,
    pub pattern: RulePattern,
    pub origin: RuleOrigin,
}

impl fmt::Display for PolicyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.effect.as_str(), self.pattern, self.origin)
    }
}

/// What holds where no rule says anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Preset {
    /// A plain prompt: look, but do not touch.
    #[default]
    LookOnly,
    AutoTools,
    /// `--auto-tools --read-only`: as a plain prompt, whatever rules allow. Rules that allow are left out already.
    ReadOnly,
}

/// Who answers what the policy leaves open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Approver {
    /// A person at the terminal; without a terminal every question is denied.
    #[default]
    Person,
    /// `--yes`: everything is allowed once.
    Yes,
    /// `--no-input`: everything is denied.
    Nobody,
    /// `--approver`: a command of the user's.
    Program {
        /// The command, for the shell.
        command: String,
        /// How long it may take.
        timeout: Duration,
    },
}

/// What a denial does to the exit status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnDenial {
    /// Nothing, as long as the run comes to its end.
    #[default]
    GoOn,
    /// `--fail-on-deny`: the run has failed.
    Fail,
}

/// What the model may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermissionRequest {
    /// What holds where no rule says anything.
    pub preset: Preset,
    pub rules: Vec<PolicyRule>,
    /// `--add-dir`: directories that count as the agent's own; absolute.
    pub added_directories: Vec<PathBuf>,
    pub approver: Approver,
    pub on_denial: OnDenial,
    /// How the user lets tools run.
    pub switch: ToolsSwitch,
    /// What holds after a dialog has switched tools on, or off.
    pub switched: Option<Box<Self>>,
}

/// How the user lets tools run, for hints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ToolsSwitch {
    #[default]
    Flag,
    SlashCommand,
}

impl fmt::Display for ToolsSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "`--auto-tools`",
            Self::SlashCommand => "`/auto-tools on`",
        })
    }
}

impl PermissionRequest {
    /// Switches tools on, or off.
    pub fn switch_tools(&mut self) {
        if let Some(switched) = self.switched.take() {
            let before = std::mem::replace(self, *switched);
            self.switch = before.switch;
            self.switched = Some(Box::new(before));
        }
    }
}
