//! What is asked of the person who types, and what comes back.

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsoleRequest {
    Entry,
    /// A choice: a line after this prompt text, which is not added to the history.
    Choice(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedLine {
    Text(String),
    Interrupted {
        /// Whether typed text was discarded.
        had_text: bool,
    },
    /// Ctrl-D, or the terminal is gone.
    End,
}
