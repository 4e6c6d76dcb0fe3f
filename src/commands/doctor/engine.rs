//! The engine program and its server.

use std::time::Instant;

use super::check::Check;
use super::{TrialServer, without_questions};
use crate::connect::visit::EVERYTHING;
use crate::connect::{self, ConnectStages, Connection, Needs};
use crate::context::Context;
use crate::engine::{self, EngineRequest};
use crate::error::Failure;
use crate::request::{ConnectRequest, EngineChoice, EngineSource, ModelChoice, VisitRequest};
use crate::support::duration::millis_since;

/// Every program that could be the engine, with the verdict on each.
pub(super) async fn candidates(context: &Context, request: &ConnectRequest, stages: &ConnectStages) -> Check {
    stages.engine();
    let engines = EngineRequest::new(
        &request.engine,
        request.network,
        &context.environment,
        &context.directories,
        stages.download(),
    );
    let candidates = engine::candidates(&engines).await;
    let details: Vec<String> = candidates
        .iter()
        .map(|candidate| {
            let (path, source) = (candidate.path.display(), candidate.source.as_str());
            match &candidate.verdict {
                Ok(version) => format!("{path} ({source}): {version}"),
                Err(rejection) => format!("{path} ({source}): skipped, since {rejection}"),
            }
        })
        .collect();
    let hint = candidates
        .iter()
        .find_map(|candidate| candidate.verdict.as_ref().err()?.hint());
    let used = candidates.iter().position(|candidate| candidate.verdict.is_ok());
    let Some(position) = used else {
        // The words of a run. An engine that was named is never downloaded, so asking for it changes nothing.
        let failure = match &request.engine {
            EngineChoice::Path { .. } => engine::ensure(&engines).await.err(),
            EngineChoice::Search => None,
        };
        let failure = failure.unwrap_or_else(|| engine::Error::none_here(candidates).into());
        return Check::of_failure(&failure).details(details);
    };
    let used = &candidates[position];
    let version = used.verdict.as_ref().map(ToString::to_string).unwrap_or_default();
    let summary = format!("{version} at {}", used.path.display());
    // Places where there is simply nothing are not worth a word.
    let skipped = candidates[..position].iter().any(|candidate| {
        candidate.source != EngineSource::Home && candidate.verdict != Err(engine::Rejection::Missing)
    });
    let check = if skipped {
        Check::warn(format!("{summary}, behind others that do not work"))
    } else {
        Check::ok(summary)
    };
    let check = match hint {
        Some(hint) if skipped => check.hint(hint),
        _ => check,
    };
    check.details(details)
}

/// Starts the server, or attaches to one, and asks for its health.
///
/// # Errors
///
/// Those of the connection.
pub(super) async fn start(
    context: &Context,
    request: &VisitRequest,
    place: &TrialServer,
    stages: &ConnectStages,
) -> Result<(Connection, Check), Failure> {
    let begun = Instant::now();
    let model = request.model.as_ref().and_then(ModelChoice::as_ref);
    let needs = Needs {
        provider: model.as_ref().map(|model| model.provider.as_str()),
        ..EVERYTHING
    };
    let request = without_questions(&request.connect);
    let mut connection = connect::connect(context, &request, &place.directory, needs, stages).await?;
    let health = match connection.client.health().await {
        Ok(health) => health,
        Err(error) => {
            connection.close().await;
            return Err(error.into());
        }
    };
    let what = match connection.server {
        Some(_) => "starts",
        None => "answers",
    };
    let summary = format!("engine {} {what}, {} ms", health.version, millis_since(begun));
    let check = if !health.healthy {
        Check::warn(format!("{summary}, but says that it is not healthy"))
    } else if place.stand_in.is_some() {
        Check::ok(summary).details(vec![
            "tried in an empty directory, since the agent's cannot be used".to_owned(),
        ])
    } else {
        Check::ok(summary)
    };
    Ok((connection, check))
}
