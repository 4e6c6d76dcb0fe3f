//! Locks of engines that have died.
//!
//! In: the engine's directory of state. Out: nothing; locks of dead engines are out of date afterwards.
//! Invariants: only a lock whose owner is proven dead is touched, and none is removed.
//!
//! The engine's locks are directories: `<state>/opencode/locks/<hash>.lock`, with `meta.json` (who has it) and
//! `heartbeat`, whose time the owner renews every 20 s. An engine breaks a lock once that time is 60 s old. A lock stays
//! behind when its owner is killed, and also when `opencode run` ends while it installs packages in the background; the
//! next engine that waits for that installation, as it does where it has a plugin, and our gate is one, then waits for a
//! minute. So before an engine starts, the heartbeat of a dead owner is set far back, and the engine breaks the lock at
//! once, by its own rules for races.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, test_kill_process};
use serde::Deserialize;

use crate::support::state_file;

/// The owner of a lock renews its heartbeat every 20 s.
const LONGEST_BETWEEN_BEATS: Duration = Duration::from_secs(25);

/// Sets back the heartbeats of dead owners in an engine's directory of state.
pub(super) fn expire_dead(state: &Path) {
    for entry in state_file::entries(&state.join("locks")) {
        let lock = entry.path();
        if lock.extension().is_some_and(|extension| extension == "lock")
            && let Err(error) = expire_if_dead(&lock)
        {
            tracing::debug!(lock = %lock.display(), %error, "cannot look at a lock of the engine");
        }
    }
}

/// What an engine says of itself in its lock.
#[derive(Debug, Deserialize)]
struct Owner {
    pid: i32,
    hostname: String,
}

fn expire_if_dead(lock: &Path) -> io::Result<()> {
    // Opened before the owner is read: should another engine break the lock meanwhile and take it, this is still the
    // heartbeat of the dead one, and nothing happens to that of the living one.
    let heartbeat = state_file::open(&lock.join("heartbeat"))?;
    let owner: Owner = serde_json::from_slice(&state_file::read(&lock.join("meta.json"))?)?;
    if is_dead(&owner, &heartbeat)? {
        heartbeat.set_modified(SystemTime::UNIX_EPOCH)?;
        tracing::debug!(lock = %lock.display(), pid = owner.pid, "a lock of a dead engine has expired");
    }
    Ok(())
}

fn is_dead(owner: &Owner, heartbeat: &File) -> io::Result<bool> {
    let Some(pid) = Pid::from_raw(owner.pid) else {
        return Ok(false);
    };
    if test_kill_process(pid) != Err(rustix::io::Errno::SRCH) || hostname()? != owner.hostname {
        return Ok(false);
    }
    if sees_every_process() {
        return Ok(!is_in_container(owner.pid));
    }
    // In a container, the name may be that of another one, whose processes cannot be seen from here.
    let beat = heartbeat.metadata()?.modified()?;
    let age = SystemTime::now()
        .duration_since(beat)
        .unwrap_or_else(|error| error.duration());
    Ok(age > LONGEST_BETWEEN_BEATS)
}

#[cfg(target_os = "linux")]
fn hostname() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/hostname")?.trim_end().to_owned())
}

#[cfg(not(target_os = "linux"))]
fn hostname() -> io::Result<String> {
    let output = std::process::Command::new("/bin/hostname").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Whether no process of this machine is hidden from this one by a namespace.
fn sees_every_process() -> bool {
    // The number of the first namespace is part of the kernel's interface (`PROC_PID_INIT_INO`).
    !cfg!(target_os = "linux")
        || fs::read_link("/proc/self/ns/pid").is_ok_and(|name| name.as_os_str() == "pid:[4026531836]")
}

/// Whether a process has this id in a container of this machine.
fn is_in_container(pid: i32) -> bool {
    let pid = pid.to_string();
    state_file::entries(Path::new("/proc")).any(|entry| {
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let ids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
        ids.is_some_and(|ids| ids.split_whitespace().last() == Some(&pid))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_heartbeat_of_a_dead_owner_is_set_back() {
        let home = tempfile::tempdir().unwrap();
        let locks = home.path().join(".local/state/opencode/locks");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let dead = child.id();
        child.wait().unwrap();
        let far = SystemTime::now() + Duration::from_secs(3600);
        let make = |name: &str, pid: u32, hostname: &str| {
            let lock = locks.join(name);
            fs::create_dir_all(&lock).unwrap();
            let meta = serde_json::json!({"token": "t", "pid": pid, "hostname": hostname, "createdAt": "x"});
            fs::write(lock.join("meta.json"), meta.to_string()).unwrap();
            let heartbeat = File::create(lock.join("heartbeat")).unwrap();
            heartbeat.set_modified(far).unwrap();
            lock.join("heartbeat")
        };
        let here = hostname().unwrap();
        let of_dead = make("a.lock", dead, &here);
        let others = [
            make("b.lock", std::process::id(), &here),
            make("c.lock", dead, "elsewhere"),
            make("d.lock.breaker", dead, &here),
        ];
        fs::create_dir_all(locks.join("e.lock")).unwrap();
        fs::write(locks.join("f.lock"), "").unwrap();
        expire_dead(&home.path().join(".local/state/opencode"));
        let modified = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(modified(&of_dead), SystemTime::UNIX_EPOCH);
        for other in &others {
            assert_eq!(modified(other), modified(&others[0]));
            assert!(modified(other) > SystemTime::now());
        }
    }
}
