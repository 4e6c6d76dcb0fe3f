//! Files that a user names: for the answer, an export, a conversation that is saved; and to be read.
//!
//! Invariants: only a regular file is ever replaced, and what replaces it has its mode and its owner. What is no regular
//! file (a device, a pipe) is opened and written to, and so is a regular file that cannot be replaced without a loss.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::atomic_file::{self, Access};
use super::output_files::OutputFiles;

/// How many links may lead to a file; the limit of Linux.
const MOST_LINKS: usize = 40;

/// What happens to a regular file that is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IfPresent {
    /// It stays, and nothing is written.
    #[default]
    Refuse,
    Replace,
}

/// Reads a regular file or a named pipe, as of a shell's `<(command)`. `None` when it holds more than `longest` bytes. May
/// block for as long as nobody writes to the pipe.
///
/// # Errors
///
/// For a directory, a device, and what this user may not read.
pub fn read(path: &Path, longest: usize) -> io::Result<Option<Vec<u8>>> {
    let kind = std::fs::metadata(path)?.file_type();
    #[cfg(unix)]
    let is_pipe = std::os::unix::fs::FileTypeExt::is_fifo(&kind);
    #[cfg(not(unix))]
    let is_pipe = false;
    if kind.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    if !kind.is_file() && !is_pipe {
        return Err(io::Error::other("it is a device, not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(longest as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= longest).then_some(bytes))
}

/// What a path leads to, through links.
enum FileTarget {
    Nothing,
    Regular(Metadata),
    /// A device, a pipe, a socket.
    Special,
}

/// Checks, before there is anything to write, whether `path` can be written.
///
/// # Errors
///
/// For a directory, a file that has to stay, and what this user may not write.
pub fn check(path: &Path, if_present: IfPresent) -> io::Result<()> {
    match find(path)? {
        FileTarget::Regular(_) if if_present == IfPresent::Refuse => Err(io::ErrorKind::AlreadyExists.into()),
        // A pipe is not opened: that would wait for its reader.
        #[cfg(unix)]
        FileTarget::Special => Ok(rustix::fs::access(path, rustix::fs::Access::WRITE_OK)?),
        #[cfg(unix)]
        FileTarget::Regular(_) if rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok() => Ok(()),
        #[cfg(not(unix))]
        FileTarget::Special => Ok(()),
        FileTarget::Nothing | FileTarget::Regular(_) => {
            let target = resolve(path);
            let directory = atomic_file::directory_of(&target);
            directory.metadata()?;
            // The name of the temporary file would only confuse.
            tempfile::tempfile_in(directory).map_err(|error| io::Error::from(error.kind()))?;
            Ok(())
        }
    }
}

/// Writes `contents` to `path`. Opening a pipe waits until it has a reader.
///
/// # Errors
///
/// When it cannot be written. A regular file is then as it was, unless it could be written in place only.
pub fn write(path: &Path, contents: &[u8], if_present: IfPresent) -> io::Result<()> {
    match (find(path)?, if_present) {
        (FileTarget::Regular(_), IfPresent::Refuse) => Err(io::ErrorKind::AlreadyExists.into()),
        (FileTarget::Regular(present), IfPresent::Replace) => overwrite(path, contents, &present),
        (FileTarget::Special, _) => OpenOptions::new().write(true).open(path)?.write_all(contents),
        (FileTarget::Nothing, IfPresent::Refuse) => atomic_file::write_new(&resolve(path), contents, Access::Shared),
        (FileTarget::Nothing, IfPresent::Replace) => atomic_file::write(&resolve(path), contents, Access::Shared),
    }
}

fn find(path: &Path) -> io::Result<FileTarget> {
    match path.metadata() {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if found.is_file() => Ok(FileTarget::Regular(found)),
        #[cfg(unix)]
        Ok(found) if std::os::unix::fs::FileTypeExt::is_socket(&found.file_type()) => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "it is a socket, which is no file to write to",
        )),
        Ok(_) => Ok(FileTarget::Special),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(FileTarget::Nothing),
        Err(error) => Err(error),
    }
}

/// The path that links lead to, where nothing is.
fn resolve(path: &Path) -> PathBuf {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let Ok(target) = path.read_link() else { break };
        path = atomic_file::directory_of(&path).join(target);
    }
    path
}

fn overwrite(path: &Path, contents: &[u8], present: &Metadata) -> io::Result<()> {
    // What we print there comes before and behind it: opened once more, the file would be written from another place.
    match OutputFiles::of_process(Vec::new()).stream_of(present) {
        Some(0) => return write_through(std::io::stdout().lock(), contents),
        Some(_) => return write_through(std::io::stderr().lock(), contents),
        None => {}
    }
    if let Ok(target) = path.canonicalize()
        && let Ok(mut replacement) = replacement(&target, present)
    {
        // By the file itself: what wraps it adds a name to each error, which is nobody's.
        replacement.as_file_mut().write_all(contents)?;
        replacement.as_file().sync_all()?;
        if replacement.persist(&target).is_ok() {
            return Ok(());
        }
    }
    let mut options = OpenOptions::new();
    options.write(true).truncate(true).open(path)?.write_all(contents)
}

fn write_through(mut stream: impl Write, contents: &[u8]) -> io::Result<()> {
    stream.write_all(contents)?;
    stream.flush()
}

/// An empty file that can take the place of `target`: in its directory, with its mode and owner.
fn replacement(target: &Path, present: &Metadata) -> io::Result<NamedTempFile> {
    let file = tempfile::Builder::new()
        .prefix(".opencode-rs-")
        .tempfile_in(atomic_file::directory_of(target))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if present.nlink() > 1 {
            // Its other names would keep the old contents.
            return Err(io::ErrorKind::Unsupported.into());
        }
        let ours = file.as_file().metadata()?;
        if (ours.uid(), ours.gid()) != (present.uid(), present.gid()) {
            std::os::unix::fs::fchown(file.as_file(), Some(present.uid()), Some(present.gid()))?;
        }
    }
    file.as_file().set_permissions(present.permissions())?;
    Ok(file)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_keeps_its_mode_its_links_and_its_other_names() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("file"), "a longer text than before").unwrap();
        std::fs::set_permissions(at("file"), std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", at("link")).unwrap();
        write(&at("link"), b"new", IfPresent::Replace).unwrap();
        assert!(at("link").is_symlink());
        assert_eq!(std::fs::read_to_string(at("file")).unwrap(), "new");
        assert_eq!(mode(&at("file")), 0o640);

        std::fs::hard_link(at("file"), at("other")).unwrap();
        write(&at("file"), b"n", IfPresent::Replace).unwrap();
        assert_eq!(std::fs::read_to_string(at("other")).unwrap(), "n");

        symlink("not/../there", at("dangling")).unwrap();
        symlink("there", at("to_there")).unwrap();
        write(&at("to_there"), b"made", IfPresent::Replace).unwrap();
        assert_eq!(std::fs::read_to_string(at("there")).unwrap(), "made");
        assert!(at("to_there").is_symlink());
        let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().flatten().collect();
        assert_eq!(left.len(), 6, "no temporary file stays: {left:?}");
    }

    #[test]
    fn a_pipe_is_written_to_and_a_device_stays_one() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        check(&pipe, IfPresent::Refuse).unwrap();
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read_to_string(pipe).unwrap()
        });
        write(&pipe, b"answer", IfPresent::Replace).unwrap();
        assert_eq!(reader.join().unwrap(), "answer");

        let null = Path::new("/dev/null");
        let link = directory.path().join("null");
        symlink(null, &link).unwrap();
        for path in [null, &link] {
            check(path, IfPresent::Replace).unwrap();
            write(path, b"answer", IfPresent::Replace).unwrap();
            assert!(!path.metadata().unwrap().is_file());
        }
    }

    #[test]
    fn what_cannot_be_written_is_known_before() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "old").unwrap();
        let refused = |path: &Path, if_present| check(path, if_present).unwrap_err().kind();
        assert_eq!(
            refused(directory.path(), IfPresent::Replace),
            io::ErrorKind::IsADirectory
        );
        assert_eq!(refused(&file, IfPresent::Refuse), io::ErrorKind::AlreadyExists);
        assert_eq!(
            refused(&directory.path().join("no/file"), IfPresent::Replace),
            io::ErrorKind::NotFound
        );
        assert!(write(&file, b"new", IfPresent::Refuse).is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
        check(&file, IfPresent::Replace).unwrap();
    }
}
