//! One executable out of an archive.
//!
//! In: an archive's bytes, as they arrive. Out: a file with the executable, and the hashes of both. Invariants: nothing
//! but that one file is written, whatever the archive holds. Names, modes, owners and links of the archive are never
//! applied, so that none of them can be an attack; an archive that climbs out of its directory is refused as a whole,
//! since no honest one does.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Write as _};
use std::path::Path;

use flate2::read::GzDecoder;
use sha2::{Digest as _, Sha256};

use super::digest::{Digest, Hasher, Hashes, Mismatch};
use super::platform::ArchiveKind;

/// More than any engine has, and less than what hurts. The engine has 180 to 196 MB.
pub(super) const UNPACKED_LIMIT: u64 = 512 * 1024 * 1024;
const SUSPICIOUS: &str = "it has an entry that leaves its directory";

/// What came out of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unpacked {
    pub(super) archive: Hashes,
    pub(super) executable: Digest,
    pub(super) size: u64,
}

#[derive(Debug)]
pub(super) enum UnpackError {
    /// The archive cannot be read any more: its sender gave up.
    Source,
    /// The archive is not what it should be.
    Archive(String),
    /// There is more in it than [`UNPACKED_LIMIT`].
    TooLarge,
    /// The archive's hash is another one.
    Mismatch(Box<Mismatch>),
    /// Our own file cannot be written.
    Write(io::Error),
}

/// Unpacks the entry for `executable` into the file `destination`, which must not exist, and reads the archive to its end.
///
/// Nothing is promised about the file at `destination` after an error.
pub(super) fn unpack(
    kind: ArchiveKind,
    reader: impl Read,
    executable: &str,
    destination: &Path,
    expected: Option<Digest>,
) -> Result<Unpacked, UnpackError> {
    let mut reader = HashingReader {
        inner: reader,
        hasher: Hasher::default(),
        failed: false,
    };
    let (archive, (executable, size)) = match kind {
        ArchiveKind::TarGz => {
            let result = untar(&mut reader, executable, destination);
            // The hash is that of the whole file, and a wrong one explains whatever else went wrong.
            (reader.drain(expected)?, result?)
        }
        ArchiveKind::Zip => {
            // The directory of a zip file is at its end, and the headers before it are not to be trusted.
            let path = destination.with_extension("zip");
            let mut file = create(&path).map_err(UnpackError::Write)?;
            copy(&mut reader, |bytes| file.write_all(bytes))?;
            let archive = reader.drain(expected)?;
            let result = unzip(&path, executable, destination)?;
            std::fs::remove_file(&path).map_err(UnpackError::Write)?;
            (archive, result)
        }
    };
    Ok(Unpacked {
        archive,
        executable,
        size,
    })
}

fn untar<R: Read>(
    reader: &mut HashingReader<R>,
    executable: &str,
    destination: &Path,
) -> Result<(Digest, u64), UnpackError> {
    let limited = Limited {
        inner: GzDecoder::new(reader),
        left: UNPACKED_LIMIT,
    };
    let mut archive = tar::Archive::new(limited);
    let mut result = None;
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let name = entry.path_bytes().into_owned();
        if !is_wanted(&name, executable)? {
            continue;
        }
        if !entry.header().entry_type().is_file() {
            return Err(UnpackError::Archive(format!("`{executable}` in it is not a file")));
        }
        if result.is_some() {
            return Err(twice(executable));
        }
        result = Some(write_executable(&mut entry, destination)?);
    }
    // What follows the end of the tar file is still checked by gzip's own sum.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(broken)?;
    result.ok_or_else(|| missing(executable))
}

fn unzip(path: &Path, executable: &str, destination: &Path) -> Result<(Digest, u64), UnpackError> {
    let file = File::open(path).map_err(UnpackError::Write)?;
    let bad = |error: zip::result::ZipError| UnpackError::Archive(error.to_string());
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(bad)?;
    let mut wanted = None;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(bad)?;
        if !is_wanted(entry.name_raw(), executable)? {
            continue;
        }
        if !entry.is_file() {
            return Err(UnpackError::Archive(format!("`{executable}` in it is not a file")));
        }
        if wanted.replace(index).is_some() {
            return Err(twice(executable));
        }
    }
    let index = wanted.ok_or_else(|| missing(executable))?;
    let mut limited = Limited {
        inner: archive.by_index(index).map_err(bad)?,
        left: UNPACKED_LIMIT,
    };
    write_executable(&mut limited, destination)
}

fn missing(executable: &str) -> UnpackError {
    UnpackError::Archive(format!("there is no `{executable}` in it"))
}

fn twice(executable: &str) -> UnpackError {
    UnpackError::Archive(format!("`{executable}` is in it more than once"))
}

/// Whether an entry is the executable: at the root, in one directory, or in `package/bin/` as npm has it.
fn is_wanted(name: &[u8], executable: &str) -> Result<bool, UnpackError> {
    let refused = || UnpackError::Archive(SUSPICIOUS.to_owned());
    let absolute = name.starts_with(b"/") || name.starts_with(b"\\") || name.get(1) == Some(&b':');
    let parts: Vec<&[u8]> = name
        .split(|byte| matches!(byte, b'/' | b'\\'))
        .filter(|part| !part.is_empty() && *part != b".")
        .collect();
    if absolute || parts.contains(&&b".."[..]) {
        return Err(refused());
    }
    let executable = executable.as_bytes();
    Ok(match parts.as_slice() {
        [file] | [_, file] => *file == executable,
        [package, bin, file] => *package == b"package" && *bin == b"bin" && *file == executable,
        _ => false,
    })
}

fn write_executable(entry: &mut impl Read, destination: &Path) -> Result<(Digest, u64), UnpackError> {
    let mut file = create(destination).map_err(UnpackError::Write)?;
    let mut sha256 = Sha256::new();
    let size = copy(entry, |bytes| {
        sha256.update(bytes);
        file.write_all(bytes)
    })?;
    finish_executable(&file).map_err(UnpackError::Write)?;
    Ok((Digest::Sha256(sha256.finalize().into()), size))
}

/// Copies, and tells errors of reading from errors of writing.
fn copy(reader: &mut impl Read, mut write: impl FnMut(&[u8]) -> io::Result<()>) -> Result<u64, UnpackError> {
    let mut buffer = vec![0_u8; 256 * 1024];
    let mut size = 0;
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => return Ok(size),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(error)),
        };
        write(&buffer[..read]).map_err(UnpackError::Write)?;
        size += read as u64;
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

fn finish_executable(file: &File) -> io::Result<()> {
    file.sync_all()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn broken(error: io::Error) -> UnpackError {
    if error.get_ref().is_some_and(|inner| inner.is::<LimitReached>()) {
        UnpackError::TooLarge
    } else if error.get_ref().is_some_and(|inner| inner.is::<SourceGone>()) {
        UnpackError::Source
    } else {
        UnpackError::Archive(error.to_string())
    }
}

/// The sender of an archive went away before its end.
#[derive(Debug, thiserror::Error)]
#[error("the download was given up")]
pub(super) struct SourceGone;

#[derive(Debug, thiserror::Error)]
#[error("there is more in it than any engine has")]
struct LimitReached;

/// Hashes all that is read, and can read on to the end.
struct HashingReader<R> {
    inner: R,
    hasher: Hasher,
    failed: bool,
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).inspect_err(|_| self.failed = true)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

impl<R: Read> HashingReader<R> {
    /// Reads on to the end, and compares the hash of all with the expected one.
    fn drain(mut self, expected: Option<Digest>) -> Result<Hashes, UnpackError> {
        if self.failed {
            return Err(UnpackError::Source);
        }
        io::copy(&mut self, &mut io::sink()).map_err(broken)?;
        let hashes = self.hasher.finish();
        if let Some(expected) = expected {
            Mismatch::compare("the archive", expected, hashes.like(&expected)).map_err(UnpackError::Mismatch)?;
        }
        Ok(hashes)
    }
}

/// Fails when more than `left` bytes come out of a decompressor, whatever the headers say.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other(LimitReached))?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const PROGRAM: &[u8] = b"#!/bin/sh\necho 1.18.90\n";

    /// A tar file with these names, written as they are, which the `tar` crate's own builder would refuse.
    fn tar_gz(entries: &[(&str, tar::EntryType)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, kind) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o4777);
            let contents = if kind.is_file() { PROGRAM } else { b"" };
            header.set_size(contents.len() as u64);
            if !kind.is_file() {
                header.set_link_name("/etc/passwd").unwrap();
            }
            header.set_cksum();
            builder.append(&header, contents).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn zipped(names: &[&str]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            writer
                .start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            writer.write_all(PROGRAM).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn unpacked(kind: ArchiveKind, archive: &[u8]) -> Result<Vec<u8>, String> {
        let directory = tempfile::tempdir().unwrap();
        let destination = directory.path().join("opencode");
        match unpack(kind, archive, "opencode", &destination, None) {
            Ok(unpacked) => {
                let contents = std::fs::read(&destination).unwrap();
                assert_eq!(unpacked.size, contents.len() as u64);
                let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().collect();
                assert_eq!(left.len(), 1, "only the executable is left");
                Ok(contents)
            }
            Err(UnpackError::Archive(problem)) => Err(problem),
            Err(other) => Err(format!("{other:?}")),
        }
    }

    fn tar_of(entries: &[(&str, tar::EntryType)]) -> Result<Vec<u8>, String> {
        unpacked(ArchiveKind::TarGz, &tar_gz(entries))
    }

    #[test]
    fn the_executable_is_found_where_releases_have_it() {
        use tar::EntryType::Regular;
        for name in [
            "opencode",
            "./opencode",
            "opencode-linux-x64/opencode",
            "package/bin/opencode",
        ] {
            assert_eq!(
                tar_of(&[("README", Regular), (name, Regular)]),
                Ok(PROGRAM.to_vec()),
                "{name}"
            );
        }
        for names in [&["opencode"][..], &["LICENSE", "dist/opencode"]] {
            assert_eq!(unpacked(ArchiveKind::Zip, &zipped(names)), Ok(PROGRAM.to_vec()));
        }
    }

    #[test]
    fn other_layouts_are_refused() {
        use tar::EntryType::Regular;
        let none = Err("there is no `opencode` in it".to_owned());
        assert_eq!(tar_of(&[("a/b/opencode", Regular)]), none);
        assert_eq!(tar_of(&[("opencode-desktop", Regular)]), none);
        assert_eq!(unpacked(ArchiveKind::Zip, &zipped(&["opencode.exe"])), none);
        let twice = Err("`opencode` is in it more than once".to_owned());
        assert_eq!(tar_of(&[("opencode", Regular), ("bin/opencode", Regular)]), twice);
        assert_eq!(
            unpacked(ArchiveKind::Zip, &zipped(&["opencode", "bin/opencode"])),
            twice
        );
    }

    #[test]
    fn an_archive_that_climbs_or_links_is_refused() {
        use tar::EntryType::{Directory, Link, Regular, Symlink};
        let climbs = Err(SUSPICIOUS.to_owned());
        for name in [
            "../opencode",
            "a/../../opencode",
            "/opencode",
            "..\\opencode",
            "C:\\opencode",
            "../evil",
        ] {
            assert_eq!(tar_of(&[("opencode", Regular), (name, Regular)]), climbs, "{name}");
            assert_eq!(
                unpacked(ArchiveKind::Zip, &zipped(&["opencode", name])),
                climbs,
                "{name}"
            );
        }
        for kind in [Symlink, Link, Directory] {
            assert_eq!(
                tar_of(&[("opencode", kind)]),
                Err("`opencode` in it is not a file".to_owned())
            );
        }
    }

    #[test]
    fn a_cut_or_damaged_archive_is_refused() {
        let archive = tar_gz(&[("opencode", tar::EntryType::Regular)]);
        for cut in [0, 5, archive.len() / 2, archive.len() - 4] {
            assert!(unpacked(ArchiveKind::TarGz, &archive[..cut]).is_err(), "{cut}");
        }
        let mut flipped = archive.clone();
        let middle = flipped.len() - 12;
        flipped[middle] ^= 0xff;
        assert!(unpacked(ArchiveKind::TarGz, &flipped).is_err());
        let archive = zipped(&["opencode"]);
        assert!(unpacked(ArchiveKind::Zip, &archive[..archive.len() / 2]).is_err());
    }

    #[test]
    fn a_wrong_hash_is_told_even_where_the_archive_is_broken_too() {
        let directory = tempfile::tempdir().unwrap();
        let expected = Digest::Sha256([0; 32]);
        for kind in [ArchiveKind::TarGz, ArchiveKind::Zip] {
            let destination = directory.path().join(format!("{kind:?}"));
            let result = unpack(kind, &b"no archive"[..], "opencode", &destination, Some(expected));
            assert!(matches!(result, Err(UnpackError::Mismatch(_))), "{result:?}");
        }
    }

    #[test]
    fn a_small_archive_that_grows_without_end_is_stopped() {
        let mut limited = Limited {
            inner: io::repeat(0),
            left: 1000,
        };
        let error = io::copy(&mut limited, &mut io::sink()).unwrap_err();
        assert!(matches!(broken(error), UnpackError::TooLarge));
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_is_ours_and_not_the_archives() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let destination = directory.path().join("opencode");
        let archive = tar_gz(&[("opencode", tar::EntryType::Regular)]);
        unpack(ArchiveKind::TarGz, &archive[..], "opencode", &destination, None).unwrap();
        assert_eq!(
            std::fs::metadata(&destination).unwrap().permissions().mode() & 0o7777,
            0o755
        );
    }
}
