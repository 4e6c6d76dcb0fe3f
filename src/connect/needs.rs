//! What a command needs of a server besides its request.

/// How much of the model catalog the engine shall read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Catalog<'a> {
    /// All of it: for lists of what there is.
    Whole,
    /// No more than the providers in use need, and this one, where one is named.
    For(Option<&'a str>),
}

/// What the engine may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Snapshots {
    /// Nothing can change in this run, so there is nothing to take snapshots of.
    Off,
    /// As the user's configuration says.
    AsConfigured,
}

/// What a command needs of a server besides its request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs<'a> {
    pub(crate) catalog: Catalog<'a>,
    pub(crate) snapshots: Snapshots,
    /// Whether every tool call shall pass a gate.
    pub(crate) guarded: bool,
    /// Whether somebody answers the model's own questions.
    pub(crate) questions: bool,
}

impl<'a> Needs<'a> {
    /// What everybody needs who may come.
    pub(super) fn of_warm(catalog: Catalog<'a>) -> Self {
        Self {
            catalog: match catalog {
                Catalog::Whole => Catalog::Whole,
                // A provider that is named and not in use is no provider that can be used.
                Catalog::For(_) => Catalog::For(None),
            },
            snapshots: Snapshots::AsConfigured,
            guarded: true,
            questions: true,
        }
    }
}
