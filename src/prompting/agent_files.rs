//! Files that define agents, where the engine did not take from them what their authors meant.
//!
//! Measured with engine 1.18.33: a file whose head is no YAML still makes an agent, but without its mode, model and
//! permissions, and the engine says nothing. A head with a value of a wrong kind is refused as a whole, with the reason.

use std::path::{Path, PathBuf};

use crate::client::types::Agent;
use crate::context::Context;
use crate::engine::files::EngineFiles;
use crate::support::state_file;

/// The directories of agents below one of configuration.
const KINDS: [&str; 4] = ["agent", "agents", "mode", "modes"];

/// The file that would define the agent `name`, if there is one.
pub(crate) fn find(context: &Context, directory: &Path, name: &str) -> Option<PathBuf> {
    let projects = directory.ancestors().map(|above| above.join(".opencode"));
    let files = EngineFiles::of(context);
    let users = [files.config, files.home.join(".opencode")];
    let places = projects.chain(files.named_directory).chain(users);
    let file = format!("{name}.md");
    places
        .flat_map(|place| KINDS.map(|kind| place.join(kind).join(&file)))
        .find(|path| path.is_file())
}

/// A warning for each agent whose file has a head that the engine could not read.
pub(crate) fn warnings(context: &Context, directory: &Path, agents: &[Agent]) -> Vec<String> {
    let undescribed = agents
        .iter()
        .filter(|agent| !agent.native && agent.description.as_deref().unwrap_or_default().is_empty());
    undescribed
        .filter_map(|agent| {
            let path = find(context, directory, &agent.name)?;
            let text = state_file::read(&path).ok()?;
            describes(&String::from_utf8_lossy(&text)).then(|| {
                format!(
                    "the head of `{}` is no YAML, so the agent `{}` has none of its settings: no mode, no model, no \
                     permissions",
                    path.display(),
                    agent.name
                )
            })
        })
        .collect()
}

/// Whether the head of a file, readable or not, holds a description.
fn describes(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    lines.next().is_some_and(|line| line.trim_end() == "---")
        && lines
            .take_while(|line| line.trim_end() != "---")
            .filter_map(|line| line.strip_prefix("description:"))
            .any(|value| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_seen_in_a_head_that_is_no_yaml() {
        assert!(describes("---\ndescription: \"open\nmode: [primary\n---\nText\n"));
        assert!(describes("---\ndescription: a\nno end"));
        for text in [
            "---\nmode: primary\n---\ndescription: a\n",
            "description: a\n",
            "",
            "---\ndescription:\n---",
        ] {
            assert!(!describes(text), "{text:?}");
        }
    }
}
