//! The agent's directory, and trust in the code that it brings along, before an engine works there.

use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::error::Failure;
use crate::request::{ConnectRequest, CopyOf, ServerChoice};
use crate::support::loopback::is_loopback;
use crate::trust;

/// The agent's directory, checked and canonical.
///
/// # Errors
///
/// When it does not exist, or is no directory.
pub(crate) fn directory(context: &Context, request: &ConnectRequest) -> Result<PathBuf, Failure> {
    let typed = context.directory(request.directory.as_deref());
    if let ServerChoice::Attach(url) = &request.server
        && !is_loopback(url)
    {
        // It is a path on the other machine.
        return Ok(typed);
    }
    local_directory(&typed)
}

/// A directory of this machine, checked and canonical.
///
/// # Errors
///
/// When it does not exist, or is no directory.
pub(crate) fn local_directory(typed: &Path) -> Result<PathBuf, Failure> {
    let failure = |error: std::io::Error| {
        Failure::usage(format!("cannot work in `{}`", typed.display()))
            .caused_by(&error)
            .hint("name a directory that exists with `--directory`")
    };
    let canonical = std::fs::canonicalize(typed).map_err(failure)?;
    // Reading checks that it is a directory and readable.
    std::fs::read_dir(&canonical).map_err(failure)?;
    if canonical.to_str().is_none() {
        let message = format!("cannot work in `{}`: its path is not UTF-8", typed.display());
        return Err(Failure::usage(message).hint("rename the directory: the engine takes no other paths"));
    }
    Ok(canonical)
}

/// Asks for trust where the directory brings along what needs it, on a thread of its own, since a person takes their time.
pub(super) async fn require_trust(
    context: &Context,
    request: &ConnectRequest,
    directory: &Path,
) -> Result<(), Failure> {
    let user = trust::UserPlaces::of(context);
    let findings = match &request.copy_of {
        Some(copy) => trust::scan_copy(directory, &copy.original, &user)?,
        None => trust::scan(directory, &user)?,
    };
    if findings.items.is_empty() {
        return Ok(());
    }
    let findings = match &request.copy_of {
        Some(copy) => of_original(context, findings, copy, directory)?,
        None => findings,
    };
    let (choice, trusted) = (request.trust, request.trusted_directories.clone());
    let directories = context.directories.clone();
    tokio::task::spawn_blocking(move || {
        #[cfg(unix)]
        if choice != crate::request::TrustChoice::AskNobody {
            let mut asker = trust::TerminalAsker::open();
            return trust::require(&findings, choice, &trusted, &directories, &mut asker);
        }
        let mut nobody = trust::NobodyToAsk::default();
        let answer = trust::require(&findings, choice, &trusted, &directories, &mut nobody);
        for warning in &nobody.warnings {
            tracing::warn!("{warning}");
        }
        answer
    })
    .await
    .map_err(|error| Failure::failed("cannot ask whether to trust the directory").caused_by(&error))?
}

/// What was found in the original of a copy, where that is the same code: trusting it is trusting both. Else, what was
/// found in the copy.
fn of_original(
    context: &Context,
    findings: trust::Findings,
    copy: &CopyOf,
    directory: &Path,
) -> Result<trust::Findings, Failure> {
    let Ok(below) = directory.strip_prefix(&copy.root) else {
        return Ok(findings);
    };
    let original = trust::scan(&copy.original.join(below), &trust::UserPlaces::of(context))?;
    Ok(if findings.is_copy(&copy.root, &original, &copy.original) {
        original
    } else {
        findings
    })
}
