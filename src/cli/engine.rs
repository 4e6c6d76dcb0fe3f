//! `engine`: the engine program on this machine.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use semver::Version;

use super::auth::EnginesOwn;
use super::choice::{choice, is_on, value};
use super::options::{ListOptions, engine};
use crate::request::{EngineAction, EngineCommandRequest, Network, ProbeTarget};
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs engine which
  opencode-rs engine list --output-format json
  opencode-rs engine install
  opencode-rs engine verify
  opencode-rs engine probe";

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct EngineArgs {
    #[command(subcommand)]
    command: EngineSubcommand,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
#[command(disable_help_subcommand = true)]
enum EngineSubcommand {
    /// Show the engine that a run would use
    #[command(after_help = "Examples:\n  opencode-rs engine which\n  opencode-rs engine which --verbose")]
    Which(SearchOptions),
    /// List every engine on this machine, with the reason why one is not used
    #[command(visible_alias = "ls", after_help = "Examples:\n  opencode-rs engine list")]
    List(SearchOptions),
    /// Download, verify and install an engine; a damaged one is replaced
    #[command(after_help = "Examples:\n  opencode-rs engine install\n  opencode-rs engine install 1.18.33")]
    Install {
        /// Install this version [default: the one that this program is tested with]
        #[arg(value_name = "VERSION", value_parser = parse_version)]
        version: Option<Version>,

        /// Use only what is on this machine; download nothing
        #[arg(long, help_heading = "Engine")]
        offline: bool,

        #[command(flatten)]
        list: ListOptions,
    },
    /// Prefer this version among the installed ones
    #[command(after_help = "Examples:\n  opencode-rs engine use 1.18.33")]
    Use {
        /// The version; it must be installed
        #[arg(value_name = "VERSION", value_parser = parse_version)]
        version: Version,
    },
    /// Compare installed engines with the hashes noted when they were installed
    #[command(after_help = "Examples:\n  opencode-rs engine verify")]
    Verify {
        /// Look at this version only [default: all]
        #[arg(value_name = "VERSION", value_parser = parse_version)]
        version: Option<Version>,

        #[command(flatten)]
        list: ListOptions,
    },
    /// Remove an engine that `engine install` installed
    #[command(visible_alias = "rm", after_help = "Examples:\n  opencode-rs engine remove 1.18.33")]
    Remove {
        /// The version to remove, such as `1.18.33`
        #[arg(value_name = "VERSION", value_parser = parse_version)]
        version: Version,
    },
    /// Run the engine's own program, as if it were typed: no server, gate or trust question of this program
    #[command(after_help = "Examples:\n  opencode-rs engine exec -- mcp list\n  opencode-rs engine exec -- --help")]
    Exec(EnginesOwn),
    /// Try what works with an engine: a scripted conversation, without network, cost or any of your files
    ///
    /// Runs this program on a scripted model in a temporary home. Each row of the table is an ability; the exit status is 1
    /// when one of them does not work. Of several engines, each has a column. An engine that is downloaded for it is not
    /// used for anything else.
    #[command(
        after_help = "Examples:\n  opencode-rs engine probe\n  opencode-rs engine probe 1.17.19 1.18.33\n  opencode-rs engine probe ~/bin/opencode --output-format json"
    )]
    Probe {
        /// Try this version or this program [default: the engine that a run would use]
        #[arg(value_name = "VERSION|PATH", value_parser = parse_target)]
        engines: Vec<ProbeTarget>,

        #[command(flatten)]
        list: ListOptions,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
struct SearchOptions {
    /// Look at this engine program only [default: searched]
    #[arg(long, value_name = "PATH", help_heading = "Engine")]
    engine: Option<PathBuf>,

    /// These commands download nothing in any case.
    #[arg(long, hide = true)]
    offline: bool,

    #[command(flatten)]
    list: ListOptions,
}

impl EngineArgs {
    pub fn resolve(self, settings: &Settings) -> EngineCommandRequest {
        let (action, path, offline, list) = match self.command {
            EngineSubcommand::Exec(own) => return own.resolve(&[], settings),
            EngineSubcommand::Which(search) => (EngineAction::Which, search.engine, false, search.list),
            EngineSubcommand::List(search) => (EngineAction::List, search.engine, false, search.list),
            EngineSubcommand::Install { version, offline, list } => {
                (EngineAction::Install(version), None, offline, list)
            }
            EngineSubcommand::Use { version } => (EngineAction::Use(version), None, false, ListOptions::default()),
            EngineSubcommand::Verify { version, list } => (EngineAction::Verify(version), None, false, list),
            EngineSubcommand::Probe { engines, list } => (EngineAction::Probe(engines), None, false, list),
            EngineSubcommand::Remove { version } => {
                (EngineAction::Remove(version), None, false, ListOptions::default())
            }
        };
        EngineCommandRequest {
            action,
            choice: engine(path, settings),
            network: choice(is_on(offline, &settings.offline), Network::Offline),
            output: list.resolve(settings),
            verbosity: value(&settings.verbosity).unwrap_or_default(),
        }
    }
}

/// Reads `1.18.33` or `v1.18.33`.
fn parse_version(text: &str) -> Result<Version, String> {
    let text = text.trim();
    Version::parse(text.strip_prefix('v').unwrap_or(text))
        .map_err(|error| format!("a version such as 1.18.33 is wanted: {error}"))
}

/// Reads a version, else a path.
#[expect(clippy::unnecessary_wraps, reason = "a value parser returns a result")]
fn parse_target(text: &str) -> Result<ProbeTarget, String> {
    Ok(parse_version(text).map_or_else(|_| ProbeTarget::Path(text.into()), ProbeTarget::Version))
}
