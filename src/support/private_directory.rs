//! Temporary directories for the user alone, with a name by which a later command finds what a killed one left.

use std::io;
use std::path::Path;

use tempfile::TempDir;

pub(crate) const PREFIX: &str = "opencode-rs.";
/// So many letters and digits follow.
pub(crate) const LETTERS: usize = 10;

pub(crate) fn create(base: &Path) -> io::Result<TempDir> {
    let mut directory = tempfile::Builder::new();
    directory.prefix(PREFIX).rand_bytes(LETTERS);
    #[cfg(unix)]
    directory.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    directory.tempdir_in(base)
}
