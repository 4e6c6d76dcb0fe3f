//! Where the prompt comes from.

use std::path::PathBuf;

/// The source of the prompt's own text; piped stdin may be added to it, see [`StdinUse`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PromptSource {
    /// Words of the command line, joined by one space.
    Arguments(String),
    File(PathBuf),
    /// `-e`: an editor, opened with this text.
    Editor {
        /// What the editor shows at first.
        initial: String,
    },
    /// Nothing but stdin: `-`, or no prompt at all.
    #[default]
    Stdin,
}

/// What is done with our stdin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StdinUse {
    /// Read when it is a pipe or a file.
    #[default]
    WhenPiped,
    /// `-`: read, also from a terminal.
    Always,
    /// `-n`: never read.
    Never,
}
