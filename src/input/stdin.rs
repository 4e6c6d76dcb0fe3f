//! Our stdin: read when it is a pipe or a file, and never waited for without a note.

use std::io::{self, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use super::{InputError, MAX_INPUT_BYTES};

/// Silence after which the run says that it waits.
const NOTE_DELAY: Duration = Duration::from_secs(1);
/// How much longer a run with a prompt waits. A command that computes before it writes (`cargo build | ...`) should not
/// lose its output to a quick engine, and a job with a forgotten stdin should not wait for long.
const SILENCE_GRACE: Duration = Duration::from_secs(2);
const CHUNK_BYTES: usize = 64 * 1024;

/// How to treat a silent stdin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SilentStdin {
    /// There is another prompt: warn, then go on.
    GoOn,
    /// Stdin is the prompt, or `-` asks for it: advise, then wait.
    Wait,
}

/// Whether other programs write to stdin: a pipe, a socket, a file. Neither a terminal nor `/dev/null` counts.
pub(super) fn is_piped() -> bool {
    #[cfg(unix)]
    {
        use rustix::fs::FileType;
        // Descriptor 0 always exists: the standard library opens `/dev/null` in its place at the start.
        rustix::fs::fstat(rustix::stdio::stdin()).is_ok_and(|stat| {
            matches!(
                FileType::from_raw_mode(stat.st_mode),
                FileType::Fifo | FileType::Socket | FileType::RegularFile
            )
        })
    }
    #[cfg(not(unix))]
    {
        use std::io::IsTerminal as _;
        !io::stdin().is_terminal()
    }
}

/// Reads stdin to its end; `None` when it was given up. Dropping the future leaves unread data in stdin.
pub(super) async fn read(when_silent: SilentStdin, remark: impl Fn(&str)) -> Result<Option<Vec<u8>>, InputError> {
    let (sender, mut chunks) = mpsc::channel(4);
    let abandoned = Abandoned::default();
    let flag = Arc::clone(&abandoned.0);
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || pump(&sender, &flag))
        .map_err(InputError::Thread)?;

    let mut bytes = Vec::new();
    let mut next = match tokio::time::timeout(NOTE_DELAY, chunks.recv()).await {
        Ok(chunk) => chunk,
        Err(_) if when_silent == SilentStdin::GoOn => {
            remark(
                "waiting 2 s for stdin, which is open and sends nothing: `--no-stdin` never reads it, a last word `-` \
                 waits for it",
            );
            let Ok(chunk) = tokio::time::timeout(SILENCE_GRACE, chunks.recv()).await else {
                // Before it is said: who reads that and writes now must find that nothing reads any more.
                drop(abandoned);
                remark("warning: going on without stdin");
                return Ok(None);
            };
            chunk
        }
        Err(_) => {
            remark("waiting for stdin; with `--no-stdin` it is never read");
            chunks.recv().await
        }
    };
    while let Some(chunk) = next {
        bytes.extend_from_slice(&chunk.map_err(InputError::Stdin)?);
        if bytes.len() > MAX_INPUT_BYTES {
            return Err(InputError::TooLong {
                what: "stdin".to_owned(),
            });
        }
        next = chunks.recv().await;
    }
    Ok(Some(bytes))
}

/// When dropped, tells the reading thread that its result is not needed any more.
#[derive(Default)]
struct Abandoned(Arc<AtomicBool>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sends the contents of stdin in chunks, until its end or an error.
fn pump(sender: &mpsc::Sender<io::Result<Vec<u8>>>, abandoned: &AtomicBool) {
    let mut stdin = io::stdin().lock();
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        // Later data belongs to the other programs that share this stdin, so it is not read.
        if !wait_until_readable(abandoned) {
            return;
        }
        let piece = match stdin.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => Ok(buffer[..length].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let last = piece.is_err();
        if sender.blocking_send(piece).is_err() || last {
            return;
        }
    }
}

/// Whether stdin has unread data.
#[cfg(unix)]
pub(super) fn has_more() -> bool {
    rustix::io::ioctl_fionread(rustix::stdio::stdin()).is_ok_and(|waiting| waiting > 0)
}

#[cfg(not(unix))]
pub(super) fn has_more() -> bool {
    false
}

/// Waits until a read would not block; `false` when the result is not needed any more.
#[cfg(unix)]
fn wait_until_readable(abandoned: &AtomicBool) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let tick = Timespec {
        tv_sec: 0,
        tv_nsec: 100_000_000,
    };
    loop {
        if abandoned.load(Ordering::Relaxed) {
            return false;
        }
        match poll(&mut [PollFd::new(&rustix::stdio::stdin(), PollFlags::IN)], Some(&tick)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            // Readable, at its end, or not pollable: the read will show.
            Ok(_) | Err(_) => return !abandoned.load(Ordering::Relaxed),
        }
    }
}

#[cfg(not(unix))]
fn wait_until_readable(abandoned: &AtomicBool) -> bool {
    !abandoned.load(Ordering::Relaxed)
}
