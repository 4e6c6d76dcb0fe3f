//! One prompt, from sending to outcome.
//!
//! In: an open event stream, a client, a prompt with its own ids. Out: [`Update`]s, then exactly one [`Outcome`].
//! Invariants: the outcome is computed from the final state of the session tree, not from any single event.

mod answer;
mod changes;
mod checked_answer;
mod comparison;
mod conclusion;
mod drive;
mod gatekeeper;
mod limits;
mod outcome;
mod state;
mod tools;
mod update;
mod usage;

pub use changes::{ChangeStatus, FileChange};
pub use checked_answer::{AnswerChecks, GivenAnswer, WantedAnswer};
pub use comparison::complete_changes;
pub use drive::{Driven, Turn, drive};
pub use gatekeeper::{Answerer, Permissions};
pub use outcome::{CheckResults, MissingMcp, Outcome, Phases, Verification, Worktree};
pub use state::TurnState;
pub use tools::{TurnTools, may_have_written};
pub use update::{
    EngineInfo, PermissionRecord, QuestionRecord, Retry, StepUsage, TextDelta, ToolCall, ToolStatus, TurnStart,
    TurnStatus, Update,
};
pub use usage::{Usage, decimal};

pub use crate::client::types::TodoItem;
pub use crate::permission::{AuditScope, DecidedBy, Decision, INVALID};
