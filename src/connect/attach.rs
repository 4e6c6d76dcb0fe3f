//! `--attach`: a connection to a server that we did not start.

use std::path::Path;

use super::connection::Connection;
use super::directory::require_trust;
use crate::client::{self, Client, Endpoint};
use crate::context::Context;
use crate::error::Failure;
use crate::request::ConnectRequest;
use crate::support::duration::millis_since;
use crate::support::loopback::is_loopback;
use crate::support::secret::Secret;
use crate::turn::EngineInfo;
use crate::{engine, env_vars};

pub(super) async fn attach(
    context: &Context,
    request: &ConnectRequest,
    directory: &Path,
    url: &url::Url,
) -> Result<Connection, Failure> {
    if is_loopback(url) {
        require_trust(context, request, directory).await?;
    }
    let password = context.environment.text(env_vars::SERVER_PASSWORD).map(Secret::new);
    let mut endpoint = Endpoint::new(url.clone(), password);
    if let Some(username) = context.environment.text(env_vars::SERVER_USERNAME) {
        username.clone_into(&mut endpoint.username);
    }
    let client = Client::new(endpoint, Some(directory))?;
    let health = match client.health().await {
        Ok(health) => health,
        Err(error) => return Err(not_attached(&client, url, error).await),
    };
    let version = semver::Version::parse(&health.version).ok();
    if !version.as_ref().is_some_and(engine::supported) {
        return Err(Failure::engine(format!(
            "cannot attach to `{url}`: it runs engine version `{}`",
            health.version
        ))
        .hint(format!(
            "attach to an engine from version {} on, below 2",
            engine::OLDEST_TESTED
        )));
    }
    let engine = EngineInfo {
        version: health.version,
        path: None,
        source: None,
    };
    Ok(Connection {
        server_ms: millis_since(context.started),
        ..Connection::new(client, engine, directory)
    })
}

/// Why a server is not attached to that has no health as version 1 of the engine tells it.
async fn not_attached(client: &Client, url: &url::Url, error: client::Error) -> Failure {
    if !error.is_transport()
        && let Some(version) = client.second_generation_version().await
    {
        return Failure::engine(format!(
            "cannot attach to `{url}`: it runs engine version `{version}`, which speaks another protocol"
        ))
        .hint(format!(
            "attach to an engine from version {} on, below 2, or leave out `--attach` to run one beside it",
            engine::OLDEST_TESTED
        ));
    }
    if error.is_refused_connection() {
        return Failure::engine(format!("cannot attach to `{url}`: nothing listens there"))
            .hint("start the server there with `opencode serve`, or check the address");
    }
    if error.status().is_some_and(|status| status == 404) {
        return Failure::engine(format!("cannot attach to `{url}`: that is no opencode server"))
            .hint("check the address; `opencode serve` says on which one it listens");
    }
    let failure = Failure::from(error);
    Failure {
        message: format!("cannot attach to `{url}`: {}", failure.message),
        ..failure
    }
}
