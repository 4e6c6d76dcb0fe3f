//! Completes at the cursor: commands, models, agents, levels, sessions, files.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::ValueEnum as _;
use ignore::WalkBuilder;

use super::command::SlashCommand;
use crate::support::mutex;
use crate::terminal::one_line;

const MAX_CANDIDATES: usize = 50;
/// Limit of files in the list.
const MAX_FILES: usize = 20_000;
const FILE_LIST_TIMEOUT: Duration = Duration::from_millis(300);
/// How long a list of files stays valid.
const FILE_LIST_TTL: Duration = Duration::from_secs(5);

/// A name with a short description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedItem {
    pub name: String,
    /// The description; may be empty.
    pub about: String,
}

/// Names that can be completed besides the dialog's own commands.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// The engine's commands, without the slash.
    pub commands: Vec<NamedItem>,
    pub models: Vec<NamedItem>,
    pub agents: Vec<NamedItem>,
    pub sessions: Vec<NamedItem>,
}

/// A candidate: replaces the line from `start` to the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionItem {
    pub start: usize,
    pub value: String,
    pub about: String,
}

/// A list of files, and its time.
#[derive(Debug)]
struct DirectoryListing {
    at: Instant,
    files: Vec<String>,
}

/// Completes for the dialog in one directory. Clones share their state.
#[derive(Debug, Clone)]
pub struct Completion {
    directory: PathBuf,
    vocabulary: Arc<Mutex<Vocabulary>>,
    files: Arc<Mutex<Option<DirectoryListing>>>,
}

impl Completion {
    /// Completes files of `directory`; the vocabulary is empty.
    pub fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_path_buf(),
            vocabulary: Arc::default(),
            files: Arc::default(),
        }
    }

    pub fn learn(&self, change: impl FnOnce(&mut Vocabulary)) {
        change(&mut mutex::lock(&self.vocabulary));
    }

    /// The candidates for the text of `line` before `cursor`.
    pub fn candidates(&self, line: &str, cursor: usize) -> Vec<CompletionItem> {
        let Some(before) = line.get(..cursor) else {
            return Vec::new();
        };
        if line.is_empty() {
            return self.after_slash("");
        }
        if let Some(rest) = before.strip_prefix('/') {
            return self.after_slash(rest);
        }
        let start = before
            .rfind(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '\'' | '`'))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        match before[start..].strip_prefix('@') {
            Some(name) => self.files(start, name),
            None => Vec::new(),
        }
    }

    fn after_slash(&self, rest: &str) -> Vec<CompletionItem> {
        let vocabulary = mutex::lock(&self.vocabulary);
        let Some((command, argument)) = rest.split_once(' ') else {
            let ours = SlashCommand::value_variants().iter().map(|command| NamedItem {
                name: command.name(),
                about: command.help(),
            });
            let theirs = vocabulary.commands.iter().cloned();
            return matching(rest, ours.chain(theirs), 0, |name| format!("/{name}"));
        };
        let start = 1 + command.len() + 1;
        let names: Vec<NamedItem> = match command {
            "model" => vocabulary.models.clone(),
            "agent" => vocabulary.agents.clone(),
            "resume" => vocabulary.sessions.clone(),
            command => {
                let words = SlashCommand::find(command).map_or(&[][..], SlashCommand::words);
                let word = |word: &&str| NamedItem {
                    name: (*word).to_owned(),
                    about: String::new(),
                };
                words.iter().map(word).collect()
            }
        };
        matching(argument, names, start, str::to_owned)
    }

    fn files(&self, start: usize, typed: &str) -> Vec<CompletionItem> {
        let mut kept = mutex::lock(&self.files);
        let listing = match kept.take() {
            Some(listing) if listing.at.elapsed() <= FILE_LIST_TTL => listing,
            _ => DirectoryListing {
                files: files_below(&self.directory),
                at: Instant::now(),
            },
        };
        let files = &kept.insert(listing).files;
        let typed = typed.strip_prefix('"').unwrap_or(typed);
        let named = files.iter().map(|name| NamedItem {
            name: name.clone(),
            about: String::new(),
        });
        matching(typed, named, start, |name| {
            if name.contains(char::is_whitespace) {
                format!("@\"{name}\"")
            } else {
                format!("@{name}")
            }
        })
    }
}

/// The names that begin with the typed text, then the names that contain it.
fn matching(
    typed: &str,
    names: impl IntoIterator<Item = NamedItem>,
    start: usize,
    write: impl Fn(&str) -> String,
) -> Vec<CompletionItem> {
    let typed = typed.to_lowercase();
    let (mut beginning, mut holding) = (Vec::new(), Vec::new());
    for named in names {
        let name = named.name.to_lowercase();
        let list = if name.starts_with(&typed) {
            &mut beginning
        } else if name.contains(&typed) {
            &mut holding
        } else {
            continue;
        };
        if list.len() < MAX_CANDIDATES {
            list.push(CompletionItem {
                start,
                value: write(&named.name),
                about: one_line(&named.about, 60),
            });
        }
    }
    beginning.append(&mut holding);
    beginning.truncate(MAX_CANDIDATES);
    beginning
}

/// The files below a directory that version control would see, relative and sorted; directories end with a slash.
fn files_below(directory: &Path) -> Vec<String> {
    let end = Instant::now() + FILE_LIST_TIMEOUT;
    let mut files: Vec<String> = WalkBuilder::new(directory)
        .require_git(false)
        .build()
        .take_while(|_| Instant::now() < end)
        .take(MAX_FILES)
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.path().strip_prefix(directory).ok()?.to_str()?;
            // A name that cannot be displayed cannot be chosen.
            if name.is_empty() || name.contains(|c: char| c.is_control() || c == '"') {
                return None;
            }
            let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
            Some(if is_directory {
                format!("{name}/")
            } else {
                name.to_owned()
            })
        })
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> NamedItem {
        NamedItem {
            name: name.to_owned(),
            about: String::new(),
        }
    }

    fn values(completion: &Completion, line: &str) -> Vec<(usize, String)> {
        completion
            .candidates(line, line.len())
            .into_iter()
            .map(|candidate| (candidate.start, candidate.value))
            .collect()
    }

    #[test]
    fn commands_and_their_arguments() {
        let directory = tempfile::tempdir().unwrap();
        let completion = Completion::new(directory.path());
        completion.learn(|vocabulary| {
            vocabulary.commands = vec![named("review")];
            vocabulary.models = vec![named("a/small"), named("b/small"), named("b/large")];
            vocabulary.agents = vec![named("build"), named("plan")];
        });
        assert_eq!(
            values(&completion, "/re"),
            ["/resume", "/rename", "/redo", "/retry", "/review"].map(|name| (0, name.to_owned()))
        );
        assert_eq!(
            values(&completion, "/model sma"),
            [(7, "a/small".to_owned()), (7, "b/small".to_owned())]
        );
        assert_eq!(values(&completion, "/agent p"), [(7, "plan".to_owned())]);
        assert_eq!(values(&completion, "/effort ma"), [(8, "max".to_owned())]);
        assert_eq!(values(&completion, "/auto-tools o").len(), 2);
        assert_eq!(values(&completion, "")[0], (0, "/help".to_owned()));
        assert_eq!(values(&completion, " "), []);
        assert_eq!(values(&completion, "/todo x"), []);
        assert_eq!(values(&completion, "hello /re"), []);
    }

    #[test]
    fn files_of_the_directory_that_are_not_ignored() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        for name in ["src/main.rs", "src/a b.rs", "built.rs", ".hidden.rs"] {
            write(name);
        }
        std::fs::write(directory.path().join(".gitignore"), "built.rs\n").unwrap();
        let completion = Completion::new(directory.path());
        assert_eq!(
            values(&completion, "look at @sr"),
            [
                (8, "@src/".to_owned()),
                (8, "@\"src/a b.rs\"".to_owned()),
                (8, "@src/main.rs".to_owned())
            ]
        );
        assert_eq!(values(&completion, "(@main"), [(1, "@src/main.rs".to_owned())]);
        assert_eq!(values(&completion, "@built"), []);
        assert_eq!(values(&completion, "me@sr"), []);
    }
}
