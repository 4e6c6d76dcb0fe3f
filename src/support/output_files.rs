//! The files that the program writes its own output to: what it prints, and the answer of `-o`.

use std::collections::HashSet;
#[cfg(target_os = "linux")]
use std::ffi::OsString;
use std::fs::Metadata;
#[cfg(target_os = "linux")]
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use super::state_file::entries;

/// Device and number of a file: the same for every name that it has.
pub type FileId = (u64, u64);

/// The files behind our stdout and stderr, and those that the user named for our output.
#[derive(Debug, Clone, Default)]
pub struct OutputFiles {
    /// Those of stdout and stderr; nothing for one that is closed.
    streams: [Option<FileId>; 2],
    named: Vec<PathBuf>,
}

impl OutputFiles {
    /// Those of this process, and `named`.
    pub fn of_process(named: Vec<PathBuf>) -> Self {
        Self {
            streams: streams().map(|stream| stream.as_ref().and_then(file_id)),
            named,
        }
    }

    /// Whether `path` leads to one of them, or to a file of a program that reads our output, such as `tee`. A path that leads
    /// nowhere does not.
    pub fn contains(&self, path: &Path) -> bool {
        let Ok(found) = path.metadata() else { return false };
        if file_id(&found).is_some_and(|id| written_by_readers(&self.streams).contains(&id)) {
            return true;
        }
        let is_named = || {
            let mut named = self.named.iter().filter_map(|path| path.metadata().ok());
            named.any(|named| file_id(&named) == file_id(&found))
        };
        self.stream_of(&found).is_some() || file_id(&found).is_some() && is_named()
    }

    /// Whether one file or pipe is behind both of our streams.
    pub fn streams_are_one(&self) -> bool {
        let [stdout, stderr] = self.streams;
        stdout.is_some() && stdout == stderr
    }

    /// Which of our streams this is the file behind: 0 is stdout, 1 stderr.
    pub fn stream_of(&self, found: &Metadata) -> Option<usize> {
        let id = file_id(found)?;
        self.streams.iter().position(|stream| *stream == Some(id))
    }
}

/// The files that are written by the programs which read these streams, directly or at the end of a pipeline. Only Linux shows
/// them.
#[cfg(target_os = "linux")]
fn written_by_readers(streams: &[Option<FileId>]) -> HashSet<FileId> {
    let own = std::process::id().to_string();
    let mut open = Vec::new();
    for process in entries(Path::new("/proc")).filter(|process| process.file_name() != *own) {
        for descriptor in entries(&process.path().join("fd")) {
            // The rights of the link are those with which the file is open.
            let (Ok(file), Ok(link)) = (descriptor.path().metadata(), descriptor.path().symlink_metadata()) else {
                continue;
            };
            let id = (file.dev(), file.ino());
            open.push((
                process.file_name(),
                id,
                file.file_type().is_fifo(),
                link.mode() & 0o200 != 0,
            ));
        }
    }
    let (mut pipes, mut files) = (HashSet::new(), HashSet::new());
    let mut next: Vec<FileId> = streams.iter().copied().flatten().collect();
    while let Some(pipe) = next.pop() {
        if !pipes.insert(pipe) {
            continue;
        }
        let is_reader = |(_, id, is_pipe, writes): &&(OsString, FileId, bool, bool)| *id == pipe && *is_pipe && !writes;
        for (reader, ..) in open.iter().filter(is_reader) {
            for (_, id, is_pipe, _) in open.iter().filter(|(of, _, _, writes)| of == reader && *writes) {
                match is_pipe {
                    true => next.push(*id),
                    false => drop(files.insert(*id)),
                }
            }
        }
    }
    files
}

#[cfg(not(target_os = "linux"))]
fn written_by_readers(_: &[Option<FileId>]) -> HashSet<FileId> {
    HashSet::new()
}

/// The id of a file; `None` where the system has none.
#[cfg(unix)]
pub fn file_id(metadata: &Metadata) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
pub fn file_id(_: &Metadata) -> Option<FileId> {
    None
}

#[cfg(unix)]
fn streams() -> [Option<Metadata>; 2] {
    use std::os::fd::AsFd as _;
    let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
    [stdout.as_fd(), stderr.as_fd()]
        .map(|stream| std::fs::File::from(stream.try_clone_to_owned().ok()?).metadata().ok())
}

#[cfg(not(unix))]
fn streams() -> [Option<Metadata>; 2] {
    [None, None]
}
