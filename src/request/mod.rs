//! What was asked for, as plain data that knows nothing of the command line.
//!
//! `cli` turns flags and settings into these; every stage below takes the part that concerns it. There are no
//! flag-shaped booleans here: a choice is an enum that names its cases.

mod api;
mod connect;
mod conversation;
mod dollars;
mod engine;
mod local_servers;
mod model;
mod output;
mod permission;
mod policy;
mod run;
mod schema;
mod server;
mod session;
mod small;
mod word;

pub use api::{ApiField, ApiRequest, FieldValue, InputSource};
pub use connect::{ConfigScope, ConnectRequest, CopyOf, KEEP_FOR, RehearsalChoice, ServerChoice, TrustChoice, Warmth};
pub use conversation::{
    BusySession, DEFAULT_CONVERSATION, LONGEST_CONVERSATION_NAME, Manner, NamesRequest, SessionChoice, SessionStart,
    TypedNames,
};
pub use dollars::{Dollars, ParseDollarsError};
pub use engine::{EngineAction, EngineChoice, EngineCommandRequest, EngineSource, Network, ProbeTarget};
pub use local_servers::{LocalServer, LocalServerKind, LocalServers, LoopbackUrl};
pub use model::{Effort, HOSTED_PROVIDER, ModelChoice, ModelRef, ParseModelError, VariantChoice};
pub use output::{
    AnswerExtent, ColorChoice, ListFormat, ListOutput, OutputMode, OutputRequest, Reasoning, Rendering, Verbosity,
};
pub use permission::{
    Approver, Effect, OnDenial, ParseRuleError, PermissionRequest, PolicyRule, Preset, RuleOrigin, RulePattern,
    ToolsSwitch, canonical_tool,
};
pub use policy::{LogFilter, PolicyRequest, PolicyScope, TypedCall};
pub use run::{
    AgentLimits, Checks, Limits, NotInADialog, PromptSource, RunRequest, SchemaChoice, SchemaSource, SessionLifetime,
    StdinUse, SystemPrompt, WorktreeChoice,
};
pub use schema::SchemaName;
pub use server::{Follow, InUse, ServerAction, ServerCommandRequest, ServerReference, StopChoice};
pub use session::{Confirmation, Execution, ExportFormat, ImportIds, Inclusion, Redaction, SessionScope};
pub use small::{Ability, ConfigRequest, ModelPlace, ModelsRequest, VisitRequest};
pub use word::Word;
pub(crate) use word::words;
