//! Attached files and directories, as parts of a message.
//!
//! Files are sent in the message, as `data:` URLs: the engine cuts files that it reads itself at 2000 lines or 50 KB,
//! and inlines a `data:` text whole. The engine lists directories, so they are sent as `file:` URLs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::media_type::media_type;
use super::{InputError, MAX_INPUT_BYTES, STDIN, text};
use crate::client::types::FilePart;
use crate::support::named_file;

pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Checks that all attachments exist: reports even the last of them before the first is read.
pub(super) fn look_at_all(paths: &[PathBuf], cwd: &Path) -> Result<(), InputError> {
    for path in paths.iter().filter(|path| !is_stdin(path)) {
        fs::metadata(cwd.join(path)).map_err(|source| unreadable(path, source))?;
    }
    Ok(())
}

/// Reads all attachments, in order; `stdin` holds the contents of `-`.
pub(super) fn read_all(paths: &[PathBuf], cwd: &Path, stdin: &[u8]) -> Result<Vec<FilePart>, InputError> {
    let mut left = MAX_INPUT_BYTES;
    let mut files = Vec::new();
    for path in paths {
        files.push(if is_stdin(path) {
            part_of(stdin.to_vec(), STDIN.to_owned(), STDIN)?
        } else {
            read(path, cwd, &mut left)?
        });
    }
    Ok(files)
}

fn read(path: &Path, cwd: &Path, left: &mut usize) -> Result<FilePart, InputError> {
    let full = std::path::absolute(cwd.join(path)).map_err(|source| unreadable(path, source))?;
    let filename = path.to_string_lossy().into_owned();
    if fs::metadata(&full).is_ok_and(|facts| facts.is_dir()) {
        fs::read_dir(&full).map_err(|source| unreadable(path, source))?;
        return Ok(FilePart {
            mime: "application/x-directory".to_owned(),
            filename,
            url: directory_url(&full).ok_or_else(|| {
                unreadable(
                    path,
                    io::Error::new(io::ErrorKind::InvalidInput, "its name is not valid Unicode"),
                )
            })?,
        });
    }
    let bytes = read_bytes(&full, path, *left)?;
    *left -= bytes.len();
    part_of(bytes, filename, &format!("`{}`", path.display()))
}

/// The message part for these bytes.
fn part_of(bytes: Vec<u8>, filename: String, what: &str) -> Result<FilePart, InputError> {
    let mime = if let Some(mime) = media_type(&bytes) {
        mime
    } else {
        text::check(&bytes, what)?;
        "text/plain"
    };
    Ok(FilePart {
        mime: mime.to_owned(),
        filename,
        url: format!("data:{mime};base64,{}", STANDARD.encode(&bytes)),
    })
}

/// Reads a regular file or a named pipe, at most `longest` bytes.
pub(super) fn read_bytes(full: &Path, typed: &Path, longest: usize) -> Result<Vec<u8>, InputError> {
    let bytes = named_file::read(full, longest).map_err(|source| unreadable(typed, source))?;
    bytes.ok_or_else(|| InputError::TooLong {
        what: if longest == MAX_INPUT_BYTES {
            format!("`{}`", typed.display())
        } else {
            format!("`{}` with the attachments before it", typed.display())
        },
    })
}

fn unreadable(path: &Path, source: io::Error) -> InputError {
    InputError::Unreadable {
        path: path.to_path_buf(),
        source,
    }
}

/// The URL of a directory; `None` when its name is not Unicode, because the engine decodes the URL as UTF-8.
fn directory_url(full: &Path) -> Option<String> {
    full.to_str()?;
    Url::from_file_path(full).ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(mime: &str, filename: &str, contents: &[u8]) -> FilePart {
        FilePart {
            mime: mime.to_owned(),
            filename: filename.to_owned(),
            url: format!("data:{mime};base64,{}", STANDARD.encode(contents)),
        }
    }

    #[test]
    fn files_are_known_by_their_contents_and_travel_whole() {
        let directory = tempfile::tempdir().unwrap();
        let text = "line\n".repeat(50_000);
        let webp = b"RIFF\x10\0\0\0WEBPVP8 ";
        let contents: [(&str, &str, &[u8]); 7] = [
            ("text/plain", "long.txt", text.as_bytes()),
            ("text/plain", "empty", b""),
            ("image/png", "picture.txt", b"\x89PNG\r\n\x1a\n\0\0"),
            ("image/jpeg", "a.jpg", b"\xff\xd8\xff\xe0\0"),
            ("image/gif", "a.gif", b"GIF89a\0"),
            ("image/webp", "a.webp", webp),
            ("application/pdf", "a b.pdf", b"%PDF-1.7\n\xff\0"),
        ];
        for (_, name, bytes) in &contents {
            fs::write(directory.path().join(name), bytes).unwrap();
        }
        let paths: Vec<PathBuf> = contents.iter().map(|(_, name, _)| name.into()).collect();
        let expected: Vec<FilePart> = contents
            .iter()
            .map(|(mime, name, bytes)| part(mime, name, bytes))
            .collect();
        assert_eq!(read_all(&paths, directory.path(), b"").unwrap(), expected);
        let of_stdin = read_all(&["-".into()], directory.path(), b"GIF89a\0").unwrap();
        assert_eq!(of_stdin, [part("image/gif", "stdin", b"GIF89a\0")]);
    }

    #[test]
    fn a_directory_is_a_percent_encoded_address() {
        let directory = tempfile::tempdir().unwrap();
        let odd = "a b%20#?é";
        fs::create_dir(directory.path().join(odd)).unwrap();
        let parts = read_all(&[format!("./{odd}/").into()], directory.path(), b"").unwrap();
        let base = Url::from_file_path(directory.path()).unwrap();
        assert_eq!(parts[0].mime, "application/x-directory");
        assert_eq!(
            parts[0].url.trim_end_matches('/'),
            format!("{base}/a%20b%2520%23%3F%C3%A9")
        );
    }

    #[test]
    fn what_cannot_be_attached_is_refused_with_its_name() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("program"), b"\x7fELF\0\0").unwrap();
        fs::write(directory.path().join("half"), vec![b'a'; MAX_INPUT_BYTES / 2 + 1]).unwrap();
        let refused = |paths: &[&str]| {
            let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            let looked = look_at_all(&paths, directory.path());
            let read = looked.and_then(|()| read_all(&paths, directory.path(), b""));
            read.unwrap_err().to_string()
        };
        assert_eq!(
            refused(&["program"]),
            "cannot use `program` as text: a NUL character at byte 5, line 1"
        );
        assert_eq!(refused(&["half", "no/such"]), "cannot read `no/such`");
        assert_eq!(
            refused(&["half", "half"]),
            "cannot send `half` with the attachments before it: it is longer than 10 MB"
        );
        #[cfg(unix)]
        assert_eq!(refused(&["/dev/zero"]), "cannot read `/dev/zero`");
    }
}
