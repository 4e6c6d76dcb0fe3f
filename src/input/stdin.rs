//! Our stdin: read when it is a pipe or a file, and never waited for without a word.

use std::io::{self, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use super::{InputError, LONGEST};

/// Silence that is worth a line.
const SILENCE: Duration = Duration::from_secs(1);
/// How much longer a run that has a prompt waits. A command that computes before it writes (`cargo build | ...`) should not
/// lose its output to a quick engine, and a job with a forgotten stdin should not wait for long.
const GRACE: Duration = Duration::from_secs(2);
/// How many bytes are read at once.
const CHUNK: usize = 64 * 1024;

/// What a silent stdin means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SilentStdin {
    /// There is a prompt without it: go on after a word of warning.
    GoOn,
    /// It is the prompt, or `-` asks for it: wait for it after a word of advice.
    Wait,
}

/// Whether stdin is something that others write into: a pipe, a socket, a file. A terminal is not, and neither is
/// `/dev/null`.
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

/// Reads stdin to its end; nothing when it was given up. Dropping the future leaves what is not read yet where it is.
pub(super) async fn read(patience: SilentStdin, remark: impl Fn(&str)) -> Result<Option<Vec<u8>>, InputError> {
    let (sender, mut chunks) = mpsc::channel(4);
    let abandoned = Abandoned::default();
    let flag = Arc::clone(&abandoned.0);
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || pump(&sender, &flag))
        .map_err(InputError::Thread)?;

    let mut bytes = Vec::new();
    let mut next = match tokio::time::timeout(SILENCE, chunks.recv()).await {
        Ok(chunk) => chunk,
        Err(_) if patience == SilentStdin::GoOn => {
            remark(
                "waiting 2 s for stdin, which is open and sends nothing: `--no-stdin` never reads it, a last word `-` \
                 waits for it",
            );
            let Ok(chunk) = tokio::time::timeout(GRACE, chunks.recv()).await else {
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
        if bytes.len() > LONGEST {
            return Err(InputError::TooLong {
                what: "stdin".to_owned(),
            });
        }
        next = chunks.recv().await;
    }
    Ok(Some(bytes))
}

/// Tells the reading thread, when dropped, that nobody listens any more.
#[derive(Default)]
struct Abandoned(Arc<AtomicBool>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sends what stdin holds, piece by piece, until its end or an error.
fn pump(sender: &mpsc::Sender<io::Result<Vec<u8>>>, abandoned: &AtomicBool) {
    let mut stdin = io::stdin().lock();
    let mut buffer = vec![0; CHUNK];
    loop {
        // What comes after we went on belongs to whoever shares this stdin with us, so it is not read.
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

/// Whether stdin holds something that was not read.
#[cfg(unix)]
pub(super) fn has_more() -> bool {
    rustix::io::ioctl_fionread(rustix::stdio::stdin()).is_ok_and(|waiting| waiting > 0)
}

#[cfg(not(unix))]
pub(super) fn has_more() -> bool {
    false
}

/// Waits until a read would not block; `false` when nobody wants the result any more.
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
            // Readable, at its end, or not to be polled: the read tells.
            Ok(_) | Err(_) => return !abandoned.load(Ordering::Relaxed),
        }
    }
}

#[cfg(not(unix))]
fn wait_until_readable(abandoned: &AtomicBool) -> bool {
    !abandoned.load(Ordering::Relaxed)
}
