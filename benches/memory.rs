//! How much memory a program and all that it starts take at most. Linux only.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::Error;
use crate::child::{self, Finished};

/// How often memory is looked at.
const INTERVAL: Duration = Duration::from_millis(10);

/// Peaks, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Peak {
    /// Of the sum over all processes at one time, memory that they share counted once.
    pub(crate) tree: u64,
    /// Of the program itself, as the kernel keeps it.
    pub(crate) program: u64,
    /// Of the guard that our program puts before its engine, likewise; zero where there is none.
    pub(crate) guard: u64,
}

/// Runs a program and watches its memory; there is no peak where it cannot be seen.
///
/// # Errors
///
/// As [`child::run`].
pub(crate) fn watched(command: &mut Command) -> Result<(Finished, Option<Peak>), Error> {
    let over = Arc::new(AtomicBool::new(false));
    let mut watcher = None;
    let finished = child::run_and(command, |pid| {
        let over = Arc::clone(&over);
        watcher = Some(thread::spawn(move || watch(pid, &over)));
    });
    over.store(true, Ordering::Relaxed);
    let peak = watcher.and_then(|watcher| watcher.join().ok());
    Ok((finished?, peak.filter(|peak| peak.tree > 0)))
}

fn watch(program: u32, over: &AtomicBool) -> Peak {
    let mut peak = Peak::default();
    while !over.load(Ordering::Relaxed) {
        let processes = tree(program);
        let sum = processes.iter().filter_map(|pid| memory(*pid)).sum();
        peak.tree = peak.tree.max(sum);
        // The kernel's own mark never falls, so the last reading counts: before its `exec`, a new process shows the
        // memory of its parent.
        if let Some(mark) = high_water_mark(program) {
            peak.program = mark;
        }
        let guard = processes.into_iter().find(|pid| is_guard(*pid));
        if let Some(mark) = guard.and_then(high_water_mark) {
            peak.guard = mark;
        }
        thread::sleep(INTERVAL);
    }
    peak
}

/// A process and all below it.
fn tree(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut at = 0;
    while let Some(&process) = found.get(at) {
        at += 1;
        let threads = fs::read_dir(format!("/proc/{process}/task"))
            .into_iter()
            .flatten()
            .flatten();
        for thread in threads {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            found.extend(
                children
                    .split_ascii_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            );
        }
    }
    found
}

/// Its share of the memory; its resident memory where the system shows no more to us.
fn memory(process: u32) -> Option<u64> {
    let share = fs::read_to_string(format!("/proc/{process}/smaps_rollup"));
    share
        .ok()
        .and_then(|text| kilobytes(&text, "Pss:"))
        .or_else(|| kilobytes(&status(process)?, "VmRSS:"))
}

/// What a process has in memory now, in bytes, pages of its program file included; none where that cannot be seen.
pub(crate) fn resident(pid: u32) -> Option<u64> {
    kilobytes(&status(pid)?, "VmRSS:")
}

fn high_water_mark(process: u32) -> Option<u64> {
    kilobytes(&status(process)?, "VmHWM:")
}

fn status(process: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{process}/status")).ok()
}

fn is_guard(process: u32) -> bool {
    fs::read(format!("/proc/{process}/cmdline"))
        .is_ok_and(|words| words.split(|byte| *byte == 0).nth(1) == Some(b"__guard"))
}

/// The bytes on the line that begins with `name`.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1024)
}
