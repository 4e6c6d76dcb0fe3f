//! What shows that something ran: stand-ins for programs, and the files of a place before and after.
//!
//! A stand-in writes down who called it and how, and does nothing else. The first time that it is called it succeeds, from
//! then on it fails, so that loops end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use super::table::Ground;
use crate::support::LONG;

/// Every program that a row names, and the look-alikes of some.
const STAND_INS: [&str; 74] = [
    "RM",
    "awk",
    "busybox",
    "cargo",
    "cat",
    "chmod",
    "cp",
    "curl",
    "doas",
    "env\u{200b}",
    "farm",
    "find",
    "flock",
    "git",
    "git\u{2003}status",
    "git\u{200b}",
    "grep",
    "g\u{456}t",
    "ls",
    "ls\r",
    "ls\u{a0}-la",
    "lsof",
    "make",
    "mv",
    "parallel",
    "python3",
    "rg",
    "rm",
    "rm\u{200b}",
    "rsync",
    "sed",
    "sort",
    "ssh",
    "strace",
    "su",
    "sudo",
    "tar",
    "tee",
    "touch",
    "vi",
    "watch",
    "wget",
    "x",
    "\u{ff47}it",
    "main",
    "ln",
    "dd",
    "perl",
    "node",
    "docker",
    "mkdir",
    "diff",
    "wc",
    "gtimeout",
    "mise",
    "tmux",
    "uv",
    "kill",
    "ag",
    "cloc",
    "diff3",
    "gcc",
    "helm",
    "hg",
    "install",
    "javac",
    "jq",
    "kubectl",
    "man",
    "npm",
    "pandoc",
    "pylint",
    "sdiff",
    "strings",
];
/// Programs that pass others on are the real ones, so that what they pass on is seen.
const REAL: [&str; 9] = [
    "env", "nohup", "timeout", "nice", "stdbuf", "xargs", "sh", "bash", "setsid",
];
/// Programs of the model's own in its directory.
const OWN: [&str; 4] = ["x", "rm", "git", "build.sh"];

/// A call of a stand-in: which row made it, and the program with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Trace {
    /// The name of the row; `-` when the command took it out of its environment.
    pub(super) row: String,
    pub(super) call: String,
}

/// Stand-ins in a directory of their own, and what they wrote down.
pub(super) struct Canaries {
    folder: PathBuf,
}

impl Canaries {
    /// Puts them into `folder`, which must not exist yet.
    pub(super) fn new(folder: PathBuf) -> Self {
        let canaries = Self { folder };
        std::fs::create_dir_all(canaries.programs()).unwrap();
        std::fs::create_dir(canaries.folder.join("called")).unwrap();
        for name in STAND_INS {
            canaries.put(&canaries.programs().join(name));
        }
        for name in REAL {
            let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name));
            // Not every system has all of them; then the line finds no program.
            if let Some(path) = found.iter().find(|path| path.exists()) {
                std::os::unix::fs::symlink(path, canaries.programs().join(name)).unwrap();
            }
        }
        canaries
    }

    /// Where the stand-ins are.
    pub(super) fn programs(&self) -> PathBuf {
        self.folder.join("programs")
    }

    /// The file that they write to.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Puts stand-ins into the agent's directory too.
    pub(super) fn settle(&self, ground: &Ground) {
        for name in OWN {
            self.put(&ground.directory().join(name));
        }
    }

    fn put(&self, path: &Path) {
        let folder = self.folder.to_str().unwrap();
        let script = format!(
            "#!/bin/bash\n\
             LC_ALL=C\n\
             name=${{0##*/}}\n\
             printf -v words ' %q' \"$@\"\n\
             printf '%s\\t%q%s\\n' \"${{ROW:--}}\" \"$name\" \"$words\" >> '{folder}/log'\n\
             called='{folder}/called/'${{ROW:--}}-$name\n\
             [ ! -e \"$called\" ] && : > \"$called\"\n"
        );
        std::fs::write(path, script).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The calls until now, in order, with the paths of `ground` as the tables write them.
    pub(super) fn traces(&self, ground: &Ground) -> Vec<Trace> {
        let Ok(text) = std::fs::read_to_string(self.log()) else {
            return Vec::new();
        };
        text.replace(ground.root.to_str().unwrap(), "@ROOT@")
            .lines()
            .map(|line| {
                let (row, call) = line.split_once('\t').unwrap();
                Trace {
                    row: row.to_owned(),
                    call: call.to_owned(),
                }
            })
            .collect()
    }

    /// Runs a line in a plain bash, without any engine, then forgets the recorded calls.
    pub(super) fn run(&self, ground: &Ground, directory: &Path, row: &str, line: &str) -> Vec<Trace> {
        let (mut output, input) = std::io::pipe().unwrap();
        let mut child = Command::new("/bin/bash")
            .args(["--norc", "--noprofile", "-c", line])
            .current_dir(directory)
            .env_clear()
            .env("PATH", self.programs())
            .env("HOME", ground.root.join("home"))
            .env("ROW", row)
            .stdin(Stdio::null())
            .stdout(input.try_clone().unwrap())
            .stderr(input)
            .spawn()
            .unwrap();
        // What goes on in the background holds the pipe as long as it lives.
        let (ended, end) = mpsc::channel();
        std::thread::spawn(move || {
            let read = output.read_to_end(&mut Vec::new());
            drop(ended.send(read));
        });
        drop(end.recv_timeout(LONG));
        drop(child.kill());
        child.wait().unwrap();
        let traces = self.traces(ground);
        drop(std::fs::remove_file(self.log()));
        for entry in std::fs::read_dir(self.folder.join("called")).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        traces
    }
}

/// The file, directory or link at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Directory,
    Link(PathBuf),
    File(String),
}

/// All files of a place, by their paths in it.
pub(super) type Tree = BTreeMap<PathBuf, Entry>;

/// The files of the four directories of the tables, and everything beside them.
pub(super) fn tree(ground: &Ground, but_for: &[&str]) -> Tree {
    let mut tree = Tree::new();
    let but_for: BTreeSet<&Path> = but_for.iter().map(Path::new).collect();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(ground.root.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if but_for.contains(path.as_path()) {
                continue;
            }
            let kind = entry.file_type().unwrap();
            let what = if kind.is_dir() {
                folders.push(path.clone());
                Entry::Directory
            } else if kind.is_symlink() {
                Entry::Link(std::fs::read_link(entry.path()).unwrap())
            } else {
                let bytes = std::fs::read(entry.path()).unwrap();
                Entry::File(String::from_utf8_lossy(&bytes).replace(ground.root.to_str().unwrap(), "@ROOT@"))
            };
            tree.insert(path, what);
        }
    }
    tree
}

/// What became of each path that is not as it was; `None` when it is gone.
pub(super) type Changes = BTreeMap<PathBuf, Option<Entry>>;

pub(super) fn changes(before: &Tree, after: &Tree) -> Changes {
    let paths: BTreeSet<&PathBuf> = before.keys().chain(after.keys()).collect();
    paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| (path.clone(), after.get(path).cloned()))
        .collect()
}
