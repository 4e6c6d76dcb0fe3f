//! What a shell completes: it asks this program, by a variable, for the words that may follow.
//!
//! Invariants: no engine is started and nothing is written; what cannot be read offers nothing.

use std::path::Path;
use std::time::Instant;

use clap::Command;
use clap_complete::env::CompleteEnv;
use clap_complete::{ArgValueCandidates, CompletionCandidate};

use crate::cli::{COMPLETION_VARIABLE, Cli, SHELLS};
use crate::client::types::SessionFilter;
use crate::context::{Context, Directories};
use crate::conversation::KeptSession;
use crate::engine::files::EngineFiles;
use crate::store::SessionStore;
use crate::support::offered::OfferedNames;
use crate::support::visible::{is_hidden, visible};

/// Sessions that are offered, the last used first.
const MOST_SESSIONS: usize = 50;

/// Answers a shell that asks, and says whether one did.
pub fn answer() -> bool {
    let directory = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(|| with_values(Cli::tree()))
        .var(COMPLETION_VARIABLE)
        .shells(SHELLS)
        .try_complete(std::env::args_os(), directory.as_deref());
    // A shell that cannot be answered offers nothing; a message would stand in the line that is typed.
    asked.unwrap_or(true)
}

/// The tree whose arguments know their values.
fn with_values(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let values: fn() -> Vec<CompletionCandidate> = match argument.get_id().as_str() {
            "model" => models,
            "agent" => agents,
            "session" | "sessions" => sessions,
            "name" => kept_names,
            _ => return argument,
        };
        argument.add(ArgValueCandidates::new(values))
    });
    command.mut_subcommands(with_values)
}

fn models() -> Vec<CompletionCandidate> {
    named(offered().models)
}

fn agents() -> Vec<CompletionCandidate> {
    named(offered().agents)
}

fn named(names: Vec<String>) -> Vec<CompletionCandidate> {
    let plain = names.into_iter().filter(|name| !name.contains(is_hidden));
    plain.map(CompletionCandidate::new).collect()
}

fn offered() -> OfferedNames {
    let directories = Directories::of_user();
    directories.map_or_else(
        |_| OfferedNames::default(),
        |directories| OfferedNames::read(&directories.cache),
    )
}

/// The names of kept conversations, then the ids of the directory's last sessions with their titles.
fn sessions() -> Vec<CompletionCandidate> {
    let mut found = kept_names();
    if let Some((context, directory)) = surroundings() {
        let filter = SessionFilter {
            directory: Some(directory),
            limit: Some(MOST_SESSIONS),
            ..SessionFilter::default()
        };
        let database = EngineFiles::of(&context).database();
        let store = database.and_then(|database| SessionStore::open(&database).ok());
        let documents = store.and_then(|store| store.sessions(&filter).ok()).unwrap_or_default();
        found.extend(documents.iter().filter_map(|document| {
            // The model wrote it.
            let title = visible(document["title"].as_str().unwrap_or_default()).into_owned();
            Some(CompletionCandidate::new(document["id"].as_str()?).help(Some(title.into())))
        }));
    }
    found
}

fn kept_names() -> Vec<CompletionCandidate> {
    let Some((context, directory)) = surroundings() else {
        return Vec::new();
    };
    let kept = KeptSession::list(&context.directories.state, Path::new(&directory), &mut Vec::new());
    let kept = kept.unwrap_or_default().into_iter();
    kept.map(|kept| CompletionCandidate::new(kept.name)).collect()
}

/// The context of this process, and the name that the engine has for the working directory.
fn surroundings() -> Option<(Context, String)> {
    let context = Context::of_process(Instant::now()).ok()?;
    let directory = context.cwd.canonicalize().ok()?.to_str()?.to_owned();
    Some((context, directory))
}
