//! `generate`: completions, made from the command tree, and the manual pages of `manual`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum as _};
use clap_complete::env::Shells;
use clap_complete::{Generator as _, Shell};

use super::manual::{self, GeneratedFile};

/// Set by the scripts of completions: which shell asks.
pub const COMPLETION_VARIABLE: &str = "OPENCODE_RS_COMPLETE";

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs generate completions bash > ~/.local/share/bash-completion/completions/opencode-rs
  opencode-rs generate completions zsh --out completions
  opencode-rs generate man --out ~/.local/share/man/man1";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  opencode-rs completions bash > ~/.local/share/bash-completion/completions/opencode-rs
  opencode-rs completions fish > ~/.config/fish/completions/opencode-rs.fish";

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CompletionsArgs {
    /// Print for this shell
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
    /// The files that were asked for, and the directory to write them to; without one they go to stdout. Settings have no
    /// say, so that packagers need none.
    pub fn files(&self) -> (Vec<GeneratedFile>, Option<&Path>) {
        match &self.command {
            GenerateCommand::Completions { shell, out } => (vec![completions(*shell)], out.as_deref()),
            GenerateCommand::Man { out: None } => (manual::pages().into_iter().take(1).collect(), None),
            GenerateCommand::Man { out } => (manual::pages(), out.as_deref()),
        }
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
    let shells = Shells::builtins();
    let writer = shells.completer(&name).expect("every shell has a writer");
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
