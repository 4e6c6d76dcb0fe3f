//! `generate`: completions and manual pages, made from the command tree.

use std::path::PathBuf;

use clap::{Args, Command, Subcommand, ValueEnum as _};
use clap_complete::Shell;

use super::Cli;
use crate::request::GenerateRequest;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs generate completions bash > ~/.local/share/bash-completion/completions/opencode-rs
  opencode-rs generate completions zsh --out completions
  opencode-rs generate man --out ~/.local/share/man/man1";

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
    /// Turns flags into what was asked for. Settings have no say, so that packagers need none.
    pub fn request(&self) -> GenerateRequest {
        match &self.command {
            GenerateCommand::Completions { shell, out } => GenerateRequest::Completions {
                file: completion_file(*shell),
                out: out.clone(),
            },
            GenerateCommand::Man { out } => GenerateRequest::Man { out: out.clone() },
        }
    }
}

/// The file in `completions/`, named as the shell wants it.
fn completion_file(shell: Shell) -> String {
    use clap_complete::Generator as _;
    shell.file_name("opencode-rs")
}

/// Every file of `completions/` and `man/`: its path in the repository, and its contents.
///
/// A pure function of the command tree: no date, no width of a terminal, nothing of the platform.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Shell::value_variants()
        .iter()
        .map(|shell| completions(*shell))
        .collect();
    let mut tree = Cli::tree();
    // Gives every command the options that it has from the ones above it, and its full name.
    tree.build();
    pages(&tree, "opencode-rs", &mut files);
    files
}

fn completions(shell: Shell) -> (String, Vec<u8>) {
    let mut contents = Vec::new();
    clap_complete::generate(shell, &mut Cli::tree(), "opencode-rs", &mut contents);
    (format!("completions/{}", completion_file(shell)), contents)
}

/// Adds the page of a command and those of the commands below it.
fn pages(command: &Command, name: &str, files: &mut Vec<(String, Vec<u8>)>) {
    let page = clap_mangen::Man::new(command.clone().name(name.to_owned()))
        .title(name.to_uppercase())
        .source(format!("opencode-rs {}", env!("CARGO_PKG_VERSION")));
    let mut contents = Vec::new();
    page.render(&mut contents).expect("a vector takes every byte");
    let contents = with_examples(&String::from_utf8(contents).expect("a page is text"));
    files.push((format!("man/{name}.1"), contents.into_bytes()));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        pages(below, &format!("{name}-{}", below.get_name()), files);
    }
}

/// Gives the text at the end of a command's help the heading that it announces, and keeps its lines apart.
fn with_examples(page: &str) -> String {
    let Some((before, after)) = page.split_once(".SH EXTRA\nExamples:\n") else {
        return page.to_owned();
    };
    let end = after.find(".SH ").unwrap_or(after.len());
    let (examples, rest) = after.split_at(end);
    format!("{before}.SH EXAMPLES\n.nf\n{}\n.fi\n{rest}", examples.trim_end())
}
