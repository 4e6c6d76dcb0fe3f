//! From a connected client to a finished turn: what `run` and `chat` share.
//!
//! | file | what |
//! | --- | --- |
//! | `display` | the renderer on its own thread |
//! | `ready` | a connection with its events, what its engine has, and the tool gate |
//! | `session` | the session of a prompt: found, copied or created, locked, with its rules |
//! | `names`, `agent_files` | model, agent and variant, checked |
//! | `permissions`, `protected` | the policy, the approver and the session's rules |
//! | `prepare` | a prompt becomes a turn that is ready to be sent |
//! | `turn` | the turn is taken to its outcome |

pub(crate) mod agent_files;
mod display;
pub(crate) mod names;
pub(crate) mod permissions;
pub(crate) mod prepare;
pub(crate) mod protected;
pub(crate) mod ready;
pub(crate) mod session;
pub(crate) mod turn;

pub(crate) use display::Display;

use std::path::Path;
use std::time::Instant;

use crate::context::Context;
use crate::request::RunRequest;

/// What every step of a prompt receives.
#[derive(Clone, Copy)]
pub(crate) struct PromptContext<'a> {
    pub(crate) context: &'a Context,
    pub(crate) request: &'a RunRequest,
    pub(crate) directory: &'a Path,
    /// Where the names of conversations and the locks of sessions are kept.
    pub(crate) state: &'a Path,
    pub(crate) display: &'a Display,
    /// `--timeout` and the times of the phases count from here.
    pub(crate) begun: Instant,
}

impl PromptContext<'_> {
    pub(crate) fn deadline(&self) -> Option<tokio::time::Instant> {
        let limit = self.request.connect.timeout?;
        Some(tokio::time::Instant::from_std(self.begun) + limit)
    }
}
