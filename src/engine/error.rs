//! How finding or installing an engine can fail.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use semver::Version;
use url::Url;

use super::digest::Mismatch;
use super::platform::{BuildTarget, UnsupportedPlatform};
use super::rejection::{EngineCandidate, Rejection};
use super::{OLDEST_TESTED, PINNED_VERSION};
use crate::env_vars;
use crate::error::{Failure, FailureKind};

/// A failure of this stage, with the facts.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine that the user named is not used.
    #[error("cannot use the engine `{}` named by {named_by}: {rejection}", path.display())]
    Explicit {
        path: PathBuf,
        /// The flag, variable or setting.
        named_by: String,
        /// The reason that is shown to the user.
        rejection: Rejection,
    },
    /// No engine is here, and none could be installed.
    #[error("cannot find an engine, and cannot install `opencode {version}`")]
    Nothing {
        /// The version that was to be installed.
        version: Version,
        /// Everything called `opencode` that was skipped.
        rejected: Vec<EngineCandidate>,
        source: Box<Error>,
    },
    /// No engine is here, and no installation was asked for.
    #[error("cannot find an engine")]
    NoneHere {
        /// Everything called `opencode` that was skipped.
        rejected: Vec<EngineCandidate>,
    },
    /// This machine cannot run what may well be an engine.
    #[error("cannot find out whether there is an engine")]
    Undecided {
        /// Everything called `opencode` that was skipped.
        rejected: Vec<EngineCandidate>,
    },
    /// `--offline`, and the version is not installed.
    #[error("cannot download `opencode {version}`: `--offline` is set")]
    Offline {
        version: Version,
        url: Url,
        /// The file in it, which has to be placed.
        member: &'static str,
        /// Where it has to be placed.
        destination: PathBuf,
    },
    /// No engine is built for this machine.
    #[error(transparent)]
    Platform(#[from] UnsupportedPlatform),
    /// The version is outside of what is supported.
    #[error("cannot install `opencode {0}`: the version is not supported")]
    UnsupportedVersion(Version),
    /// No source has the wanted engine.
    #[error("cannot download `opencode {version}`")]
    Sources {
        version: Version,
        /// What each source said, in the order in which they were asked.
        attempts: Vec<Error>,
    },
    /// A file is not what was published.
    #[error("cannot trust `{url}`: {mismatch}")]
    HashMismatch {
        /// Where the file came from.
        url: Url,
        /// What it should be, and what it is.
        mismatch: Box<Mismatch>,
    },
    #[error("cannot verify `{url}`: no hash is published for it")]
    NoHash {
        /// The file or its description.
        url: Url,
    },
    /// The archive has not the shape that releases have.
    #[error("cannot unpack `{url}`: {problem}")]
    Archive {
        url: Url,
        /// What is wrong with it.
        problem: String,
    },
    /// More bytes than any engine has.
    #[error("cannot use `{url}`: {what} has more than {limit} bytes")]
    TooLarge {
        url: Url,
        /// The archive, or what is in it.
        what: &'static str,
        limit: u64,
    },
    /// The source does not have this version or build.
    #[error("`{url}` does not exist")]
    NotPublished { url: Url },
    /// The source answered with an error.
    #[error("`{url}` answered with status {status}")]
    Status {
        url: Url,
        status: u16,
        /// When to ask again, if it said so.
        retry_after: Option<Duration>,
    },
    /// The source counts requests and has had enough.
    #[error("`{url}` refuses more requests {} (rate limit)", until(resets.as_deref()))]
    RateLimited {
        url: Url,
        /// Until when, RFC 3339, if it said so.
        resets: Option<String>,
    },
    /// The connection could not be made.
    #[error("cannot reach `{url}`{}: {reason}", through(proxy.as_ref()))]
    Connect {
        url: Url,
        /// The proxy in between, and what named it.
        proxy: Option<(String, &'static str)>,
        /// The innermost cause; those around it say no more than that there is one.
        reason: String,
        /// Whether it had its whole time, so that more of it helps less than another source.
        timed_out: bool,
    },
    /// A connection broke, or fell silent.
    #[error("cannot finish reading `{url}`: {reason}")]
    Interrupted { url: Url, reason: String },
    /// The answer is not what such a source says.
    #[error("cannot understand the answer of `{url}`: {problem}")]
    Answer {
        url: Url,
        /// What is wrong with it.
        problem: String,
    },
    /// An address would be read without encryption, or is not an address.
    #[error("cannot use the address `{address}`: {problem}")]
    Address {
        address: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The HTTP client cannot be made.
    #[error("cannot set up encrypted connections")]
    Client(#[source] reqwest::Error),
    /// A file of certificates cannot be used.
    #[error("cannot use the certificates in `{}`, named by {named_by}", path.display())]
    Certificates {
        path: PathBuf,
        named_by: &'static str,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file or directory of this program cannot be written or read.
    #[error("cannot {action} `{}`", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// The executable was verified and does not run.
    #[error("cannot use the downloaded `opencode {version}` ({target}): {rejection}")]
    NotRunnable {
        version: Version,
        target: BuildTarget,
        rejection: Rejection,
    },
    /// Something that we did not put there is where an engine should go.
    #[error("cannot install to `{}`: what is there was not installed by `opencode-rs`, and {reason}", path.display())]
    InTheWay {
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The version is not in the store.
    #[error("cannot find `opencode {0}` among the installed engines")]
    NotInstalled(Version),
    /// Installed engines are not what they were.
    #[error("cannot trust {count} of the installed engines", count = .0.len())]
    Damaged(Vec<(Version, PathBuf)>),
}

impl Error {
    /// No candidate can be used, and nothing is to be installed.
    pub fn none_here(rejected: Vec<EngineCandidate>) -> Self {
        if rejected.iter().any(EngineCandidate::is_local) {
            Self::Undecided { rejected }
        } else {
            Self::NoneHere { rejected }
        }
    }

    /// A failed operation on a file of this program.
    pub(super) fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File {
            action,
            path: path.to_path_buf(),
            source,
        }
    }

    /// An answer that is not what such a source says.
    pub(super) fn answer(url: &Url, problem: impl ToString) -> Self {
        Self::Answer {
            url: url.clone(),
            problem: problem.to_string(),
        }
    }

    /// Bytes that did not end within the time for them.
    pub(super) fn too_slow(url: &Url, limit: Duration) -> Self {
        Self::Interrupted {
            url: url.clone(),
            reason: format!("it did not end within {} s", limit.as_secs()),
        }
    }

    /// Whether asking another source may help. A wrong hash is never papered over by asking elsewhere, and a disk does
    /// not get larger by it.
    pub(super) const fn suggests_another_source(&self) -> bool {
        !matches!(
            self,
            Self::HashMismatch { .. } | Self::File { .. } | Self::InTheWay { .. } | Self::NotRunnable { .. }
        )
    }

    /// Whether another build of the same version may run where this one does not.
    pub(super) const fn suggests_another_build(&self) -> bool {
        matches!(self, Self::NotRunnable { rejection, .. } if rejection.suggests_another_build())
    }

    /// Whether the source itself is out of reach, so that every request to it would fail.
    pub(super) const fn is_out_of_reach(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::RateLimited { .. } | Self::Address { .. } | Self::Client(_)
        )
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = kind_of(&error);
        let mut failure = Self::from_error(kind, &error);
        explain(&error, &mut failure);
        failure
    }
}

fn kind_of(error: &Error) -> FailureKind {
    match error {
        Error::Explicit {
            rejection: Rejection::Missing,
            ..
        } => FailureKind::EngineMissing,
        Error::Explicit { .. } | Error::NotRunnable { .. } | Error::Damaged(_) | Error::Undecided { .. } => {
            FailureKind::Engine
        }
        Error::UnsupportedVersion(_) => FailureKind::Usage,
        _ => FailureKind::EngineMissing,
    }
}

/// Adds causes that are no `source`, and hints.
fn explain(error: &Error, failure: &mut Failure) {
    match error {
        Error::Nothing { rejected, source, .. } => {
            // `Sources` has several causes, which `from_error` cannot know.
            explain(source, failure);
            list_rejected(rejected, failure);
        }
        Error::NoneHere { rejected } => {
            list_rejected(rejected, failure);
            push_hint(failure, "run `opencode-rs engine install`, or let the first run do so");
        }
        Error::Undecided { rejected } => {
            list_rejected(rejected, failure);
            let is_slow = |candidate: &EngineCandidate| matches!(candidate.verdict, Err(Rejection::TimedOut(_)));
            if rejected.iter().any(is_slow) {
                push_hint(failure, "`opencode-rs engine install` installs another one");
            }
        }
        Error::Sources { attempts, .. } => {
            for attempt in attempts {
                let of_attempt = Failure::from_error(FailureKind::EngineMissing, attempt);
                push_new(&mut failure.causes, of_attempt.to_string());
                explain(attempt, failure);
            }
        }
        Error::Damaged(engines) => {
            for (version, path) in engines {
                failure.causes.push(format!("`{}` has changed", path.display()));
                let hint = format!("run `opencode-rs engine install {version}` to replace it");
                push_hint(failure, hint);
            }
        }
        _ => {
            if let Some(hint) = hint_for_engine(error).or_else(|| hint_for_source(error)) {
                push_hint(failure, hint);
            }
        }
    }
}

/// What the user can do about an engine, its file or its place.
fn hint_for_engine(error: &Error) -> Option<String> {
    Some(match error {
        Error::Explicit { rejection, .. } | Error::NotRunnable { rejection, .. } => rejection.hint()?.to_owned(),
        Error::Offline {
            url,
            member,
            destination,
            ..
        } => format!(
            "download {url}, unpack `{member}` from it to `{}`, and make it executable",
            destination.display()
        ),
        Error::Platform(_) => "build `opencode` yourself and name it with `--engine`".to_owned(),
        Error::UnsupportedVersion(_) => {
            format!("choose {OLDEST_TESTED} or later, below 2.0.0; {PINNED_VERSION} is the tested one")
        }
        Error::HashMismatch { .. } => {
            "nothing was installed; find out who changed the file before you try again".to_owned()
        }
        Error::File { path, source, .. } => hint_for_file(path, source)?,
        Error::InTheWay { path, .. } => format!("move `{}` away", path.display()),
        Error::NotInstalled(version) => {
            format!("`opencode-rs engine list` shows what is there; `opencode-rs engine install {version}` installs it")
        }
        _ => return None,
    })
}

/// What the user can do about a source, and the way to it.
fn hint_for_source(error: &Error) -> Option<String> {
    Some(match error {
        Error::RateLimited { .. }
        | Error::Status {
            status: 403,
            retry_after: Some(_),
            ..
        } => format!("set `{}` to raise the limit", env_vars::GITHUB_TOKEN),
        Error::Status { status: 401 | 403, .. } => {
            "add credentials for this registry to `~/.npmrc` if it needs them".to_owned()
        }
        Error::Connect {
            proxy: Some((_, named_by)),
            ..
        } => format!("check the address, user and password of the proxy in {named_by}"),
        Error::Connect { .. } => format!(
            "set `HTTPS_PROXY` for a proxy, `SSL_CERT_FILE` for its certificate, or `{}` or `{}` for a mirror",
            env_vars::GITHUB_DOWNLOAD,
            env_vars::NPM_REGISTRY
        ),
        Error::Address { .. } => "give an address that begins with `https://`".to_owned(),
        Error::Client(_) => {
            "install the system's certificates (`ca-certificates`), or name a file of them with `SSL_CERT_FILE`"
                .to_owned()
        }
        _ => return None,
    })
}

fn until(resets: Option<&str>) -> String {
    resets.map_or("for now".to_owned(), |time| format!("until {time}"))
}

fn through(proxy: Option<&(String, &'static str)>) -> String {
    proxy.map_or(String::new(), |(address, named_by)| {
        format!(" through the proxy `{address}` of {named_by}")
    })
}

fn list_rejected(candidates: &[EngineCandidate], failure: &mut Failure) {
    for candidate in candidates {
        let Err(rejection) = &candidate.verdict else {
            continue;
        };
        failure.causes.extend(candidate.skipped());
        if let Some(hint) = rejection.hint() {
            push_hint(failure, hint);
        }
    }
}

fn push_hint(failure: &mut Failure, hint: impl Into<String>) {
    push_new(&mut failure.hints, hint.into());
}

/// Several attempts often fail in the same way; the message then contains the reason once.
fn push_new(lines: &mut Vec<String>, line: String) {
    if !lines.contains(&line) {
        lines.push(line);
    }
}

fn hint_for_file(path: &Path, error: &io::Error) -> Option<String> {
    // The directory that a person knows: our own temporary and lock files are not worth naming.
    let is_known = |path: &&Path| {
        path.file_name()
            .is_none_or(|name| !name.as_encoded_bytes().starts_with(b"."))
    };
    let path = path.ancestors().skip(1).find(is_known).unwrap_or(path).display();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(format!(
            "free about 250 MB where `{path}` is, or point `XDG_DATA_HOME` to a larger disk"
        )),
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Some(format!(
            "make `{path}` writable, point `XDG_DATA_HOME` to a writable directory, or put `opencode` on `PATH`"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_read_only_one_name_the_path_and_what_to_do() {
        for (code, words) in [
            (28, "free about 250 MB"),
            (30, "make `/data/engines` writable"),
            (13, "writable"),
        ] {
            let file = Path::new("/data/engines/.staging-x/opencode");
            let error = Error::file("write", file, io::Error::from_raw_os_error(code));
            let failure = Failure::from(error);
            assert_eq!(failure.message, "cannot write `/data/engines/.staging-x/opencode`");
            assert_eq!(failure.kind.exit_code(), 127);
            assert!(failure.hints[0].contains(words), "{:?}", failure.hints);
        }
    }

    #[test]
    fn the_final_error_lists_every_source_and_every_rejected_candidate() {
        let url: Url = "https://mirror.test/file".parse().unwrap();
        let failure = Failure::from(Error::Nothing {
            version: Version::new(1, 18, 33),
            rejected: vec![EngineCandidate {
                path: PathBuf::from("/usr/bin/opencode"),
                source: crate::request::EngineSource::Path,
                verdict: Err(Rejection::Unsupported(Version::new(2, 0, 1))),
            }],
            source: Box::new(Error::Sources {
                version: Version::new(1, 18, 33),
                attempts: vec![
                    Error::NotPublished { url: url.clone() },
                    Error::RateLimited { url, resets: None },
                ],
            }),
        });
        assert_eq!(failure.kind, FailureKind::EngineMissing);
        assert_eq!(
            failure.message,
            "cannot find an engine, and cannot install `opencode 1.18.33`"
        );
        assert_eq!(
            failure.causes,
            [
                "cannot download `opencode 1.18.33`",
                "`https://mirror.test/file` does not exist",
                "`https://mirror.test/file` refuses more requests for now (rate limit)",
                "skipped `/usr/bin/opencode`: its version 2.0.1 is not supported (1.17.19 or later, below 2.0.0)",
            ]
        );
        assert_eq!(failure.hints.len(), 2);
    }
}
