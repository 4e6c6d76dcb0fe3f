//! The renderer on a thread of its own.
//!
//! Writing to stdout blocks for as long as its reader likes. On its own thread that holds up nothing but the queue of
//! updates, so a signal or a time limit still ends the run.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::connect::ConnectStages;
use crate::context::{Context, Interrupts};
use crate::error::Failure;
use crate::render::spinner::{Phase, is_wanted};
use crate::render::{EventLog, Render, Spinner, Streams, renderer};
use crate::request::OutputRequest;
use crate::terminal::{Screen, Terminal};
use crate::turn::{Outcome, Update};

/// Updates that wait for a slow reader.
const QUEUE: usize = 256;
/// How long a run that is left at once waits for its last record to be written.
const LAST_RECORD: Duration = Duration::from_millis(500);

/// How often it is checked whether stdout still has a reader.
#[cfg(unix)]
const READER_CHECK: Duration = Duration::from_millis(250);

/// The running renderer.
///
/// A run that is dropped, because a second signal came, ends with a result record all the same; it says little.
pub(crate) struct Display {
    updates: Option<mpsc::Sender<Update>>,
    outcome: Option<oneshot::Sender<Outcome>>,
    broken: Option<oneshot::Receiver<io::Error>>,
    done: Option<oneshot::Receiver<io::Result<()>>>,
    ended: std::sync::mpsc::Receiver<()>,
    muted: Arc<AtomicBool>,
    interrupts: Interrupts,
    /// The outcome of a run that is dropped.
    unfinished: Outcome,
    spinner: Spinner,
    screen: Screen,
}

impl Display {
    /// Starts it; everything that it shows goes into the log too. `unfinished` is the outcome, but for its failure, of a run that does not come to its end.
    pub(crate) fn open(
        context: &Context,
        request: &OutputRequest,
        event_log: Option<EventLog>,
        unfinished: Outcome,
    ) -> Result<Self, Failure> {
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
        let (report_ended, ended) = std::sync::mpsc::channel();
        let muted = Arc::new(AtomicBool::new(false));
        let stderr = Stderr(Arc::clone(&muted));
        let (request, shown, shared) = (request.clone(), spinner.clone(), screen.clone());
        thread::Builder::new()
            .name("render".to_owned())
            .spawn(move || {
                let mut renderer = renderer(
                    &request,
                    Streams {
                        stdout: Box::new(io::stdout()),
                        stderr: Box::new(stderr),
                        terminal,
                        screen: shared,
                        spinner: shown,
                    },
                );
                let reports = (report_broken, report_done);
                show(renderer.as_mut(), event_log, &mut queue, end, reports);
                let _ = report_ended.send(());
            })
            .map_err(|error| Failure::failed("cannot start a thread").caused_by(&error))?;
        Ok(Self {
            updates: Some(updates),
            outcome: Some(outcome),
            broken: Some(broken),
            done: Some(done),
            ended,
            muted,
            interrupts: context.interrupts.clone(),
            unfinished,
            spinner,
            screen,
        })
    }

    /// Shows the stages of a connection on the waiting line.
    pub(super) fn connect_stages(&self, context: &Context, output: &OutputRequest) -> ConnectStages {
        let spinner = self.spinner.clone();
        ConnectStages::new(context, &self.screen, spinner, output.verbosity, output.progress_off)
    }

    pub(crate) fn phase(&self, phase: Phase) {
        self.spinner.set(phase);
    }

    /// What all that draws takes turns on.
    pub(crate) fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Waits until the renderer has taken every update.
    pub(crate) async fn drained(&self) {
        // All places of the queue are free only when nothing is in it.
        let updates = self.updates();
        let _ = updates.reserve_many(updates.max_capacity()).await;
    }

    pub(crate) fn updates(&self) -> mpsc::Sender<Update> {
        self.updates
            .clone()
            .expect("the queue is open until `finish`, which consumes this")
    }

    pub(crate) async fn warn(&self, warning: impl Into<String>) {
        let _ = self.updates().send(Update::Warning(warning.into())).await;
    }

    /// Resolves when stdout cannot be written any more; never otherwise.
    pub(crate) fn broken(&mut self) -> impl Future<Output = Failure> + use<> {
        let broken = self.broken.take();
        async move {
            let writing = async {
                match broken {
                    Some(broken) => broken.await.ok(),
                    None => None,
                }
            };
            tokio::select! {
                biased;
                Some(error) = writing => crate::error::stdout_failure(&error),
                () = reader_gone() => crate::error::stdout_failure(&io::ErrorKind::BrokenPipe.into()),
            }
        }
    }

    /// Shows the end, and waits until everything is written.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written.
    pub(crate) async fn finish(mut self, outcome: Outcome) -> Result<(), Failure> {
        self.spinner.clear();
        self.updates = None;
        if let Some(sender) = self.outcome.take() {
            let _ = sender.send(outcome);
        }
        let done = match self.done.take() {
            Some(done) => done.await.ok(),
            None => None,
        };
        match done {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(crate::error::stdout_failure(&error)),
            None => Err(Failure::failed("cannot show the result: the renderer ended")),
        }
    }
}

/// Shows updates until their queue is closed, then the outcome; the reports are of a broken stdout, and of the end.
fn show(
    renderer: &mut dyn Render,
    mut event_log: Option<EventLog>,
    queue: &mut mpsc::Receiver<Update>,
    end: oneshot::Receiver<Outcome>,
    (report_broken, report_done): (oneshot::Sender<io::Error>, oneshot::Sender<io::Result<()>>),
) {
    let mut report_broken = Some(report_broken);
    while let Some(update) = queue.blocking_recv() {
        if let Some(log) = &mut event_log {
            log.update(&update);
        }
        if report_broken.is_none() {
            continue;
        }
        if let Err(error) = renderer.update(&update)
            && let Some(report) = report_broken.take()
        {
            let _ = report.send(error);
        }
    }
    let Ok(mut outcome) = end.blocking_recv() else { return };
    if let Some(error) = event_log.and_then(|log| log.finish(&mut outcome)) {
        let warning = format!("the event log is not complete: {error}");
        let _ = renderer.update(&Update::Warning(warning));
    }
    let _ = report_done.send(renderer.finish(&outcome));
}

impl Drop for Display {
    fn drop(&mut self) {
        let Some(sender) = self.outcome.take() else {
            return;
        };
        // A run that is left in the middle leaves no waiting line behind.
        self.spinner.clear();
        self.screen.clear();
        if self.interrupts.reason().is_none() {
            return;
        }
        self.updates = None;
        // The code that dropped the run writes to stderr.
        self.muted.store(true, Ordering::Relaxed);
        let outcome = Outcome {
            failure: Some(self.interrupts.failure("the run")),
            ..std::mem::replace(&mut self.unfinished, Outcome::empty(String::new()))
        };
        let _ = sender.send(outcome);
        let _ = self.ended.recv_timeout(LAST_RECORD);
    }
}

/// Resolves when stdout is a pipe whose reader has gone, also while nothing is written.
#[cfg(unix)]
async fn reader_gone() {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let is_pipe = rustix::fs::fstat(io::stdout())
        .is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Fifo);
    if !is_pipe {
        return std::future::pending().await;
    }
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    loop {
        let stdout = io::stdout();
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        // An end without readers is an error for a pipe that is written to.
        let polled = poll(&mut watched, Some(&at_once)).is_ok();
        if polled && watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            return;
        }
        tokio::time::sleep(READER_CHECK).await;
    }
}

#[cfg(not(unix))]
async fn reader_gone() {
    std::future::pending().await
}

/// Stderr, until the flag mutes it.
struct Stderr(Arc<AtomicBool>);

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.load(Ordering::Relaxed) {
            return Ok(bytes.len());
        }
        io::stderr().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
