//! Runs a line in the real bash, where nothing that it names is a program.
//!
//! Always true: the line runs in an empty directory, with an empty `PATH`, with every builtin replaced by a function that
//! only records, and under another user where the test runs as root. No name in a line leads out of the directory (see
//! [`super::lines::is_safe`]).

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Commands that succeed: the next ones fail, so that loops end.
pub(super) const MOST_SUCCESSES: usize = 20;
/// The user id of `nobody`.
const OTHER_USER: u32 = 65534;
const TIMEOUT: Duration = Duration::from_secs(20);

/// Everything a line can name that is known.
#[derive(Debug, Clone)]
pub(super) struct Surroundings {
    pub(super) home: String,
    pub(super) directory: String,
}

/// A command that ran.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Record {
    pub(super) words: Vec<String>,
    /// The values of [`RECORDED`].
    pub(super) variables: [String; 2],
    /// What `rd` read, without the line ends at its end. `None` when unknown.
    pub(super) input: Option<String>,
}

/// Variables whose values are recorded with each command.
pub(super) const RECORDED: [&str; 2] = ["A", "B"];
/// The program that reads its input.
pub(super) const READER: &str = "rd";
/// The program that always fails.
pub(super) const FAILING: &str = "false";

pub(super) struct Seen {
    pub(super) records: Vec<Record>,
    /// The files that are there after the line, with their full paths.
    pub(super) files: BTreeSet<String>,
    /// What bash said when it did not understand the line, or that it did not end.
    pub(super) complaint: Option<String>,
}

pub(super) struct Jail {
    _place: tempfile::TempDir,
    root: PathBuf,
    surroundings: Surroundings,
    is_root: bool,
}

/// The builtins of this bash, but for `printf`, by which the functions record.
fn builtins() -> String {
    let output = Command::new("/bin/bash")
        .args(["--norc", "--noprofile", "-c", "compgen -b"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn startup_file(log: &str) -> String {
    // `printf` is the one builtin that stays: no line names it. Output of `time` into a pipe without a reader would end
    // the shell.
    let mut text = format!(
        r#"
        exec 8>&2 9>>{log}
        ulimit -f 2048 -t 10
        trap '' PIPE
        function __record {{
            if [[ $1 == {READER} ]]; then
                printf '%s\1' "$@" $'\3'"${{A-}}" $'\3'"${{B-}}" $'\4'"$(</dev/stdin)" $'\2' >&9
            else
                printf '%s\1' "$@" $'\3'"${{A-}}" $'\3'"${{B-}}" $'\2' >&9
            fi
            __log=$(<{log})
            __log=${{__log//[!$'\2']}}
            [[ $1 != {FAILING} ]] && (( ${{#__log}} <= {MOST_SUCCESSES} ))
        }}
        function command_not_found_handle {{ __record "$@"; }}
        "#
    );
    for name in builtins().lines().filter(|name| *name != "printf") {
        text.push_str("function ");
        text.push_str(name);
        text.push_str(" { __record ");
        text.push_str(name);
        text.push_str(" \"$@\"; }\n");
    }
    text.push_str("[[ a ]]\n");
    text
}

impl Jail {
    pub(super) fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        let path = |name: &str| root.join(name).to_str().unwrap().to_owned();
        let jail = Self {
            surroundings: Surroundings {
                home: path("home"),
                directory: path("work"),
            },
            is_root: rustix::process::geteuid().is_root(),
            root,
            _place: place,
        };
        for folder in ["home", "work", "bin"] {
            fs::create_dir(jail.root.join(folder)).unwrap();
        }
        fs::write(jail.root.join("log"), "").unwrap();
        fs::write(
            jail.root.join("startup"),
            startup_file(jail.root.join("log").to_str().unwrap()),
        )
        .unwrap();
        if jail.is_root {
            fs::set_permissions(&jail.root, fs::Permissions::from_mode(0o755)).unwrap();
            for name in ["home", "work", "log"] {
                chown(jail.root.join(name), Some(OTHER_USER), Some(OTHER_USER)).unwrap();
            }
        }
        jail
    }

    pub(super) fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    pub(super) fn run(&self, line: &str) -> Seen {
        assert!(super::lines::is_safe(line), "{line:?}");
        let log = self.root.join("log");
        fs::write(&log, "").unwrap();
        let (mut output, input) = std::io::pipe().unwrap();
        let mut command = Command::new("/bin/bash");
        command
            .args(["--norc", "--noprofile", "-f", "-c", line])
            .current_dir(&self.surroundings.directory)
            .env_clear()
            .env("PATH", self.root.join("bin"))
            .env("HOME", &self.surroundings.home)
            .env("BASH_ENV", self.root.join("startup"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(input)
            .process_group(0);
        // Both kinds of locales, by the line, so that each line means the same each time.
        if line.len().is_multiple_of(2) {
            command.env("LC_ALL", "C.UTF-8");
        }
        if self.is_root {
            command.uid(OTHER_USER).gid(OTHER_USER);
        }
        let mut child = command.spawn().unwrap();
        drop(command);
        let (ended, end) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut said = Vec::new();
            let _ = output.read_to_end(&mut said);
            let _ = ended.send(said);
        });
        // Each process of the line holds the pipe, also those in the background.
        let said = end.recv_timeout(TIMEOUT);
        if said.is_err() {
            let group = rustix::process::Pid::from_child(&child);
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        child.wait().unwrap();
        let complaint = match said {
            Err(_) => Some("the line did not end".to_owned()),
            Ok(said) => complaint(&String::from_utf8_lossy(&said)),
        };
        Seen {
            records: records(&fs::read(&log).unwrap()),
            files: self.take_files(),
            complaint,
        }
    }

    fn take_files(&self) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        for folder in [&self.surroundings.home, &self.surroundings.directory] {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                fs::remove_file(&path).unwrap();
                files.insert(path.to_string_lossy().into_owned());
            }
        }
        files
    }
}

/// What bash says about a line that is no line to it.
fn complaint(said: &str) -> Option<String> {
    const COMPLAINTS: [&str; 6] = [
        "syntax error",
        "unexpected",
        "conditional binary operator",
        "here-document at line",
        "bad substitution",
        "__record",
    ];
    said.lines()
        .find(|line| COMPLAINTS.iter().any(|complaint| line.contains(complaint)))
        .map(str::to_owned)
}

fn records(log: &[u8]) -> Vec<Record> {
    let log = String::from_utf8_lossy(log);
    log.split_terminator("\u{2}\u{1}")
        .map(|record| {
            let mut words: Vec<String> = record.split_terminator('\u{1}').map(str::to_owned).collect();
            let mut taken = |mark: char| {
                let at = words.iter().rposition(|word| word.starts_with(mark))?;
                Some(words.remove(at)[1..].to_owned())
            };
            let input = taken('\u{4}');
            let last = taken('\u{3}').unwrap_or_default();
            let first = taken('\u{3}').unwrap_or_default();
            Record {
                words,
                variables: [first, last],
                input,
            }
        })
        .collect()
}
