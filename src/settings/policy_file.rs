//! The file of `--policy`: rules, and nothing else.
//!
//! Other than with settings, a key that is not known is an error here: a misspelt `denny` must not silently widen.

use std::path::{Path, PathBuf};

use super::error::{SettingsError, SettingsFileKind};
use super::file;
use super::keys::entry;
use super::{Origin, Setting, Settings};

/// The keys that a policy file may have.
pub(super) const KEYS: [&str; 5] = ["deny", "ask", "allow", "read_only", "add_dirs"];

/// Adds the rules of a policy file.
pub(super) fn apply(settings: &mut Settings, path: PathBuf, home: &Path) -> Result<(), SettingsError> {
    let Some(text) = file::text(SettingsFileKind::Policy, &path)? else {
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "it does not exist");
        return Err(SettingsError::Unreadable {
            kind: SettingsFileKind::Policy,
            path,
            source,
        });
    };
    let rows = file::plain_rows(SettingsFileKind::Policy, &path, &text)?;
    let base = path.parent().unwrap_or(Path::new("/"));
    let origin = Origin::Policy(path.clone());
    for row in rows {
        let Some(entry) = entry(&row.key).filter(|entry| KEYS.contains(&entry.key)) else {
            return Err(SettingsError::UnknownPolicyKey {
                path,
                key: row.key,
                line: row.line,
                known: &KEYS,
            });
        };
        let before = settings.read_only.clone();
        (entry.set)(settings, &row.value, origin.clone(), base, home)
            .map_err(|reason| row.bad_value(SettingsFileKind::Policy, &path, "", reason))?;
        // A file of rules narrows: that it does not ask for this takes nothing back.
        if matches!(settings.read_only, Some(Setting { value: false, .. })) {
            settings.read_only = before;
        }
    }
    Ok(())
}
