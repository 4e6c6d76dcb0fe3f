//! What the reader makes of a shell line: a tree in which every word is known to the letter, or known to be unknown.

/// Commands one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandList {
    pub items: Vec<AndOrList>,
}

/// Pipelines joined by `&&` and `||`, up to the next `;`, `&` or line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AndOrList {
    pub first: Pipeline,
    pub rest: Vec<(Connector, Pipeline)>,
    pub in_background: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connector {
    And,
    Or,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    pub is_negated: bool,
    pub stages: Vec<Stage>,
}

/// One command of a pipeline, with its redirections in the order in which they were typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    pub command: CommandNode,
    pub redirects: Vec<Redirect>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandNode {
    Simple(SimpleCommand),
    Group(CommandList),
    Subshell(CommandList),
    /// Pairs of condition and body; what `else` holds comes last.
    If(Vec<(CommandList, CommandList)>, Option<CommandList>),
    /// `while`, and `until` with the condition turned around.
    Loop {
        until: bool,
        condition: CommandList,
        body: CommandList,
    },
    For {
        variable: String,
        words: Vec<WordNode>,
        body: CommandList,
    },
    /// What stands between `[[` and `]]`.
    Test(Vec<WordNode>),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SimpleCommand {
    /// As typed, without what is redirected.
    pub raw: String,
    pub assignments: Vec<Assignment>,
    pub words: Vec<WordNode>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub name: String,
    pub value: WordNode,
    pub raw: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    /// To or from a file. `&>` redirects 1, and 2 along with it.
    File {
        descriptor: u8,
        writes: bool,
        appends: bool,
        both: bool,
        target: WordNode,
    },
    /// `2>&1`
    Copy {
        descriptor: u8,
        from: u8,
    },
    /// A here-document, whose text nothing expands.
    Document,
    Text(WordNode),
}

/// A word as typed, and the parts that it is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordNode {
    pub raw: String,
    pub parts: Vec<WordPart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WordPart {
    /// Text that stays what it is.
    Text(String),
    /// A character of a pattern for file names: `*`, `?`, `[` or `]`.
    Glob(char),
    /// `~` at the beginning of a word.
    Home,
    /// `$NAME`, `${NAME}`. Not quoted, its value is cut at blanks and matched with file names.
    Variable {
        name: String,
        quoted: bool,
    },
    Status {
        quoted: bool,
    },
    /// `$( … )`. Not quoted, what it prints is cut at blanks and matched with file names.
    Output {
        list: CommandList,
        quoted: bool,
    },
}

impl WordNode {
    /// The text of a word that nothing in it changes.
    pub fn literal(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                WordPart::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}
