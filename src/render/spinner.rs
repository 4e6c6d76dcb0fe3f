//! The line that shows what the run waits for, while there is no other output.
//!
//! A thread of its own draws it, so that it moves while the program is busy. The [`Screen`] erases it before any
//! permanent output.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::request::{OutputRequest, Verbosity};
use crate::support::mutex;
use crate::terminal::{Screen, Stream, Terminal, one_line};

const FRAME_TIME: Duration = Duration::from_millis(100);
/// How long a tool runs before the line names it. Most tools end sooner, and a question for an approver appears sooner.
const SLOW_TOOL_DELAY: Duration = Duration::from_secs(1);
const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// What the run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Locating and probing the engine program.
    StartingEngine,
    StartingServer,
    /// The prompt was sent to this model.
    Waiting {
        model: String,
    },
    Running {
        /// The tool and its title, in one clean line.
        tool: String,
    },
}

impl Phase {
    fn words(&self) -> String {
        match self {
            Self::StartingEngine => "starting engine".to_owned(),
            Self::StartingServer => "starting server".to_owned(),
            Self::Waiting { model } => format!("waiting for {model}"),
            Self::Running { tool } => format!("running {tool}"),
        }
    }
}

/// Whether a spinner may be drawn: stderr is a terminal that can erase a line, and the user did not ask for quiet
/// output.
pub fn is_wanted(request: &OutputRequest, terminal: &Terminal) -> bool {
    terminal.can_redraw(Stream::Stderr) && !request.progress_off && request.verbosity > Verbosity::Quiet
}

/// A handle to the spinner, shared by its clones. Dropping the last clone removes the spinner.
#[derive(Debug, Clone)]
pub struct Spinner {
    /// `None`: never draws.
    handle: Option<Arc<Handle>>,
}

#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<SpinnerState>,
    changed: Condvar,
    screen: Screen,
    terminal: Terminal,
}

#[derive(Debug, Default)]
struct SpinnerState {
    phase: Option<(Phase, Instant)>,
    drawing: bool,
    ended: bool,
}

impl Spinner {
    /// A spinner on `screen`. Draws only after a phase is [set](Self::set), and never on a [plain](Screen::plain)
    /// screen.
    pub fn new(screen: &Screen, terminal: Terminal) -> Self {
        if !screen.has_waiting_line() {
            return Self::silent();
        }
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            screen: screen.clone(),
            terminal,
        });
        Self {
            handle: Some(Arc::new(Handle { shared })),
        }
    }

    /// A spinner that never draws.
    pub const fn silent() -> Self {
        Self { handle: None }
    }

    /// Sets what the run waits for. The seconds count from here.
    pub fn set(&self, phase: Phase) {
        let Some(handle) = &self.handle else { return };
        let shared = &handle.shared;
        let mut state = mutex::lock(&shared.state);
        if state.phase.as_ref().is_some_and(|(current, _)| *current == phase) {
            return;
        }
        state.phase = Some((phase, Instant::now()));
        if !state.drawing {
            let drawer = Arc::clone(shared);
            // The run goes on without a spinner when its thread cannot start.
            state.drawing = std::thread::Builder::new()
                .name("spinner".to_owned())
                .spawn(move || drawer.draw())
                .is_ok();
        }
        shared.changed.notify_all();
    }

    /// Ends the phase; when this returns, the line is erased.
    pub fn clear(&self) {
        if let Some(handle) = &self.handle {
            handle.shared.clear(false);
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.clear(true);
    }
}

impl Shared {
    /// The lock is held while drawing, so nothing is drawn after this.
    fn clear(&self, ended: bool) {
        let mut state = mutex::lock(&self.state);
        state.phase = None;
        state.ended |= ended;
        self.screen.clear();
        self.changed.notify_all();
    }

    fn draw(&self) {
        let mut state = mutex::lock(&self.state);
        while !state.ended {
            // While a question holds a call up, the call does not run. After the decision the renderer says which calls run.
            let is_running = matches!(state.phase, Some((Phase::Running { .. }, _)));
            if is_running && self.screen.is_taken() {
                state.phase = None;
            }
            state = match &state.phase {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some((phase, since)) => {
                    let elapsed = since.elapsed();
                    if !is_running || elapsed > SLOW_TOOL_DELAY {
                        let line = line(phase, elapsed, self.terminal.columns());
                        self.screen.show_waiting(&line);
                    }
                    self.changed
                        .wait_timeout(state, FRAME_TIME)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }
}

/// The line to draw, always shorter than the terminal's line: a wrapped line could not be erased.
fn line(phase: &Phase, elapsed: Duration, columns: usize) -> String {
    let frame = FRAMES[usize::try_from(elapsed.as_millis() / FRAME_TIME.as_millis()).unwrap_or(0) % FRAMES.len()];
    let seconds = match elapsed.as_secs() {
        0 => String::new(),
        seconds => format!(" ({seconds} s)"),
    };
    let room = columns.saturating_sub(3 + seconds.len());
    format!("{frame} {}{seconds}", one_line(&phase.words(), room))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Environment;
    use crate::terminal::testing::Shared as Bytes;

    fn terminal(term: &str) -> Terminal {
        let environment: Environment = [("TERM".into(), term.into())].into_iter().collect();
        Terminal::none(&environment).with(Stream::Stderr, 40)
    }

    #[test]
    fn the_line_names_phase_and_seconds_and_fits() {
        let waiting = Phase::Waiting {
            model: "provider/a-model-with-a-very-long-name-indeed".to_owned(),
        };
        assert_eq!(line(&Phase::StartingEngine, Duration::ZERO, 40), "⠋ starting engine");
        assert_eq!(
            line(&Phase::StartingServer, Duration::from_millis(3_150), 40),
            "⠙ starting server (3 s)"
        );
        let long = line(&waiting, Duration::from_secs(12), 40);
        assert_eq!(long, "⠋ waiting for provider/a-model-… (12 s)");
        assert!(console::measure_text_width(&long) < 41);
    }

    #[test]
    fn it_is_drawn_and_leaves_no_trace() {
        let bytes = Bytes::default();
        let screen = Screen::with_waiting_line(Box::new(bytes.clone()));
        let spinner = Spinner::new(&screen, terminal("xterm"));
        spinner.set(Phase::StartingEngine);
        let deadline = Instant::now() + Duration::from_secs(20);
        while !bytes.text().contains("starting engine") {
            assert!(Instant::now() < deadline, "no spinner within 20 s");
            std::thread::yield_now();
        }
        spinner.clear();
        let after = bytes.text();
        assert!(after.ends_with("\r\u{1b}[K"));
        let mut parser = vt100::Parser::new(5, 40, 0);
        parser.process(after.as_bytes());
        assert_eq!(parser.screen().contents(), "");
        assert_eq!(parser.screen().cursor_position(), (0, 0));
    }

    #[test]
    fn it_is_wanted_only_on_a_terminal_that_can_erase_and_when_nobody_asked_for_silence() {
        let request = OutputRequest::default();
        let off = OutputRequest {
            progress_off: true,
            ..OutputRequest::default()
        };
        let quiet = OutputRequest {
            verbosity: Verbosity::Quiet,
            ..OutputRequest::default()
        };
        assert!(is_wanted(&request, &terminal("xterm")));
        assert!(!is_wanted(&request, &terminal("dumb")));
        assert!(!is_wanted(&off, &terminal("xterm")));
        assert!(!is_wanted(&quiet, &terminal("xterm")));
        assert!(!is_wanted(&request, &Terminal::none(&Environment::default())));
    }
}
