//! Whether the engine's database knows an account.
//!
//! An account brings configuration from elsewhere, which may name providers that no file here names. So the question is
//! only whether a table of accounts has any row, and any doubt is a yes. For that a few pages are read: no SQL library is
//! worth carrying for it. The file format is that of SQLite 3, with its write-ahead log.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// Pages that are read at most; a schema has a few.
const MOST_PAGES: usize = 256;
/// A log with more frames than this is a doubt.
const MOST_FRAMES: u64 = 100_000;

/// Whether the database at `path` may hold an account.
pub(super) fn may_exist(path: &Path) -> bool {
    if !path.exists() {
        return false;
    }
    Database::open(path).and_then(|mut database| database.has_accounts()) != Some(false)
}

struct Database {
    file: File,
    log: Option<(File, HashMap<u32, u64>)>,
    page_size: usize,
    pages_read: usize,
}

impl Database {
    fn open(path: &Path) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let mut log_name = path.as_os_str().to_owned();
        log_name.push("-wal");
        let log = match File::open(&log_name) {
            Ok(file) => log_pages(file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(_) => return None,
        };
        let page_size = match &log {
            Some((_, _, page_size)) => *page_size,
            None => {
                let mut header = [0; 100];
                file.read_exact(&mut header).ok()?;
                if &header[..16] != b"SQLite format 3\0" {
                    return None;
                }
                match u16::from_be_bytes([header[16], header[17]]) {
                    1 => 65536,
                    size => usize::from(size),
                }
            }
        };
        (512..=65536).contains(&page_size).then_some(Self {
            file,
            log: log.map(|(file, pages, _)| (file, pages)),
            page_size,
            pages_read: 0,
        })
    }

    fn has_accounts(&mut self) -> Option<bool> {
        let mut roots = Vec::new();
        let mut tables = 0;
        let mut pending = vec![1];
        while let Some(number) = pending.pop() {
            let page = self.page(number)?;
            let node = Node::of(&page, number)?;
            if node.is_leaf {
                for cell in node.cells {
                    let (name, root) = schema_row(page.get(cell..)?)?;
                    tables += 1;
                    if name.contains("account") {
                        roots.push(root);
                    }
                }
            } else {
                pending.extend(node.children);
            }
        }
        // A database without tables is one that is being made.
        if tables == 0 {
            return None;
        }
        for root in roots.into_iter().filter(|root| *root != 0) {
            let page = self.page(root)?;
            let at = if root == 1 { 100 } else { 0 };
            let count = u16::from_be_bytes([*page.get(at + 3)?, *page.get(at + 4)?]);
            if count != 0 {
                return Some(true);
            }
        }
        Some(false)
    }

    fn page(&mut self, number: u32) -> Option<Vec<u8>> {
        self.pages_read += 1;
        if self.pages_read > MOST_PAGES || number == 0 {
            return None;
        }
        let mut page = vec![0; self.page_size];
        let newer = self
            .log
            .as_mut()
            .and_then(|(file, pages)| pages.get(&number).map(|offset| (file, *offset)));
        match newer {
            Some((log, offset)) => {
                log.seek(SeekFrom::Start(offset)).ok()?;
                log.read_exact(&mut page).ok()?;
            }
            None => {
                let offset = u64::from(number - 1) * self.page_size as u64;
                self.file.seek(SeekFrom::Start(offset)).ok()?;
                self.file.read_exact(&mut page).ok()?;
            }
        }
        Some(page)
    }
}

/// Where the newest version of each page is in the log. The outer `None` is a doubt, the inner one an empty log.
#[expect(clippy::type_complexity, reason = "one caller, which takes it apart at once")]
fn log_pages(mut file: File) -> Option<Option<(File, HashMap<u32, u64>, usize)>> {
    let length = file.metadata().ok()?.len();
    if length < 32 {
        return Some(None);
    }
    let mut header = [0; 32];
    file.read_exact(&mut header).ok()?;
    if !matches!(number(&header, 0)?, 0x377f_0682 | 0x377f_0683) {
        return None;
    }
    let page_size = u64::from(number(&header, 8)?);
    let salt = &header[16..24];
    let frames = (length - 32) / (page_size + 24);
    if frames > MOST_FRAMES {
        return None;
    }
    let mut pages = HashMap::new();
    for frame in 0..frames {
        let offset = 32 + frame * (page_size + 24);
        file.seek(SeekFrom::Start(offset)).ok()?;
        let mut head = [0; 24];
        file.read_exact(&mut head).ok()?;
        // Frames of an earlier round of the log have another salt.
        if &head[8..16] != salt {
            break;
        }
        pages.insert(number(&head, 0)?, offset + 24);
    }
    if pages.is_empty() {
        return Some(None);
    }
    Some(Some((file, pages, usize::try_from(page_size).ok()?)))
}

struct Node {
    is_leaf: bool,
    cells: Vec<usize>,
    children: Vec<u32>,
}

impl Node {
    /// A page of a table's tree.
    fn of(page: &[u8], page_number: u32) -> Option<Self> {
        let start = if page_number == 1 { 100 } else { 0 };
        let is_leaf = match page.get(start)? {
            0x0d => true,
            0x05 => false,
            _ => return None,
        };
        let count = usize::from(u16::from_be_bytes([*page.get(start + 3)?, *page.get(start + 4)?]));
        let pointers = start + if is_leaf { 8 } else { 12 };
        let cells = (0..count)
            .map(|index| {
                let at = pointers + 2 * index;
                Some(usize::from(u16::from_be_bytes([*page.get(at)?, *page.get(at + 1)?])))
            })
            .collect::<Option<Vec<usize>>>()?;
        let mut children = Vec::new();
        if !is_leaf {
            for cell in &cells {
                children.push(number(page, *cell)?);
            }
            children.push(number(page, start + 8)?);
        }
        Some(Self {
            is_leaf,
            cells,
            children,
        })
    }
}

/// Name and root page of a row of the schema: `(type, name, tbl_name, rootpage, sql)`. Of what is no table the page is 0.
fn schema_row(cell: &[u8]) -> Option<(String, u32)> {
    let mut at = 0;
    let _payload = varint(cell, &mut at)?;
    let _row = varint(cell, &mut at)?;
    let record = at;
    let header = usize::try_from(varint(cell, &mut at)?).ok()?;
    let mut kinds = [0; 4];
    for kind in &mut kinds {
        *kind = varint(cell, &mut at)?;
    }
    let mut value = record + header;
    let kind = text(cell, &mut value, kinds[0])?;
    let name = text(cell, &mut value, kinds[1])?;
    let _table = text(cell, &mut value, kinds[2])?;
    let length = match kinds[3] {
        8 => return Some((name, 0)),
        9 => return Some((name, 1)),
        length @ 1..=4 => usize::try_from(length).ok()?,
        _ => return None,
    };
    let root = cell
        .get(value..value + length)?
        .iter()
        .try_fold(0_u32, |sum, byte| sum.checked_mul(256)?.checked_add(u32::from(*byte)))?;
    // `account_state` has a row for "nobody", so it says nothing.
    let is_asked = kind == "table" && name != "account_state";
    Some((name, if is_asked { root } else { 0 }))
}

fn text(cell: &[u8], at: &mut usize, kind: u64) -> Option<String> {
    if kind < 13 || kind.is_multiple_of(2) {
        return None;
    }
    let length = usize::try_from((kind - 13) / 2).ok()?;
    let bytes = cell.get(*at..at.checked_add(length)?)?;
    *at += length;
    String::from_utf8(bytes.to_vec()).ok()
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0_u64;
    for _ in 0..8 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
