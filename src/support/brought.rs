//! Finds directories that the environment names as the user's but that came with the project, for example when CI sets `HOME`
//! to a checkout. The author of the project wrote what is in them.
//!
//! Invariants: what the system gave to the account as its home is the user's, and so is a directory that lies neither in
//! the project nor in a home that came with it.

use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct Brought {
    /// Where the agent works, and the highest repository around it.
    roots: Vec<PathBuf>,
    /// A home that came with the project.
    home: Option<PathBuf>,
}

impl Brought {
    /// For an agent that works in `directory`, with the home that the environment names.
    pub fn new(directory: &Path, home: &Path) -> Self {
        Self::with_account(directory, home, account_home(home).as_deref())
    }

    /// The same, where `account` is the home that the system gave to the user.
    pub fn with_account(directory: &Path, home: &Path, account: Option<&Path>) -> Self {
        let (directory, home) = (real(directory), real(home));
        let account = account.map(real);
        // What the account's home lies in is no project.
        let may_be_project = |place: &Path| !account.as_ref().is_some_and(|account| account.starts_with(place));
        let repository = directory.ancestors().filter(|place| place.join(".git").exists());
        let repository = repository.filter(|place| may_be_project(place)).last();
        let roots: Vec<PathBuf> = repository
            .into_iter()
            .chain([&*directory].into_iter().filter(|place| may_be_project(place)))
            .map(Path::to_path_buf)
            .collect();
        let is_in_project = directory.starts_with(&home) || roots.iter().any(|root| home.starts_with(root));
        let home = Some(home).filter(|home| is_in_project && may_be_project(home));
        Self { roots, home }
    }

    /// For an agent that works in a copy of what `original` is for.
    #[must_use]
    pub fn in_copy(mut self, original: Self) -> Self {
        self.roots.extend(original.roots);
        // A copy may lie in any home.
        self.home = original.home;
        self
    }

    /// The home, where that came with the project.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// Whether `place` came with the project.
    pub fn holds(&self, place: &Path) -> bool {
        let place = real(place);
        self.roots.iter().chain(&self.home).any(|root| place.starts_with(root))
    }

    /// Whether the project decides what is at `place`: it came with the project, or a link that did leads there.
    pub fn decides(&self, place: &Path) -> bool {
        self.holds(place) || place.parent().is_some_and(|directory| self.holds(directory))
    }
}

/// The path with links resolved in its existing part.
fn real(path: &Path) -> PathBuf {
    for existing in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (existing.canonicalize(), path.strip_prefix(existing)) {
            // To join nothing would add a separator.
            return if rest.as_os_str().is_empty() {
                real
            } else {
                real.join(rest)
            };
        }
    }
    path.to_path_buf()
}

/// The home that the system gave to the account of this process.
#[cfg(unix)]
fn account_home(home: &Path) -> Option<PathBuf> {
    if cfg!(target_os = "macos") {
        return (home.parent() == Some(Path::new("/Users"))).then(|| home.to_path_buf());
    }
    let user = rustix::process::geteuid().as_raw().to_string();
    // name:password:user:group:comment:home:shell
    let home_of = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        let is_users = fields.get(2) == Some(&user.as_str());
        fields.get(5).filter(|_| is_users).map(PathBuf::from)
    };
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    users.lines().find_map(home_of).or_else(|| {
        // Accounts that the network keeps are in no file.
        let mut getent = std::process::Command::new("/usr/bin/getent");
        let output = getent.args(["passwd", &user]).env_clear().output().ok()?;
        String::from_utf8_lossy(&output.stdout).lines().find_map(home_of)
    })
}

#[cfg(not(unix))]
fn account_home(home: &Path) -> Option<PathBuf> {
    Some(home.to_path_buf())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_place_comes_with_the_project_or_is_the_users() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().canonicalize().unwrap().join(name);
        for name in ["user/work/ws/pkg/.git", "ws/pkg", "repo/.git", "repo/pkg/.git", "other"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for (directory, home, place, brought) in [
            // The account's home, and all that is in it.
            ("user/work/ws/pkg", "user", "user/.config", false),
            ("user", "user", "user/.config", false),
            ("user/work/ws/pkg", "user", "user/work/ws/pkg/.xdg", true),
            // Another home above the directory, in it, and beside it.
            ("ws/pkg", "ws", "ws/.config", true),
            ("ws/pkg", "ws/pkg/.home", "ws/pkg/.home/.config/x", true),
            ("ws/pkg", "other", "other/.config", false),
            // A repository in another one.
            ("repo/pkg", "repo", "repo/.config", true),
            ("repo/pkg", "user", "repo/.xdg", true),
            ("repo/pkg", "user", "user/.config", false),
            ("repo/pkg", "", ".config", false),
        ] {
            let found = Brought::with_account(&at(directory), &at(home), Some(&at("user")));
            assert_eq!(found.holds(&at(place)), brought, "{directory} {home} {place}");
        }
        // A copy of a checkout that holds what the environment names.
        let of = |directory: &str| Brought::with_account(&at(directory), &at("ws/pkg/.home"), Some(&at("user")));
        assert!(!of("other").holds(&at("ws/pkg/x")));
        let copy = of("other").in_copy(of("ws/pkg"));
        assert!(copy.holds(&at("ws/pkg/x")) && copy.holds(&at("other/x")));
        assert_eq!(copy.home(), Some(&*at("ws/pkg/.home")));
        // An account without a home.
        assert!(Brought::with_account(&at("ws/pkg"), &at("ws"), None).holds(&at("ws/.config")));
    }
}
