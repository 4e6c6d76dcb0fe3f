//! Instruction files that the engine adds to a file that the model reads.
//!
//! When a tool reads a file below the directory, the engine adds the instruction files of the directories in between to
//! the result, without a permission ask. Measured with engine 1.18.33: it follows links. So an instruction file that is
//! a link is judged like a file that the model reads.

use std::path::Path;

use super::mentions::strictest;
use crate::permission::{Action, Judgement, Policy};
use crate::support::instruction_files::NAMES;

/// Judges the links among the instruction files of the file at `path`; returns the strictest judgement if it is
/// stricter than `judgement`.
pub(super) fn judge(policy: &Policy, judgement: &Judgement, path: &str, directory: &Path) -> Option<Judgement> {
    let file = directory.join(path);
    let places = file.ancestors().skip(1).take_while(|place| *place != directory);
    let links = places
        .flat_map(|place| NAMES.map(|name| place.join(name)))
        .filter(|link| link.starts_with(directory) && link.is_symlink());
    let actions = links.map(|link| {
        let path = link.to_string_lossy().into_owned();
        let why = format!("with it the engine reads `{path}`");
        (path.clone(), why, Action::Read { path })
    });
    strictest(policy, judgement, actions)
}
