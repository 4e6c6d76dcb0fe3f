//! What is sent: prompt text, piped stdin, an editor's text, attachments.
//!
//! Comes in: where the prompt is ([`PromptSource`], [`StdinUse`]) and what is attached. Goes out: [`PromptParts`].
//! Always true: text is valid Unicode without NUL, is not empty, and is otherwise as it was written; nothing here waits
//! for a stdin that stays silent when there is a prompt without it; everything ends with an interrupt or a deadline.

mod attachment;
mod editor;
mod error;
mod stdin;
mod text;
mod thread;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tokio::time::Instant;

use crate::api::types::FilePart;
use crate::context::{Environment, Interrupts, StandardStreams};
use crate::error::{Failure, FailureKind};
use crate::request::{PromptSource, StdinUse, SystemPrompt, Verbosity};

pub use error::InputError;

/// The longest prompt, and the most that attachments may hold together, in bytes.
pub const LONGEST: usize = 10 * 1024 * 1024;
/// What messages call our stdin.
const STDIN: &str = "stdin";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptParts {
    /// The prompt; never empty.
    pub text: String,
    pub files: Vec<FilePart>,
}

impl PromptParts {
    /// Whether the model has to read images.
    pub fn needs_image(&self) -> bool {
        self.files.iter().any(|file| file.mime.starts_with("image/"))
    }

    /// Whether the model has to read PDFs.
    pub fn needs_pdf(&self) -> bool {
        self.files.iter().any(|file| file.mime == "application/pdf")
    }
}

/// A prompt's text, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptText {
    /// The text; never empty.
    pub text: String,
    /// Whether stdin was open and silent for so long that it was given up.
    pub gave_up_stdin: bool,
}

/// The world, as far as reading needs it.
#[derive(Debug, Clone, Copy)]
pub struct InputContext<'a> {
    /// Relative paths are meant from here.
    pub cwd: &'a Path,
    /// For the choice of an editor.
    pub environment: &'a Environment,
    pub streams: StandardStreams,
    /// What ends the reading early.
    pub interrupts: &'a Interrupts,
    /// When the reading ends at the latest.
    pub deadline: Option<Instant>,
    /// Whether remarks are welcome on stderr.
    pub verbosity: Verbosity,
}

impl InputContext<'_> {
    /// Runs `work` until it is done, interrupted or out of time.
    async fn bounded<T>(&self, what: &str, work: impl Future<Output = Result<T, InputError>>) -> Result<T, Failure> {
        let deadline = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = self.interrupts.interrupted() => Err(self.interrupts.failure(what)),
            () = deadline => Err(Failure::new(FailureKind::Timeout, format!("{what} took longer than `--timeout` allows"))),
            result = work => result.map_err(Failure::from),
        }
    }

    fn remark(&self, line: &str) {
        if self.verbosity > Verbosity::Quiet {
            // Nobody is left to tell when stderr is closed.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
}

/// Reads prompt and attachments. Attachments come first: a missing one is told before anything is waited for.
///
/// # Errors
///
/// A usage failure for what is missing, unreadable, too long, not text, or empty; an interrupt; the deadline.
pub async fn gather(
    prompt: &PromptSource,
    stdin: StdinUse,
    attachments: &[PathBuf],
    around: InputContext<'_>,
) -> Result<PromptParts, Failure> {
    let files = read_attachments(attachments, around).await?;
    let text = read_prompt(prompt, stdin, around).await?.text;
    Ok(PromptParts { text, files })
}

/// Reads attached files and directories; `-` is stdin, and is waited for.
///
/// # Errors
///
/// See [`gather`].
pub async fn read_attachments(paths: &[PathBuf], around: InputContext<'_>) -> Result<Vec<FilePart>, Failure> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let (all, cwd) = (paths.to_vec(), around.cwd.to_path_buf());
    let looking = thread::run(move || attachment::look_at_all(&all, &cwd));
    around.bounded("looking at the attachments", looking).await?;
    let stdin = if paths.iter().any(|path| attachment::is_stdin(path)) {
        read_stdin(around).await?
    } else {
        Vec::new()
    };
    let (all, cwd) = (paths.to_vec(), around.cwd.to_path_buf());
    let work = thread::run(move || attachment::read_all(&all, &cwd, &stdin));
    around.bounded("reading the attachments", work).await
}

/// Reads the prompt's text.
///
/// # Errors
///
/// See [`gather`].
pub async fn read_prompt(
    prompt: &PromptSource,
    stdin: StdinUse,
    around: InputContext<'_>,
) -> Result<PromptText, Failure> {
    let own = match prompt {
        PromptSource::Arguments(text) => Some(text.clone()),
        PromptSource::File(path) => Some(read_text_file(path, around).await?),
        PromptSource::Editor { .. } | PromptSource::Stdin => None,
    };
    let wanted = match stdin {
        StdinUse::Never => false,
        StdinUse::WhenPiped => stdin::is_piped(),
        StdinUse::Always => true,
    };
    let mut gave_up_stdin = false;
    let piped = if wanted {
        // Without a text of its own the run cannot go on, and with `-` it was told to wait.
        let patience = if stdin == StdinUse::Always || *prompt == PromptSource::Stdin {
            stdin::SilentStdin::Wait
        } else {
            stdin::SilentStdin::GoOn
        };
        let bytes = around
            .bounded("reading stdin", stdin::read(patience, |line| around.remark(line)))
            .await?;
        gave_up_stdin = bytes.is_none();
        text::decode(bytes.unwrap_or_default(), STDIN).map_err(Failure::from)?
    } else {
        String::new()
    };
    let own = match prompt {
        PromptSource::Editor { initial } => Some(
            around
                .bounded("the editor", editor::edit(initial, around.environment, around.streams))
                .await?,
        ),
        _ => own,
    };
    let own = own.unwrap_or_default();
    let text = text::join(&own, &piped);
    if stdin == StdinUse::WhenPiped && text != own && text != piped {
        around.remark(&added(&piped));
    }
    if text.len() > LONGEST {
        return Err(InputError::TooLong {
            what: "the prompt".to_owned(),
        }
        .into());
    }
    if text.trim().is_empty() {
        return Err(InputError::Empty.into());
    }
    Ok(PromptText { text, gave_up_stdin })
}

/// What a person is told of stdin that was not asked for.
fn added(piped: &str) -> String {
    let lines = match piped.lines().count() {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    };
    format!("stdin: {lines} added to the prompt; `-n` prevents that")
}

/// Names the first word of a prompt that is a file as well, where files are attached: `-f *.rs` attaches one of them.
pub fn note_file_among_words(words: &[String], around: InputContext<'_>) {
    let is_file = |word: &&String| around.cwd.join(word).is_file();
    if let Some(word) = words.iter().find(is_file) {
        around.remark(&format!(
            "`{word}` is a word of the prompt and a file; `-f` takes one file, so write `-f {word}` to attach it"
        ));
    }
}

/// Whether stdin, which was given up, has brought something since.
pub fn stdin_came_late() -> bool {
    stdin::has_more()
}

/// Reads the added system prompt.
///
/// # Errors
///
/// See [`gather`]; an empty one is none.
pub async fn read_system(system: &SystemPrompt, around: InputContext<'_>) -> Result<Option<String>, Failure> {
    let text = match system {
        SystemPrompt::Text(text) => text.clone(),
        SystemPrompt::File(path) => read_text_file(path, around).await?,
    };
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

/// Reads a file of text.
///
/// # Errors
///
/// See [`gather`].
pub async fn read_text_file(path: &Path, around: InputContext<'_>) -> Result<String, Failure> {
    let name = format!("`{}`", path.display());
    let bytes = read_file(path, around).await?;
    text::decode(bytes, &name).map_err(Failure::from)
}

/// Reads a file's bytes, at most [`LONGEST`]; a named pipe will do, a directory or a device will not.
///
/// # Errors
///
/// See [`gather`].
pub async fn read_file(path: &Path, around: InputContext<'_>) -> Result<Vec<u8>, Failure> {
    let full = around.cwd.join(path);
    let typed = path.to_path_buf();
    let work = thread::run(move || attachment::read_bytes(&full, &typed, LONGEST));
    around.bounded(&format!("reading `{}`", path.display()), work).await
}

/// Reads all of stdin, whatever it is and however long it takes; at most [`LONGEST`] bytes.
///
/// # Errors
///
/// See [`gather`].
pub async fn read_stdin(around: InputContext<'_>) -> Result<Vec<u8>, Failure> {
    let work = stdin::read(stdin::SilentStdin::Wait, |line| around.remark(line));
    Ok(around.bounded("reading stdin", work).await?.unwrap_or_default())
}
