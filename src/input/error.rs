//! How input can be unusable.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Failure, FailureKind};
use crate::support::nearest::{nearest, quoted};

#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The prompt is missing or only white space.
    #[error("cannot run without a prompt")]
    Empty,
    #[error("cannot run without a prompt: the editor left none")]
    EmptyEdit,
    /// The input is longer than the limit.
    #[error("cannot send {what}: it is longer than 10 MB")]
    TooLong { what: String },
    #[error("cannot read `{path}`")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot read stdin")]
    Stdin(#[source] io::Error),
    /// The bytes are not text.
    #[error("cannot use {what} as text: {problem} at byte {at}, line {line}")]
    NotText {
        /// The source of the bytes.
        what: String,
        problem: &'static str,
        /// The position of the invalid byte, from 1.
        at: usize,
        /// The line, from 1.
        line: usize,
        /// What the bytes could be instead.
        looks_like: NotText,
    },
    #[error("cannot start the editor `{program}`: it needs a terminal")]
    NoTerminal { program: String },
    /// The value of the editor's variable cannot be split into words.
    #[error("cannot start the editor: `{value}` is not a command")]
    EditorValue { value: String },
    /// The editor does not start, or its file cannot be written.
    #[error("cannot start the editor `{program}`")]
    Editor { program: String, source: io::Error },
    #[error("cannot keep the text for the editor")]
    EditorFile(#[source] io::Error),
    #[error("cannot use the text of the editor `{program}`: it ended with {status}")]
    EditorFailed {
        program: String,
        status: std::process::ExitStatus,
    },
    /// The reading thread cannot be started.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

/// What bytes other than UTF-8 text could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotText {
    /// A file of a type that can be attached.
    Attachment {
        mime: &'static str,
        /// Whether it came through stdin.
        from_stdin: bool,
    },
    /// UTF-16 text, as Windows writes it.
    Utf16,
    /// Text with NUL between its entries.
    ListWithNul,
    /// Text in an encoding of 8 bits, or in several.
    OtherEncoding,
    /// No text in any encoding.
    Binary,
}

impl NotText {
    /// The action that the user can take.
    fn hint(self) -> String {
        match self {
            Self::Attachment { mime, from_stdin } => {
                let file = if from_stdin { "-" } else { "FILE" };
                return format!("it looks like {mime}: attach it with `-f {file}`");
            }
            Self::Utf16 => "convert it to UTF-8, for example with `iconv -f utf-16 -t utf-8`",
            Self::ListWithNul => "turn NUL into line ends, for example with `tr '\\0' '\\n'`",
            Self::OtherEncoding => {
                "convert it to UTF-8, for example with `iconv -f latin1 -t utf-8`; where encodings are mixed, \
                 `iconv -c -f utf-8 -t utf-8` leaves out what is no UTF-8"
            }
            Self::Binary => {
                "`-f` takes text, images (PNG, JPEG, GIF, WebP), PDF files and directories; for anything else, name the \
                 file in the prompt and let the agent look at it"
            }
        }
        .to_owned()
    }
}

/// The files beside a missing one whose names are like its own.
fn names_beside(path: &Path) -> Vec<String> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let entries = std::fs::read_dir(directory.unwrap_or(Path::new(".")))
        .into_iter()
        .flatten()
        .flatten();
    let names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let wanted = path.file_name().unwrap_or_default().to_string_lossy();
    let near = nearest(&wanted, names.iter().map(String::as_str));
    near.into_iter()
        .map(|name| path.with_file_name(name).display().to_string())
        .collect()
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        let kind = match &error {
            InputError::Thread(_) | InputError::Stdin(_) => FailureKind::Failed,
            _ => FailureKind::Usage,
        };
        let failure = Self::from_error(kind, &error);
        match error {
            InputError::Empty => {
                failure.hint("write it after the command, such as `opencode-rs explain this project`, or pipe it in")
            }
            InputError::TooLong { .. } => failure.hint("name the file in the prompt and let the agent read it"),
            InputError::NotText { looks_like, .. } => failure.hint(looks_like.hint()),
            InputError::NoTerminal { .. } => failure.hint("run it in a terminal"),
            InputError::Unreadable { path, source } if source.kind() == io::ErrorKind::NotFound => {
                let near = names_beside(&path);
                failure.hint_if(!near.is_empty(), format!("did you mean {}?", quoted(&near)))
            }
            InputError::EditorValue { .. } | InputError::Editor { .. } => {
                failure.hint("set `VISUAL` or `EDITOR` to the command of an editor, on a terminal")
            }
            _ => failure,
        }
    }
}
