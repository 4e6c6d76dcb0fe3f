//! `generate`: writes what the command tree says.

use super::{CommandEnd, write_stdout};
use crate::error::Failure;
use crate::request::GenerateRequest;
use crate::support::atomic_file::{self, Access};

/// A generated file: its path inside the repository, and its contents.
pub type GeneratedFile = (String, Vec<u8>);

/// Writes completions or manual pages. `files` is everything that can be generated.
///
/// # Errors
///
/// When the directory or stdout cannot be written.
pub fn run(request: &GenerateRequest, files: &[GeneratedFile]) -> Result<CommandEnd, Failure> {
    let (chosen, out): (Vec<&GeneratedFile>, _) = match request {
        GenerateRequest::Completions { file, out } => {
            let path = format!("completions/{file}");
            (files.iter().filter(|(known, _)| *known == path).collect(), out)
        }
        GenerateRequest::Man { out: None } => (
            files.iter().filter(|(path, _)| path == "man/opencode-rs.1").collect(),
            &None,
        ),
        GenerateRequest::Man { out } => (files.iter().filter(|(path, _)| path.starts_with("man/")).collect(), out),
    };
    for (path, contents) in chosen {
        let Some(directory) = out else {
            write_stdout(contents)?;
            continue;
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        let target = directory.join(name);
        atomic_file::write(&target, contents, Access::Shared)
            .map_err(|error| Failure::failed(format!("cannot write `{}`", target.display())).caused_by(&error))?;
    }
    Ok(CommandEnd::Success)
}
