//! Who watches how far a connection is.

use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::DownloadBar;
use crate::support::progress::Progress;
use crate::terminal::{Screen, ScreenLease};

/// A download's bar, which has the screen for itself while it is there.
pub(crate) struct DownloadOnScreen {
    bar: DownloadBar,
    screen: Screen,
    taken: Mutex<Option<ScreenLease>>,
}

impl DownloadOnScreen {
    pub(crate) fn new(bar: DownloadBar, screen: &Screen) -> Self {
        Self {
            bar,
            screen: screen.clone(),
            taken: Mutex::new(None),
        }
    }
}

impl Progress for DownloadOnScreen {
    fn begin(&self, what: &str, total: Option<u64>) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.screen.take());
        self.bar.begin(what, total);
    }

    fn advance(&self, bytes: u64) {
        self.bar.advance(bytes);
    }

    fn note(&self, line: &str) {
        let _taken = self.screen.take();
        self.bar.note(line);
    }

    fn finish(&self) {
        self.bar.finish();
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Where a connection has got to, for whoever watches.
pub(crate) trait ConnectObserver {
    fn engine(&self);
    fn server(&self);
    /// Somebody who watches a download.
    fn progress(&self) -> Arc<dyn Progress>;
}
