//! What tells a file from every copy of it.

use std::fs::Metadata;

/// The file's number and the time of its last change, to the nanosecond. The system alone sets that time, so who makes a
/// file elsewhere cannot know what it will be here.
#[cfg(unix)]
pub fn file_mark(metadata: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt as _;
    format!("{}-{}.{:09}", metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

/// The time of the last change, which a copy may keep.
#[cfg(not(unix))]
pub fn file_mark(metadata: &Metadata) -> String {
    let changed = metadata.modified().map(super::timestamp::since_1970);
    format!("{:?}", changed.unwrap_or_default())
}
