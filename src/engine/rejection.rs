//! Files that could be the engine, and why one is not used.

use std::path::PathBuf;
use std::time::Duration;

use semver::Version;

use super::{OLDEST_TESTED, too_new};
use crate::request::EngineSource;

/// The reason why a candidate was skipped. Reads as the end of a sentence that begins with "it".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Nothing is there, or a link that leads nowhere.
    #[error("it does not exist")]
    Missing,
    /// A directory, a device, or something else that is no file.
    #[error("it is not a file")]
    NotAFile,
    #[error("it is neither a program nor a script (those begin with `#!`)")]
    NotAProgram,
    /// The placeholder that the npm package holds until its install script has run.
    #[error("it is not a program, but a placeholder of an npm package whose install script did not run")]
    Placeholder,
    /// A `.cmd` file of another shape than npm's, or one whose program is gone.
    #[error("it is a command file that leads to no `opencode.exe`")]
    UnknownShim,
    /// The system refuses to execute it; the text says what it looks like.
    #[error("it is {0} and does not run on this machine")]
    Foreign(&'static str),
    /// The system finds the file, but not the loader that it needs.
    #[error("the loader that it names is not on this system")]
    LoaderMissing,
    /// A script whose interpreter is missing: a path, or a name that is not on `PATH`.
    #[error("its interpreter `{}` {}", .0, missing_where(.0))]
    InterpreterMissing(String),
    /// A script that ended with status 127. The text is the end of what it said.
    #[error("a program that it calls is missing{}", last_line(.0))]
    ProgramMissing(String),
    /// It ended with status 127.
    #[error("shared libraries that it needs are missing{}", last_line(.0))]
    LibrariesMissing(String),
    /// It was killed by SIGILL.
    #[error("it uses instructions that this processor does not have")]
    IllegalInstruction,
    #[error("`--version` was killed by signal {0}")]
    Killed(i32),
    /// The text is the end of what it said.
    #[error("`--version` ended with status {}{}", .0, last_line(.1))]
    Exited(i32, String),
    #[error("`--version` did not end within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// It ended with exit status 0.
    #[error("`--version` printed no version{}", last_line(.0))]
    NoVersion(String),
    #[error("it is `opencode-rs` under another name")]
    Ourselves,
    #[error("its version {} is not supported ({} or later, below 2.0.0){}", .0, OLDEST_TESTED, note_on_age(.0))]
    Unsupported(Version),
    /// Its version differs from the version that was installed or asked for.
    #[error("its version is {found} instead of {expected}")]
    OtherVersion { found: Version, expected: Version },
    /// Its size is not the one in its receipt.
    #[error("it has {found} bytes instead of {expected}")]
    Damaged {
        found: u64,
        /// The size when it was installed.
        expected: u64,
    },
    /// It cannot be read or started.
    #[error("{0}")]
    Unusable(String),
    /// This machine lacks descriptors, memory or space to find out.
    #[error("{0}")]
    MachineShort(String),
}

impl Rejection {
    /// Whether another build of the same version may run where this one does not.
    pub const fn suggests_another_build(&self) -> bool {
        matches!(
            self,
            Self::IllegalInstruction | Self::LibrariesMissing(_) | Self::LoaderMissing | Self::Foreign(_)
        )
    }

    /// Whether it tells of the state of this machine and not of the file. Another file would fare no better.
    pub const fn is_local(&self) -> bool {
        const SIGKILL: i32 = 9;
        matches!(self, Self::TimedOut(_) | Self::MachineShort(_) | Self::Killed(SIGKILL))
    }

    /// What the user can do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing => Some("`opencode-rs engine list` shows the engines on this machine"),
            Self::Placeholder => Some(
                "run `npm rebuild opencode-ai` to complete the npm package, or leave it: our own copy does as well",
            ),
            Self::InterpreterMissing(_) | Self::ProgramMissing(_) => Some(
                "set `PATH` (that of cron and systemd is short), or name the engine program itself with `--engine`",
            ),
            Self::TimedOut(_) => Some("run again when the machine is less busy"),
            Self::Killed(_) if self.is_local() => Some("run again when more memory is free"),
            Self::MachineShort(_) => Some("free some, or raise the limits that `ulimit -a` shows"),
            Self::LibrariesMissing(_) => Some("on Alpine, run `apk add libstdc++ libgcc`"),
            Self::LoaderMissing => Some("on NixOS, enable `programs.nix-ld` or install `opencode` from nixpkgs"),
            Self::Unsupported(version) if too_new(version) => {
                Some("version 2 of `opencode` speaks another protocol; version 1 is installed beside it when needed")
            }
            Self::Damaged { .. } | Self::OtherVersion { .. } => {
                Some("run `opencode-rs engine verify` to see what changed")
            }
            _ => None,
        }
    }
}

fn missing_where(interpreter: &str) -> &'static str {
    if interpreter.starts_with('/') {
        "does not exist"
    } else {
        "is not on `PATH`"
    }
}

/// Without its appended payload an engine is plain Bun, whose versions are 1.3 and lower.
fn note_on_age(version: &Version) -> &'static str {
    if version.major == 1 && version.minor < 4 {
        "; a damaged engine reports such a version too"
    } else {
        ""
    }
}

/// The last line of what a program said, made harmless for a terminal, behind a colon.
fn last_line(said: &str) -> String {
    const LONGEST: usize = 200;
    let Some(line) = said.lines().rev().find(|line| !line.trim().is_empty()) else {
        return String::new();
    };
    let harmless = line.trim().chars().filter(|character| !character.is_control());
    format!(": {}", harmless.take(LONGEST).collect::<String>())
}

/// A file that could be the engine, and whether it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineCandidate {
    pub path: PathBuf,
    pub source: EngineSource,
    /// Its version, or why it is skipped.
    pub verdict: Result<Version, Rejection>,
}

impl EngineCandidate {
    /// Whether this machine, and not the file, is the reason for which it was skipped.
    pub fn is_local(&self) -> bool {
        self.verdict.as_ref().is_err_and(Rejection::is_local)
    }

    /// A line that says why it was skipped, if it was.
    pub fn skipped(&self) -> Option<String> {
        let rejection = self.verdict.as_ref().err()?;
        Some(format!("skipped `{}`: {rejection}", self.path.display()))
    }
}
