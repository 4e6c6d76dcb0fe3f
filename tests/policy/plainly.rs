//! What a row does when nothing refuses it: a plain bash runs it, in a place of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::canaries::{Canaries, Changes, Entry, Trace, changes, tree};
use super::exceptions::{NOT_RUN_PLAINLY, OTHER_TOOLS};
use super::table::{Case, ground};

/// The effects of a row that runs.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) traces: Vec<Trace>,
    pub(super) changes: Changes,
}

/// Runs a line in a plain bash, in a place of its own, and returns its effects; for a tool that writes files, the
/// expected effects.
fn effects(canaries: &Canaries, case: &Case) -> Effects {
    let ground = ground();
    canaries.settle(&ground);
    let arguments = case.arguments(&ground);
    let mut effects = Effects::default();
    if case.tool == "write" || case.tool == "edit" {
        let path = case.input.replace("@ROOT@/", "../");
        let path = Path::new("work").join(path);
        let path: PathBuf = path.to_str().unwrap().replace("work/../", "").into();
        for parent in path.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty()) {
            effects.changes.insert(parent.to_owned(), Some(Entry::Directory));
        }
        effects.changes.insert(path, Some(Entry::File(text_of(case))));
    }
    if OTHER_TOOLS.contains(&case.tool.as_str()) {
        effects.traces.push(Trace {
            row: case.name.clone(),
            call: case.tool.clone(),
        });
    }
    if case.tool != "bash" || NOT_RUN_PLAINLY.iter().any(|part| case.input.contains(part)) {
        return effects;
    }
    let Some(line) = arguments["command"].as_str().filter(|line| !line.contains('\0')) else {
        return effects;
    };
    let directory = match arguments.get("workdir") {
        None => ground.directory(),
        Some(Value::String(path)) => ground.directory().join(path),
        Some(_) => return effects,
    };
    let before = tree(&ground, &[]);
    effects.traces = canaries.run(&ground, &directory, &case.name, line);
    effects.changes = changes(&before, &tree(&ground, &[]));
    effects
}

/// The effects of each row, by its name.
pub(super) fn plainly(cases: &[Case]) -> BTreeMap<String, Effects> {
    let place = tempfile::tempdir().unwrap();
    let canaries = Canaries::new(place.path().join("canaries"));
    cases
        .iter()
        .map(|case| (case.name.clone(), effects(&canaries, case)))
        .collect()
}

/// What a row writes.
pub(super) fn text_of(case: &Case) -> String {
    format!("written by {}\n", case.name)
}
