//! What is sent: prompt text, piped stdin, an editor's text, attachments.
//!
//! In: the source of the prompt ([`PromptSource`], [`StdinUse`]) and the attachments. Out: [`PromptParts`]. Invariants:
//! text is valid Unicode without NUL, is not empty, and is otherwise unchanged; a run that has a prompt does not wait
//! for a silent stdin; an interrupt or a deadline ends every read.

mod attachment;
mod editor;
mod error;
mod media_type;
mod stdin;
mod text;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tokio::time::Instant;

use crate::answer_schema::AnswerSchema;
use crate::client::types::FilePart;
use crate::context::{Context, Environment, Interrupts, StandardStreams};
use crate::error::{Failure, FailureKind};
use crate::request::{PromptSource, SchemaSource, StdinUse, SystemPrompt, Verbosity};
use crate::support::thread;

pub use error::InputError;

/// Limit of a prompt, and of all attachments together, in bytes.
pub const MAX_INPUT_BYTES: usize = 10 * 1024 * 1024;
/// The name of our stdin in messages.
const STDIN: &str = "stdin";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptParts {
    /// Never empty.
    pub text: String,
    pub files: Vec<FilePart>,
}

impl From<String> for PromptParts {
    fn from(text: String) -> Self {
        let files = Vec::new();
        Self { text, files }
    }
}

impl PromptParts {
    /// Whether the model must accept images.
    pub fn needs_image(&self) -> bool {
        self.files.iter().any(|file| file.mime.starts_with("image/"))
    }

    /// Whether the model must accept PDFs.
    pub fn needs_pdf(&self) -> bool {
        self.files.iter().any(|file| file.mime == "application/pdf")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptText {
    /// Never empty.
    pub text: String,
    /// Whether stdin was open and silent for so long that it was given up.
    pub gave_up_stdin: bool,
}

/// The facts and limits for reading input.
#[derive(Debug, Clone, Copy)]
pub struct InputContext<'a> {
    /// The base of relative paths.
    pub cwd: &'a Path,
    /// For the choice of an editor.
    pub environment: &'a Environment,
    pub streams: StandardStreams,
    pub interrupts: &'a Interrupts,
    /// When reading ends at the latest.
    pub deadline: Option<Instant>,
    /// Whether notes may be written to stderr.
    pub verbosity: Verbosity,
}

impl<'a> InputContext<'a> {
    /// For the working directory, without a deadline.
    pub fn new(context: &'a Context, verbosity: Verbosity) -> Self {
        Self {
            cwd: &context.cwd,
            environment: &context.environment,
            streams: context.streams,
            interrupts: &context.interrupts,
            deadline: None,
            verbosity,
        }
    }

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
            // Ignores a closed stderr.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
}

async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, InputError> + Send + 'static,
) -> Result<T, InputError> {
    thread::run(work).await.map_err(InputError::Thread)?
}

/// Reads attached files and directories; for `-` waits for stdin.
pub async fn read_attachments(paths: &[PathBuf], context: InputContext<'_>) -> Result<Vec<FilePart>, Failure> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let (all, cwd) = (paths.to_vec(), context.cwd.to_path_buf());
    let looking = apart(move || attachment::look_at_all(&all, &cwd));
    context.bounded("looking at the attachments", looking).await?;
    let stdin = if paths.iter().any(|path| attachment::is_stdin(path)) {
        read_stdin(context).await?
    } else {
        Vec::new()
    };
    let (all, cwd) = (paths.to_vec(), context.cwd.to_path_buf());
    let work = apart(move || attachment::read_all(&all, &cwd, &stdin));
    context.bounded("reading the attachments", work).await
}

/// Reads the prompt: its own text, and stdin.
///
/// # Errors
///
/// A usage failure for input that is missing, unreadable, too long, not text, or empty; an interrupt; the deadline.
pub async fn read_prompt(
    prompt: &PromptSource,
    stdin: StdinUse,
    context: InputContext<'_>,
) -> Result<PromptText, Failure> {
    let own = match prompt {
        PromptSource::Arguments(text) => Some(text.clone()),
        PromptSource::File { words, path } => {
            let text = read_text_file(path, context).await?;
            Some(match words.is_empty() {
                true => text,
                false => format!("{words}\n\n{text}"),
            })
        }
        PromptSource::Editor { .. } | PromptSource::Stdin => None,
    };
    let (piped, gave_up_stdin) = read_piped(prompt, stdin, context).await?;
    let own = match prompt {
        PromptSource::Editor { initial } => Some(
            context
                .bounded(
                    "the editor",
                    editor::edit(initial, context.environment, context.streams),
                )
                .await?,
        ),
        _ => own,
    };
    let own = own.unwrap_or_default();
    let text = text::join(&own, &piped);
    if stdin == StdinUse::WhenPiped && text != own && text != piped {
        context.remark(&added(&piped));
    }
    if text.len() > MAX_INPUT_BYTES {
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

/// Reads stdin where it is wanted. Gives its text, and whether the run stopped waiting for it.
async fn read_piped(
    prompt: &PromptSource,
    stdin: StdinUse,
    context: InputContext<'_>,
) -> Result<(String, bool), Failure> {
    let is_wanted = match stdin {
        StdinUse::Never => false,
        StdinUse::WhenPiped => stdin::is_piped(),
        StdinUse::Always => true,
    };
    if !is_wanted {
        return Ok((String::new(), false));
    }
    // A run without a prompt of its own needs stdin, and `-` tells it to wait.
    let when_silent = if stdin == StdinUse::Always || *prompt == PromptSource::Stdin {
        stdin::SilentStdin::Wait
    } else {
        stdin::SilentStdin::GoOn
    };
    let bytes = context
        .bounded("reading stdin", stdin::read(when_silent, |line| context.remark(line)))
        .await?;
    let gave_up = bytes.is_none();
    Ok((text::decode(bytes.unwrap_or_default(), STDIN)?, gave_up))
}

/// The note about stdin that the user did not ask for.
fn added(piped: &str) -> String {
    let lines = match piped.lines().count() {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    };
    format!("stdin: {lines} added to the prompt; `-n` prevents that")
}

/// Notes the first word of the prompt that is also a file, when files are attached: of `-f *.rs`, only the first file
/// is attached.
pub fn note_file_among_words(words: &[String], context: InputContext<'_>) {
    let is_file = |word: &&String| context.cwd.join(word).is_file();
    if let Some(word) = words.iter().find(is_file) {
        context.remark(&format!(
            "`{word}` is a word of the prompt and a file; `-f` takes one file, so write `-f {word}` to attach it"
        ));
    }
}

/// Notes a script that is the first word of the prompt: `--rehearse` takes a script only after `=`.
pub fn note_script_among_words(prompt: &PromptSource, context: InputContext<'_>) {
    if let PromptSource::Arguments(text) = prompt
        && let Some(word) = text.split_whitespace().next()
        && word.ends_with(".toml")
        && context.cwd.join(word).is_file()
    {
        context.remark(&format!(
            "`{word}` is a word of the prompt; `--rehearse={word}` takes it as the script"
        ));
    }
}

/// Whether data has arrived on stdin after it was given up.
pub fn stdin_came_late() -> bool {
    stdin::has_more()
}

/// Reads the added system prompt.
///
/// # Errors
///
/// As for [`read_prompt`]. An empty system prompt is `None`.
pub async fn read_system(system: Option<&SystemPrompt>, context: InputContext<'_>) -> Result<Option<String>, Failure> {
    let text = match system {
        None => return Ok(None),
        Some(SystemPrompt::Text(text)) => text.clone(),
        Some(SystemPrompt::File(path)) => read_text_file(path, context).await?,
    };
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

/// Reads the schema of the answer.
///
/// # Errors
///
/// As for [`read_prompt`]; also when it is no schema.
pub async fn read_schema(source: &SchemaSource, context: InputContext<'_>) -> Result<AnswerSchema, Failure> {
    match source {
        SchemaSource::Text(text) => AnswerSchema::parse(text, "the text of `--schema`"),
        SchemaSource::File(path) => {
            let text = read_text_file(path, context).await?;
            AnswerSchema::parse(&text, &format!("`{}`", path.display()))
        }
        SchemaSource::Stdin => {
            let text = text::decode(read_stdin(context).await?, "stdin")?;
            AnswerSchema::parse(&text, "stdin")
        }
    }
}

/// Reads a file of text.
pub async fn read_text_file(path: &Path, context: InputContext<'_>) -> Result<String, Failure> {
    let name = format!("`{}`", path.display());
    let bytes = read_file(path, context).await?;
    text::decode(bytes, &name).map_err(Failure::from)
}

/// Reads a file's bytes, at most [`MAX_INPUT_BYTES`]; accepts a named pipe, but no directory or device.
pub async fn read_file(path: &Path, context: InputContext<'_>) -> Result<Vec<u8>, Failure> {
    let full = context.cwd.join(path);
    let typed = path.to_path_buf();
    let work = apart(move || attachment::read_bytes(&full, &typed, MAX_INPUT_BYTES));
    context.bounded(&format!("reading `{}`", path.display()), work).await
}

/// Opens a file in the user's editor, until that is closed.
///
/// # Errors
///
/// When there is no editor or no terminal, when the editor fails, and at an interrupt.
pub async fn edit_file(path: &Path, context: &Context) -> Result<(), Failure> {
    let work = editor::open(path, &context.environment, context.streams);
    InputContext::new(context, Verbosity::Normal)
        .bounded("the editor", work)
        .await
}

/// Reads all of stdin, of any type and without a time limit; at most [`MAX_INPUT_BYTES`] bytes.
pub async fn read_stdin(context: InputContext<'_>) -> Result<Vec<u8>, Failure> {
    let work = stdin::read(stdin::SilentStdin::Wait, |line| context.remark(line));
    Ok(context.bounded("reading stdin", work).await?.unwrap_or_default())
}
