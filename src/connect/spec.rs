//! The server spec of a request.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::needs::{Catalog, Needs, Snapshots};
use super::{bare, rehearsed};
use crate::catalog::{self, CatalogRequest, CatalogTrial};
use crate::context::{Context, Directories, Environment};
use crate::engine::Engine;
use crate::env_vars;
use crate::error::Failure;
use crate::rehearsal::ScriptText;
use crate::request::{ConfigScope, ConnectRequest, RehearsalChoice, ServerChoice};
use crate::server::{CATALOG_VARIABLE, ServerSpec};

/// The spec, and the trial of its model catalog, if there is one.
///
/// # Errors
///
/// When the user's configuration or the script of the rehearsal cannot be read, or our own files cannot be written.
pub(super) fn server_spec(
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
    let rehearsal = match &request.rehearsal {
        RehearsalChoice::Off => None,
        RehearsalChoice::Plain => Some(ScriptText::default()),
        RehearsalChoice::Script(path) => Some(ScriptText::read(path)?),
    };
    if rehearsal.is_some() {
        // The configuration defines the provider, so the engine needs neither a catalog nor its plugins for providers.
        variables.push((CATALOG_VARIABLE.into(), empty_catalog(&context.directories)?.into()));
        variables.push(("OPENCODE_DISABLE_DEFAULT_PLUGINS".into(), "1".into()));
        variables.extend(rehearsed::variable(context)?);
    } else if let Catalog::For(provider) = needs.catalog {
        let environment = with_variables(&context.environment, &config, &variables);
        let choice = catalog::choose(&CatalogRequest {
            engine,
            environment: &environment,
            directories: &context.directories,
            directory,
            named: provider.as_slice(),
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
        variables,
        rehearsal,
        gated: needs.guarded,
        whole_catalog: needs.catalog == Catalog::Whole,
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

fn empty_catalog(directories: &Directories) -> Result<PathBuf, Failure> {
    catalog::empty(directories).map_err(|error| {
        Failure::failed(format!("cannot write to `{}`", directories.cache.display())).caused_by(&error)
    })
}
