//! Parses, builds the context, dispatches, reports, picks the exit status.
//!
//! In: the process, as the system started it. Out: its exit status. Invariants: a failure is reported once, here; no
//! code below ends the process, so that every `Drop` runs.

mod signals;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::error::ErrorKind;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::{self, Cli, CliCommand};
use crate::commands::{self, CommandEnd};
use crate::context::{Context, Environment};
use crate::error::{Failure, FailureKind};
use crate::render::report_failure;
use crate::render::schema::Record;
use crate::request::{ColorChoice, OutputMode, Verbosity};
use crate::settings::{self, Files, Flags, ProjectFile, Settings};
use crate::support::visible::{is_hidden, visible};
use crate::terminal::{Stream, Terminal};
use crate::turn::Outcome;

pub fn main() -> ExitCode {
    let started = Instant::now();
    if commands::completion::answer() {
        return ExitCode::SUCCESS;
    }
    let words: Vec<OsString> = std::env::args_os().collect();
    set_panic_hook();
    let is_hidden_typed = words.iter().any(|word| word.to_string_lossy().contains(is_hidden));
    let parsed = match Cli::parse_words(words.clone()) {
        Err(text) if !text.use_stderr() || text.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return print_text(&text, is_hidden_typed);
        }
        Err(error) => Err(cli::mistake(&words, &error)),
        Ok(cli) => cli.refuse_commands().map(|()| cli),
    };
    let cli = match parsed {
        Ok(cli) => cli,
        Err(failure) => {
            report(&failure, &FailureStyle::default());
            let code = ExitCode::from(failure.kind.exit_code());
            if let Some(mode) = cli::mode_of_refused(&words).or_else(|| mode_of_settings(&words)) {
                refuse(failure, mode, &std::env::current_dir().unwrap_or_default());
            }
            return code;
        }
    };
    let mut style = FailureStyle::default();
    match run(cli, started, &mut style) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) => {
            report(&failure, &style);
            let code = ExitCode::from(failure.kind.exit_code());
            if let Some(mode) = style.records {
                refuse(failure, mode, &style.directory);
            }
            code
        }
    }
}

/// The output format for a refused run when none was typed. Unreadable settings count as no format.
fn mode_of_settings(words: &[OsString]) -> Option<OutputMode> {
    if !cli::is_run(words) {
        return None;
    }
    let context = Context::of_process(Instant::now()).ok()?;
    let settings = settings::load(&Flags::default(), &context, &context.cwd, ProjectFile::Read);
    settings.ok()?.output_format.map(|setting| setting.value)
}

/// How a failure is shown; known as soon as the settings are.
#[derive(Debug, Clone, Default)]
struct FailureStyle {
    color: ColorChoice,
    /// The format of the records for a run that fails before it begins; `None` when the run writes its records itself.
    records: Option<OutputMode>,
    directory: PathBuf,
}

/// Writes the records of a run that was refused before it began.
fn refuse(failure: Failure, mode: OutputMode, directory: &Path) {
    let outcome = Outcome {
        failure: Some(failure),
        ..Outcome::empty(directory.to_string_lossy().into_owned())
    };
    let records: &[Record<'_>] = match mode {
        OutputMode::Text => return,
        OutputMode::Json => &[Record::result(&outcome)],
        OutputMode::StreamJson => &[Record::init_of(&outcome), Record::result(&outcome)],
    };
    let mut bytes = Vec::new();
    for record in records {
        // All fields of a record can become JSON.
        let _ = record.write_line(&mut bytes);
    }
    let _ = commands::write_stdout(&bytes);
}

fn run(cli: Cli, started: Instant, style: &mut FailureStyle) -> Result<CommandEnd, Failure> {
    let flags = cli.flags();
    style.color = flags.color.unwrap_or_default();
    if let Some(args) = cli.generate() {
        return commands::generate::run(&args).map(CommandEnd::from);
    }
    let context = Context::of_process(started)?;
    let directory = context.directory(cli.directory().map(PathBuf::as_path));
    style.directory.clone_from(&directory);
    style.records = cli.run_mode();
    if cli.edits_config() {
        return on_runtime(&context, commands::config::edit(&context, &flags));
    }
    let project = if cli.bare() {
        ProjectFile::Ignored
    } else {
        ProjectFile::Read
    };
    let settings = settings::load(&flags, &context, &directory, project)?;
    style.color = settings.color.as_ref().map_or(style.color, |setting| setting.value);
    let verbosity = settings
        .verbosity
        .as_ref()
        .map(|setting| setting.value)
        .unwrap_or_default();
    if verbosity != Verbosity::Quiet {
        for warning in &settings.warnings {
            let _ = writeln!(io::stderr(), "warning: {}", visible(warning));
        }
    }
    match verbosity {
        Verbosity::Quiet => {}
        Verbosity::Normal | Verbosity::Verbose => warnings_to_stderr(),
        Verbosity::Trace => {
            trace_to_stderr();
            tracing::debug!(version = env!("CARGO_PKG_VERSION"), directory = %directory.display(), "settings are read");
        }
    }
    if cli.is_run() && style.records.is_none() {
        style.records = settings.output_format.as_ref().map(|setting| setting.value);
    }
    let files = Files::locate(&context.directories, &directory);
    let is_dialog = cli.is_empty() && context.streams.stdin_is_terminal && context.streams.stdout_is_terminal;
    if is_dialog && let CliCommand::Run(args) = cli.clone().into_command() {
        let request = args.resolve(&settings)?;
        if request.output.mode == OutputMode::Text {
            style.records = None;
            let request = request
                .into_dialog()
                .map_err(|error| Failure::usage(error.to_string()))?;
            return on_runtime(&context, commands::chat::run(&context, request));
        }
    }
    dispatch(cli.into_command(), &context, &settings, &files, style)
}

/// Runs a command: directly if it needs no engine, otherwise on the runtime.
fn dispatch(
    command: CliCommand,
    context: &Context,
    settings: &Settings,
    files: &Files,
    style: &mut FailureStyle,
) -> Result<CommandEnd, Failure> {
    match command {
        CliCommand::Config(args) => {
            commands::config::run(context, &args.resolve(settings), settings, files).map(CommandEnd::from)
        }
        CliCommand::Policy(args) => commands::policy::run(context, &args.resolve(settings)?).map(CommandEnd::from),
        CliCommand::Generate(args) => commands::generate::run(&args).map(CommandEnd::from),
        CliCommand::Completions(args) => commands::generate::run(&args.into()).map(CommandEnd::from),
        CliCommand::Auth(args) => on_runtime(context, commands::engine::run(context, args.resolve(settings))),
        // They are parsed as the options that they are.
        CliCommand::Help { .. } | CliCommand::Version => Ok(CommandEnd::Success),
        CliCommand::Run(args) => {
            let request = args.resolve(settings)?;
            // From here on the run writes its own records.
            style.records = None;
            on_runtime(context, commands::run::run(context, request))
        }
        CliCommand::Session(args) => on_runtime(context, commands::session::run(context, args.resolve(settings))),
        CliCommand::Chat(args) => on_runtime(context, commands::chat::run(context, args.resolve(settings)?)),
        CliCommand::Models(args) => on_runtime(context, commands::models::run(context, args.resolve(settings))),
        CliCommand::Agents(args) => on_runtime(context, commands::agents::run(context, args.resolve(settings))),
        CliCommand::Api(args) => on_runtime(context, commands::api::run(context, args.resolve(settings)?)),
        CliCommand::Doctor(args) => on_runtime(context, commands::doctor::run(context, args.resolve(settings))),
        CliCommand::Server(args) => on_runtime(context, commands::server::run(context, args.resolve(settings)?)),
        CliCommand::Engine(args) => on_runtime(context, commands::engine::run(context, args.resolve(settings))),
        CliCommand::Rehearse(args) => on_runtime(context, commands::rehearse::run(context, args)),
    }
}

/// Runs a command until it ends, or until a second signal ends it.
fn on_runtime<T: Into<CommandEnd>>(
    context: &Context,
    command: impl Future<Output = Result<T, Failure>>,
) -> Result<CommandEnd, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed("cannot start the runtime").caused_by(&error))?;
    let leave = signals::listen(&context.interrupts)?;
    let result = runtime.block_on(async {
        tokio::select! {
            biased;
            // Dropping the command runs its `Drop`s, which end the processes that it started.
            () = leave.cancelled() => Err(context.interrupts.failure("the command")),
            result = command => result,
        }
    });
    // Threads that still read from an endless stdin must not keep the process alive.
    runtime.shutdown_background();
    #[cfg(unix)]
    crate::asking::give_back_terminal();
    result.map(Into::into)
}

/// Writes this crate's trace to stderr, and no other crate's: the HTTP libraries trace headers, and with them
/// passwords.
fn trace_to_stderr() {
    let ours = filter_fn(|event| event.target().starts_with(env!("CARGO_CRATE_NAME")));
    // Only a test installs a second subscriber in one process; the test keeps its own.
    let _ = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(io::stderr)
        .with_ansi(false)
        .finish()
        .with(ours)
        .try_init();
}

/// Writes this crate's warnings to stderr, one per line.
fn warnings_to_stderr() {
    let _ = tracing_subscriber::registry().with(Warnings).try_init();
}

/// Messages for the user rather than a trace.
struct Warnings;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Warnings {
    fn enabled(&self, event: &tracing::Metadata<'_>, _: tracing_subscriber::layer::Context<'_, S>) -> bool {
        *event.level() <= tracing::Level::WARN && event.target().starts_with(env!("CARGO_CRATE_NAME"))
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let mut line = WarningLine::default();
        event.record(&mut line);
        // Ignores a closed stderr.
        let (message, details) = (visible(&line.message), visible(&line.details));
        let _ = writeln!(io::stderr(), "warning: {message}{details}");
    }
}

#[derive(Default)]
struct WarningLine {
    message: String,
    details: String,
}

impl tracing::field::Visit for WarningLine {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        use std::fmt::Write as _;
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            _ => write!(self.details, ": {value:?}"),
        };
    }
}

/// Prints clap's text: the help, or the version. It may repeat the typed words: hidden
/// characters in them are made visible, and then there are no colours.
fn print_text(error: &clap::Error, is_hidden_typed: bool) -> ExitCode {
    let text = error.render().to_string();
    let printed = match (is_hidden_typed, error.use_stderr()) {
        (false, _) => error.print(),
        (true, true) => io::stderr().write_all(visible(&text).as_bytes()),
        (true, false) => io::stdout().write_all(visible(&text).as_bytes()),
    };
    ExitCode::from(match printed {
        Ok(()) => u8::try_from(error.exit_code()).unwrap_or(2),
        Err(broken) if broken.kind() == io::ErrorKind::BrokenPipe => FailureKind::BrokenPipe.exit_code(),
        Err(_) => FailureKind::Failed.exit_code(),
    })
}

fn report(failure: &Failure, style: &FailureStyle) {
    if failure.kind == FailureKind::BrokenPipe {
        return;
    }
    let color = Terminal::of_process(&Environment::of_process()).color(style.color, Stream::Stderr);
    report_failure(failure, &mut io::stderr().lock(), color);
}

fn set_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map(|place| format!(" ({}:{})", place.file(), place.line()))
            .unwrap_or_default();
        let _ = writeln!(
            io::stderr(),
            "error: this is a bug in opencode-rs {}{place}\nhint: please report it, with the command that you ran",
            env!("CARGO_PKG_VERSION"),
        );
    }));
}
