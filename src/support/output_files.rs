//! The files that the program writes its own output to: what it prints, and the answer of `-o`.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// Device and number of a file: the same for every name that it has.
pub type FileId = (u64, u64);

/// The files behind our stdout and stderr, and a file that the user named for the answer.
#[derive(Debug, Clone, Default)]
pub struct OutputFiles {
    streams: Vec<FileId>,
    answer: Option<PathBuf>,
}

impl OutputFiles {
    /// Those of this process, and `answer`.
    pub fn of_process(answer: Option<PathBuf>) -> Self {
        Self {
            streams: streams().iter().filter_map(file_id).collect(),
            answer,
        }
    }

    /// Whether `path` leads to one of them. A path that leads nowhere does not.
    pub fn contains(&self, path: &Path) -> bool {
        let Ok(found) = path.metadata() else { return false };
        let is_answer = || {
            let answer = self.answer.as_ref().and_then(|answer| answer.metadata().ok());
            answer.is_some_and(|answer| file_id(&answer) == file_id(&found))
        };
        self.is_stream(&found) || file_id(&found).is_some() && is_answer()
    }

    /// Whether this is the file behind our stdout or stderr.
    pub fn is_stream(&self, found: &Metadata) -> bool {
        file_id(found).is_some_and(|id| self.streams.contains(&id))
    }
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
fn streams() -> Vec<Metadata> {
    use std::os::fd::AsFd as _;
    let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
    [stdout.as_fd(), stderr.as_fd()]
        .into_iter()
        .filter_map(|stream| std::fs::File::from(stream.try_clone_to_owned().ok()?).metadata().ok())
        .collect()
}

#[cfg(not(unix))]
fn streams() -> Vec<Metadata> {
    Vec::new()
}
