//! Reading our own files, which may have been replaced by anything.
//!
//! A FIFO never ends, a device may be endless, and a directory cannot be read: only a regular file of a sensible size is.

use std::fs::{DirEntry, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

use serde::de::DeserializeOwned;

use super::atomic_file::{self, Access};
use super::timestamp::since_1970;

/// The largest is a catalog of models, with some megabytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Reads a whole file.
///
/// # Errors
///
/// As for [`open`]; when the file cannot be read, or is larger than 64 MiB.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    to_end(open(path)?, LARGEST)
}

/// Reads a JSON file; `None` when it cannot be read, or does not hold such a value.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&read(path).ok()?).ok()
}

/// What is in a directory; nothing when it cannot be listed.
pub fn entries(directory: &Path) -> impl Iterator<Item = DirEntry> {
    std::fs::read_dir(directory).into_iter().flatten().flatten()
}

/// Reads a whole file that is not ours, of at most `limit` bytes. What is no regular file is not even opened.
///
/// # Errors
///
/// As for [`read`].
pub fn read_foreign(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(no_file());
    }
    to_end(open(path)?, limit)
}

fn to_end(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let mut contents = Vec::new();
    file.take(limit + 1).read_to_end(&mut contents)?;
    if contents.len() as u64 > limit {
        let problem = format!("it is longer than {} MB", limit / (1024 * 1024));
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
    }
    Ok(contents)
}

fn no_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

/// Reads a whole file that is text.
///
/// # Errors
///
/// As for [`read`]; also when it is not UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Opens a regular file for reading.
///
/// # Errors
///
/// When it cannot be opened; [`io::ErrorKind::InvalidInput`] when it is no regular file.
pub fn open(path: &Path) -> io::Result<File> {
    opened(OpenOptions::new().read(true), path)
}

/// The same with other options.
///
/// # Errors
///
/// As for [`open`].
pub fn opened(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // Opening a FIFO waits for its other end.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(no_file())
}

/// Replaces a file that only its owner may read. A directory in its place is put aside.
///
/// # Errors
///
/// When it cannot be written.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let write = || atomic_file::write(path, contents, Access::Private);
    write().or_else(|error| {
        if !path.is_dir() {
            return Err(error);
        }
        tracing::warn!("{}", set_aside(path, "it is written again"));
        write()
    })
}

/// Puts what cannot be read aside, so that a new file can take its place. Gives a line for the user, which ends with the
/// `consequence`.
pub fn set_aside(path: &Path, consequence: &str) -> String {
    let now = since_1970(SystemTime::now()).as_nanos();
    let aside = path.with_extension(format!("damaged-{now}"));
    match std::fs::rename(path, &aside) {
        Ok(()) => format!(
            "`{}` is damaged and was set aside as `{}`: {consequence}",
            path.display(),
            aside.display()
        ),
        Err(error) => format!("`{}` is damaged and cannot be set aside: {error}", path.display()),
    }
}

/// Whether a failure to read says that what is there is no regular file, rather than that it may not be read now.
pub fn is_no_file(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory | io::ErrorKind::FileTooLarge
    ) || is_loop(error)
}

/// A loop of links. The standard library has no stable name for it.
#[cfg(unix)]
fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_loop(_: &io::Error) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_a_sensible_size_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("file"), "text").unwrap();
        assert_eq!(read(&path("file")).unwrap(), b"text");
        assert_eq!(read(&path("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(is_no_file(&read(directory.path()).unwrap_err()));
        File::create(path("large")).unwrap().set_len(LARGEST + 1).unwrap();
        assert!(is_no_file(&read(&path("large")).unwrap_err()));
        #[cfg(unix)]
        {
            let fifo = std::process::Command::new("mkfifo").arg(path("fifo")).status().unwrap();
            assert!(fifo.success());
            assert!(is_no_file(&read(&path("fifo")).unwrap_err()));
            std::os::unix::fs::symlink(path("loop"), path("loop")).unwrap();
            assert!(is_no_file(&read(&path("loop")).unwrap_err()));
        }
    }
}
