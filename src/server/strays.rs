//! What is left of a guard that was killed with SIGKILL: processes that its engine had started, and on systems where an
//! engine does not die with its guard, that one too.
//!
//! In: the directory for temporary files. Out: the strays of engines whose private directory was in there.
//! Invariants: a process is a stray only if it runs as this user, carries in its environment the private `TMPDIR` that
//! a guard gave to its engine and a mark of the engine's, and that guard is proven dead by its lock; or if such a process
//! has started it. Neither this process nor one that it descends from is ever one.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::guard::descendants::{self, LivingProcess};
use super::guard::temporary;
use crate::support::lock::Lock;

/// Variables that everything has which an engine of ours starts, one or the other: its own name for us, and what it sets
/// for the commands of its model, which do not see the first one.
const MARKS: [&str; 2] = ["OPENCODE_CLIENT=opencode-rs", "OPENCODE=1"];
/// How long a stray has after SIGTERM.
const GRACE: Duration = Duration::from_millis(700);
/// How long it is tried to end them.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A process whose guard is dead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    pub pid: u32,
    pub command: String,
    process: LivingProcess,
    /// The private directory of its engine's guard.
    root: PathBuf,
}

/// The strays of engines whose private directories are in `base`.
pub fn strays(base: &Path) -> Vec<Stray> {
    find(base, &mut HashMap::new())
}

/// Removes what guards that were killed have left in `base`. Processes that use it are ended first.
pub(super) fn remove_stale(base: &Path) {
    let roots: Vec<PathBuf> = temporary::named(base).collect();
    if roots.is_empty() {
        return;
    }
    // Of whatever age: a process has such a directory only after its guard has locked it.
    end_strays(base);
    for root in roots {
        // The lock is held until the directory is gone.
        if let Some(_lock) = temporary::lock_if_stale(&root) {
            temporary::remove_tree(&root);
        }
    }
}

/// Ends them, which may take some seconds, and removes their private directories. Gives those that were found, and
/// those among them that do not end.
pub fn end_strays(base: &Path) -> (Vec<Stray>, Vec<Stray>) {
    // The locks are held until the end, so that no other process does the same meanwhile.
    let mut guards = HashMap::new();
    let begun = Instant::now();
    let mut found: Vec<Stray> = Vec::new();
    loop {
        let living = find(base, &mut guards);
        let is_polite = begun.elapsed() < GRACE;
        for stray in &living {
            let is_new = !found.iter().any(|known| known.process.is_same(&stray.process));
            if is_new {
                found.push(stray.clone());
            }
            match (is_polite, is_new) {
                // One SIGTERM each; newcomers get theirs.
                (true, true) => stray.process.signal(Signal::TERM),
                (true, false) => {}
                (false, _) => stray.process.signal(Signal::KILL),
            }
        }
        if living.is_empty() || begun.elapsed() > PATIENCE {
            for root in found.iter().map(|stray| &stray.root).collect::<HashSet<_>>() {
                let is_dead = matches!(guards.get(root), Some(StrayGuard::Dead(Some(_))));
                if is_dead && !living.iter().any(|stray| stray.root == *root) {
                    temporary::remove_tree(root);
                }
            }
            return (found, living);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// What is known of a guard.
#[derive(Debug)]
enum StrayGuard {
    Living,
    /// Its lock is ours now, where there still is one.
    Dead(Option<Lock>),
}

impl StrayGuard {
    /// The guard of a private directory, which an engine of its was given.
    fn of(root: &Path) -> Self {
        match fs::symlink_metadata(root) {
            // A guard removes the directory last. No process makes it again: its name is random.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::Dead(None),
            Ok(metadata) if temporary::is_private_directory(&metadata) => {}
            _ => return Self::Living,
        }
        // An engine has it only after its guard has locked it, however young it is.
        match Lock::try_acquire_existing(&root.join("lock")) {
            Ok(Some(lock)) => Self::Dead(Some(lock)),
            _ => Self::Living,
        }
    }
}

fn find(base: &Path, guards: &mut HashMap<PathBuf, StrayGuard>) -> Vec<Stray> {
    let table = descendants::table();
    let spared = lineage(&table);
    let mut roots: HashMap<i32, PathBuf> = HashMap::new();
    for (pid, root) in system::marked(&table, base) {
        let guard = guards.entry(root.clone()).or_insert_with(|| StrayGuard::of(&root));
        if matches!(guard, StrayGuard::Dead(_)) {
            roots.insert(pid, root);
        }
    }
    // What they have started without that environment.
    loop {
        let children: Vec<(i32, PathBuf)> = table
            .iter()
            .filter(|process| !roots.contains_key(&process.pid))
            .filter_map(|process| Some((process.pid, roots.get(&process.parent)?.clone())))
            .filter(|(pid, _)| system::is_of_this_user(*pid))
            .collect();
        if children.is_empty() {
            break;
        }
        roots.extend(children);
    }
    let mut found: Vec<Stray> = table
        .into_iter()
        .filter(|process| !spared.contains(&process.pid))
        .filter_map(|process| {
            Some(Stray {
                pid: process.pid.cast_unsigned(),
                command: system::command(process.pid),
                root: roots.remove(&process.pid)?,
                process,
            })
        })
        .collect();
    found.sort_by_key(|stray| stray.pid);
    found
}

/// This process, and those that it descends from.
fn lineage(table: &[LivingProcess]) -> HashSet<i32> {
    let parents: HashMap<i32, i32> = table.iter().map(|process| (process.pid, process.parent)).collect();
    let mut lineage = HashSet::new();
    let mut next = Some(descendants::own_pid());
    while let Some(pid) = next
        && lineage.insert(pid)
    {
        next = parents.get(&pid).copied();
    }
    lineage
}

/// The private directory in `base` that a value of `TMPDIR` is in.
fn root_in(base: &Path, value: &Path) -> Option<PathBuf> {
    let root = value.parent()?;
    let name = root.file_name()?.to_str()?;
    let is_one = value.file_name()? == "tmp" && root.parent()? == base && temporary::is_name(name);
    is_one.then(|| root.to_path_buf())
}

#[cfg(target_os = "linux")]
mod system {
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};

    use super::{LivingProcess, MARKS, root_in};

    /// The processes that carry our marks, with the private directory in `base` that they name.
    pub(super) fn marked(table: &[LivingProcess], base: &Path) -> Vec<(i32, PathBuf)> {
        table
            .iter()
            .map(|process| process.pid)
            .filter(|pid| is_of_this_user(*pid))
            .filter_map(|pid| {
                let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
                let mut variables = environment.split(|byte| *byte == 0);
                let is_mark = |variable: &[u8]| MARKS.iter().any(|mark| mark.as_bytes() == variable);
                if !variables.clone().any(is_mark) {
                    return None;
                }
                let value = variables.find_map(|variable| variable.strip_prefix(b"TMPDIR="))?;
                Some((pid, root_in(base, Path::new(OsStr::from_bytes(value)))?))
            })
            .collect()
    }

    pub(super) fn is_of_this_user(pid: i32) -> bool {
        fs::metadata(format!("/proc/{pid}")).is_ok_and(|metadata| metadata.uid() == rustix::process::geteuid().as_raw())
    }

    pub(super) fn command(pid: i32) -> String {
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words = words.strip_suffix(&[0]).unwrap_or(&words);
        String::from_utf8_lossy(words).replace('\0', " ")
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::path::{Path, PathBuf};

    use super::{LivingProcess, MARKS, descendants, root_in};

    /// The processes that carry our marks, with the private directory in `base` that they name. `ps` shows environments
    /// of this user's processes only, and not those of the system's own programs.
    pub(super) fn marked(_: &[LivingProcess], base: &Path) -> Vec<(i32, PathBuf)> {
        let begin = format!(" TMPDIR={}/", base.display());
        ps(&["-axEww", "-o", "pid=,uid=,command="])
            .lines()
            .filter_map(|line| {
                let (pid, rest) = line.trim().split_once(char::is_whitespace)?;
                let (user, rest) = rest.trim_start().split_once(char::is_whitespace)?;
                if user.parse() != Ok(rustix::process::geteuid().as_raw())
                    || !MARKS.iter().any(|mark| rest.contains(mark))
                {
                    return None;
                }
                let (_, value) = rest.split_once(&begin)?;
                let value = value.split(' ').next()?;
                Some((pid.parse().ok()?, root_in(base, &base.join(value))?))
            })
            .collect()
    }

    pub(super) fn is_of_this_user(pid: i32) -> bool {
        ps(&["-o", "uid=", "-p", &pid.to_string()]).trim().parse() == Ok(rustix::process::geteuid().as_raw())
    }

    pub(super) fn command(pid: i32) -> String {
        ps(&["-ww", "-o", "command=", "-p", &pid.to_string()]).trim().to_owned()
    }

    fn ps(arguments: &[&str]) -> String {
        descendants::ps(arguments).unwrap_or_default()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::File;
    use std::process::{Child, Command};

    use super::*;

    const ENGINE: (&str, &str) = ("OPENCODE_CLIENT", "opencode-rs");
    const SHELL: (&str, &str) = ("OPENCODE", "1");

    /// A process as an engine would start it.
    fn started(base: &Path, name: &str, mark: (&str, &str)) -> Child {
        Command::new("sleep")
            .arg("1000")
            .env("TMPDIR", base.join(name).join("tmp"))
            .env(mark.0, mark.1)
            .spawn()
            .unwrap()
    }

    fn private(base: &Path, name: &str) -> File {
        use std::os::unix::fs::DirBuilderExt as _;
        let root = base.join(name);
        fs::DirBuilder::new().mode(0o700).create(&root).unwrap();
        fs::create_dir(root.join("tmp")).unwrap();
        let lock = File::create(root.join("lock")).unwrap();
        lock.try_lock().unwrap();
        lock
    }

    #[test]
    fn only_what_a_dead_guard_has_left_is_ended() {
        let base = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let (dead, living, gone) = (
            "opencode-rs.aaaaaaaaaa",
            "opencode-rs.bbbbbbbbbb",
            "opencode-rs.cccccccccc",
        );
        private(base.path(), dead).unlock().unwrap();
        let _living = private(base.path(), living);
        let mut strays_of = [started(base.path(), dead, ENGINE), started(base.path(), gone, SHELL)];
        let mut others = [
            started(base.path(), living, ENGINE),
            started(base.path(), dead, ("OPENCODE_CLIENT", "cli")),
            started(base.path(), "opencode-rs.short", ENGINE),
            started(elsewhere.path(), dead, ENGINE),
        ];
        let pids = |children: &[Child]| -> Vec<u32> {
            let mut pids: Vec<u32> = children.iter().map(Child::id).collect();
            pids.sort_unstable();
            pids
        };
        let found = strays(base.path());
        assert_eq!(
            found.iter().map(|stray| stray.pid).collect::<Vec<_>>(),
            pids(&strays_of)
        );
        assert_eq!(found[0].command, "sleep 1000");
        let (ended, left) = end_strays(base.path());
        assert_eq!(
            ended.iter().map(|stray| stray.pid).collect::<Vec<_>>(),
            pids(&strays_of)
        );
        assert_eq!(left, []);
        for child in &mut strays_of {
            assert!(!child.wait().unwrap().success());
        }
        assert!(!base.path().join(dead).exists());
        assert!(base.path().join(living).exists());
        for child in &mut others {
            assert!(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    #[test]
    fn what_a_stray_has_started_is_one_too_and_one_that_ignores_the_signal_is_killed() {
        let base = tempfile::tempdir().unwrap();
        private(base.path(), "opencode-rs.aaaaaaaaaa").unlock().unwrap();
        let mut stray = Command::new("sh")
            .args(["-c", "trap '' TERM; env -i sleep 1000 & wait; wait; sleep 1000"])
            .env("TMPDIR", base.path().join("opencode-rs.aaaaaaaaaa/tmp"))
            .env(SHELL.0, SHELL.1)
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(30);
        while strays(base.path())
            .iter()
            .filter(|stray| stray.command.contains("sleep 1000"))
            .count()
            < 2
        {
            assert!(Instant::now() < end, "{:?}", strays(base.path()));
            std::thread::sleep(LOOK_AGAIN);
        }
        // Nobody waits for it meanwhile, so it stays in the table as a zombie, which is no process any more.
        let (ended, left) = end_strays(base.path());
        assert!(ended.len() >= 2, "{ended:?}");
        assert_eq!(left, []);
        assert!(!stray.wait().unwrap().success());
    }
}
