//! `--worktree`: a fresh git worktree for the agent, and how its work is taken over.
//!
//! In: the agent's directory. Out: the same directory in a worktree on a branch of its own, as it was in the
//! last commit. Invariants: the user's own working tree is not touched; what an agent did is never thrown away, and a
//! worktree in which nothing was done does not stay.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::timeout;

use super::git::{At, GitError, filters, git, path_of, word_of};
use crate::context::{Context, Environment};
use crate::error::Failure;
use crate::request::{CopyOf, WorktreeChoice};
use crate::support::identifier;
use crate::turn;

/// What all branches begin with.
const BRANCHES: &str = "opencode-rs/";
/// Lists the files that a filter is named for.
const FILTERED: [&str; 6] = [
    "ls-files",
    "-z",
    "--",
    ".",
    ":(exclude,attr:!filter)",
    ":(exclude,attr:-filter)",
];
/// How long looking at the worktree, and removing it, may take at the end of a run.
const LAST_LOOK: Duration = Duration::from_secs(30);

/// A worktree that was made for a run. It has to be [concluded](RunWorktree::conclude).
#[derive(Debug)]
pub(super) struct RunWorktree {
    pub(super) directory: PathBuf,
    /// The root of the user's own working tree.
    original: PathBuf,
    /// The root of the worktree.
    path: PathBuf,
    /// Where git keeps what belongs to the worktree.
    git_directory: PathBuf,
    /// What the file `.git` in it says.
    link: Vec<u8>,
    branch: String,
    base: String,
    /// What the user should know before the agent begins.
    pub(super) warnings: Vec<String>,
}

impl RunWorktree {
    /// Makes one for `directory`, which is canonical.
    ///
    /// # Errors
    ///
    /// A usage failure when the directory is in no git repository with a commit, or the name is taken.
    pub(super) async fn make(context: &Context, directory: &Path, choice: &WorktreeChoice) -> Result<Self, Failure> {
        let environment = &context.environment;
        let original = working_tree(environment, directory).await?;
        let root = original.display();
        let below = directory
            .strip_prefix(&original)
            .map_err(|_| refused(&format!("git says that `{}` belongs to `{root}`", directory.display())))?;
        let here = At::Directory(original.clone());
        let base = commit(environment, &here, "HEAD^{commit}").await.map_err(|_| {
            refused(&format!("the repository `{root}` has no commit"))
                .hint("a worktree begins as the last commit: commit something first")
        })?;
        let id = make_id()?;
        let branch = match choice {
            WorktreeChoice::Unnamed => format!("{BRANCHES}{id}"),
            WorktreeChoice::Named(name) => format!("{BRANCHES}{name}"),
        };
        let reference = format!("refs/heads/{branch}");
        if commit(environment, &here, &reference).await.is_ok() {
            let failure = refused(&format!("the branch `{branch}` exists already"));
            return Err(failure.hint("choose another name, or leave it out"));
        }
        let path = make_place(&context.directories.state, &original, &id)?;
        let mut worktree = Self {
            directory: path.join(below),
            original,
            path,
            git_directory: PathBuf::new(),
            link: Vec::new(),
            branch,
            base,
            warnings: Vec::new(),
        };
        match worktree.check_out(environment, &here).await {
            Ok(()) => Ok(worktree),
            Err(failure) => {
                worktree.remove(environment).await;
                Err(failure)
            }
        }
    }

    async fn check_out(&mut self, environment: &Environment, here: &At) -> Result<(), Failure> {
        let failure = |error: GitError| Failure::failed("cannot make a worktree").caused_by(&error);
        let add = ["worktree", "add", "--quiet", "--no-track", "-b", &self.branch];
        let arguments = add
            .iter()
            .map(AsRef::as_ref)
            .chain([self.path.as_os_str(), self.base.as_ref()]);
        git(environment, here, arguments).await.map_err(failure)?;
        // Now, before an agent writes there.
        let inside = At::Directory(self.path.clone());
        let git_directory = git(environment, &inside, ["rev-parse", "--absolute-git-dir"])
            .await
            .map_err(failure)?;
        self.git_directory = path_of(git_directory);
        let unreadable = |error: std::io::Error| Failure::failed("cannot make a worktree").caused_by(&error);
        self.link = std::fs::read(self.path.join(".git")).map_err(unreadable)?;
        // A directory that no commit holds is empty in the last one.
        std::fs::create_dir_all(&self.directory).map_err(unreadable)?;
        let status = ["status", "--porcelain", "--ignore-submodules=all"];
        let uncommitted = git(environment, here, status).await.map_err(failure)?;
        if !uncommitted.is_empty() {
            self.warnings.push(format!(
                "the worktree begins as the last commit: uncommitted changes in `{}` are not in it",
                self.original.display()
            ));
        }
        if !filters(environment, &inside).await.map_err(failure)?.is_empty() {
            let filtered = git(environment, &inside, FILTERED).await.map_err(failure)?;
            self.warnings.extend(unfiltered(&filtered));
        }
        Ok(())
    }

    /// The original, whose trust decides.
    pub(super) fn copy_of(&self) -> CopyOf {
        CopyOf {
            root: self.path.clone(),
            original: self.original.clone(),
        }
    }

    /// Looks whether anything was done in it: removes it if not, says how to take it over if so.
    pub(super) async fn conclude(self, environment: &Environment) -> turn::Worktree {
        let aside = self.restore_link();
        // What cannot be looked at may hold work.
        let changed = timeout(LAST_LOOK, self.is_changed(environment)).await.unwrap_or(true);
        let removed = !changed && timeout(LAST_LOOK, self.remove(environment)).await.unwrap_or(false);
        let path = quoted(&self.path);
        let mut notes = match (changed, removed) {
            (true, _) => self.taking_over(),
            (false, true) => vec!["worktree: nothing changed, so it was removed".to_owned()],
            (false, false) => vec![
                format!("worktree: nothing changed in {path}, but it could not be removed"),
                format!("  throw it away: {}", self.throwing_away()),
            ],
        };
        if let Some(aside) = aside {
            notes.push(format!(
                "  its file `.git` had been changed and was put back; what was found is {}",
                quoted(&aside)
            ));
        }
        turn::Worktree {
            path: self.path.to_string_lossy().into_owned(),
            branch: self.branch,
            base: self.base,
            kept: !removed,
            notes,
        }
    }

    /// The file `.git` says where the repository is. An agent could have it lead git elsewhere, when the user looks at the
    /// worktree. Puts it back if it had to be; gives where what was found in its place is now.
    fn restore_link(&self) -> Option<PathBuf> {
        let link = self.path.join(".git");
        let intact = std::fs::symlink_metadata(&link).is_ok_and(|metadata| metadata.is_file())
            && std::fs::read(&link).is_ok_and(|bytes| bytes == self.link);
        if intact || !self.path.is_dir() {
            return None;
        }
        // Beside the worktree: in it, it would be taken over with the rest.
        let mut aside = self.path.clone().into_os_string();
        aside.push(".git-found");
        let aside = PathBuf::from(aside);
        let _ = std::fs::rename(&link, &aside);
        if let Err(error) = std::fs::write(&link, &self.link) {
            tracing::warn!(%error, path = %link.display(), "cannot put back the file; do not run git there");
        }
        Some(aside)
    }

    async fn is_changed(&self, environment: &Environment) -> bool {
        let inside = At::Exactly {
            git_directory: self.git_directory.clone(),
            working_tree: self.path.clone(),
        };
        let status = [
            "status",
            "--porcelain",
            "--untracked-files=all",
            "--ignore-submodules=all",
        ];
        let clean = matches!(git(environment, &inside, status).await, Ok(status) if status.is_empty());
        let reference = format!("refs/heads/{}", self.branch);
        let mut still = true;
        for name in ["HEAD", reference.as_str()] {
            let commit = commit(environment, &inside, name).await;
            still &= commit.is_ok_and(|commit| commit == self.base);
        }
        !(clean && still)
    }

    /// Removes the worktree and its branch; says whether it is gone.
    async fn remove(&self, environment: &Environment) -> bool {
        let here = At::Directory(self.original.clone());
        let remove = ["worktree", "remove", "--force"].iter().map(AsRef::as_ref);
        if let Err(error) = git(environment, &here, remove.chain([self.path.as_os_str()])).await {
            tracing::debug!(%error, "cannot remove the worktree");
            // An unfinished worktree: the directory is empty, or gone.
            let _ = std::fs::remove_dir(&self.path);
        }
        if self.path.exists() {
            return false;
        }
        if let Err(error) = git(environment, &here, ["branch", "--quiet", "-D", self.branch.as_str()]).await {
            tracing::debug!(%error, "cannot remove the branch of the worktree");
        }
        true
    }

    fn taking_over(&self) -> Vec<String> {
        let (path, original) = (quoted(&self.path), quoted(&self.original));
        vec![
            format!("worktree: {path}, branch `{}`", self.branch),
            format!(
                "  look at it:    git -C {path} add --all && git -C {path} diff --cached {}",
                self.base
            ),
            // Both are plumbing or told so: no setting of the user's changes what they write or read.
            format!(
                "  take it over:  git -C {path} add --all && git -C {path} diff-index --cached --patch --binary --no-ext-diff --no-textconv {} | git -C {original} apply --whitespace=nowarn",
                self.base
            ),
            format!("  throw it away: {}", self.throwing_away()),
        ]
    }

    fn throwing_away(&self) -> String {
        let (path, original) = (quoted(&self.path), quoted(&self.original));
        format!(
            "git -C {original} worktree remove --force {path} && git -C {original} branch -D {}",
            self.branch
        )
    }
}

/// What the user should know of files that a filter is named for.
fn unfiltered(files: &[u8]) -> Option<String> {
    let mut files = files.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let first = String::from_utf8_lossy(files.next()?).into_owned();
    let more = match files.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "no filter program of git (git-lfs, git-crypt) is run for the worktree: `{first}`{more} is there as the repository \
         stores it"
    ))
}

fn refused(why: &str) -> Failure {
    Failure::usage(format!("cannot make a worktree: {why}"))
}

/// The root of the working tree that `directory` is in.
async fn working_tree(environment: &Environment, directory: &Path) -> Result<PathBuf, Failure> {
    let here = At::Directory(directory.to_path_buf());
    let root = git(environment, &here, ["rev-parse", "--show-toplevel"]).await;
    let root = path_of(root.map_err(|error| {
        let directory = directory.display();
        refused(&format!("`{directory}` is in no git repository with a working tree"))
            .caused_by(&error)
            .hint("run it in a git repository, or leave out `--worktree`")
    })?);
    Ok(root.canonicalize().unwrap_or(root))
}

/// The object that `name` means.
async fn commit(environment: &Environment, at: &At, name: &str) -> Result<String, GitError> {
    let found = git(environment, at, ["rev-parse", "--verify", "--quiet", name]).await?;
    Ok(word_of(&found))
}

/// Eight characters that no other worktree has.
fn make_id() -> Result<String, Failure> {
    let id = identifier::ascending("")
        .map_err(|error| Failure::failed("cannot make a name for the worktree").caused_by(&error))?;
    let random = id.len().saturating_sub(8);
    // Names that differ in case alone are the same on some file systems.
    Ok(id[random..].to_ascii_lowercase())
}

/// The place of a new worktree, which does not exist yet, in a directory for the user alone.
fn make_place(state: &Path, original: &Path, id: &str) -> Result<PathBuf, Failure> {
    let place = state.join("worktrees");
    let failure = |error: std::io::Error| {
        Failure::failed(format!("cannot make a directory in `{}`", state.display())).caused_by(&error)
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(&place).map_err(failure)?;
    let place = place.canonicalize().map_err(failure)?;
    let name: String = original
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .replace(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'), "_")
        .chars()
        .take(40)
        .collect();
    Ok(place.join(format!("{name}-{id}")))
}

/// A path as a word for a shell.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=\\".contains(c);
    if cfg!(windows) {
        return if text.chars().all(plain) {
            text.into_owned()
        } else {
            format!("\"{text}\"")
        };
    }
    if !text.is_empty() && text.chars().all(|c| plain(c) && c != '\\') {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_path_is_one_word_for_a_shell() {
        for (path, word) in [
            ("/a/b-c_1.d", "/a/b-c_1.d"),
            ("/a b", "'/a b'"),
            ("/it's", r"'/it'\''s'"),
            ("/$(x);`y`", "'/$(x);`y`'"),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }
}
