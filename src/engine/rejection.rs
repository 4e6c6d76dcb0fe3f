//! Why a file that is called `opencode` is not used.

use std::fmt;
use std::time::Duration;

use semver::Version;

use super::{OLDEST_TESTED, too_new};

/// The reason why a candidate was skipped. Reads as the end of a sentence that begins with "it".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// Nothing is there, or a link that leads nowhere.
    Missing,
    /// A directory, a device, or something else that is no file.
    NotAFile,
    /// Neither a program nor a script.
    NotAProgram,
    /// The placeholder that the npm package holds until its install script has run.
    Placeholder,
    /// A `.cmd` file of another shape than npm's, or one whose program is gone.
    UnknownShim,
    /// The system refuses to execute it; the text says what it looks like.
    Foreign(&'static str),
    /// The system finds the file, but not the loader that it needs.
    LoaderMissing,
    /// A script whose interpreter is missing: a path, or a name that is not on `PATH`.
    InterpreterMissing(String),
    /// A script that ended with status 127: a program that it calls is missing. The text is the end of what it said.
    ProgramMissing(String),
    /// It ended with status 127: shared libraries are missing.
    LibrariesMissing(String),
    /// It was killed by SIGILL.
    IllegalInstruction,
    /// It was killed by another signal.
    Killed(i32),
    /// It ended with an error; the text is the end of what it said.
    Exited(i32, String),
    /// It did not answer in time.
    TimedOut(Duration),
    /// It ended well and printed no version.
    NoVersion(String),
    /// It is this program under another name.
    Ourselves,
    /// Its version is not supported.
    Unsupported(Version),
    /// Its version differs from the version that was installed or asked for.
    OtherVersion { found: Version, expected: Version },
    /// Its size is not the one in its receipt.
    Damaged {
        found: u64,
        /// The size when it was installed.
        expected: u64,
    },
    /// It cannot be read or started.
    Unusable(String),
    /// This machine lacks descriptors, memory or space to find out.
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

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it does not exist"),
            Self::NotAFile => f.write_str("it is not a file"),
            Self::NotAProgram => f.write_str("it is neither a program nor a script (those begin with `#!`)"),
            Self::Placeholder => {
                f.write_str("it is not a program, but a placeholder of an npm package whose install script did not run")
            }
            Self::UnknownShim => f.write_str("it is a command file that leads to no `opencode.exe`"),
            Self::Foreign(what) => write!(f, "it is {what} and does not run on this machine"),
            Self::LoaderMissing => f.write_str("the loader that it names is not on this system"),
            Self::InterpreterMissing(path) if path.starts_with('/') => {
                write!(f, "its interpreter `{path}` does not exist")
            }
            Self::InterpreterMissing(name) => write!(f, "its interpreter `{name}` is not on `PATH`"),
            Self::ProgramMissing(said) => write!(f, "a program that it calls is missing{}", ProgramOutputLine(said)),
            Self::LibrariesMissing(said) => write!(
                f,
                "shared libraries that it needs are missing{}",
                ProgramOutputLine(said)
            ),
            Self::IllegalInstruction => f.write_str("it uses instructions that this processor does not have"),
            Self::Killed(signal) => write!(f, "`--version` was killed by signal {signal}"),
            Self::Exited(code, said) => write!(f, "`--version` ended with status {code}{}", ProgramOutputLine(said)),
            Self::TimedOut(limit) => write!(f, "`--version` did not end within {} s", limit.as_secs_f32()),
            Self::NoVersion(said) => write!(f, "`--version` printed no version{}", ProgramOutputLine(said)),
            Self::Ourselves => f.write_str("it is `opencode-rs` under another name"),
            Self::Unsupported(version) => {
                write!(
                    f,
                    "its version {version} is not supported ({OLDEST_TESTED} or later, below 2.0.0)"
                )?;
                if version.major == 1 && version.minor < 4 {
                    // Without its appended payload the file is plain Bun, whose versions are 1.3 and lower.
                    f.write_str("; a damaged engine reports such a version too")?;
                }
                Ok(())
            }
            Self::OtherVersion { found, expected } => write!(f, "its version is {found} instead of {expected}"),
            Self::Damaged { found, expected } => write!(f, "it has {found} bytes instead of {expected}"),
            Self::Unusable(why) | Self::MachineShort(why) => f.write_str(why),
        }
    }
}

/// The last line of what a program said, made harmless for a terminal.
struct ProgramOutputLine<'a>(&'a str);

impl fmt::Display for ProgramOutputLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 200;
        let Some(line) = self.0.lines().rev().find(|line| !line.trim().is_empty()) else {
            return Ok(());
        };
        let clean: String = line
            .trim()
            .chars()
            .filter(|character| !character.is_control())
            .take(LONGEST)
            .collect();
        write!(f, ": {clean}")
    }
}
