//! Commands with few options of their own.

use super::{ConnectRequest, ListOutput, ModelChoice};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigRequest {
    /// `config show`: every setting with its value and origin.
    Show(ListOutput),
    /// `config get`: the value of the setting with this name.
    Get(String, ListOutput),
    /// `config path`: the files that are read.
    Path(ListOutput),
    /// `config edit`: the user's file in the editor.
    Edit,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelsRequest {
    pub connect: ConnectRequest,
    /// Only the models of this provider.
    pub provider: Option<String>,
    pub place: ModelPlace,
    /// `--can`: only the models that can do all of this.
    pub can: Vec<Ability>,
    /// The model of the settings.
    pub usual: Option<ModelChoice>,
    pub output: ListOutput,
}

/// What a model can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ability {
    Tools,
    Reasoning,
    Temperature,
    Attachments,
    Image,
    Pdf,
    Audio,
    Video,
}

/// Where models are looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ModelPlace {
    /// Wherever the engine has a provider.
    #[default]
    Providers,
    /// `--local`: at the model servers of this machine.
    ThisMachine,
}

/// What `agents` and `doctor` are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRequest {
    pub connect: ConnectRequest,
    pub output: ListOutput,
    /// The model that the settings choose for runs.
    pub model: Option<ModelChoice>,
}
