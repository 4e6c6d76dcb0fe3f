//! How a command can fail, and the exit status that says so.
//!
//! Each stage has its own error enum, which carries facts. It converts that enum into a [`Failure`] beside the enum, so
//! that the hint lives with the knowledge. Here is only what all of them share: the kind, and the one exhaustive match
//! from kind to exit status.

mod class;

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::class::{ErrorClass, ErrorFacts, ErrorSubclass, Recovery};

/// A failed command: what failed, why, and what the reader can do about it.
///
/// The message is a lower-case fragment without a full stop ("cannot read `x`"); labels such as `error:` are added by
/// the reporter in `app`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failure {
    pub kind: FailureKind,
    /// Which action failed, and on which object.
    pub message: String,
    /// The causes, outermost first, each without a label.
    pub causes: Vec<String>,
    /// Actions that the reader can take.
    pub hints: Vec<String>,
    /// For programs; in a box since most failures have none.
    #[serde(default)]
    pub facts: Option<Box<ErrorFacts>>,
}

impl Failure {
    /// A failure without cause or hint.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            facts: None,
        }
    }

    /// A usage failure: a bad flag, setting or name.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    /// A failure of the agent, or of something for which no other kind fits.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Failed, message)
    }

    /// A failure of the engine or its server.
    pub fn engine(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Engine, message)
    }

    /// A file or a directory that cannot be written, with what helps.
    pub fn cannot_write(path: &Path, error: &io::Error) -> Self {
        let path = path.display();
        let failure = Self::failed(format!("cannot write `{path}`")).caused_by(error);
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => failure.hint("free some space there"),
            io::ErrorKind::FileTooLarge => failure.hint("raise the limit on the size of files (`ulimit -f`)"),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                failure.hint("make it writable, or name another place")
            }
            io::ErrorKind::IsADirectory => failure.hint(format!("move the directory `{path}` away")),
            _ => failure,
        }
    }

    /// A failure described by `error`, whose own sources become the causes.
    pub fn from_error(kind: FailureKind, error: &(dyn StdError + 'static)) -> Self {
        let mut failure = Self::new(kind, error.to_string());
        failure.push_causes(error.source());
        failure
    }

    /// Adds `error` and its sources to the causes.
    #[must_use]
    pub fn caused_by(mut self, error: &(dyn StdError + 'static)) -> Self {
        self.push_causes(Some(error));
        self
    }

    /// Adds an action that the reader can take.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says the class, where the kind does not tell.
    #[must_use]
    pub fn class(mut self, class: ErrorClass) -> Self {
        self.facts.get_or_insert_default().class = Some(class);
        self
    }

    #[must_use]
    pub fn subclass(mut self, subclass: ErrorSubclass) -> Self {
        self.facts.get_or_insert_default().subclass = Some(subclass);
        self
    }

    /// Adds an action where it is of use.
    #[must_use]
    pub fn hint_if(self, is_useful: bool, hint: impl Into<String>) -> Self {
        if is_useful { self.hint(hint) } else { self }
    }

    fn push_causes(&mut self, first: Option<&(dyn StdError + 'static)>) {
        let mut next = first;
        while let Some(error) = next {
            let text = without_number(&error.to_string());
            // Libraries often repeat the cause in their own message; it is added once.
            let is_repeated = self.causes.last().is_some_and(|last| last.ends_with(&text));
            let says_nothing = error.source().is_some() && STEPS_OF_A_REQUEST.contains(&text.as_str());
            if !is_repeated && !says_nothing {
                self.causes.push(text);
            }
            next = error.source();
        }
    }
}

/// What the HTTP library says of its own steps, above the cause.
const STEPS_OF_A_REQUEST: [&str; 3] = ["error sending request", "client error (Connect)", "tcp connect error"];

/// A message of the system without its number: `Connection refused (os error 111)`.
fn without_number(text: &str) -> String {
    let ends = text.rsplit_once(" (os error ");
    let is_number = |end: &str| end.strip_suffix(')').is_some_and(|end| end.parse::<i32>().is_ok());
    match ends {
        Some((message, end)) if is_number(end) => message.to_owned(),
        _ => text.to_owned(),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl StdError for Failure {}

/// The kinds of failure that a script can tell apart by exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The agent failed, or nothing better fits. Exit status 1.
    Failed,
    /// The answer was cut by the model's output limit. Exit status 1.
    Truncated,
    /// A flag, setting, file, model or agent name is wrong. Exit status 2.
    Usage,
    /// The answer is empty, or a check on it failed. Exit status 3.
    InvalidResult,
    /// Credentials are missing or were refused. Exit status 4.
    Auth,
    /// A permission was refused and the run stopped because of it. Exit status 5.
    Denied,
    /// Turns, tool calls, tokens or cost went beyond their limit. Exit status 6.
    Limit,
    /// The provider is unreachable, overloaded, rate limited, or the context is too long. Exit status 7.
    Provider,
    /// `--timeout` or `--stall-timeout` ran out. Exit status 124.
    Timeout,
    /// The engine cannot be run, has the wrong version, or its server failed. Exit status 126.
    Engine,
    /// No engine was found and none could be installed. Exit status 127.
    EngineMissing,
    /// Ctrl-C. Exit status 130.
    Interrupted,
    /// SIGTERM or SIGHUP. Exit status 143.
    Terminated,
    /// The reader of stdout went away. Exit status 141.
    BrokenPipe,
}

impl FailureKind {
    /// Every kind, for tables in documentation and tests.
    pub const ALL: [Self; 14] = [
        Self::Failed,
        Self::Truncated,
        Self::Usage,
        Self::InvalidResult,
        Self::Auth,
        Self::Denied,
        Self::Limit,
        Self::Provider,
        Self::Timeout,
        Self::Engine,
        Self::EngineMissing,
        Self::Interrupted,
        Self::Terminated,
        Self::BrokenPipe,
    ];

    /// The exit status of the process.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Failed | Self::Truncated => 1,
            Self::Usage => 2,
            Self::InvalidResult => 3,
            Self::Auth => 4,
            Self::Denied => 5,
            Self::Limit => 6,
            Self::Provider => 7,
            Self::Timeout => 124,
            Self::Engine => 126,
            Self::EngineMissing => 127,
            Self::Interrupted => 130,
            Self::BrokenPipe => 141,
            Self::Terminated => 143,
        }
    }

    /// The word in the `outcome` field of a result record.
    pub const fn outcome(self) -> &'static str {
        match self {
            Self::Failed | Self::Truncated => "failed",
            Self::Usage => "usage",
            Self::InvalidResult => "invalid_result",
            Self::Auth => "auth",
            Self::Denied => "denied",
            Self::Limit => "limit",
            Self::Provider => "provider",
            Self::Timeout => "timeout",
            Self::Engine | Self::EngineMissing => "engine",
            Self::Interrupted | Self::Terminated | Self::BrokenPipe => "interrupted",
        }
    }

    /// What the exit status says, as a fragment for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Failed => "the agent failed, or no other status fits",
            Self::Truncated => "the answer was cut by the model's output limit (`error.kind` is `truncated`)",
            Self::Usage => "a wrong option, setting, rule, file, model or agent name; a directory that is not trusted",
            Self::InvalidResult => {
                "the answer is empty, `--verify` failed, `--require-change` found no change, or `policy test --expect` \
                 is not met"
            }
            Self::Auth => "credentials are missing, or the provider refused them",
            Self::Denied => {
                "the run stopped because a tool call was denied; with `--fail-on-deny`, any call was denied"
            }
            Self::Limit => "more turns, tool calls, tokens or dollars than the limits allow",
            Self::Provider => {
                "the provider is unreachable, overloaded or rate limited beyond the retries; the context is too long"
            }
            Self::Timeout => "`--timeout` or `--stall-timeout` ran out",
            Self::Engine => "the engine cannot be run, has the wrong version, or its server failed",
            Self::EngineMissing => "no engine was found, and none could be installed",
            Self::Interrupted => "Ctrl-C",
            Self::Terminated => "SIGTERM or SIGHUP",
            Self::BrokenPipe => "the reader of stdout went away",
        }
    }
}

/// Every exit status, in order: its number, the outcome in records, and what it says.
pub fn exit_statuses() -> BTreeMap<u8, (&'static str, String)> {
    let mut statuses = BTreeMap::from([(0, ("ok", "finished, and the answer is not empty".to_owned()))]);
    for kind in FailureKind::ALL {
        statuses
            .entry(kind.exit_code())
            .and_modify(|(_, meaning)| *meaning = format!("{meaning}; {}", kind.meaning()))
            .or_insert_with(|| (kind.outcome(), kind.meaning().to_owned()));
    }
    statuses
}

/// The failure of a write to stdout; a reader that went away is a kind of its own, which `app` does not report.
pub fn stdout_failure(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::new(FailureKind::BrokenPipe, "the reader of stdout went away");
    }
    Failure::failed("cannot write to stdout").caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_repeats_its_source_is_said_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot open: {0}")]
        struct Outer(#[source] std::io::Error);
        let outer = Outer(std::io::Error::other("disk on fire"));
        let failure = Failure::new(FailureKind::Failed, "cannot run").caused_by(&outer);
        assert_eq!(failure.causes, ["cannot open: disk on fire"]);
        assert_eq!(failure.to_string(), "cannot run: cannot open: disk on fire");
    }

    #[test]
    fn exit_codes_are_those_of_the_contract() {
        let table: Vec<_> = FailureKind::ALL
            .iter()
            .map(|kind| (kind.outcome(), kind.exit_code()))
            .collect();
        assert_eq!(
            table,
            [
                ("failed", 1),
                ("failed", 1),
                ("usage", 2),
                ("invalid_result", 3),
                ("auth", 4),
                ("denied", 5),
                ("limit", 6),
                ("provider", 7),
                ("timeout", 124),
                ("engine", 126),
                ("engine", 127),
                ("interrupted", 130),
                ("interrupted", 143),
                ("interrupted", 141),
            ]
        );
    }
}
