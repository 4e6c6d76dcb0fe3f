//! The loop at the terminal: read an entry, tell it apart, do it, show it.
//!
//! Everything but answers goes to stderr. Ctrl-C ends what goes on and nothing else; twice with nothing going on, or
//! twice during a turn, it leaves.

use std::io::{self, Write as _};

use clap::ValueEnum as _;

use super::conversation::{Asked, Conversation, Ended, PersonKeys, pressed};
use super::typed_ahead::TypedAhead;
use super::{sessions, shell};
use crate::chat::{
    Completion, Console, ConsoleRequest, DialogInput, Editor, History, MORE, Modes, NamedItem, PROMPT, Pastes,
    ShellNote, SlashCommand, TypedLine, mentions,
};
use crate::client::types::FilePart;
use crate::commands::{CommandEnd, painted, unless_interrupted, unless_stopped};
use crate::context::Presses;
use crate::error::{Failure, FailureKind};
use crate::input::{self, InputContext, PromptParts};
use crate::render::report_failure;
use crate::request::{ToolsSwitch, Verbosity};
use crate::support::nearest::{nearest, quoted};
use crate::terminal::{Screen, Stream, Terminal, one_line, sanitize, wrapped};

/// The width of a name before a fact.
const NAME_WIDTH: usize = 9;

/// A dialog with a person.
pub(super) struct Dialog<'t, 'c> {
    pub(super) chat: &'t mut Conversation<'c>,
    /// `None` while the user types.
    console: Option<Console>,
    pub(super) presses: Presses,
    pub(super) modes: Modes,
    pub(super) terminal: Terminal,
    pub(super) color: bool,
    completion: Completion,
    pastes: Pastes,
    history: History,
    /// What the person's own commands said since the last prompt.
    pub(super) notes: Vec<ShellNote>,
    /// What is attached to the next prompt.
    files: Vec<FilePart>,
    /// Locked while a turn, or something else that takes long, goes on.
    typed: tokio::sync::Mutex<TypedAhead>,
    /// What the next line begins with.
    pub(super) next_line: String,
}

pub(super) enum NextStep {
    Next,
    Leave(CommandEnd),
}

impl<'t, 'c> Dialog<'t, 'c> {
    /// Runs a dialog until the user leaves.
    pub(super) async fn run(chat: &'t mut Conversation<'c>, first: Option<PromptParts>) -> Result<CommandEnd, Failure> {
        let mut dialog = Self::open(chat)?;
        dialog.chat.run.permission.switch = ToolsSwitch::SlashCommand;
        dialog.connect().await?;
        let resumed = sessions::begin(dialog.chat).await?;
        dialog.greet().await;
        if let Some(title) = resumed {
            dialog.note(&format!("resumed `{title}`"));
        }
        let exit = dialog.go(first).await;
        dialog.modes.restore();
        exit
    }

    fn open(chat: &'t mut Conversation<'c>) -> Result<Self, Failure> {
        let context = chat.context;
        let terminal = Terminal::of_process(&context.environment);
        let color = terminal.color(chat.run.output.color, Stream::Stderr);
        let completion = Completion::new(&chat.directory);
        let pastes = Pastes::default();
        let mut history = History::of(&context.directories.state, &chat.directory);
        let past = history.load().unwrap_or_else(|error| {
            tracing::warn!(%error, path = %history.path().display(), "cannot read the history");
            Vec::new()
        });
        let modes = Modes::remember();
        // The editor asks the terminal where its cursor is, on stdout, and draws on stderr.
        let can_edit = terminal.can_redraw(Stream::Stderr) && terminal.can_redraw(Stream::Stdout);
        let console = if can_edit {
            let editor = Editor::new(past, completion.clone(), pastes.clone(), color, modes.edited());
            Console::Editor(Box::new(editor))
        } else {
            Console::Plain
        };
        let typed = if can_edit {
            TypedAhead::open(pastes.clone())
        } else {
            TypedAhead::default()
        };
        Ok(Self {
            presses: context.interrupts.count_presses(),
            chat,
            console: Some(console),
            modes,
            terminal,
            color,
            completion,
            pastes,
            history,
            notes: Vec::new(),
            files: Vec::new(),
            typed: typed.into(),
            next_line: String::new(),
        })
    }

    pub(super) async fn connect(&mut self) -> Result<(), Failure> {
        let context = self.chat.context;
        let display = self.chat.display()?;
        self.presses.forget();
        self.hush();
        let connected = tokio::select! {
            biased;
            _ = context.interrupts.interrupted() => Err(context.interrupts.failure("the dialog")),
            () = pressed(Some(&self.presses), 1) => Err(Failure::new(FailureKind::Interrupted, "the dialog was interrupted")),
            connected = Box::pin(self.chat.connect(&display)) => connected,
        };
        display.drained().await;
        drop(display);
        connected?;
        self.learn();
        Ok(())
    }

    /// Teaches the completion what the engine offers.
    fn learn(&self) {
        let Some(link) = self.chat.link.as_ref() else { return };
        self.completion.learn(|vocabulary| {
            vocabulary.commands = link
                .commands
                .iter()
                .filter(|command| SlashCommand::find(&command.name).is_none())
                .map(|command| NamedItem {
                    name: command.name.clone(),
                    about: command.description.clone().unwrap_or_default(),
                })
                .collect();
            vocabulary.models = super::names::models(&link.ready.catalog);
            vocabulary.agents = super::names::agents(&link.ready.catalog);
        });
    }

    async fn go(&mut self, first: Option<PromptParts>) -> Result<CommandEnd, Failure> {
        if let Some(first) = first {
            if first.text.is_empty() {
                self.files = first.files;
            } else if let NextStep::Leave(exit) = self.turn(first.into()).await? {
                return Ok(exit);
            }
        }
        let mut leaving = false;
        loop {
            let line = self.read(ConsoleRequest::Entry).await?;
            let was_leaving = std::mem::take(&mut leaving);
            let line = match line {
                TypedLine::End => return Ok(CommandEnd::Success),
                TypedLine::Suspended => continue,
                TypedLine::Interrupted { had_text: false } if was_leaving => return Ok(CommandEnd::Success),
                TypedLine::Interrupted { had_text } => {
                    if !had_text {
                        self.note("press Ctrl-C again to leave");
                        leaving = true;
                    }
                    continue;
                }
                TypedLine::Text(line) => line,
            };
            let text = self.pastes.unfold(&line);
            if let Err(error) = self.history.add(&text) {
                tracing::warn!(%error, path = %self.history.path().display(), "cannot write the history");
            }
            match self.entry(DialogInput::read(&text)).await {
                Ok(NextStep::Next) => {}
                Ok(NextStep::Leave(exit)) => return Ok(exit),
                Err(failure) if self.chat.context.interrupts.reason().is_some() => return Err(failure),
                Err(failure) => self.report(&failure),
            }
        }
    }

    async fn entry(&mut self, entry: DialogInput) -> Result<NextStep, Failure> {
        match entry {
            DialogInput::Nothing => Ok(NextStep::Next),
            DialogInput::Prompt(text) => self.prompt(&text).await,
            DialogInput::Shell { command, output } => {
                shell::run(self, &command, output).await?;
                Ok(NextStep::Next)
            }
            DialogInput::Slash { name, arguments } => match SlashCommand::find(&name) {
                Some(command) => self.command(command, &arguments).await,
                None => self.engine_command(&name, arguments).await,
            },
        }
    }

    async fn command(&mut self, command: SlashCommand, arguments: &str) -> Result<NextStep, Failure> {
        match command {
            SlashCommand::Exit => return Ok(NextStep::Leave(CommandEnd::Success)),
            SlashCommand::Editor => return self.written(arguments).await,
            SlashCommand::Retry => return self.retry().await,
            SlashCommand::Help => self.help(arguments),
            SlashCommand::New => self.begin_anew(),
            SlashCommand::Rename => self.rename(arguments).await?,
            SlashCommand::Fork => self.fork().await?,
            SlashCommand::Permissions => self.permissions(arguments).await?,
            SlashCommand::AutoTools => self.auto_tools(arguments).await?,
            SlashCommand::Status => self.status().await,
            SlashCommand::Sessions => self.list_sessions(arguments).await?,
            SlashCommand::Resume => self.resume(arguments).await?,
            SlashCommand::Model => self.choose_model(arguments).await?,
            SlashCommand::Agent => self.choose_agent(arguments).await?,
            SlashCommand::Effort => self.choose_effort(arguments).await?,
            SlashCommand::Compact => self.compact().await?,
            SlashCommand::Undo => self.undo().await?,
            SlashCommand::Redo => self.redo().await?,
            SlashCommand::Diff => self.diff().await?,
            SlashCommand::Todo => self.todo().await?,
            SlashCommand::Cost => self.cost().await?,
            SlashCommand::Expand => self.expand(arguments),
            SlashCommand::Copy => self.copy(),
            SlashCommand::Save => self.save(arguments).await?,
        }
        Ok(NextStep::Next)
    }

    /// Sends a prompt, with the files that it names and what the person's own commands said.
    pub(super) async fn prompt(&mut self, text: &str) -> Result<NextStep, Failure> {
        let directory = self.chat.directory.clone();
        let found = mentions(text, |name| directory.join(name).exists());
        for missing in &found.missing {
            self.note(&format!("there is no file `{missing}`; the name goes as it is"));
        }
        // `-` alone would be stdin.
        let path_of = |name: &String| std::path::PathBuf::from(if name == "-" { "./-" } else { name });
        let paths: Vec<_> = found.files.iter().map(path_of).collect();
        let mut files = input::read_attachments(&paths, self.input_context(&directory)).await?;
        files.splice(0..0, std::mem::take(&mut self.files));
        let mut text = found.text;
        for note in std::mem::take(&mut self.notes) {
            text.push_str("\n\n");
            text.push_str(&note.text());
        }
        self.turn(PromptParts { text, files }.into()).await
    }

    /// Takes a turn and says how things stand.
    pub(super) async fn turn(&mut self, asked: Asked) -> Result<NextStep, Failure> {
        if self.is_edited() {
            self.modes.announce_pastes();
        }
        let person = PersonKeys {
            presses: &self.presses,
            typed: self.typed.get_mut(),
        };
        match self.chat.turn(asked, Some(person)).await? {
            Ended::Well => {
                let facts = self.chat.standing.facts();
                if self.chat.run.output.verbosity > Verbosity::Quiet {
                    self.facts(&facts);
                }
            }
            Ended::Cancelled => self.note("cancelled; what was said so far stays in the conversation"),
            Ended::Failed(_) => {}
            Ended::Over(FailureKind::Interrupted) if self.chat.context.interrupts.reason().is_none() => {
                return Ok(NextStep::Leave(CommandEnd::Success));
            }
            Ended::Over(kind) => return Ok(NextStep::Leave(CommandEnd::Reported(kind))),
        }
        Ok(NextStep::Next)
    }

    /// A prompt from an editor.
    async fn written(&mut self, initial: &str) -> Result<NextStep, Failure> {
        let directory = self.chat.directory.clone();
        let source = crate::request::PromptSource::Editor {
            initial: initial.to_owned(),
        };
        self.modes.restore();
        let text = input::read_prompt(&source, crate::request::StdinUse::Never, self.input_context(&directory)).await;
        self.hush();
        let text = text?.text;
        self.print(&sanitize(&text));
        self.prompt(&text).await
    }

    /// Runs a command that the engine defines.
    async fn engine_command(&mut self, name: &str, arguments: String) -> Result<NextStep, Failure> {
        let commands = self.chat.link.as_ref().map_or(&[][..], |link| &link.commands);
        if let Some(command) = commands.iter().find(|command| command.name == name) {
            let command = command.clone();
            return shell::engine_command(self, &command, arguments).await;
        }
        let ours: Vec<String> = SlashCommand::value_variants().iter().map(|own| own.name()).collect();
        let theirs = commands.iter().map(|command| command.name.as_str());
        let near = nearest(name, ours.iter().map(String::as_str).chain(theirs));
        let near: Vec<String> = near.into_iter().map(|name| format!("/{name}")).collect();
        let hint = if near.is_empty() {
            format!("`/help` lists the commands; `\\/{name}` sends the words as they are")
        } else {
            format!("did you mean {}?", quoted(&near))
        };
        Err(Failure::usage(format!("cannot find a command `/{name}`; nothing was sent")).hint(hint))
    }

    /// Reads a line. Meanwhile no tool runs.
    pub(super) async fn read(&mut self, wanted: ConsoleRequest) -> Result<TypedLine, Failure> {
        let mut initial = String::new();
        if wanted == ConsoleRequest::Entry {
            let typed = self.typed.get_mut();
            typed.settle().await;
            if let Some(line) = typed.line() {
                if let TypedLine::Text(text) = &line {
                    let rows = sanitize(text).replace('\n', &format!("\n{MORE}"));
                    self.print(&format!("{PROMPT}{rows}"));
                    if let Some(console) = &mut self.console {
                        console.remember(text);
                    }
                }
                return Ok(line);
            }
            initial = typed.rest() + &std::mem::take(&mut self.next_line);
        }
        loop {
            match self.read_once(&wanted, &initial).await? {
                TypedLine::Suspended => {
                    self.modes.suspend();
                    self.hush();
                    initial.clear();
                }
                line => return Ok(line),
            }
        }
    }

    async fn read_once(&mut self, wanted: &ConsoleRequest, initial: &str) -> Result<TypedLine, Failure> {
        let Some(mut console) = self.console.take() else {
            return Ok(TypedLine::End);
        };
        let is_plain = console.is_plain();
        self.presses.forget();
        let (asked, initial) = (wanted.clone(), initial.to_owned());
        let mut typing = tokio::task::spawn_blocking(move || {
            let line = console.read(&asked, &initial);
            (console, line)
        });
        let mut count = 0;
        loop {
            tokio::select! {
                biased;
                _ = self.chat.context.interrupts.interrupted() => {
                    self.modes.restore();
                    return Err(self.chat.context.interrupts.failure("the dialog"));
                }
                typed = &mut typing => {
                    let Ok((console, line)) = typed else {
                        self.modes.restore();
                        return Err(Failure::failed("cannot read from the terminal any more"));
                    };
                    self.console = Some(console);
                    return Ok(line.unwrap_or(TypedLine::End));
                }
                () = self.presses.reached(count + 1), if is_plain => {
                    count += 1;
                    if count > 1 {
                        return Ok(TypedLine::End);
                    }
                    self.print(match wanted {
                        ConsoleRequest::Entry => "\npress Ctrl-C again to leave",
                        ConsoleRequest::Choice(_) => "\npress Enter for none, Ctrl-C again to leave",
                    });
                }
                () = self.chat.refuse_calls() => {}
            }
        }
    }

    /// Runs something that may take long; Ctrl-C and Esc end the waiting.
    pub(super) async fn waiting<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        self.presses.forget();
        let mut typed = self.typed.lock().await;
        let screen = Screen::plain();
        let pressed = async {
            tokio::select! {
                () = self.presses.reached(1) => {}
                () = typed.escape(&screen) => {}
            }
            Failure::new(FailureKind::Interrupted, "interrupted")
        };
        unless_interrupted(self.chat.context, "the dialog", unless_stopped(pressed, work)).await
    }

    fn input_context<'a>(&'a self, directory: &'a std::path::Path) -> InputContext<'a> {
        InputContext {
            cwd: directory,
            ..InputContext::new(self.chat.context, self.chat.run.connect.verbosity)
        }
    }

    /// Whether lines are typed in a line editor.
    pub(super) fn is_edited(&self) -> bool {
        !self.console.as_ref().is_none_or(Console::is_plain)
    }

    /// Keeps typed keys for the line editor.
    pub(super) fn hush(&self) {
        if self.is_edited() {
            self.modes.hush();
        }
    }

    /// The id of the session.
    pub(super) fn session(&self) -> Result<String, Failure> {
        match &self.chat.session {
            Some(held) => Ok(held.id.clone()),
            None => Err(Failure::usage("there is no session yet").hint("send a prompt, or `/resume` one")),
        }
    }

    /// Shows a note between the answers.
    pub(super) fn note(&self, text: &str) {
        for line in wrapped(text, self.terminal.columns().saturating_sub(1), "") {
            self.print(&self.dim(&line));
        }
    }

    /// Shows what was asked for.
    pub(super) fn say(&self, text: &str) {
        let indent = " ".repeat(2 + text.len() - text.trim_start().len());
        self.print_wrapped(text, &indent);
    }

    /// A name and what is known about it.
    pub(super) fn fact(&self, name: &str, fact: &str) {
        self.entry_of_list(name, NAME_WIDTH, fact);
    }

    /// A name of a list and its description, which begins in a column of its own.
    pub(super) fn entry_of_list(&self, name: &str, width: usize, about: &str) {
        let columns = self.terminal.columns().saturating_sub(1);
        let (name, beside) = (one_line(name, columns), width + 4);
        let left = console::measure_text_width(&name).max(width);
        let first = format!("  {}  ", console::pad_str(&name, left, console::Alignment::Left, None));
        let rows = wrapped(about, columns.saturating_sub(left + 4).max(10), "");
        for (at, row) in rows.iter().enumerate() {
            let left = if at == 0 { first.clone() } else { " ".repeat(beside) };
            self.print(format!("{left}{row}").trim_end());
        }
    }

    fn print_wrapped(&self, text: &str, indent: &str) {
        let begin = text.len() - text.trim_start().len();
        let columns = self.terminal.columns().saturating_sub(1 + begin);
        for line in wrapped(text, columns, &indent[begin..]) {
            self.print(&format!("{}{line}", &text[..begin]));
        }
    }

    /// A row of a table: what it is about, and the rest, cut to the line.
    pub(super) fn row(&self, left: &str, right: &str) {
        let width = self.terminal.columns().saturating_sub(1);
        let line = format!("{}  {}", sanitize(left), one_line(right, width));
        self.print(&console::truncate_str(line.trim_end(), width, "…"));
    }

    /// Text that stands less out than others.
    pub(super) fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(super) fn paint(&self, code: &str, text: &str) -> String {
        painted(self.color, code, text)
    }

    /// Lines that are clean already.
    #[expect(clippy::unused_self, reason = "all that is shown passes the dialog")]
    pub(super) fn print(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        // A terminal that is gone says so where it is read from.
        let _ = writeln!(stderr, "{text}").and_then(|()| stderr.flush());
    }

    pub(super) fn report(&self, failure: &Failure) {
        report_failure(failure, &mut io::stderr().lock(), self.color);
    }
}
