//! A connection to our server: a fitting warm server, else a server that this command starts; and the spec of either.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::connection::Connection;
use super::directory::require_trust;
use super::needs::{CatalogExtent, Needs, Snapshots};
use super::stages::ConnectStages;
use super::warm::{self, WarmRequest};
use super::{bare, local_models, rehearsed};
use crate::catalog::{self, CatalogRequest, CatalogTrial};
use crate::context::{Context, Environment};
use crate::engine::{self, Engine, EngineRequest};
use crate::env_vars;
use crate::error::Failure;
use crate::rehearsal::ScriptText;
use crate::request::{ConfigScope, ConnectRequest, RehearsalChoice, ServerChoice, Verbosity, Warmth};
use crate::server::{CATALOG_VARIABLE, ServerSpec, StartedServer};
use crate::support::duration::millis_since;

/// Keeps the engine from loading plugins.
const PURE: &str = "OPENCODE_PURE";

pub(super) async fn start(
    context: &Context,
    request: &ConnectRequest,
    directory: &Path,
    needs: Needs<'_>,
    stages: &ConnectStages,
) -> Result<Connection, Failure> {
    let script = match &request.rehearsal {
        RehearsalChoice::Off => None,
        RehearsalChoice::Plain => Some(ScriptText::default()),
        RehearsalChoice::Script(path) => Some(ScriptText::read(path).await?),
    };
    require_trust(context, request, directory).await?;
    stages.engine();
    let engine = engine::ensure(&EngineRequest::new(
        &request.engine,
        request.network,
        &context.environment,
        &context.directories,
        stages.download(),
    ))
    .await?;
    let engine_ms = millis_since(context.started);
    stages.server();
    if needs.guarded && is_pure(context) {
        return Err(Failure::usage(format!(
            "cannot guard the engine's tools: `{PURE}` keeps the engine from loading the guard"
        ))
        .hint(format!("unset `{PURE}`, or leave out `--auto-tools`")));
    }
    let local = match needs.provider {
        Some(id) if request.rehearsal == RehearsalChoice::Off => {
            let provider = local_models::provider(context, &request.local_servers, directory, id).await?;
            provider.map(|provider| json!({ "provider": { id: provider } }))
        }
        _ => None,
    };
    let spec = |needs| {
        let (mut spec, trial) = server_spec(context, request, directory, needs, &engine)?;
        spec.local_provider.clone_from(&local);
        spec.rehearsal.clone_from(&script);
        Ok::<_, Failure>((spec, trial))
    };
    let warm = if may_be_warm(context, request, directory) {
        let (spec, trial) = spec(Needs::of_warm(needs.catalog))?;
        let connection = lease_warm(context, request, &spec).await?;
        connection.map(|connection| (connection, trial))
    } else {
        None
    };
    let (connection, catalog_trial) = match warm {
        Some(warm) => warm,
        None => {
            let (spec, trial) = spec(needs)?;
            (start_cold(context, request, spec).await?, trial)
        }
    };
    Ok(Connection {
        catalog_trial,
        engine_ms,
        server_ms: millis_since(context.started).saturating_sub(engine_ms),
        ..connection
    })
}

/// Whether a warm server may answer. A server without a tool gate cannot be shared.
fn may_be_warm(context: &Context, request: &ConnectRequest, directory: &Path) -> bool {
    if is_pure(context) || !cfg!(unix) {
        return false;
    }
    // A spec takes time, and is needed only where it may fit.
    let has_records = || warm::has_records_in(&context.directories, directory);
    let any_port = request.server == ServerChoice::Start { port: None };
    match request.warmth {
        Warmth::Keep { .. } => true,
        // A rehearsal gives the same answers each time, so it needs a new server; and a trace shows the start of one.
        Warmth::IfThere => {
            any_port
                && request.rehearsal == RehearsalChoice::Off
                && request.verbosity != Verbosity::Trace
                && has_records()
        }
        Warmth::Join => any_port && has_records(),
        Warmth::Fresh => false,
    }
}

async fn lease_warm(
    context: &Context,
    request: &ConnectRequest,
    spec: &ServerSpec,
) -> Result<Option<Connection>, Failure> {
    let lease = warm::lease(WarmRequest {
        spec,
        environment: &context.environment,
        directories: &context.directories,
        keep_for: match request.warmth {
            Warmth::Keep { keep_for } => Some(keep_for),
            Warmth::IfThere | Warmth::Join | Warmth::Fresh => None,
        },
    });
    let Some(lease) = lease.await? else {
        return Ok(None);
    };
    let connection = Connection::to_ours(lease.endpoint(), spec)?;
    Ok(Some(Connection {
        lease: Some(Arc::new(lease)),
        ..connection
    }))
}

async fn start_cold(context: &Context, request: &ConnectRequest, mut spec: ServerSpec) -> Result<Connection, Failure> {
    if request.verbosity == Verbosity::Trace {
        spec.variables.push(("OPENCODE_PRINT_LOGS".into(), "1".into()));
    }
    let StartedServer { server, hub, rehearsal } = spec.start(&context.environment, &context.directories, None).await?;
    let connection = Connection::to_ours(&server.endpoint, &spec)?;
    Ok(Connection {
        server: Some(server),
        hub,
        _rehearsal: rehearsal,
        ..connection
    })
}

/// Whether the user wants an engine that loads no plugins, and so no guard either.
pub(crate) fn is_pure(context: &Context) -> bool {
    context
        .environment
        .text(PURE)
        .is_some_and(|value| value != "0" && value != "false")
}

/// The spec, and the trial of its model catalog, if there is one.
///
/// # Errors
///
/// When the user's configuration cannot be read, or our own files cannot be written.
fn server_spec(
    context: &Context,
    request: &ConnectRequest,
    directory: &Path,
    needs: Needs<'_>,
    engine: &Engine,
) -> Result<(ServerSpec, Option<CatalogTrial>), Failure> {
    let mut config = json!({});
    let mut variables: Vec<(OsString, OsString)> = Vec::new();
    let mut trial = None;
    if needs.snapshots == Snapshots::Off {
        config["snapshot"] = json!(false);
    }
    if request.config_scope == ConfigScope::Bare {
        bare::apply(context, &mut config, &mut variables)?;
    }
    if request.rehearsal != RehearsalChoice::Off {
        // The configuration defines the provider, so the engine needs neither a catalog nor its plugins for providers.
        variables.push((CATALOG_VARIABLE.into(), catalog::empty(&context.directories)?.into()));
        variables.push(("OPENCODE_DISABLE_DEFAULT_PLUGINS".into(), "1".into()));
        variables.extend(rehearsed::variable(context)?);
    } else if needs.catalog == CatalogExtent::InUse {
        let environment = with_variables(&context.environment, &config, &variables);
        let choice = catalog::choose(&CatalogRequest {
            engine,
            environment: &environment,
            directories: &context.directories,
            directory,
            named: needs.provider.as_slice(),
        });
        trial = choice.trial;
        if let Some(cut) = choice.cut {
            tracing::debug!(path = %cut.path.display(), providers = ?cut.providers, "the engine reads a cut catalog");
            variables.push((CATALOG_VARIABLE.into(), cut.path.into()));
        }
    }
    if needs.questions {
        variables.push(("OPENCODE_ENABLE_QUESTION_TOOL".into(), "1".into()));
    }
    let spec = ServerSpec {
        engine: engine.clone(),
        directory: directory.to_path_buf(),
        port: match request.server {
            ServerChoice::Start { port } => port,
            ServerChoice::Attach(_) => None,
        },
        config,
        local_provider: None,
        variables,
        rehearsal: None,
        gated: needs.guarded,
        answer_tools: needs.answer_tools,
        whole_catalog: needs.catalog == CatalogExtent::Whole,
    };
    Ok((spec, trial))
}

/// The variables and the configuration from which the engine learns of providers.
fn with_variables(environment: &Environment, config: &Value, variables: &[(OsString, OsString)]) -> Environment {
    let all = environment.with(variables.iter().cloned());
    // What we lay over the user's own inline configuration names providers only where that is empty (`--bare`).
    if environment.os(env_vars::ENGINE_CONFIG_CONTENT).is_some() || config.get("provider").is_none() {
        return all;
    }
    all.with([(env_vars::ENGINE_CONFIG_CONTENT.into(), config.to_string().into())])
}
