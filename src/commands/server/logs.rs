//! `server logs`: what a server and its engine had to say.
//!
//! Into a pipe go the bytes of the log; a terminal gets them without escape sequences.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use super::ServerMessages;
use super::look::{choose, directory};
use crate::commands::api::output::reader_gone;
use crate::commands::write_stdout;
use crate::context::Context;
use crate::error::Failure;
use crate::request::{Follow, ServerReference};
use crate::support::state_file;
use crate::terminal::Sanitizer;
use crate::warm::{self, ServerRecord};

/// How often it is looked for more.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Prints the log.
///
/// # Errors
///
/// When there is no such log, it cannot be read, or stdout cannot be written.
pub(super) async fn run(
    context: &Context,
    server: &ServerReference,
    lines: Option<usize>,
    follow: Follow,
    messages: ServerMessages,
) -> Result<(), Failure> {
    let state = &context.directories.state;
    let found = find(context, server).await?;
    let mut log = LogReader::open(warm::log_file(state, &found.id), context.streams.stdout_is_terminal);
    // What is there when this begins.
    let mut text = log.older().map_err(|error| log.failure(&error))?;
    text.extend(log.more().map_err(|error| log.failure(&error))?);
    log.print(last(&text, lines))?;
    if follow == Follow::UntilTheEnd {
        let following = async {
            loop {
                // Check for the end of the server before reading, so that the last lines are read too.
                let is_over = found.server.as_ref().is_none_or(|server| !server.supervisor.is_alive());
                let more = log.more().map_err(|error| log.failure(&error))?;
                log.print(&more)?;
                if is_over {
                    return Ok::<(), Failure>(());
                }
                sleep(LOOK_AGAIN).await;
            }
        };
        tokio::select! {
            done = following => done?,
            failure = reader_gone() => return Err(failure),
        }
        messages.say(&format!("server {} has ended", found.id));
    }
    Ok(())
}

struct LogOwner {
    id: String,
    /// The server, while it lives.
    server: Option<ServerRecord>,
}

/// A running server, else an ended server with a log.
async fn find(context: &Context, reference: &ServerReference) -> Result<LogOwner, Failure> {
    let state = &context.directories.state;
    if let ServerReference::Id(id) = reference
        && let Some(id) = ended(state, &id.to_ascii_lowercase())
    {
        return Ok(LogOwner { id, server: None });
    }
    let mut seen = choose(context, reference).await?;
    // The most recently started server.
    if let Some(seen) = seen.pop() {
        return Ok(LogOwner {
            id: seen.record.id.clone(),
            server: Some(seen.record),
        });
    }
    let ServerReference::OfDirectory(typed) = reference else {
        return Err(
            Failure::usage("cannot find that server any more").hint("`opencode-rs server list` shows what there is")
        );
    };
    let directory = directory(context, typed.as_deref());
    warm::logs(state)
        .into_iter()
        .find(|log| log.directory.as_deref() == Some(&*directory.to_string_lossy()))
        .map(|log| LogOwner {
            id: log.id,
            server: None,
        })
        .ok_or_else(|| {
            Failure::failed(format!(
                "cannot find a server of `{}`, nor its log",
                directory.display()
            ))
            .hint("`opencode-rs server list` shows the servers of all directories")
        })
}

/// The only server that has left a log under an id that begins so, where none that lives has such an id.
fn ended(state: &Path, begins: &str) -> Option<String> {
    if ServerRecord::list(state)
        .iter()
        .any(|record| record.id.starts_with(begins))
    {
        return None;
    }
    let mut meant = warm::logs(state).into_iter().filter(|log| log.id.starts_with(begins));
    let log = meant.next()?;
    meant.next().is_none().then_some(log.id)
}

/// A log that is being read. It begins anew in a new file when it is long.
struct LogReader {
    path: PathBuf,
    file: Option<File>,
    clean: Option<Sanitizer>,
}

impl LogReader {
    fn open(path: PathBuf, is_terminal: bool) -> Self {
        Self {
            file: None,
            path,
            clean: is_terminal.then(Sanitizer::default),
        }
    }

    /// The log's rotated part, older than the current part.
    fn older(&self) -> io::Result<Vec<u8>> {
        match state_file::read(&warm::older_part(&self.path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read,
        }
    }

    fn more(&mut self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        if let Some(file) = &mut self.file {
            file.read_to_end(&mut text)?;
        }
        let is_current = self.file.as_ref().is_some_and(|file| is_same(file, &self.path));
        if !is_current && let Some(mut file) = open(&self.path)? {
            if let Some(before) = &mut self.file {
                // What was written to it between the two looks.
                before.read_to_end(&mut text)?;
            }
            file.read_to_end(&mut text)?;
            self.file = Some(file);
        }
        Ok(text)
    }

    fn print(&mut self, text: &[u8]) -> Result<(), Failure> {
        if text.is_empty() {
            return Ok(());
        }
        match &mut self.clean {
            None => write_stdout(text),
            Some(clean) => write_stdout(clean.push(&String::from_utf8_lossy(text)).as_bytes()),
        }
    }

    fn failure(&self, error: &io::Error) -> Failure {
        Failure::failed(format!("cannot read the log `{}`", self.path.display())).caused_by(error)
    }
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match state_file::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_same(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()),
        // It has gone; nothing else is there to be read.
        _ => true,
    }
}

/// The last lines of a text, all of them where no number is given.
fn last(text: &[u8], lines: Option<usize>) -> &[u8] {
    let Some(lines) = lines else {
        return text;
    };
    if lines == 0 {
        return &[];
    }
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    let begin = memchr::memrchr_iter(b'\n', body).nth(lines - 1).map_or(0, |at| at + 1);
    &text[begin..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_whole() {
        let text = b"one\ntwo\nthree\n";
        let table = [None, Some(0), Some(1), Some(2), Some(3), Some(9)];
        let texts: [&[u8]; 6] = [text, b"", b"three\n", b"two\nthree\n", text, text];
        assert_eq!(table.map(|lines| last(text, lines)), texts);
        assert_eq!(last(b"one\ntwo", Some(1)), b"two");
        assert_eq!(last(b"", Some(1)), b"");
    }

    #[test]
    fn a_log_that_begins_anew_is_read_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.log");
        fs::write(&path, "one\n").unwrap();
        let mut reader = LogReader::open(path.clone(), /*is_terminal*/ false);
        assert_eq!(reader.more().unwrap(), b"one\n");
        let mut first = fs::OpenOptions::new().append(true).open(&path).unwrap();
        fs::rename(&path, warm::older_part(&path)).unwrap();
        io::Write::write_all(&mut first, b"two\n").unwrap();
        assert_eq!(reader.more().unwrap(), b"two\n");
        fs::write(&path, "three\n").unwrap();
        assert_eq!(reader.more().unwrap(), b"three\n");
        assert_eq!(reader.more().unwrap(), b"");
        fs::remove_file(&path).unwrap();
        assert_eq!(reader.more().unwrap(), b"");
    }
}
