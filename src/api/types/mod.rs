//! Wire types: the engine's requests and responses, one file per resource, nothing else.
//!
//! All are tolerant: an unknown field is ignored, a missing field or one of another type is empty, an unknown value of
//! an enumeration has a case of its own. A new engine must not break a run.

mod agent;
mod command;
mod diff;
mod lenient;
mod mcp;
mod message;
mod permission;
mod provider;
mod session;

pub use agent::Agent;
pub use command::{CommandCall, EngineCommand};
pub use diff::FileDiff;
pub use mcp::McpState;
pub use message::{
    EngineError, ErrorData, FilePart, MessageInfo, MessageWithParts, Part, PartKind, Prompt, PromptPart, Tokens,
    ToolState,
};
pub use permission::{AskingCall, PermissionAsk, QuestionAsk, Rule, RuleAction};
pub use provider::{Capabilities, Cost, Limit, Modalities, Model, Provider, Providers};
pub use session::{NewSession, Revert, Session, SessionModel, SessionStatus, SessionTimes, TodoItem};
