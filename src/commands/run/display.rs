//! The renderer on a thread of its own.
//!
//! Writing to stdout blocks for as long as its reader likes. On its own thread that holds up nothing but the queue of
//! updates, so a signal or a time limit still ends the run.

use std::io;
use std::thread;

use tokio::sync::{mpsc, oneshot};

use crate::context::Context;
use crate::error::{Failure, FailureKind};
use crate::render::spinner::{Phase, is_wanted};
use crate::render::{Spinner, Streams, renderer};
use crate::request::OutputRequest;
use crate::terminal::{Screen, Terminal};
use crate::turn::{Outcome, Update};

/// Updates that wait for a slow reader.
const QUEUE: usize = 256;

/// The running renderer.
pub(super) struct Display {
    updates: Option<mpsc::Sender<Update>>,
    outcome: Option<oneshot::Sender<Outcome>>,
    broken: Option<oneshot::Receiver<io::Error>>,
    done: Option<oneshot::Receiver<io::Result<()>>>,
    spinner: Spinner,
    screen: Screen,
}

impl Display {
    /// Starts it.
    pub(super) fn open(context: &Context, request: &OutputRequest) -> Result<Self, Failure> {
        let terminal = Terminal::of_process(&context.environment);
        let screen = if is_wanted(request, &terminal) {
            Screen::with_waiting_line(Box::new(io::stderr()))
        } else {
            Screen::plain()
        };
        let spinner = Spinner::new(&screen, terminal);
        let (updates, mut queue) = mpsc::channel::<Update>(QUEUE);
        let (outcome, end) = oneshot::channel::<Outcome>();
        let (report_broken, broken) = oneshot::channel();
        let (report_done, done) = oneshot::channel();
        let (request, shown, shared) = (request.clone(), spinner.clone(), screen.clone());
        thread::Builder::new()
            .name("render".to_owned())
            .spawn(move || {
                let mut renderer = renderer(
                    &request,
                    Streams {
                        stdout: Box::new(io::stdout()),
                        stderr: Box::new(io::stderr()),
                        terminal,
                        screen: shared,
                        spinner: shown,
                    },
                );
                let mut report_broken = Some(report_broken);
                while let Some(update) = queue.blocking_recv() {
                    if report_broken.is_none() {
                        continue;
                    }
                    if let Err(error) = renderer.update(&update)
                        && let Some(report) = report_broken.take()
                    {
                        let _ = report.send(error);
                    }
                }
                if let Ok(outcome) = end.blocking_recv() {
                    let _ = report_done.send(renderer.finish(&outcome));
                }
            })
            .map_err(|error| Failure::new(FailureKind::Failed, "cannot start a thread").caused_by(&error))?;
        Ok(Self {
            updates: Some(updates),
            outcome: Some(outcome),
            broken: Some(broken),
            done: Some(done),
            spinner,
            screen,
        })
    }

    /// Says what is being waited for.
    pub(super) fn phase(&self, phase: Phase) {
        self.spinner.set(phase);
    }

    /// What all that draws takes turns on.
    pub(super) fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Where updates go.
    pub(super) fn updates(&self) -> mpsc::Sender<Update> {
        self.updates
            .clone()
            .expect("the queue is open until `finish`, which consumes this")
    }

    /// Resolves when stdout cannot be written any more; never otherwise.
    pub(super) fn broken(&mut self) -> impl Future<Output = Failure> + use<> {
        let broken = self.broken.take();
        async move {
            if let Some(broken) = broken
                && let Ok(error) = broken.await
            {
                return crate::commands::stdout_failure(&error);
            }
            std::future::pending().await
        }
    }

    /// Shows the end, and waits until everything is written.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written.
    pub(super) async fn finish(mut self, outcome: Outcome) -> Result<(), Failure> {
        self.updates = None;
        let (Some(end), Some(done)) = (self.outcome.take(), self.done.take()) else {
            return Ok(());
        };
        let _ = end.send(outcome);
        match done.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(crate::commands::stdout_failure(&error)),
            Err(_) => Err(Failure::new(
                FailureKind::Failed,
                "cannot show the result: the renderer ended",
            )),
        }
    }
}

impl Drop for Display {
    /// A run that is left in the middle leaves no waiting line behind.
    fn drop(&mut self) {
        self.spinner.clear();
        self.screen.clear();
    }
}
