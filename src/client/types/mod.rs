//! The values of the interface, one file per resource: what this program says to an engine and hears from it. Their serde
//! attributes are how version 1 writes them.
//!
//! All are tolerant: an unknown field is ignored, a missing field or one of another type is empty, an unknown value of
//! an enumeration has a case of its own. A new engine must not break a run.

mod agent;
mod command;
mod diff;
mod health;
mod lenient;
mod mcp;
mod message;
mod permission;
mod provider;
mod session;

pub use agent::Agent;
pub use command::{CommandCall, EngineCommand};
pub use diff::FileDiff;
pub use health::Health;
pub use mcp::McpState;
pub use message::{
    EngineError, ErrorData, FilePart, MessageInfo, MessageWithParts, Part, PartKind, Prompt, PromptPart, Tokens,
    ToolState,
};
pub(super) use permission::NO_TOOL;
pub use permission::{AskingCall, PermissionAsk, QuestionAsk, Rule, RuleAction, no_rules};
pub use provider::{Capabilities, Cost, Limit, Modalities, Model, Provider, Providers};
pub use session::{
    NewSession, PassingMessage, Revert, Session, SessionChange, SessionFilter, SessionModel, SessionStatus,
    SessionTimes, TodoItem,
};
