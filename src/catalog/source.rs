//! Where the engine's catalog is: inside its program, or in a file that it downloaded.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::literal::{Literal, Unknown};
use crate::support::file_mark::file_mark;
use crate::support::state_file;

/// Read at once while looking for the catalog.
const STEP: usize = 1 << 20;
/// No catalog is larger than this; today's has 4.4 MB.
const LARGEST: usize = 12 << 20;
/// The beginning of a provider, after its id.
const MARK: &[u8] = b"\",env:[";
/// Enough to hold what comes before [`MARK`] in the first entry.
const OVERLAP: usize = 256;
/// A catalog with fewer providers than this is not the one that is looked for.
const FEWEST: usize = 20;

/// A file that holds a catalog, and enough about it to see that it changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CatalogFile {
    pub(super) kind: SourceKind,
    pub(super) path: PathBuf,
    length: u64,
    /// Nobody can put a catalog of their own in the place of one that will be cut from this file.
    mark: String,
    engine_version: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SourceKind {
    Program,
    File,
}

/// A provider, and where its description is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProviderEntry {
    pub(super) id: String,
    /// The environment variables that make it usable.
    pub(super) env: Vec<String>,
    offset: u64,
    length: usize,
}

/// Why a catalog could not be read. It costs a little time, not the run.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("cannot read the file")]
    Io(#[from] io::Error),
    #[error("there is no catalog in it")]
    Missing,
    #[error("there are several catalogs in it")]
    Several,
    #[error("the catalog has an unknown shape")]
    Unknown(#[from] Unknown),
    #[error("the file is not UTF-8")]
    Encoding(#[from] std::str::Utf8Error),
    #[error("a provider has an unknown shape")]
    Provider(#[from] serde_json::Error),
    #[error("the catalog is not what it was")]
    Changed,
}

#[derive(Deserialize)]
struct Head {
    id: String,
    env: Vec<String>,
    #[serde(rename = "models")]
    _models: std::collections::HashMap<String, serde::de::IgnoredAny>,
}

impl CatalogFile {
    pub(super) fn of(kind: SourceKind, path: &Path, engine_version: &semver::Version) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self {
            kind,
            path: path.to_path_buf(),
            length: metadata.len(),
            mark: file_mark(&metadata),
            engine_version: engine_version.to_string(),
        })
    }

    /// Reads all of the catalog; gives its providers in the engine's order.
    pub(super) fn entries(&self) -> Result<Vec<ProviderEntry>, ReadError> {
        let mut file = state_file::open(&self.path)?;
        let (start, text) = match self.kind {
            SourceKind::Program => {
                let start = find_start(&mut file)?;
                file.seek(SeekFrom::Start(start))?;
                (start, balanced(&mut file)?)
            }
            SourceKind::File => (0, whole(&mut file)?),
        };
        parse(self.kind.literal(&text)?, start)
    }

    /// Reads one provider; gives it as JSON.
    pub(super) fn provider(&self, file: &mut File, entry: &ProviderEntry) -> Result<Vec<u8>, ReadError> {
        file.seek(SeekFrom::Start(entry.offset))?;
        let mut text = vec![0; entry.length];
        file.read_exact(&mut text)?;
        let mut literal = self.kind.literal(&text)?;
        let mut json = Vec::with_capacity(entry.length * 5 / 4);
        literal.value(&mut json)?;
        let head: Head = serde_json::from_slice(&json)?;
        if literal.at != text.len() || head.id != entry.id || head.env != entry.env {
            return Err(ReadError::Changed);
        }
        Ok(json)
    }
}

impl SourceKind {
    fn literal(self, text: &[u8]) -> Result<Literal<'_>, ReadError> {
        Ok(match self {
            Self::Program => Literal::ascii(text),
            Self::File => Literal::utf8(std::str::from_utf8(text)?),
        })
    }
}

/// Finds `=>({deepinfra:{id:"deepinfra",env:[`, whatever the first provider is called; gives the place of its brace.
fn find_start(file: &mut File) -> Result<u64, ReadError> {
    let finder = memmem::Finder::new(MARK);
    let mut window = Vec::with_capacity(OVERLAP + STEP);
    let mut offset = 0_u64;
    let mut found = None;
    loop {
        let kept = window.len();
        if file.by_ref().take(STEP as u64).read_to_end(&mut window)? == 0 {
            return found.ok_or(ReadError::Missing);
        }
        for mark in finder.find_iter(&window) {
            // What ends inside of the kept part was seen in the round before.
            if mark + MARK.len() <= kept {
                continue;
            }
            if let Some(before) = start_before(&window[..mark])
                && found.replace(offset + before as u64).is_some()
            {
                return Err(ReadError::Several);
            }
        }
        let gone = window.len().saturating_sub(OVERLAP);
        window.drain(..gone);
        offset += gone as u64;
    }
}

/// The place of the brace in `…=>({KEY:{id:"KEY`, with `KEY` quoted or not.
fn start_before(text: &[u8]) -> Option<usize> {
    let id_length = text.iter().rev().take_while(|byte| is_id(**byte)).count();
    let (rest, id) = text.split_at(text.len() - id_length);
    let rest = rest.strip_suffix(b":{id:\"")?;
    let rest = match rest.strip_suffix(b"\"") {
        Some(quoted) => quoted.strip_suffix(id)?.strip_suffix(b"\"")?,
        None => rest.strip_suffix(id)?,
    };
    let rest = rest.strip_suffix(b"{")?;
    (!id.is_empty() && rest.ends_with(b"=>(")).then_some(rest.len())
}

fn is_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// Reads an object up to its closing brace.
fn balanced(file: &mut File) -> Result<Vec<u8>, ReadError> {
    let mut text = Vec::new();
    let mut seen = 0;
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    loop {
        if text.len() > LARGEST {
            return Err(ReadError::Missing);
        }
        // In steps, so that no more memory is taken than the catalog needs.
        text.reserve_exact(STEP);
        if file.by_ref().take(STEP as u64).read_to_end(&mut text)? == 0 {
            return Err(ReadError::Missing);
        }
        while let Some(&byte) = text.get(seen) {
            seen += 1;
            match (quote, byte) {
                _ if escaped => escaped = false,
                (Some(_), b'\\') => escaped = true,
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'' | b'`') => quote = Some(byte),
                (None, b'{') => depth += 1,
                (None, b'}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        text.truncate(seen);
                        return Ok(text);
                    }
                }
                (None, _) => {}
            }
        }
    }
}

fn whole(file: &mut File) -> Result<Vec<u8>, ReadError> {
    let mut text = Vec::new();
    file.take(LARGEST as u64 + 1).read_to_end(&mut text)?;
    if text.len() > LARGEST {
        return Err(ReadError::Missing);
    }
    Ok(text)
}

fn parse(mut literal: Literal<'_>, start: u64) -> Result<Vec<ProviderEntry>, ReadError> {
    let mut entries: Vec<ProviderEntry> = Vec::new();
    let mut json = Vec::new();
    literal.expect(b'{')?;
    loop {
        json.clear();
        literal.key(&mut json)?;
        let key: String = serde_json::from_slice(&json)?;
        json.clear();
        let from = literal.at;
        literal.value(&mut json)?;
        let head: Head = serde_json::from_slice(&json)?;
        // Two of the same name, or one under another's, is not what the engine's own file looks like.
        if head.id != key || entries.iter().any(|entry| entry.id == key) {
            return Err(ReadError::Changed);
        }
        entries.push(ProviderEntry {
            id: key,
            env: head.env,
            offset: start + from as u64,
            length: literal.at - from,
        });
        if literal.take(b'}') {
            break;
        }
        literal.expect(b',')?;
    }
    if entries.len() < FEWEST {
        return Err(ReadError::Missing);
    }
    Ok(entries)
}
