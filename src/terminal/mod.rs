//! Streams, tty facts, colour, control-sequence stripping.
//!
//! In: the environment's variables, once. Out: [`Terminal`], which says what each stream can show; the
//! [`Sanitizer`], through which all text of a model, a tool or a provider goes before a terminal sees it; and
//! [`Screen`], which lets one thing draw at a time. Invariants: nothing below asks the environment again.

mod sanitize;
mod screen;
#[cfg(test)]
pub(crate) mod testing;
mod wrap;

pub use sanitize::{Sanitizer, one_line, sanitize};
pub use screen::{Screen, ScreenLease};
pub use wrap::{joined, wrapped};

use crate::context::{Environment, StandardStreams};
use crate::env_vars;
use crate::request::ColorChoice;
use crate::support::output_files::OutputFiles;

/// Columns where none can be measured.
const DEFAULT_COLUMNS: usize = 80;
/// Narrower terminals are treated as this wide: a layout needs some room.
const FEWEST_COLUMNS: usize = 20;

/// One of the three standard streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Stdin,
    Stdout,
    Stderr,
}

/// What is known about the terminal behind the standard streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    streams: StandardStreams,
    /// `None`: measured at each use, since a window can be resized.
    columns: Option<usize>,
    /// What the environment says about colour, the terminal left aside.
    color: Option<bool>,
    /// Whether the cursor can go back to the start of its line; such terminals have colour, too.
    has_cursor: bool,
    /// Whether stdout and stderr are one file or pipe, as a log of both is.
    outputs_are_one: bool,
}

impl Terminal {
    /// The facts about this process.
    pub fn of_process(environment: &Environment) -> Self {
        let terminal = Self {
            streams: StandardStreams::of_process(),
            columns: None,
            outputs_are_one: OutputFiles::of_process(Vec::new()).streams_are_one(),
            ..Self::none(environment)
        };
        #[cfg(windows)]
        {
            // Asking is what switches a Windows console to understanding escape sequences.
            let _ = console::Term::stdout().features().colors_supported();
            let _ = console::Term::stderr().features().colors_supported();
        }
        terminal
    }

    /// No stream is a terminal; colour as `environment` says.
    pub fn none(environment: &Environment) -> Self {
        Self {
            streams: StandardStreams::default(),
            columns: Some(DEFAULT_COLUMNS),
            color: color_of_variables(environment),
            has_cursor: has_cursor(environment),
            outputs_are_one: false,
        }
    }

    /// The same, but `stream` is a terminal that is `columns` wide.
    #[must_use]
    pub fn with(mut self, stream: Stream, columns: usize) -> Self {
        match stream {
            Stream::Stdin => self.streams.stdin_is_terminal = true,
            Stream::Stdout => self.streams.stdout_is_terminal = true,
            Stream::Stderr => self.streams.stderr_is_terminal = true,
        }
        self.columns = Some(columns);
        self
    }

    /// Whether `stream` is a terminal.
    pub const fn is_terminal(&self, stream: Stream) -> bool {
        match stream {
            Stream::Stdin => self.streams.stdin_is_terminal,
            Stream::Stdout => self.streams.stdout_is_terminal,
            Stream::Stderr => self.streams.stderr_is_terminal,
        }
    }

    /// Whether what is written to stdout and to stderr comes together, as on one terminal or in one log.
    pub const fn outputs_are_one(&self) -> bool {
        self.outputs_are_one
    }

    /// Whether a line that stands on the terminal can be erased and drawn again.
    pub fn can_redraw(&self, stream: Stream) -> bool {
        self.is_terminal(stream) && self.has_cursor
    }

    /// Whether `stream` gets colour: the flag, then the environment, then what the stream is.
    pub fn color(&self, choice: ColorChoice, stream: Stream) -> bool {
        match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => self.color.unwrap_or_else(|| self.can_redraw(stream)),
        }
    }

    /// How many columns a line has.
    pub fn columns(&self) -> usize {
        let measure = || {
            [console::Term::stdout(), console::Term::stderr()]
                .iter()
                .find_map(console::Term::size_checked)
                .map_or(DEFAULT_COLUMNS, |(_, columns)| usize::from(columns))
        };
        self.columns.unwrap_or_else(measure).max(FEWEST_COLUMNS)
    }
}

/// What a terminal can show that is asked at, whatever the standard streams are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalStyle {
    pub color: bool,
    /// The cursor can be moved; if not, everything is written line by line.
    pub cursor: bool,
}

impl TerminalStyle {
    /// As the user and the environment say.
    pub fn new(terminal: &Terminal, choice: ColorChoice) -> Self {
        let device = terminal.with(Stream::Stderr, terminal.columns());
        Self {
            color: device.color(choice, Stream::Stderr),
            cursor: device.can_redraw(Stream::Stderr),
        }
    }
}

fn color_of_variables(environment: &Environment) -> Option<bool> {
    let forced = |name| environment.text(name).is_some_and(|value| value != "0");
    // Set but not Unicode is set as well.
    let no_color = environment
        .os(env_vars::NO_COLOR)
        .is_some_and(|value| !value.is_empty());
    if no_color {
        Some(false)
    } else if forced(env_vars::CLICOLOR_FORCE) || forced(env_vars::FORCE_COLOR) {
        Some(true)
    } else if environment.text(env_vars::CLICOLOR) == Some("0") {
        Some(false)
    } else {
        None
    }
}

fn has_cursor(environment: &Environment) -> bool {
    // A Windows console has no `TERM`; elsewhere its absence means that nothing is known.
    environment
        .text(env_vars::TERM)
        .map_or(cfg!(windows), |term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    /// Colour on a stdout that is a terminal, and on a stderr that is not.
    fn colors(choice: ColorChoice, variables: &[(&str, &str)]) -> (bool, bool) {
        let terminal = Terminal::none(&environment(variables)).with(Stream::Stdout, 80);
        (
            terminal.color(choice, Stream::Stdout),
            terminal.color(choice, Stream::Stderr),
        )
    }

    #[test]
    fn colour_is_decided_by_flag_then_variables_then_terminal() {
        const XTERM: (&str, &str) = ("TERM", "xterm-256color");
        let auto = ColorChoice::Auto;
        assert_eq!(colors(auto, &[XTERM]), (true, false));
        assert_eq!(colors(auto, &[("TERM", "dumb")]), (false, false));
        assert_eq!(colors(auto, &[XTERM, ("NO_COLOR", "1")]), (false, false));
        assert_eq!(colors(auto, &[XTERM, ("NO_COLOR", "")]), (true, false));
        assert_eq!(colors(auto, &[XTERM, ("CLICOLOR", "0")]), (false, false));
        assert_eq!(colors(auto, &[("CLICOLOR_FORCE", "1")]), (true, true));
        assert_eq!(colors(auto, &[("FORCE_COLOR", "3")]), (true, true));
        assert_eq!(colors(auto, &[XTERM, ("FORCE_COLOR", "0")]), (true, false));
        assert_eq!(colors(auto, &[("CLICOLOR", "0"), ("FORCE_COLOR", "1")]), (true, true));
        assert_eq!(colors(auto, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]), (false, false));
        assert_eq!(colors(ColorChoice::Always, &[("NO_COLOR", "1")]), (true, true));
        assert_eq!(
            colors(ColorChoice::Never, &[XTERM, ("FORCE_COLOR", "1")]),
            (false, false)
        );
    }

    #[test]
    fn a_dumb_terminal_is_never_redrawn() {
        let dumb = Terminal::none(&environment(&[("TERM", "dumb")])).with(Stream::Stderr, 80);
        assert!(dumb.is_terminal(Stream::Stderr) && !dumb.can_redraw(Stream::Stderr));
        let xterm = Terminal::none(&environment(&[("TERM", "xterm")])).with(Stream::Stderr, 80);
        assert!(xterm.can_redraw(Stream::Stderr) && !xterm.can_redraw(Stream::Stdout));
    }

    #[test]
    fn a_sliver_of_a_terminal_still_has_room_for_a_layout() {
        let terminal = Terminal::none(&Environment::default()).with(Stream::Stdout, 3);
        assert_eq!(terminal.columns(), FEWEST_COLUMNS);
    }
}
