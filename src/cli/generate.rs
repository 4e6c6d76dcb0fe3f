//! `generate`: completions, made from the command tree, the manual pages of `manual`, and which of the other generated files are
//! wanted.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum as _};
use clap_complete::env::{Elvish, Fish, Powershell, Shells, Zsh};
use clap_complete::{Generator as _, Shell};

use super::bash::Bash;
use super::manual::{self, GeneratedFile};
use super::values::word;
use crate::request::SchemaName;

/// Set by the scripts of completions: which shell asks.
pub const COMPLETION_VARIABLE: &str = "OPENCODE_RS_COMPLETE";

/// What asks this program for each shell.
pub const SHELLS: Shells<'static> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh]);

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs generate completions bash > ~/.local/share/bash-completion/completions/opencode-rs
  opencode-rs generate completions zsh --out completions
  opencode-rs generate man --out ~/.local/share/man/man1
  opencode-rs generate schema settings > settings.schema.json";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  opencode-rs completions bash > ~/.local/share/bash-completion/completions/opencode-rs
  opencode-rs completions fish > ~/.config/fish/completions/opencode-rs.fish";

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CompletionsArgs {
    /// The shell that reads the script
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl From<CompletionsArgs> for GenerateArgs {
    fn from(args: CompletionsArgs) -> Self {
        let command = GenerateCommand::Completions {
            shell: args.shell,
            out: None,
        };
        Self { command }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct GenerateArgs {
    #[command(subcommand)]
    command: GenerateCommand,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
enum GenerateCommand {
    /// Write the completions for a shell
    #[command(after_help = EXAMPLES)]
    Completions {
        /// The shell that reads the script
        #[arg(value_name = "SHELL")]
        shell: Shell,

        /// Write a file into this directory [default: write to stdout]
        #[arg(long, value_name = "DIR", help_heading = "Output")]
        out: Option<PathBuf>,
    },
    /// Write the manual pages of all commands
    #[command(after_help = EXAMPLES)]
    Man {
        /// Write all pages into this directory [default: write the main page to stdout]
        #[arg(long, value_name = "DIR", help_heading = "Output")]
        out: Option<PathBuf>,
    },
    /// Write the JSON Schemas of settings, scripts, records and lists
    #[command(after_help = EXAMPLES)]
    Schema {
        /// Write this one, named as the `type` of its document [default: list the names]
        #[arg(value_name = "NAME", value_parser = word::<SchemaName>())]
        name: Option<SchemaName>,

        /// Write into this directory, all of them without NAME [default: write to stdout]
        #[arg(long, value_name = "DIR", help_heading = "Output")]
        out: Option<PathBuf>,
    },
    /// Write the tables of all records and files as Markdown
    #[command(after_help = EXAMPLES)]
    Docs {
        /// Write `records.md` into this directory [default: write to stdout]
        #[arg(long, value_name = "DIR", help_heading = "Output")]
        out: Option<PathBuf>,
    },
}

/// The documents that a command line asks for.
#[derive(Debug)]
pub enum Generate {
    Files(Vec<GeneratedFile>),
    /// One schema, or all of them.
    Schema(Option<SchemaName>),
    Docs,
}

impl GenerateArgs {
    /// What was asked for, and the directory to write to; without one it goes to stdout. Settings have no say, so that
    /// packagers need none.
    pub fn resolve(&self) -> (Generate, Option<&Path>) {
        let (generate, out) = match &self.command {
            GenerateCommand::Completions { shell, out } => (Generate::Files(vec![completions(*shell)]), out),
            GenerateCommand::Man { out: None } => {
                (Generate::Files(manual::pages().into_iter().take(1).collect()), &None)
            }
            GenerateCommand::Man { out } => (Generate::Files(manual::pages()), out),
            GenerateCommand::Schema { name, out } => (Generate::Schema(*name), out),
            GenerateCommand::Docs { out } => (Generate::Docs, out),
        };
        (generate, out.as_deref())
    }
}

/// Every file of `completions/` and `man/`.
///
/// A pure function of the command tree: no date, no width of a terminal, nothing of the platform.
pub fn files() -> Vec<GeneratedFile> {
    let completions = Shell::value_variants().iter().map(|shell| completions(*shell));
    completions.chain(manual::pages()).collect()
}

/// The script that lets a shell ask this program.
fn completions(shell: Shell) -> GeneratedFile {
    let mut contents = Vec::new();
    let name = shell.to_string();
    let writer = SHELLS.completer(&name).expect("every shell has a writer");
    writer
        .write_registration(
            COMPLETION_VARIABLE,
            "opencode-rs",
            "opencode-rs",
            "opencode-rs",
            &mut contents,
        )
        .expect("a vector takes every byte");
    let mut script = String::from_utf8(contents)
        .expect("a script is text")
        .trim_start()
        .to_owned();
    if shell == Shell::Zsh {
        // Zsh takes the first call for the definition where it loads the file by itself.
        script.push_str(
            "if [[ ${funcstack[1]} == _opencode-rs ]]; then\n    _clap_dynamic_completer_opencode_rs \"$@\"\nfi\n",
        );
    }
    (
        format!("completions/{}", shell.file_name("opencode-rs")),
        script.into_bytes(),
    )
}
