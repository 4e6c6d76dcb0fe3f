//! A shell line, taken apart.
//!
//! In: the line, as the model wrote it for bash. Out: its commands and the files that it redirects to and from,
//! or why it is not understood. Invariants: of a line that is understood, every command is in one of the parts.
//!
//! | file | what |
//! | --- | --- |
//! | `reader`, `tree` | the part of the shell's language that is understood, and what a line says in it |
//! | `parts`, `word` | from the tree to commands and redirections, each with its directories and what its words become |
//! | `programs`, `git`, `wrappers`, `arguments` | what options make a program do, what it runs, which paths it is given |
//! | `hazard` | what in a command its rule has to name |
//! | `texts` | the texts under which a rule may name a command |

pub(super) mod arguments;
pub(super) mod git;
pub(super) mod hazard;
mod parts;
pub(super) mod programs;
pub mod reader;
pub(super) mod texts;
pub mod tree;
mod word;
pub(super) mod wrappers;

use std::path::{Path, PathBuf};

use crate::support::names::Names;

pub(super) use word::ShellWord;

/// The directories that a command may run in; `None` if they are unknown.
pub(super) type Dirs = Option<Vec<PathBuf>>;

/// A part of a line.
#[derive(Debug)]
pub(super) enum LinePart {
    Command(ShellCommand),
    File {
        writes: bool,
        target: ShellWord,
        /// The directories that a relative path starts from.
        dirs: Dirs,
    },
}

#[derive(Debug, Clone)]
pub(super) struct ShellCommand {
    /// As it stands in the line.
    pub(super) raw: String,
    /// The program and its arguments.
    pub(super) words: Vec<ShellWord>,
    /// Variables that are set for it: names, and as typed.
    pub(super) assignments: Vec<(String, String)>,
    pub(super) dirs: Dirs,
    /// The command before it in a pipeline.
    pub(super) feeds: Option<Box<ShellCommand>>,
    /// It runs in the background, also when the line is over.
    pub(super) goes_on: bool,
}

impl ShellCommand {
    /// The command that this one runs.
    pub(super) fn running(&self, words: Vec<ShellWord>) -> Self {
        Self {
            raw: texts::typed(&words),
            words,
            assignments: Vec::new(),
            dirs: self.dirs.clone(),
            feeds: None,
            goes_on: self.goes_on,
        }
    }
}

/// What is known about the surroundings.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShellContext<'a> {
    pub(super) home: &'a Path,
    pub(super) start: &'a Path,
}

/// Whether a line is understood, and none of its commands writes a file.
pub fn only_reads(line: &str) -> bool {
    const QUIET: Names = Names("cd true false : test [ [[ sleep");
    let anywhere = ShellContext {
        home: Path::new("/"),
        start: Path::new("/"),
    };
    let reads = |part: &LinePart| match part {
        LinePart::File { writes, target, .. } => !*writes || target.known() == Some("/dev/null"),
        LinePart::Command(command) => {
            let name = texts::program(&command.words);
            name.is_some_and(|name| QUIET.contains(name))
                || programs::only_reads(&command.words, &programs::hazards(command))
        }
    };
    read(line, anywhere).is_ok_and(|parts| parts.iter().all(reads))
}

/// Takes a line apart, or says why that cannot be done.
pub(super) fn read(line: &str, around: ShellContext<'_>) -> Result<Vec<LinePart>, &'static str> {
    let list = reader::read(line).map_err(|objection| objection.why)?;
    parts::parts(line, &list, around).ok_or("it has too many commands")
}
