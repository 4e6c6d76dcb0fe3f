//! The small model catalog, cut from the engine's own.

/// x
pub fn empty(directories: &crate::context::Directories) -> std::io::Result<std::path::PathBuf> {
    let path = directories.cache.join("catalogs").join("empty.json");
    crate::support::atomic_file::write(&path, b"{}", crate::support::atomic_file::Access::Shared)?;
    Ok(path)
}
