//! The processes below this one.
//!
//! A process is known by its id and its start time together, so that an id which was given away again is never taken for
//! the process that had it before.

use std::collections::HashMap;

use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};

use super::{GUARD, SUPERVISOR};

/// The first arguments of the processes that stand above an engine.
const ROLES: [&str; 2] = [GUARD, SUPERVISOR];

/// A process that was seen alive.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::server) struct LivingProcess {
    pub(in crate::server) pid: i32,
    pub(in crate::server) parent: i32,
    started: String,
}

/// Every living descendant of this process, parents before their children. Zombies are not alive.
pub(super) fn living() -> Vec<LivingProcess> {
    let mut children: HashMap<i32, Vec<LivingProcess>> = HashMap::new();
    for process in table() {
        children.entry(process.parent).or_default().push(process);
    }
    let mut found = Vec::new();
    let mut open = vec![own_pid()];
    while let Some(parent) = open.pop() {
        for process in children.remove(&parent).unwrap_or_default() {
            open.push(process.pid);
            found.push(process);
        }
    }
    found
}

/// Those of `known` that still live. Elsewhere than on Linux an orphan is adopted by init and is no descendant any more.
pub(super) fn still_living(known: &[LivingProcess]) -> Vec<LivingProcess> {
    let table: HashMap<i32, String> = table()
        .into_iter()
        .map(|process| (process.pid, process.started))
        .collect();
    known
        .iter()
        .filter(|process| table.get(&process.pid) == Some(&process.started))
        .cloned()
        .collect()
}

impl LivingProcess {
    /// Whether it started later than `other`, where the system gives start times as numbers.
    fn is_younger_than(&self, other: &Self) -> bool {
        let [own, others] = [self, other].map(|process| process.started.parse::<u64>().ok());
        matches!((own, others), (Some(own), Some(others)) if own > others)
    }

    /// Whether `other` is this process, even if its parent has changed.
    pub(in crate::server) fn is_same(&self, other: &Self) -> bool {
        self.pid == other.pid && self.started == other.started
    }

    /// Sends `signal`, if this is still the process that was seen.
    pub(in crate::server) fn signal(&self, signal: Signal) {
        let Some(pid) = Pid::from_raw(self.pid) else { return };
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
            // The descriptor holds on to one process; what is checked after opening it is what the signal reaches.
            let handle = pidfd_open(pid, PidfdFlags::empty());
            if find(self.pid).is_none_or(|process| process.started != self.started) {
                return;
            }
            // Kernels before 5.3, and sandboxes that know no such call, give no descriptor.
            if let Ok(handle) = handle {
                let _ = pidfd_send_signal(handle, signal);
                return;
            }
        }
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// A process, so that it can be told from a later one with the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessMark {
    pub pid: u32,
    /// When it started, as the system says it.
    started: String,
}

impl ProcessMark {
    pub fn of_this_process() -> Self {
        Self {
            pid: std::process::id(),
            started: find(own_pid()).map(|process| process.started).unwrap_or_default(),
        }
    }

    /// The process that has this id now.
    pub fn of(pid: u32) -> Option<Self> {
        find(pid.cast_signed()).map(|process| Self {
            pid,
            started: process.started,
        })
    }

    fn process(&self) -> Option<LivingProcess> {
        find(self.pid.cast_signed()).filter(|process| process.started == self.started)
    }

    pub fn is_alive(&self) -> bool {
        self.process().is_some()
    }

    /// Kills it, if it lives.
    pub fn kill(&self) {
        if let Some(process) = self.process() {
            process.signal(Signal::KILL);
        }
    }
}

/// Marks this process and all that it starts as below an engine. The mark is a hard limit, which goes down and never up
/// again but for the superuser, of a resource that Linux counts no more.
#[cfg(target_os = "linux")]
pub(super) fn mark_as_below_engine() -> rustix::io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const FIRST: u64 = 1 << 40;
    // An engine below another one is marked once more.
    let lower = getrlimit(Resource::Locks)
        .maximum
        .map_or(FIRST, |limit| limit.saturating_sub(1));
    let limit = Rlimit {
        current: Some(lower),
        maximum: Some(lower),
    };
    setrlimit(Resource::Locks, limit)
}

/// Whether a process has a mark that this one has not: an orphan keeps it.
#[cfg(target_os = "linux")]
fn is_marked(pid: i32) -> bool {
    let limit = |process: &str| -> Option<u64> {
        let limits = std::fs::read_to_string(format!("/proc/{process}/limits")).ok()?;
        let line = limits.lines().find_map(|line| line.strip_prefix("Max file locks"))?;
        // The soft limit and the hard one.
        let hard = line.split_ascii_whitespace().nth(1)?;
        if hard == "unlimited" {
            Some(u64::MAX)
        } else {
            hard.parse().ok()
        }
    };
    limit("self").is_some_and(|own| limit(&pid.to_string()).is_none_or(|limit| limit < own))
}

#[cfg(not(target_os = "linux"))]
fn is_marked(_pid: i32) -> bool {
    false
}

/// Whether our engine has started a process, directly or through others; also true when that cannot be known.
///
/// Processes below an engine are marked, on Linux. Elsewhere init adopts a process that outlives its guard, unnoticed.
///
/// Guards and supervisors of whatever directory and version are known by their first argument. A process may give itself
/// any: it is then refused what others get. It cannot take it from its ancestors, which let no other process of their
/// user into their memory.
pub fn is_below_engine(process: i32) -> bool {
    if is_marked(process) {
        return true;
    }
    let mut next = process;
    let mut child: Option<LivingProcess> = None;
    // No process has so many ancestors; a table that changes while it is read may look like it.
    for _ in 0..1000 {
        let (Some(found), Some(role)) = (find(next), first_argument(next)) else {
            return true;
        };
        // The parent has ended meanwhile, and another process has its id.
        if child.as_ref().is_some_and(|child| found.is_younger_than(child)) {
            return true;
        }
        if ROLES.iter().any(|known| known.as_bytes() == role) {
            return true;
        }
        // The first process, or the first one that is visible from here.
        if found.parent <= 1 {
            return false;
        }
        next = found.parent;
        child = Some(found);
    }
    true
}

#[cfg(target_os = "linux")]
fn first_argument(pid: i32) -> Option<Vec<u8>> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(line.split(|byte| *byte == 0).nth(1).unwrap_or_default().to_vec())
}

/// The system gives the whole command line as one text, so any word of it counts.
#[cfg(not(target_os = "linux"))]
fn first_argument(pid: i32) -> Option<Vec<u8>> {
    let line = ps(&["-ww", "-o", "command=", "-p", &pid.to_string()])?;
    let role = line.split_whitespace().find(|word| ROLES.contains(word));
    Some(role.unwrap_or_default().as_bytes().to_vec())
}

/// The list of processes, as `ps` prints it.
#[cfg(not(target_os = "linux"))]
pub(in crate::server) fn ps(arguments: &[&str]) -> Option<String> {
    use std::process::{Command, Stdio};
    let mut ps = Command::new("/bin/ps");
    ps.args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let output = ps.output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

pub(in crate::server) fn own_pid() -> i32 {
    std::process::id().cast_signed()
}

#[cfg(not(target_os = "linux"))]
fn find(pid: i32) -> Option<LivingProcess> {
    table().into_iter().find(|process| process.pid == pid)
}

#[cfg(target_os = "linux")]
fn find(pid: i32) -> Option<LivingProcess> {
    // A command name is whatever its process likes, so it may be no UTF-8.
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse(pid, &String::from_utf8_lossy(&stat))
}

/// Reads a process; `None` for a dead one. The name (second field) is in brackets and may hold anything, brackets and
/// spaces included.
#[cfg(target_os = "linux")]
fn parse(pid: i32, stat: &str) -> Option<LivingProcess> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    // Field 22 of the whole line; 3 and 4 are read.
    let started = fields.nth(17)?.to_owned();
    (!state.starts_with(['Z', 'X'])).then_some(LivingProcess { pid, parent, started })
}

#[cfg(target_os = "linux")]
pub(in crate::server) fn table() -> Vec<LivingProcess> {
    crate::support::state_file::entries(std::path::Path::new("/proc"))
        .filter_map(|entry| find(entry.file_name().to_str()?.parse().ok()?))
        .collect()
}

#[cfg(not(target_os = "linux"))]
pub(in crate::server) fn table() -> Vec<LivingProcess> {
    ps(&["-A", "-o", "pid=,ppid=,stat=,lstart="])
        .unwrap_or_default()
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let pid = fields.next()?.parse().ok()?;
            let parent = fields.next()?.parse().ok()?;
            let zombie = fields.next()?.starts_with('Z');
            let started = fields.collect::<Vec<_>>().join(" ");
            (!zombie).then_some(LivingProcess { pid, parent, started })
        })
        .collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_may_have_brackets_and_spaces_in_its_name() {
        let stat =
            "42 (a) b) (c) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 2000 18446744073709551615";
        let process = parse(42, stat).unwrap();
        assert_eq!((process.parent, process.started.as_str()), (7, "987654"));
        assert_eq!(parse(42, &stat.replace(") S ", ") Z ")), None, "a zombie is not alive");
    }

    #[test]
    fn a_process_below_a_guard_or_a_supervisor_is_known() {
        let below = |role: &str| {
            // As the first argument of a shell: the name of its script.
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(
                directory.path().join(role),
                "sh -c 'sleep 1000 & echo $!; wait'; exit 0",
            )
            .unwrap();
            let mut above = std::process::Command::new("sh")
                .arg(role)
                .current_dir(directory.path())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let mut text = String::new();
            let stdout = above.stdout.take().unwrap();
            std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut text).unwrap();
            let pid = text.trim().parse().unwrap();
            let below = is_below_engine(pid);
            find(pid).unwrap().signal(Signal::KILL);
            above.wait().unwrap();
            below
        };
        assert!(below(GUARD) && below(SUPERVISOR));
        assert!(!below("guard"));
    }

    #[test]
    fn an_orphan_of_an_engine_is_known_by_its_mark() {
        let orphan = |limit: &str| {
            let script = format!("ulimit -x {limit}; (sleep 1000 >&- 2>&- & echo $!)");
            let output = std::process::Command::new("bash")
                .args(["-c", &script])
                .output()
                .unwrap();
            let pid = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
            let below = is_below_engine(pid);
            find(pid).unwrap().signal(Signal::KILL);
            below
        };
        assert!(orphan("1000") && !orphan("$(ulimit -x)"));
    }

    #[test]
    fn a_child_is_found_and_a_reused_id_is_not_signalled() {
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let found = living().into_iter().find(|process| process.pid == pid).unwrap();
        let stranger = LivingProcess {
            started: "1".to_owned(),
            ..found.clone()
        };
        stranger.signal(Signal::KILL);
        assert_eq!(still_living(&[stranger, found.clone()]), std::slice::from_ref(&found));
        assert!(child.try_wait().unwrap().is_none());
        found.signal(Signal::KILL);
        assert!(!child.wait().unwrap().success());
    }
}
