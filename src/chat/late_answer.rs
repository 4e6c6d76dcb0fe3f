//! The terminal's late answers to where its cursor is.
//!
//! The line editor asks the terminal where its cursor is, and goes on without an answer after two seconds. The answer
//! that arrives later would count as the one to the next question, and from then on each prompt would be drawn over the
//! last lines above it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::mutex;

/// How long `crossterm` waits for an answer.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Whether an answer may be on its way that nobody waits for.
#[derive(Debug, Clone, Default)]
pub(super) struct LateAnswer(Arc<Mutex<CursorQuestion>>);

#[derive(Debug, Default)]
struct CursorQuestion {
    /// When the line editor began what asks the question.
    since: Option<Instant>,
    is_late: bool,
}

impl LateAnswer {
    /// The line editor begins something in which it asks the terminal.
    pub(super) fn may_be_asked(&self) {
        mutex::lock(&self.0).since = Some(Instant::now());
    }

    /// The line editor draws: it has its answer, or has given up.
    pub(super) fn drawn(&self) {
        let mut question = mutex::lock(&self.0);
        if question
            .since
            .take()
            .is_some_and(|since| since.elapsed() >= LONGEST_WAIT)
        {
            question.is_late = true;
        }
    }

    /// Takes the answers that came too late from `crossterm`'s queue, and waits two seconds for others. Keys stay in
    /// the queue.
    #[cfg(unix)]
    pub(super) fn drop_all(&self) {
        if !std::mem::take(&mut mutex::lock(&self.0).is_late) {
            return;
        }
        let stdout = rustix::stdio::stdout();
        let (Ok(kept), Ok(null)) = (
            rustix::io::fcntl_dupfd_cloexec(stdout, 3),
            std::fs::OpenOptions::new().write(true).open("/dev/null"),
        ) else {
            return;
        };
        // `crossterm` offers no way to take an answer without a question, so its questions go nowhere.
        if rustix::stdio::dup2_stdout(&null).is_ok() {
            while crossterm::cursor::position().is_ok() {}
            let _ = rustix::stdio::dup2_stdout(&kept);
        }
    }

    #[cfg(not(unix))]
    #[expect(
        clippy::unused_self,
        reason = "the console of Windows is not asked through its output"
    )]
    pub(super) fn drop_all(&self) {}
}
