//! Groups of options that several commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};
use url::Url;

use super::choice::{choice, is_on, limit, value};
use super::permission::InputOptions;
use super::values;
use crate::request::{
    ColorChoice, ConfigScope, ConnectRequest, EngineChoice, ListFormat, ListOutput, LocalServerKind, LocalServers,
    LoopbackUrl, Network, OutputRequest, Reasoning, RehearsalChoice, Rendering, ServerChoice, TrustChoice, Verbosity,
    Warmth,
};
use crate::settings::{self, Flags, Setting, Settings};
use crate::support::duration;

/// What every command takes, before or after its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct GlobalOptions {
    /// Show errors and hints only
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Messages")]
    quiet: bool,

    /// Show more about what happens; twice shows the engine's output and a trace
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Messages")]
    verbose: u8,

    /// Choose when to use colour [default: auto]
    ///
    /// With `auto`, colour is used on a terminal, unless NO_COLOR, CLICOLOR or TERM say otherwise.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_parser = values::word::<ColorChoice>(),
        help_heading = "Messages"
    )]
    color: Option<ColorChoice>,

    /// Draw no progress
    #[arg(long, global = true, help_heading = "Messages")]
    no_progress: bool,

    /// Use the settings of this profile, a table `[profiles.NAME]` of the settings file
    #[arg(long, global = true, value_name = "NAME", value_parser = values::parse_name, help_heading = "Messages")]
    profile: Option<String>,
}

impl GlobalOptions {
    /// These flags, as a source of settings.
    pub fn flags(&self) -> Flags {
        Flags {
            verbosity: match (self.quiet, self.verbose) {
                (true, _) => Some((Verbosity::Quiet, "--quiet")),
                (false, 0) => None,
                (false, 1) => Some((Verbosity::Verbose, "--verbose")),
                (false, _) => Some((Verbosity::Trace, "--verbose")),
            },
            color: self.color,
            progress: self.no_progress.then_some(false),
            profile: self.profile.clone(),
            ..Flags::default()
        }
    }
}

/// How to get to an engine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Engine")]
pub struct ConnectOptions {
    /// Let the agent work in this directory [default: the current one]
    #[arg(short, short_alias = 'C', long, aliases = ["cd", "cwd", "dir"], value_name = "DIR")]
    pub(super) directory: Option<PathBuf>,

    /// Let the server that is started listen on this port [default: a free one]
    #[arg(short, long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// Start a private server, even where a warm one fits; `--port` does so too
    #[arg(long, conflicts_with = "attach")]
    pub(super) fresh: bool,

    /// Use a server that another program runs; it is never stopped
    ///
    /// Its password is read from OPENCODE_SERVER_PASSWORD.
    #[arg(
        long,
        value_name = "URL",
        value_parser = settings::server_url,
        conflicts_with_all = ["port", "engine", "bare", "rehearse"]
    )]
    pub(super) attach: Option<Url>,

    /// Use this engine program [default: searched, else downloaded]
    #[arg(long, value_name = "PATH")]
    engine: Option<PathBuf>,

    /// Use only what is on this machine; download nothing
    #[arg(long)]
    offline: bool,

    /// Ignore the engine's user and project configuration, except providers and credentials
    ///
    /// The project's own `.opencode-rs.toml` is ignored too.
    #[arg(long)]
    pub(super) bare: bool,

    /// Trust the code and settings of the directory, such as plugins, for this command
    #[arg(long)]
    trust: bool,

    #[command(flatten)]
    pub(super) input: InputOptions,

    /// Answer with a scripted model, without network and cost [default: a plain answer]
    #[arg(long, value_name = "SCRIPT", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "clap's way to tell `--rehearse` from its absence")]
    rehearse: Option<Option<PathBuf>>,

    /// End the command after this time, such as `90s`, `5m` or `1h30m`; 0 is no limit [default: 0]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, help_heading = "Limits")]
    timeout: Option<Duration>,
}

impl ConnectOptions {
    pub(super) fn resolve(self, settings: &Settings) -> ConnectRequest {
        let server = self.server(settings);
        let engine = match server {
            ServerChoice::Attach(_) => EngineChoice::Search,
            ServerChoice::Start { .. } => engine(self.engine, settings),
        };
        let rehearsal = match self.rehearse {
            None => RehearsalChoice::Off,
            Some(Some(script)) => RehearsalChoice::Script(script),
            Some(None) => value(&settings.rehearse_script).map_or(RehearsalChoice::Plain, RehearsalChoice::Script),
        };
        let warmth = match &server {
            ServerChoice::Start { port } if port.is_some() || self.fresh => Warmth::Fresh,
            ServerChoice::Start { .. } | ServerChoice::Attach(_) => Warmth::IfThere,
        };
        ConnectRequest {
            directory: self.directory,
            server,
            warmth,
            engine,
            network: choice(is_on(self.offline, &settings.offline), Network::Offline),
            config_scope: choice(is_on(self.bare, &settings.bare), ConfigScope::Bare),
            trust: match (self.trust, self.input.nobody(settings)) {
                (true, _) => TrustChoice::Granted,
                (false, true) => TrustChoice::AskNobody,
                (false, false) => TrustChoice::Ask,
            },
            rehearsal,
            timeout: limit(self.timeout, &settings.timeout),
            verbosity: value(&settings.verbosity).unwrap_or_default(),
            trusted_directories: value(&settings.trusted_directories).unwrap_or_default(),
            copy_of: None,
            local_servers: LocalServers::at(|kind| {
                let setting = match kind {
                    LocalServerKind::Ollama => &settings.ollama_url,
                    LocalServerKind::LmStudio => &settings.lmstudio_url,
                    LocalServerKind::LlamaCpp => &settings.llamacpp_url,
                };
                value(setting).map(|LoopbackUrl(url)| url)
            }),
        }
    }

    fn server(&self, settings: &Settings) -> ServerChoice {
        if let Some(url) = &self.attach {
            return ServerChoice::Attach(url.clone());
        }
        // A flag that speaks of a server of our own decides against an address in the settings.
        let own = self.port.is_some() || self.fresh || self.engine.is_some() || self.bare || self.rehearse.is_some();
        let higher = |attach: &Setting<Url>| {
            let rank = attach.origin.rank();
            settings.port.as_ref().is_none_or(|port| port.origin.rank() <= rank)
                && settings
                    .engine
                    .as_ref()
                    .is_none_or(|engine| engine.origin.rank() <= rank)
        };
        match &settings.attach {
            Some(attach) if !own && higher(attach) => ServerChoice::Attach(attach.value.clone()),
            _ => ServerChoice::Start {
                port: self.port.or(value(&settings.port)),
            },
        }
    }
}

/// The format of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct ListOptions {
    /// Choose the format of the output [default: text]
    #[arg(long, value_name = "FORMAT", value_parser = values::word::<ListFormat>(), help_heading = "Output")]
    output_format: Option<ListFormat>,
}

impl ListOptions {
    /// Turns flags and settings into what was asked for. The setting `output_format` is for `run`.
    pub fn resolve(self, settings: &Settings) -> ListOutput {
        ListOutput {
            format: self.output_format.unwrap_or_default(),
            color: value(&settings.color).unwrap_or_default(),
            progress_off: value(&settings.progress) == Some(false),
        }
    }
}

/// The output of a run or a dialog, as flags and settings that both have say.
pub(super) fn output(raw: bool, thinking: bool, settings: &Settings) -> OutputRequest {
    OutputRequest {
        color: value(&settings.color).unwrap_or_default(),
        verbosity: value(&settings.verbosity).unwrap_or_default(),
        rendering: choice(is_on(raw, &settings.raw), Rendering::Raw),
        reasoning: choice(is_on(thinking, &settings.thinking), Reasoning::Shown),
        progress_off: value(&settings.progress) == Some(false),
        ..OutputRequest::default()
    }
}

/// The engine that a flag or a setting names.
pub(super) fn engine(flag: Option<PathBuf>, settings: &Settings) -> EngineChoice {
    let setting = settings.engine.clone();
    let set = setting.map(|setting| (setting.value, setting.origin.to_string()));
    flag.map(|path| (path, "`--engine`".to_owned()))
        .or(set)
        .map_or(EngineChoice::Search, |(path, named_by)| EngineChoice::Path {
            path,
            named_by,
        })
}
