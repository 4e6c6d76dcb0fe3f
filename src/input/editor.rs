//! A prompt written in the user's editor.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::{InputError, text};
use crate::context::{Environment, StandardStreams};
use crate::env_vars;

#[cfg(unix)]
const FALLBACK: &str = "vi";
#[cfg(not(unix))]
const FALLBACK: &str = "notepad";

/// Opens the editor with `initial` and returns the edited text. Dropping the future ends the editor.
pub(super) async fn edit(
    initial: &str,
    environment: &Environment,
    streams: StandardStreams,
) -> Result<String, InputError> {
    // Readable by its owner alone: a prompt may contain secrets.
    let temporary = |source| InputError::EditorFile(source);
    let mut file = tempfile::Builder::new()
        .prefix("opencode-rs-")
        .suffix(".md")
        .tempfile()
        .map_err(temporary)?;
    file.write_all(initial.as_bytes()).map_err(temporary)?;
    // Closed, because some systems let only one process open the file; dropping the path still removes it.
    let path = file.into_temp_path();
    open(&path, environment, streams).await?;
    let bytes = std::fs::read(&path).map_err(temporary)?;
    let edited = text::decode(bytes, "what the editor left")?;
    if edited.trim().is_empty() {
        return Err(InputError::EmptyEdit);
    }
    // Editors add a newline at the end of a file.
    Ok(edited.trim_end_matches(['\n', '\r']).to_owned())
}

/// Opens a file in the editor, until that is closed. Dropping the future ends the editor.
pub(super) async fn open(path: &Path, environment: &Environment, streams: StandardStreams) -> Result<(), InputError> {
    let value = [env_vars::VISUAL, env_vars::EDITOR]
        .into_iter()
        .find_map(|name| environment.text(name))
        .unwrap_or(FALLBACK);
    let words = shell_words::split(value).ok().filter(|words| !words.is_empty());
    let Some((program, arguments)) = words.as_deref().and_then(<[String]>::split_first) else {
        return Err(InputError::EditorValue {
            value: value.to_owned(),
        });
    };
    let editor = |source: io::Error| InputError::Editor {
        program: program.clone(),
        source,
    };
    let no_terminal = |_| InputError::NoTerminal {
        program: program.clone(),
    };
    let status = Command::new(program)
        .args(arguments)
        .arg(path)
        .env_clear()
        .envs(environment.iter())
        .stdin(on_terminal(streams.stdin_is_terminal, false).map_err(no_terminal)?)
        .stdout(on_terminal(streams.stdout_is_terminal, true).map_err(no_terminal)?)
        .kill_on_drop(true)
        .status()
        .await
        .map_err(editor)?;
    if !status.success() {
        return Err(InputError::EditorFailed {
            program: program.clone(),
            status,
        });
    }
    Ok(())
}

/// The terminal as a stream of the editor: our stream if it is a terminal, otherwise the controlling terminal.
fn on_terminal(ours_is_terminal: bool, write: bool) -> io::Result<Stdio> {
    if ours_is_terminal {
        return Ok(Stdio::inherit());
    }
    #[cfg(unix)]
    let name = "/dev/tty";
    #[cfg(not(unix))]
    let name = if write { "CONOUT$" } else { "CONIN$" };
    std::fs::OpenOptions::new()
        .read(true)
        .write(write)
        .open(name)
        .map(Stdio::from)
}
