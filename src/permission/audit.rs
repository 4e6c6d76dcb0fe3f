//! The audit log: who decided what, one JSON line each.
//!
//! In: a decision. Out: a line at the end of `audit.jsonl` in the state directory. Invariants: a line is
//! written with one call, so that several processes can write at once; a decision that could not be written down is
//! the caller's to know; nothing of a call's arguments is there but what the rules look at.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::request::words;
use crate::support::atomic_file::{self, Access};
use crate::support::lines::json_line;
use crate::support::lock::Lock;
use crate::support::timestamp;

/// The file, in the state directory.
const FILE: &str = "audit.jsonl";
const OLDER: &str = "audit.jsonl.1";
/// Held while one takes the other's place.
const LOCK: &str = "audit.lock";
/// A file that is longer than this, in bytes, makes way for a new one.
const LONGEST: u64 = 10 * 1024 * 1024;
/// So much of a pattern is kept, in bytes.
const LONGEST_PATTERN: usize = 4096;
/// So many patterns are kept.
const MOST_PATTERNS: usize = 100;
/// Longest line that is read, in bytes.
const LONGEST_LINE: u64 = 1024 * 1024;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    Allowed,
    #[default]
    Denied,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DecidedBy {
    Rule,
    /// What holds where no rule says anything.
    Preset,
    /// A person at the terminal.
    Person,
    /// The program of `--approver`.
    Approver,
    Yes,
    /// Denied, because no approver was there.
    #[default]
    Nobody,
    /// A limit of the run.
    Limit,
}

words! {
    Decision: Allowed = "allowed", Denied = "denied";
    DecidedBy: Rule = "rule", Preset = "preset", Person = "person", Approver = "approver", Yes = "yes",
        Nobody = "nobody", Limit = "limit";
}

/// For how long the approver allowed the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuditScope {
    Once,
    /// This and its like, for the rest of the session.
    Session,
}

/// One decision. Fields are added, never renamed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// When, as RFC 3339 in UTC.
    pub time: String,
    /// The session that wanted it.
    pub session_id: String,
    pub directory: String,
    /// The tool as the engine calls it, such as `apply_patch`.
    pub tool: String,
    /// The tool as rules name it, such as `edit`.
    pub permission: String,
    /// On what: commands, paths, an address. What is very long is cut.
    pub patterns: Vec<String>,
    pub decision: Decision,
    pub by: DecidedBy,
    /// The rule that decided, or that asked.
    pub rule: String,
    /// For how long, where an approver was asked and allowed the call.
    #[serde(default)]
    pub scope: Option<AuditScope>,
    /// Whether a subagent wanted it.
    #[serde(default)]
    pub subagent: bool,
    #[serde(default)]
    pub pid: u32,
    #[serde(default)]
    pub version: String,
}

impl AuditEntry {
    /// An entry with the time and the process filled in; its decision is a denial.
    pub fn now() -> Self {
        Self {
            time: timestamp::rfc3339(SystemTime::now()),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Self::default()
        }
    }

    /// The line, with its end. Escape sequences cannot be in it: JSON writes control characters out.
    fn line(&self) -> io::Result<Vec<u8>> {
        let mut short = self.clone();
        short.patterns.truncate(MOST_PATTERNS);
        for text in short.patterns.iter_mut().chain([&mut short.rule]) {
            cut(text);
        }
        Ok(json_line(&short)?)
    }
}

fn cut(text: &mut String) {
    if text.len() > LONGEST_PATTERN {
        text.truncate(text.floor_char_boundary(LONGEST_PATTERN));
        text.push('…');
    }
}

/// The log of one user.
#[derive(Debug, Clone)]
pub struct AuditLog {
    state: PathBuf,
    longest: u64,
}

impl AuditLog {
    /// Opens the log in a state directory, and creates the file if it is missing.
    ///
    /// # Errors
    ///
    /// When it could not be written: a run that cannot be recorded need not begin.
    pub fn open(state: &Path) -> io::Result<Self> {
        atomic_file::create_directory(state, Access::Private)?;
        let log = Self {
            state: state.to_path_buf(),
            longest: LONGEST,
        };
        log.file()?;
        Ok(log)
    }

    pub fn path(&self) -> PathBuf {
        Self::path_in(&self.state)
    }

    /// Where it is in a state directory.
    pub fn path_in(state: &Path) -> PathBuf {
        state.join(FILE)
    }

    /// Writes a decision down.
    ///
    /// # Errors
    ///
    /// When it is not, or not wholly, in the file.
    pub fn append(&self, entry: &AuditEntry) -> io::Result<()> {
        let mut line = entry.line()?;
        let mut file = self.file()?;
        let length = file.metadata()?.len();
        if length > 0 && length + line.len() as u64 > self.longest {
            self.rotate(line.len() as u64)?;
            file = self.file()?;
        }
        if !ends_a_line(&mut file)? {
            // Another process was cut off in the middle of its line. That line is lost; this line is kept.
            line.insert(0, b'\n');
        }
        // With `O_APPEND` one call writes one piece, also while other processes write. Two calls could be torn apart.
        loop {
            match file.write(&line) {
                Ok(written) if written == line.len() => return Ok(()),
                Ok(_) => {
                    return Err(io::Error::new(
                        io::ErrorKind::WriteZero,
                        "only a part of the line was written",
                    ));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Puts a file that is too long aside. The lock and the second look are for two that want to at once: the second
    /// one would put the new file in the place of the old one.
    fn rotate(&self, more: u64) -> io::Result<()> {
        let Some(_lock) = Lock::try_acquire(&self.state.join(LOCK))? else {
            // Another process does it right now. A line more does not matter.
            return Ok(());
        };
        if self.file()?.metadata()?.len() + more > self.longest {
            std::fs::rename(self.path(), self.state.join(OLDER))?;
        }
        Ok(())
    }

    fn file(&self) -> io::Result<File> {
        let path = self.path();
        let mut options = OpenOptions::new();
        options.create(true).append(true).read(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600).custom_flags(unfollowed());
        }
        #[cfg(not(unix))]
        if path.symlink_metadata().is_ok_and(|facts| facts.is_symlink()) {
            return Err(io::Error::other("it is a symbolic link"));
        }
        let file = options.open(&path)?;
        let facts = file.metadata()?;
        if !facts.is_file() {
            return Err(no_file(&path));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            if facts.permissions().mode() & 0o077 != 0 {
                file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
            }
        }
        Ok(file)
    }

    /// The decisions in a state directory, the oldest first; empty without a log.
    ///
    /// # Errors
    ///
    /// When a file cannot be opened. A damaged line is an item of its own.
    pub fn read(state: &Path) -> io::Result<impl Iterator<Item = Result<AuditEntry, DamagedLine>>> {
        let mut files = Vec::new();
        for name in [OLDER, FILE] {
            let path = state.join(name);
            let mut options = OpenOptions::new();
            options.read(true);
            #[cfg(unix)]
            {
                use std::os::unix::fs::OpenOptionsExt as _;
                options.custom_flags(unfollowed());
            }
            match options.open(&path) {
                Ok(file) if file.metadata()?.is_file() => files.push((path, file)),
                Ok(_) => return Err(no_file(&path)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(files.into_iter().flat_map(|(path, file)| AuditLines {
            path,
            number: 0,
            reader: BufReader::new(file),
            failed: false,
        }))
    }
}

/// Symbolic links are not followed, and a named pipe does not make us wait.
#[cfg(unix)]
fn unfollowed() -> i32 {
    use rustix::fs::OFlags;
    // The bits are the system's own; none of them is the sign.
    (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()
}

fn no_file(path: &Path) -> io::Error {
    let problem = format!("`{}` is not a regular file", path.display());
    io::Error::new(io::ErrorKind::InvalidInput, problem)
}

/// Whether the file ends with a whole line, or is empty.
fn ends_a_line(file: &mut File) -> io::Result<bool> {
    use std::io::Seek as _;
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(io::SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// A line of the log that is no decision.
#[derive(Debug, thiserror::Error)]
#[error("cannot read line {line} of `{path}`")]
pub struct DamagedLine {
    pub path: PathBuf,
    /// The line, from 1.
    pub line: u64,
    pub source: io::Error,
}

struct AuditLines {
    path: PathBuf,
    number: u64,
    reader: BufReader<File>,
    failed: bool,
}

impl AuditLines {
    fn damaged(&self, source: impl Into<io::Error>) -> DamagedLine {
        DamagedLine {
            path: self.path.clone(),
            line: self.number,
            source: source.into(),
        }
    }

    /// The next line without its end, of which no more than a limit is kept.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        if self.reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line.last() != Some(&b'\n') {
            self.reader.skip_until(b'\n')?;
        }
        Ok(Some(line))
    }
}

impl Iterator for AuditLines {
    type Item = Result<AuditEntry, DamagedLine>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.failed {
            self.number += 1;
            let line = match self.line() {
                Ok(line) => line?,
                Err(error) => {
                    // What cannot be read now cannot be read the next time either.
                    self.failed = true;
                    return Some(Err(self.damaged(error)));
                }
            };
            if line.trim_ascii().is_empty() {
                continue;
            }
            return Some(serde_json::from_slice(&line).map_err(|error| self.damaged(error)));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(session_id: &str) -> AuditEntry {
        AuditEntry {
            session_id: session_id.to_owned(),
            directory: "/p".to_owned(),
            tool: "bash".to_owned(),
            permission: "bash".to_owned(),
            patterns: vec!["git push".to_owned()],
            decision: Decision::Allowed,
            by: DecidedBy::Person,
            rule: "ask bash".to_owned(),
            scope: Some(AuditScope::Session),
            ..AuditEntry::now()
        }
    }

    fn sessions(state: &Path) -> Vec<String> {
        let entries = AuditLog::read(state).unwrap();
        entries.map(|entry| entry.unwrap().session_id).collect()
    }

    #[test]
    fn a_decision_is_read_as_it_was_written() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(AuditLog::read(state.path()).unwrap().count(), 0);
        let log = AuditLog::open(&state.path().join("new")).unwrap();
        let written = entry("ses_1");
        log.append(&written).unwrap();
        let text = std::fs::read_to_string(log.path()).unwrap();
        assert_eq!(
            text,
            format!(
                "{{\"time\":\"{}\",\"session_id\":\"ses_1\",\"directory\":\"/p\",\"tool\":\"bash\",\"permission\":\"bash\",\
                 \"patterns\":[\"git push\"],\"decision\":\"allowed\",\"by\":\"person\",\"rule\":\"ask bash\",\
                 \"scope\":\"session\",\"subagent\":false,\"pid\":{},\"version\":\"{}\"}}\n",
                written.time,
                std::process::id(),
                env!("CARGO_PKG_VERSION")
            )
        );
        let read: Vec<AuditEntry> = AuditLog::read(&state.path().join("new"))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(read, [written]);
    }

    #[test]
    fn what_is_very_long_is_cut_between_two_characters() {
        let state = tempfile::tempdir().unwrap();
        let log = AuditLog::open(state.path()).unwrap();
        let mut long = entry("ses_1");
        long.patterns = vec!["ü".repeat(LONGEST_PATTERN); MOST_PATTERNS + 1];
        log.append(&long).unwrap();
        let read = AuditLog::read(state.path()).unwrap().next().unwrap().unwrap();
        assert_eq!(
            read.patterns,
            vec![format!("{}…", "ü".repeat(LONGEST_PATTERN / 2)); MOST_PATTERNS]
        );
    }

    #[test]
    fn damaged_lines_are_told_and_the_others_read() {
        let state = tempfile::tempdir().unwrap();
        let log = AuditLog::open(state.path()).unwrap();
        log.append(&entry("ses_1")).unwrap();
        let mut file = OpenOptions::new().append(true).open(log.path()).unwrap();
        file.write_all(b"no json\n\xff\xfe\n\n").unwrap();
        file.write_all(&vec![b'x'; 3 * 1024 * 1024]).unwrap();
        file.write_all(b"\n{\"time\":\"cut off in the mid").unwrap();
        log.append(&entry("ses_2")).unwrap();
        let lines: Vec<Result<String, u64>> = AuditLog::read(state.path())
            .unwrap()
            .map(|line| line.map(|entry| entry.session_id).map_err(|damaged| damaged.line))
            .collect();
        assert_eq!(
            lines,
            [Ok("ses_1".into()), Err(2), Err(3), Err(5), Err(6), Ok("ses_2".into())]
        );
    }

    #[test]
    fn a_long_file_makes_way_and_the_one_before_it_is_kept() {
        let state = tempfile::tempdir().unwrap();
        let log = AuditLog {
            longest: 2 * entry("ses_0").line().unwrap().len() as u64,
            ..AuditLog::open(state.path()).unwrap()
        };
        for number in 0..5 {
            log.append(&entry(&format!("ses_{number}"))).unwrap();
        }
        assert_eq!(sessions(state.path()), ["ses_2", "ses_3", "ses_4"]);
    }

    #[test]
    fn two_that_rotate_at_once_lose_nothing() {
        let state = tempfile::tempdir().unwrap();
        let (writers, each) = (8, 40);
        // Long enough for one change of files, and too short for two.
        let log = AuditLog {
            longest: 200 * entry("ses_0_00").line().unwrap().len() as u64,
            ..AuditLog::open(state.path()).unwrap()
        };
        std::thread::scope(|scope| {
            for writer in 0..writers {
                let log = log.clone();
                scope.spawn(move || {
                    for number in 0..each {
                        log.append(&entry(&format!("ses_{writer}_{number:02}"))).unwrap();
                    }
                });
            }
        });
        let mut all = sessions(state.path());
        all.sort();
        let expected: Vec<String> = (0..writers)
            .flat_map(|writer| (0..each).map(move |number| format!("ses_{writer}_{number:02}")))
            .collect();
        assert_eq!(all, expected);
        assert!(state.path().join(OLDER).exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it_and_links_are_not_followed() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let root = tempfile::tempdir().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let state = root.path().join("state");
        let log = AuditLog::open(&state).unwrap();
        assert_eq!((mode(&state), mode(&log.path())), (0o700, 0o600));
        std::fs::set_permissions(log.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        log.append(&entry("ses_1")).unwrap();
        assert_eq!(mode(&log.path()), 0o600);

        let target = root.path().join("target");
        std::fs::write(&target, "precious\n").unwrap();
        std::fs::remove_file(log.path()).unwrap();
        symlink(&target, log.path()).unwrap();
        assert!(log.append(&entry("ses_2")).is_err());
        assert!(AuditLog::open(&state).is_err());
        assert!(AuditLog::read(&state).is_err());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "precious\n");

        std::fs::remove_file(log.path()).unwrap();
        let made = std::process::Command::new("mkfifo").arg(log.path()).status().unwrap();
        assert!(made.success());
        assert!(AuditLog::open(&state).is_err());
        assert!(AuditLog::read(&state).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_failure_to_write_is_the_callers_to_know() {
        let state = tempfile::tempdir().unwrap();
        let log = AuditLog::open(state.path()).unwrap();
        std::fs::remove_file(log.path()).unwrap();
        std::fs::create_dir(log.path()).unwrap();
        assert!(log.append(&entry("ses_1")).is_err());
    }
}
