//! What a command wants from the server that its request does not say: catalog, snapshots, gate, questions.

/// How much of the model catalog the engine reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CatalogExtent {
    /// All of it, for lists of models.
    Whole,
    /// The providers in use, and the one that is named.
    InUse,
}

/// Of a shared server. The engine looks at each of them before each call of a model.
const MOST_ANSWER_TOOLS: usize = 32;

/// Whether the engine takes snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Snapshots {
    /// Nothing changes in this run.
    Off,
    /// As the user's configuration says.
    AsConfigured,
}

/// What a command needs of a server besides its request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs<'a> {
    pub(crate) catalog: CatalogExtent,
    /// The provider of the model that is named; it may be a server on this machine.
    pub(crate) provider: Option<&'a str>,
    pub(crate) snapshots: Snapshots,
    /// Whether every tool call passes a gate.
    pub(crate) guarded: bool,
    /// Whether the model may ask questions.
    pub(crate) questions: bool,
    /// How many commands at a time can have the model answer by a tool.
    pub(crate) answer_tools: usize,
}

impl Needs<'_> {
    /// What a shared server needs.
    pub(super) fn of_warm(catalog: CatalogExtent) -> Self {
        Self {
            catalog,
            // A named provider that is not in use has no credentials, so no command can use it.
            provider: None,
            snapshots: Snapshots::AsConfigured,
            guarded: true,
            questions: true,
            answer_tools: MOST_ANSWER_TOOLS,
        }
    }
}
