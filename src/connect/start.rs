//! A connection to a server of ours: a warm one where one fits, else one that is started for this command.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::connection::{Connection, describe};
use super::needs::{Catalog, Needs};
use super::observer::ConnectObserver;
use super::setup::{Setup, setup};
use super::trusted::require_trust;
use super::warm;
use crate::api::Client;
use crate::context::Context;
use crate::engine::{self, EngineRequest};
use crate::error::{Failure, FailureKind};
use crate::gate::Hub;
use crate::rehearsal::{self, Script};
use crate::request::{ConnectRequest, RehearsalChoice, Verbosity, Warmth};
use crate::server::{self, GuardProgram, StartRequest, guard_engine};
use crate::support::duration::millis_since;
use crate::support::overlay::overlay;

/// How long a server may take to be ready. It takes one second on an idle machine, and tens on a crowded one.
const START_DEADLINE: Duration = Duration::from_secs(60);

pub(super) async fn start(
    context: &Context,
    request: &ConnectRequest,
    directory: &Path,
    port: Option<u16>,
    needs: Needs<'_>,
    watch: &dyn ConnectObserver,
) -> Result<Connection, Failure> {
    require_trust(context, request, directory).await?;
    watch.engine();
    let engine = engine::ensure(&EngineRequest::new(
        &request.engine,
        request.network,
        &context.environment,
        &context.directories,
        watch.progress(),
    ))
    .await?;
    let engine_ms = millis_since(context.started);
    watch.server();
    if needs.guarded && is_pure(context) {
        return Err(Failure::usage(format!(
            "cannot guard the engine's tools: `{PURE}` keeps the engine from loading the guard"
        ))
        .hint(format!("unset `{PURE}`, or leave out `--auto-tools`")));
    }
    if let Some(choice) = warm_choice(context, request, directory, port) {
        // Others use it as well, and for other things.
        let setup = setup(context, request, directory, Needs::of_warm(needs.catalog), &engine)?;
        let place = warm::WarmSpec {
            context,
            request,
            directory,
            port,
            engine: &engine,
            setup: &setup,
            whole: needs.catalog == Catalog::Whole,
        };
        if let Some(lease) = warm::lease(place, choice).await? {
            return Ok(Connection {
                client: Client::new(lease.endpoint().clone(), Some(directory))?,
                server: None,
                lease: Some(Arc::new(lease)),
                hub: None,
                engine: describe(&engine),
                program: Some(engine),
                directory: directory.to_path_buf(),
                catalog_is_cut: setup.catalog_is_cut,
                engine_ms,
                server_ms: millis_since(context.started).saturating_sub(engine_ms),
                _rehearsal: None,
            });
        }
    }
    let Setup {
        mut config,
        mut variables,
        catalog_is_cut,
    } = setup(context, request, directory, needs, &engine)?;
    let rehearsal = match rehearsal_script(&request.rehearsal)? {
        Some(script) => Some(rehearsal::serve(script, None).await?),
        None => None,
    };
    if let Some(rehearsal) = &rehearsal {
        overlay(&mut config, rehearsal.engine_config());
    }
    if request.verbosity == Verbosity::Trace {
        variables.push(("OPENCODE_PRINT_LOGS".into(), "1".into()));
    }
    let hub = if needs.guarded {
        let hub = Hub::open(&context.directories.cache).await?;
        guard_engine(&hub, &context.environment, &mut config, &mut variables);
        Some(hub)
    } else {
        None
    };
    let server = server::start(StartRequest {
        engine: &engine,
        guard: GuardProgram::this_program()
            .map_err(|error| Failure::new(FailureKind::Engine, "cannot find our own program file").caused_by(&error))?,
        directory,
        port,
        environment: &context.environment,
        directories: &context.directories,
        config,
        variables,
        deadline: START_DEADLINE,
        sink: None,
    })
    .await?;
    let client = Client::new(server.endpoint().clone(), Some(directory))?;
    Ok(Connection {
        client,
        server: Some(server),
        lease: None,
        hub,
        engine: describe(&engine),
        program: Some(engine),
        directory: directory.to_path_buf(),
        catalog_is_cut,
        engine_ms,
        server_ms: millis_since(context.started).saturating_sub(engine_ms),
        _rehearsal: rehearsal,
    })
}

/// Whether a warm server may answer, and what is wanted of it.
fn warm_choice(
    context: &Context,
    request: &ConnectRequest,
    directory: &Path,
    port: Option<u16>,
) -> Option<warm::WarmChoice> {
    if is_pure(context) || !cfg!(unix) {
        // It cannot be guarded, and so not shared.
        return None;
    }
    // Where none is there, nothing has to be known about the one that would fit.
    let is_there = || warm::is_any_in(context, directory);
    match request.warmth {
        Warmth::Keep { keep_for } => Some(warm::WarmChoice::FindOrStart { keep_for }),
        // A rehearsal gives the same answers each time, so it begins anew; and a trace shows a start.
        Warmth::IfThere
            if port.is_none()
                && request.rehearsal == RehearsalChoice::Off
                && request.verbosity != Verbosity::Trace
                && is_there() =>
        {
            Some(warm::WarmChoice::Find)
        }
        Warmth::Join if port.is_none() && is_there() => Some(warm::WarmChoice::Find),
        Warmth::IfThere | Warmth::Join | Warmth::Fresh => None,
    }
}

/// Keeps the engine from loading plugins.
const PURE: &str = "OPENCODE_PURE";

/// Whether the user wants an engine that loads no plugins, and so no guard either.
pub(crate) fn is_pure(context: &Context) -> bool {
    context
        .environment
        .text(PURE)
        .is_some_and(|value| value != "0" && value != "false")
}

/// The script of the rehearsal that was asked for.
fn rehearsal_script(choice: &RehearsalChoice) -> Result<Option<Script>, Failure> {
    Ok(match choice {
        RehearsalChoice::Off => None,
        RehearsalChoice::Plain => Some(Script::plain()),
        RehearsalChoice::Script(path) => Some(Script::load(path)?),
    })
}
