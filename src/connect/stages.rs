//! The stages of a connection, shown on the waiting line.

use std::sync::{Arc, Mutex, PoisonError};

use crate::context::Context;
use crate::engine::DownloadBar;
use crate::render::Spinner;
use crate::render::spinner::Phase;
use crate::request::Verbosity;
use crate::support::progress::Progress;
use crate::terminal::{Screen, ScreenLease};

/// Shows how far a connection is.
pub(crate) struct ConnectStages {
    spinner: Spinner,
    download: Arc<dyn Progress>,
}

impl ConnectStages {
    pub(crate) fn new(
        context: &Context,
        screen: &Screen,
        spinner: Spinner,
        verbosity: Verbosity,
        progress_off: bool,
    ) -> Self {
        let draws = context.streams.stderr_is_terminal && !progress_off;
        Self {
            spinner,
            download: Arc::new(DownloadOnScreen {
                bar: DownloadBar::new(draws, verbosity),
                screen: screen.clone(),
                taken: Mutex::new(None),
            }),
        }
    }

    pub(crate) fn engine(&self) {
        self.spinner.set(Phase::StartingEngine);
    }

    pub(super) fn server(&self) {
        self.spinner.set(Phase::StartingServer);
    }

    pub(crate) fn download(&self) -> Arc<dyn Progress> {
        Arc::clone(&self.download)
    }
}

/// The bar of a download. It has the screen for itself.
struct DownloadOnScreen {
    bar: DownloadBar,
    screen: Screen,
    taken: Mutex<Option<ScreenLease>>,
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
