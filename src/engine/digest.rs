//! Published hashes, and hashing while bytes pass by.

use std::fmt;
use std::io::{self, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha512};

/// A hash of a file's contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256; `sha256:<hex>` in GitHub's answers and in our receipts.
    Sha256([u8; 32]),
    /// SHA-512; `sha512-<base64>` in the npm registry's answers.
    Sha512([u8; 64]),
}

impl Digest {
    /// Reads `sha256:<hex>` or bare hexadecimal.
    pub fn from_hex(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:").unwrap_or(text).as_bytes();
        let mut bytes = [0_u8; 32];
        if hex.len() != 64 {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
        }
        Some(Self::Sha256(bytes))
    }

    /// Reads an `integrity` field, which may list several hashes, and takes the strongest that we know.
    pub fn from_integrity(text: &str) -> Option<Self> {
        // Options may follow after `?`.
        let encoded = |prefix: &str| {
            let mut entries = text
                .split_ascii_whitespace()
                .filter_map(|entry| entry.split('?').next());
            entries.find_map(|entry| entry.strip_prefix(prefix))
        };
        if let Some(encoded) = encoded("sha512-") {
            return Some(Self::Sha512(STANDARD.decode(encoded).ok()?.try_into().ok()?));
        }
        Some(Self::Sha256(
            STANDARD.decode(encoded("sha256-")?).ok()?.try_into().ok()?,
        ))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(bytes) => {
                f.write_str("sha256:")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Sha512(bytes) => write!(f, "sha512-{}", STANDARD.encode(bytes)),
        }
    }
}

/// A file that is not what was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hash of {what} is not the expected one (expected {expected}, found {found})")]
pub struct Mismatch {
    /// Which file: the archive, or the executable in it.
    pub what: &'static str,
    pub expected: Digest,
    pub found: Digest,
}

impl Mismatch {
    pub(super) fn compare(what: &'static str, expected: Digest, found: Digest) -> Result<(), Box<Self>> {
        if expected == found {
            return Ok(());
        }
        Err(Box::new(Self { what, expected, found }))
    }
}

/// Both hashes of what passed by. SHA-512 of an archive costs 0.07 s, less than choosing would save in clarity.
#[derive(Debug, Clone, Default)]
pub(super) struct Hasher {
    sha256: Sha256,
    sha512: Sha512,
}

impl Hasher {
    /// Adds bytes to the content that is hashed.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha512.update(bytes);
    }

    pub(super) fn finish(self) -> Hashes {
        Hashes {
            sha256: Digest::Sha256(self.sha256.finalize().into()),
            sha512: Digest::Sha512(self.sha512.finalize().into()),
        }
    }
}

/// The hashes of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hashes {
    pub(super) sha256: Digest,
    sha512: Digest,
}

impl Hashes {
    /// The hash of the same kind as `other`.
    pub(super) const fn like(&self, other: &Digest) -> Digest {
        match other {
            Digest::Sha256(_) => self.sha256,
            Digest::Sha512(_) => self.sha512,
        }
    }
}

/// The SHA-256 of everything that `reader` has.
///
/// # Errors
///
/// When it cannot be read.
pub(super) fn sha256_of(reader: &mut impl Read) -> io::Result<Digest> {
    let mut sha256 = Sha256::new();
    let mut buffer = vec![0_u8; 64 * 1024];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(Digest::Sha256(sha256.finalize().into())),
            Ok(read) => sha256.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX_OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn published_hashes_read_back_as_they_were_written() {
        let github = format!("sha256:{HEX_OF_ABC}");
        assert_eq!(Digest::from_hex(&github).unwrap().to_string(), github);
        assert_eq!(Digest::from_hex(HEX_OF_ABC).unwrap().to_string(), github);
        let npm = "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";
        assert_eq!(Digest::from_integrity(npm).unwrap().to_string(), npm);
        assert_eq!(
            Digest::from_integrity(&format!("sha1-abcd {npm}?x=y"))
                .unwrap()
                .to_string(),
            npm
        );
        assert_eq!(Digest::from_hex("sha256:12"), None);
        assert_eq!(Digest::from_integrity("sha1-abcd"), None);
        assert_eq!(Digest::from_integrity("sha512-abcd"), None);
    }

    #[test]
    fn what_passes_by_is_hashed() {
        let mut hasher = Hasher::default();
        hasher.update(b"a");
        hasher.update(b"bc");
        assert_eq!(hasher.finish().sha256, Digest::from_hex(HEX_OF_ABC).unwrap());
        assert_eq!(
            sha256_of(&mut &b"abc"[..]).unwrap(),
            Digest::from_hex(HEX_OF_ABC).unwrap()
        );
    }
}
