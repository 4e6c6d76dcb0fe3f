//! What a program can decide by after a failure, beside the exit status.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failure, FailureKind};

/// What went wrong, by its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Credentials are missing or were refused.
    Authentication,
    /// The provider takes no more requests of this account: for now, or (`quota`) until it is paid.
    RateLimit,
    /// The provider is too busy, or failed on its side.
    Overload,
    /// The provider cannot be reached, or its answer broke off or cannot be read.
    TransientConnection,
    /// The conversation does not fit into the model.
    PromptTooLong,
    /// The provider's filter stopped the answer.
    ContentFilter,
    /// An option, a setting or a file is wrong, or the provider refuses the request as it is.
    InvalidRequest,
    /// There is no such model or agent.
    ModelNotFound,
    /// The model does not take what the prompt has.
    Capability,
    /// More turns, tool calls, tokens or dollars than the limits allow.
    Budget,
    /// A tool call was denied.
    Denied,
    /// A time limit ran out.
    Timeout,
    /// A signal, or another client, stopped the run.
    Cancelled,
    /// The engine is missing, or failed.
    Engine,
    /// The model repeated the same call, until that was refused.
    ToolLoop,
    /// The answer is empty or cut, or a check on it failed.
    InvalidResult,
}

/// What helps after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// Log in, or set the provider's key.
    Login,
    /// Run again later, unchanged.
    WaitAndRetry,
    /// Send the prompt to another model.
    SwitchModel,
    /// Send less, or use a model with a larger context.
    ShortenInput,
    /// Change the prompt, the options or the settings.
    FixInput,
    /// Allow what was denied.
    Allow,
    /// Raise the limit, or leave it out.
    RaiseLimit,
    /// Nothing that this program knows of.
    None,
}

/// A case within a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorSubclass {
    /// The account has no credit left, or used up what it may: waiting does not help.
    Quota,
    /// The answer ended in the middle.
    BrokenStream,
    /// The answer is not what the protocol says.
    MalformedAnswer,
    /// The answer reached the output limit of the model.
    OutputLimit,
}

/// What is known of a failure besides its kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorFacts {
    /// `None`: as the kind of the failure says.
    pub class: Option<ErrorClass>,
    pub subclass: Option<ErrorSubclass>,
    pub provider: Option<String>,
    /// The status of the provider's answer.
    pub http_status: Option<u16>,
    /// The pause that the provider asks for, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Failure {
    /// The cause, where it is known, and what helps.
    pub fn class_and_recovery(&self) -> (Option<ErrorClass>, Recovery) {
        let facts = self.facts.as_deref();
        let class = facts.and_then(|facts| facts.class).or(self.kind.class());
        let subclass = facts.and_then(|facts| facts.subclass);
        (class, class.map_or(Recovery::None, |class| class.recovery(subclass)))
    }
}

impl ErrorClass {
    fn recovery(self, subclass: Option<ErrorSubclass>) -> Recovery {
        match self {
            _ if subclass == Some(ErrorSubclass::Quota) => Recovery::SwitchModel,
            Self::Authentication => Recovery::Login,
            Self::RateLimit | Self::Overload | Self::TransientConnection => Recovery::WaitAndRetry,
            Self::PromptTooLong => Recovery::ShortenInput,
            Self::ContentFilter | Self::InvalidRequest | Self::ToolLoop => Recovery::FixInput,
            Self::ModelNotFound | Self::Capability => Recovery::SwitchModel,
            Self::Denied => Recovery::Allow,
            Self::Budget | Self::Timeout => Recovery::RaiseLimit,
            Self::Cancelled | Self::Engine | Self::InvalidResult => Recovery::None,
        }
    }
}

impl FailureKind {
    /// The class of a failure of which no more is known.
    const fn class(self) -> Option<ErrorClass> {
        Some(match self {
            Self::Failed | Self::Provider => return None,
            Self::Usage => ErrorClass::InvalidRequest,
            Self::Truncated | Self::InvalidResult => ErrorClass::InvalidResult,
            Self::Auth => ErrorClass::Authentication,
            Self::Denied => ErrorClass::Denied,
            Self::Limit => ErrorClass::Budget,
            Self::Timeout => ErrorClass::Timeout,
            Self::Engine | Self::EngineMissing => ErrorClass::Engine,
            Self::Interrupted | Self::Terminated | Self::BrokenPipe => ErrorClass::Cancelled,
        })
    }
}
