//! A download as a person sees it: a bar on a terminal, a line elsewhere.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::request::Verbosity;
use crate::support::progress::Progress;

const BAR: &str = "{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
const SPINNER: &str = "{msg} {spinner} {bytes} {bytes_per_sec}";

#[derive(Debug)]
pub struct DownloadBar {
    verbosity: Verbosity,
    draws: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl DownloadBar {
    /// Draws only where `draws` says that stderr is a terminal and progress was not turned off.
    pub const fn new(draws: bool, verbosity: Verbosity) -> Self {
        Self {
            verbosity,
            draws,
            bar: Mutex::new(None),
        }
    }

    fn bar(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for DownloadBar {
    fn begin(&self, what: &str, total: Option<u64>) {
        if !self.draws || self.verbosity == Verbosity::Quiet {
            let size = total.map_or_else(String::new, |total| format!(" ({} MB)", total.div_ceil(1_000_000)));
            self.note(&format!("downloading {what}{size}"));
            return;
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let template = if total.is_some() { BAR } else { SPINNER };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(format!("downloading {what}"));
        *self.bar() = Some(bar);
    }

    fn advance(&self, bytes: u64) {
        if let Some(bar) = &*self.bar() {
            bar.inc(bytes);
        }
    }

    fn note(&self, line: &str) {
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        let write = || {
            // When stderr is closed, no message can reach the user.
            let _ = writeln!(io::stderr(), "{line}");
        };
        match &*self.bar() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn finish(&self) {
        if let Some(bar) = self.bar().take() {
            bar.finish_and_clear();
        }
    }
}
