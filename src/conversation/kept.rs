//! Kept conversations: one small file for each directory and name.
//!
//! The modification time of the file records when the conversation was last used: updating it is cheap, and two
//! commands that do so at once cannot overwrite each other's changes.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize, Serializer};

use crate::support::atomic_file::{self, Access};
use crate::support::hexadecimal::digest_of_path;
use crate::support::state_file;
use crate::support::timestamp::rfc3339;

/// The layout of the files.
const SCHEMA_VERSION: u32 = 1;
/// A session that is kept under a name, as its file says, except for the time of its last use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSession {
    schema_version: u32,
    pub name: String,
    /// Not Unicode, it is stored lossily.
    #[serde(serialize_with = "lossily")]
    pub directory: PathBuf,
    pub session_id: String,
    /// When the name was given to this session; RFC 3339, UTC.
    pub created: String,
    /// When the session was last used; RFC 3339, UTC.
    #[serde(skip)]
    pub used: String,
}

fn lossily<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

impl KeptSession {
    /// A record created now. Writes nothing.
    pub fn new(directory: &Path, name: &str, session_id: &str) -> Self {
        let now = rfc3339(SystemTime::now());
        Self {
            schema_version: SCHEMA_VERSION,
            name: name.to_owned(),
            directory: directory.to_path_buf(),
            session_id: session_id.to_owned(),
            created: now.clone(),
            used: now,
        }
    }

    /// The conversations that are kept for `directory`, which is canonical; most recently used first.
    ///
    /// Sets a damaged file aside and adds a warning.
    ///
    /// # Errors
    ///
    /// When the files cannot be read.
    pub fn list(state: &Path, directory: &Path, warnings: &mut Vec<String>) -> io::Result<Vec<Self>> {
        let mut kept = read_folder(&folder(state, directory), warnings)?;
        kept.retain(|kept| is_same(&kept.directory, directory));
        sort(&mut kept);
        Ok(kept)
    }

    /// The conversations that are kept for any directory; most recently used first.
    ///
    /// # Errors
    ///
    /// When the files cannot be read.
    pub fn list_all(state: &Path, warnings: &mut Vec<String>) -> io::Result<Vec<Self>> {
        let mut kept = Vec::new();
        for folder in entries(&state.join("conversations"))? {
            kept.extend(read_folder(&folder, warnings)?);
        }
        sort(&mut kept);
        Ok(kept)
    }

    /// The conversation that is kept for `directory`, which is canonical, under `name`.
    ///
    /// Sets a damaged file aside and adds a warning.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn find(state: &Path, directory: &Path, name: &str, warnings: &mut Vec<String>) -> io::Result<Option<Self>> {
        let found = read(&path(state, directory, name), warnings)?;
        Ok(found.filter(|kept| kept.name == name && is_same(&kept.directory, directory)))
    }

    /// Writes the record, replacing an older record of the same name.
    ///
    /// # Errors
    ///
    /// When the record cannot be written; the old record is then unchanged.
    pub fn save(&self, state: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        atomic_file::write(&path(state, &self.directory, &self.name), &text, Access::Private)
    }

    /// Records that the conversation is used now.
    ///
    /// # Errors
    ///
    /// When the record does not exist or cannot be changed.
    pub fn touch(&self, state: &Path) -> io::Result<()> {
        state_file::open(&path(state, &self.directory, &self.name))?.set_modified(SystemTime::now())
    }

    /// Removes the name. The session stays in the engine's store.
    ///
    /// # Errors
    ///
    /// When the record cannot be removed. A missing record is no error.
    pub fn forget(&self, state: &Path) -> io::Result<()> {
        match fs::remove_file(path(state, &self.directory, &self.name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }
}

/// Encodes a name or a session id as part of a file name. Capitals are encoded too, because some file systems ignore
/// case.
pub(super) fn encode(name: &str) -> String {
    name.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => encoded.push(char::from(byte)),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        encoded
    })
}

fn folder(state: &Path, directory: &Path) -> PathBuf {
    state.join("conversations").join(digest_of_path(directory))
}

fn path(state: &Path, directory: &Path, name: &str) -> PathBuf {
    folder(state, directory).join(format!("{}.json", encode(name)))
}

/// Whether the stored path means this directory. A path that is not Unicode was stored lossily.
fn is_same(written: &Path, directory: &Path) -> bool {
    written.to_string_lossy() == directory.to_string_lossy()
}

fn sort(kept: &mut [KeptSession]) {
    kept.sort_by(|a, b| b.used.cmp(&a.used).then_with(|| a.name.cmp(&b.name)));
}

/// The files in a directory; empty when the directory does not exist.
fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn read_folder(folder: &Path, warnings: &mut Vec<String>) -> io::Result<Vec<KeptSession>> {
    let mut all = Vec::new();
    for file in entries(folder)? {
        // Damaged files that were set aside, and files that are being written, have other extensions.
        if file.extension().is_some_and(|extension| extension == "json") {
            all.extend(read(&file, warnings)?);
        }
    }
    Ok(all)
}

fn read(path: &Path, warnings: &mut Vec<String>) -> io::Result<Option<KeptSession>> {
    let mut set_aside = || {
        let consequence = "what was kept there is a session like any other now";
        warnings.push(state_file::set_aside(path, consequence));
        Ok(None)
    };
    let (text, used) = match state_file::read(path).and_then(|text| Ok((text, fs::metadata(path)?.modified()?))) {
        Ok(read) => read,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if state_file::is_no_file(&error) => return set_aside(),
        Err(error) => return Err(error),
    };
    match serde_json::from_slice::<KeptSession>(&text) {
        // A later version of this program may add fields.
        Ok(kept) if kept.schema_version >= SCHEMA_VERSION && !kept.session_id.is_empty() => Ok(Some(KeptSession {
            used: rfc3339(used),
            ..kept
        })),
        Ok(_) | Err(_) => set_aside(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::request::LONGEST_CONVERSATION_NAME;

    fn state() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn names(kept: &[KeptSession]) -> Vec<&str> {
        kept.iter().map(|kept| kept.name.as_str()).collect()
    }

    #[test]
    fn a_name_stands_for_a_session_of_its_directory_until_it_is_forgotten() {
        let state = state();
        let (here, there) = (Path::new("/a/b"), Path::new("/a/c"));
        let mut warnings = Vec::new();
        assert_eq!(KeptSession::list(state.path(), here, &mut warnings).unwrap(), []);
        let kept = KeptSession::new(here, "default", "ses_1");
        kept.save(state.path()).unwrap();
        let found = KeptSession::find(state.path(), here, "default", &mut warnings)
            .unwrap()
            .unwrap();
        assert_eq!(
            found,
            KeptSession {
                used: found.used.clone(),
                ..kept.clone()
            }
        );
        assert_eq!(
            KeptSession::find(state.path(), there, "default", &mut warnings).unwrap(),
            None
        );
        KeptSession::new(here, "default", "ses_2").save(state.path()).unwrap();
        let again = KeptSession::find(state.path(), here, "default", &mut warnings).unwrap();
        assert_eq!(again.unwrap().session_id, "ses_2");
        kept.forget(state.path()).unwrap();
        kept.forget(state.path()).unwrap();
        assert_eq!(
            KeptSession::find(state.path(), here, "default", &mut warnings).unwrap(),
            None
        );
        assert_eq!(warnings, [""; 0]);
    }

    #[test]
    fn names_of_any_letters_have_files_of_their_own() {
        let state = state();
        let here = Path::new("/a/b");
        let long = "é".repeat(LONGEST_CONVERSATION_NAME / 2);
        let mut given = ["Work", "work", "..", "a/b", ".hidden", "日本", "a%2Fb", &long];
        for name in given {
            KeptSession::new(here, name, "ses_1").save(state.path()).unwrap();
        }
        let mut warnings = Vec::new();
        let kept = KeptSession::list(state.path(), here, &mut warnings).unwrap();
        let mut found = names(&kept);
        found.sort_unstable();
        given.sort_unstable();
        assert_eq!(found, given);
        let folder = folder(state.path(), here);
        let files: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(files.iter().all(|file| file.is_ascii() && file.len() < 255));
        let lower: std::collections::HashSet<String> = files.iter().map(|file| file.to_lowercase()).collect();
        assert_eq!(lower.len(), given.len());
    }

    #[test]
    fn the_one_used_last_comes_first_and_all_directories_can_be_listed() {
        let state = state();
        let (here, there) = (Path::new("/a/b"), Path::new("/a/c"));
        let age = |kept: &KeptSession, seconds: u64| {
            let file = path(state.path(), &kept.directory, &kept.name);
            let then = SystemTime::now() - std::time::Duration::from_secs(seconds);
            File::options()
                .write(true)
                .open(file)
                .unwrap()
                .set_modified(then)
                .unwrap();
        };
        for (directory, name, seconds) in [(here, "old", 90), (here, "new", 10), (there, "between", 50)] {
            let kept = KeptSession::new(directory, name, "ses_1");
            kept.save(state.path()).unwrap();
            age(&kept, seconds);
        }
        let mut warnings = Vec::new();
        assert_eq!(
            names(&KeptSession::list(state.path(), here, &mut warnings).unwrap()),
            ["new", "old"]
        );
        let all = KeptSession::list_all(state.path(), &mut warnings).unwrap();
        assert_eq!(names(&all), ["new", "between", "old"]);
        all[2].touch(state.path()).unwrap();
        let all = KeptSession::list_all(state.path(), &mut warnings).unwrap();
        assert_eq!(names(&all), ["old", "new", "between"]);
    }

    #[test]
    fn a_damaged_file_is_set_aside_with_a_warning() {
        let state = state();
        let here = Path::new("/a/b");
        KeptSession::new(here, "good", "ses_1").save(state.path()).unwrap();
        let bad = path(state.path(), here, "bad");
        fs::write(&bad, "{\"schema_version\": 1, ").unwrap();
        let mut warnings = Vec::new();
        assert_eq!(
            names(&KeptSession::list(state.path(), here, &mut warnings).unwrap()),
            ["good"]
        );
        assert!(warnings[0].starts_with(&format!("`{}` is damaged and was set aside", bad.display())));
        assert!(!bad.exists());
        warnings.clear();
        assert_eq!(
            KeptSession::find(state.path(), here, "bad", &mut warnings).unwrap(),
            None
        );
        assert_eq!(warnings, [""; 0]);
        fs::create_dir(&bad).unwrap();
        assert_eq!(
            KeptSession::find(state.path(), here, "bad", &mut warnings).unwrap(),
            None
        );
        assert_eq!((warnings.len(), bad.exists()), (1, false));
    }

    #[cfg(unix)]
    #[test]
    fn the_files_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let state = state();
        let here = Path::new("/a/b");
        KeptSession::new(here, "default", "ses_1").save(state.path()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path(state.path(), here, "default")), 0o600);
        assert_eq!(mode(&folder(state.path(), here)), 0o700);
    }
}
