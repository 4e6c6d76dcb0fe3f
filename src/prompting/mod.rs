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
pub(crate) mod context;
mod display;
pub(crate) mod names;
pub(crate) mod permissions;
pub(crate) mod prepare;
pub(crate) mod protected;
pub(crate) mod ready;
pub(crate) mod session;
pub(crate) mod turn;

pub(crate) use context::PromptContext;
pub(crate) use display::Display;
