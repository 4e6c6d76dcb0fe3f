//! `generate`: writes what the command tree says.

use super::write_stdout;
use crate::cli::GenerateArgs;
use crate::error::Failure;
use crate::support::atomic_file::{self, Access};

/// Writes completions or manual pages.
///
/// # Errors
///
/// When the directory or stdout cannot be written.
pub fn run(request: &GenerateArgs) -> Result<(), Failure> {
    let (files, out) = request.files();
    for (path, contents) in files {
        let Some(directory) = out else {
            write_stdout(&contents)?;
            continue;
        };
        let target = directory.join(path.rsplit('/').next().unwrap_or(&path));
        atomic_file::write(&target, &contents, Access::Shared)
            .map_err(|error| Failure::cannot_write(&target, &error))?;
    }
    Ok(())
}
