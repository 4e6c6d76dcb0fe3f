//! Trust in the code that a directory brings along, before an engine works there.

use std::path::Path;

use crate::context::Context;
use crate::error::Failure;
use crate::request::{ConnectRequest, CopyOf, TrustChoice};
use crate::trust;

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
        if choice == TrustChoice::AskNobody {
            let mut nobody = trust::NobodyToAsk::default();
            let answer = trust::require(&findings, choice, &trusted, &directories, &mut nobody);
            for warning in &nobody.warnings {
                tracing::warn!("{warning}");
            }
            return answer;
        }
        let mut asker = trust::TerminalAsker::open();
        trust::require(&findings, choice, &trusted, &directories, &mut asker)
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
