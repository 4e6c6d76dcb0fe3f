//! `generate`: completions and manual pages, made from the command tree.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

use crate::context::Environment;
use crate::error::Failure;
use crate::request::GenerateRequest;
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs generate completions bash > ~/.local/share/bash-completion/completions/opencode-rs
  opencode-rs generate completions zsh --out completions
  opencode-rs generate man --out ~/.local/share/man/man1";

/// Arguments of `generate`.
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
        /// Write for this shell
        #[arg(value_name = "SHELL")]
        shell: Shell,

        /// Write a file into this directory [default: write to stdout]
        #[arg(long, value_name = "DIR", help_heading = "Output")]
        out: Option<PathBuf>,
    },
    /// Write the manual pages
    #[command(after_help = EXAMPLES)]
    Man {
        /// Write all pages into this directory [default: write the main page to stdout]
        #[arg(long, value_name = "DIR", help_heading = "Output")]
        out: Option<PathBuf>,
    },
}

impl GenerateArgs {
    /// Turns flags into what was asked for.
    ///
    /// # Errors
    ///
    /// None today.
    pub fn resolve(self, _settings: &Settings, _environment: &Environment) -> Result<GenerateRequest, Failure> {
        Ok(match self.command {
            GenerateCommand::Completions { shell, out } => GenerateRequest::Completions {
                file: completion_file(shell),
                out,
            },
            GenerateCommand::Man { out } => GenerateRequest::Man { out },
        })
    }
}

/// The file in `completions/`, named as the shell wants it.
fn completion_file(shell: Shell) -> String {
    use clap_complete::Generator as _;
    shell.file_name("opencode-rs")
}

/// Every file of `completions/` and `man/`: its path in the repository, and its contents.
pub fn files() -> Vec<(String, Vec<u8>)> {
    Vec::new()
}
