//! What was asked for, as plain data that knows nothing of the command line.
//!
//! `cli` turns flags and settings into these; every stage below takes the part that concerns it. There are no
//! flag-shaped booleans here: a choice is an enum that names its cases.

mod engine;
mod model;
mod output;
mod prompt;
mod rehearse;
mod run;

pub use engine::{EngineChoice, EngineSource, Network};
pub use model::{Effort, ModelChoice, ModelRef, ParseModelError, VariantChoice};
pub use output::{ColorChoice, OutputMode, OutputRequest, Reasoning, Rendering, Verbosity};
pub use prompt::{PromptSource, StdinUse};
pub use rehearse::{RehearseFormat, RehearseRequest};
pub use run::{
    ConfigScope, Limits, RehearsalChoice, RunRequest, ServerChoice, SessionLifetime, SystemPrompt, TrustChoice,
};
