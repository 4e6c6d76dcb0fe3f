//! The table of processes: which of them belong to a sandbox.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// A process whose environment or command line names the sandbox. A guard's environment is not for others to read, but
/// its command line names the directory for its temporary files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) command: String,
}

impl Process {
    /// The variables of its environment, `NAME=value` each.
    #[cfg(target_os = "linux")]
    pub(crate) fn environment(&self) -> Vec<String> {
        let bytes = std::fs::read(format!("/proc/{}/environ", self.pid)).unwrap_or_default();
        bytes
            .split(|byte| *byte == 0)
            .map(|pair| String::from_utf8_lossy(pair).into_owned())
            .collect()
    }

    /// Sends a signal to it.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid).unwrap(), signal).unwrap();
    }

    /// Whether this is an engine, not our own program.
    pub(crate) fn is_engine(&self) -> bool {
        self.command.contains(" serve ") && !self.command.contains(" __")
    }
}

/// Every process with `root` in its environment. All that a sandbox starts inherits it: its home is below it.
#[cfg(target_os = "linux")]
pub(super) fn of(root: &Path) -> Vec<Process> {
    use std::os::unix::ffi::OsStrExt as _;
    let contains = |bytes: &[u8]| memchr::memmem::find(bytes, root.as_os_str().as_bytes()).is_some();
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            // A process that ends while it is looked at, and a zombie, have neither.
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            let command = std::fs::read(entry.path().join("cmdline")).ok()?;
            (contains(&environment) || contains(&command)).then(|| Process {
                pid,
                command: String::from_utf8_lossy(&command).replace('\0', " "),
            })
        })
        .collect()
}

/// Every process with `root` in its environment. All that a sandbox starts inherits it: its home is below it.
#[cfg(not(target_os = "linux"))]
pub(super) fn of(root: &Path) -> Vec<Process> {
    let output = std::process::Command::new("ps")
        .args(["-axEww", "-o", "pid=,command="])
        .output()
        .unwrap();
    let root = root.to_string_lossy();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains(root.as_ref()))
        .filter_map(|line| {
            let (pid, command) = line.trim().split_once(' ')?;
            Some(Process {
                pid: pid.parse().ok()?,
                command: command.to_owned(),
            })
        })
        .collect()
}
