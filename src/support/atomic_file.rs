//! Files that are either the old one or the new one, never half of each.

use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;
use tempfile::NamedTempFile;

/// Who may read a file that we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only the owner (mode 0600 in a directory of mode 0700). For secrets and logs.
    Private,
    /// As the user's umask says.
    Shared,
}

/// Replaces `path` by `contents`: a temporary file in the same directory, then a rename.
///
/// The directory is created when it does not exist.
///
/// # Errors
///
/// When the directory or the file cannot be written; the old file is then untouched.
pub fn write(path: &Path, contents: &[u8], access: Access) -> io::Result<()> {
    temporary(path, contents, access)?
        .persist(path)
        .map_err(|error| error.error)?;
    Ok(())
}

/// Replaces `path` by a JSON value.
///
/// # Errors
///
/// As for [`write`].
pub fn write_json(path: &Path, value: &impl Serialize, access: Access) -> io::Result<()> {
    write(path, &serde_json::to_vec(value)?, access)
}

/// Writes `contents` to `path`, where nothing may be: as [`write`], with an error where something is.
///
/// # Errors
///
/// When something is there, or the directory or the file cannot be written.
pub fn write_new(path: &Path, contents: &[u8], access: Access) -> io::Result<()> {
    temporary(path, contents, access)?
        .persist_noclobber(path)
        .map_err(|error| error.error)?;
    Ok(())
}

/// The whole of a file beside where it will be.
fn temporary(path: &Path, contents: &[u8], access: Access) -> io::Result<NamedTempFile> {
    let directory = directory_of(path);
    create_directory(directory, access)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".opencode-rs-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The mode is narrowed by the umask, as for any file that a program creates.
        let mode = match access {
            Access::Private => 0o600,
            Access::Shared => 0o666,
        };
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    let mut file = builder.tempfile_in(directory).map_err(without_path)?;
    // By the file itself: what wraps it adds a name to each error, which is nobody's.
    file.as_file_mut().write_all(contents)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// An error of the system without the name of a temporary file, which is nobody's.
fn without_path(error: io::Error) -> io::Error {
    let code = error.get_ref().and_then(std::error::Error::source);
    let code = code.and_then(|source| source.downcast_ref::<io::Error>()?.raw_os_error());
    code.map_or(error, io::Error::from_raw_os_error)
}

/// The directory that a file is in.
pub fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Creates `directory` and its parents; a private one is for the owner alone.
///
/// # Errors
///
/// When it cannot be created.
pub fn create_directory(directory: &Path, access: Access) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    if access == Access::Private {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    #[cfg(not(unix))]
    let _ = access;
    builder.create(directory)
}
