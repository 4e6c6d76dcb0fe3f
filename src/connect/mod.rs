//! From a request to a connected client.
//!
//! | file | what |
//! | --- | --- |
//! | `needs`, `stages` | what a command needs of a server; the stages on the waiting line |
//! | `directory` | the agent's directory, and trust in the code there |
//! | `attach` | a server that we did not start |
//! | `start` | our server: warm, or started for this command; its spec |
//! | `local_models` | models of servers on this machine |
//! | `bare`, `rehearsed` | what is laid over the engine's configuration and environment |
//! | `connection` | the result |
//! | `visit` | a connection for one piece of work |
//! | `select` | models, agents and variants by name |

mod attach;
mod bare;
mod connection;
mod directory;
pub(crate) mod local_models;
mod needs;
pub(crate) mod rehearsed;
pub(crate) mod select;
mod stages;
mod start;
pub(crate) mod visit;
mod warm;

use std::path::Path;

pub(crate) use self::connection::{Connection, server_gone};
pub(crate) use self::directory::{directory, local_directory};
pub(crate) use self::needs::{CatalogExtent, Needs, Snapshots};
pub(crate) use self::stages::ConnectStages;
pub(crate) use self::start::is_pure;
use crate::context::Context;
use crate::error::Failure;
use crate::request::{ConnectRequest, ServerChoice};

/// Connects: finds the engine, starts its server, or attaches to one.
///
/// Dropping the future leaves no process.
///
/// # Errors
///
/// Each stage's own.
pub(crate) async fn connect(
    context: &Context,
    request: &ConnectRequest,
    directory: &Path,
    needs: Needs<'_>,
    stages: &ConnectStages,
) -> Result<Connection, Failure> {
    match &request.server {
        ServerChoice::Attach(url) => attach::attach(context, request, directory, url).await,
        ServerChoice::Start { .. } => start::start(context, request, directory, needs, stages).await,
    }
}
