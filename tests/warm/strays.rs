//! Processes that are left over when a server's supervisor and guard process were killed, and how they end.

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::commands::{doctor, sleeping};
use super::{STAYS, Warm, engine, kill, supervisor};
use crate::support::{LONG, until};

/// The parent of a process.
fn parent(process: Pid) -> Pid {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    Pid::from_raw(fields.split_whitespace().nth(1).unwrap().parse().unwrap()).unwrap()
}

/// Kills everybody who would clean up, in the middle of a command of the model's. Gives its process.
fn orphaned(warm: &Warm) -> i32 {
    let (running, sleeper) = sleeping(warm);
    let record = warm.record();
    let guard = parent(engine(&record));
    // So that neither has the time to do anything about the other's end.
    kill_process(supervisor(&record), Signal::STOP).unwrap();
    kill_process(guard, Signal::STOP).unwrap();
    kill(supervisor(&record));
    kill(guard);
    running.finish().expect(126);
    std::fs::remove_file(warm.sandbox.path("project/here")).unwrap();
    sleeper
}

fn is_alive(warm: &Warm, pid: i32) -> bool {
    warm.sandbox.processes().iter().any(|process| process.pid == pid)
}

/// What there is in the directory for temporary files.
fn temporary_files(warm: &Warm) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(warm.sandbox.path("tmp")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn what_a_killed_server_has_left_is_named_and_ended() {
    let warm = Warm::new();
    let sleeper = orphaned(&warm);
    assert!(is_alive(&warm, sleeper));

    let check = doctor(&warm);
    assert_eq!(check["status"], "warn");
    assert_eq!(
        check["summary"],
        "none is kept warm; 1 server that was killed, 1 process left of a server that was killed"
    );
    let named = format!("stray process {sleeper} (`sleep 1000`)");
    assert_eq!(check["details"].as_array().unwrap().last().unwrap(), &named);
    let hint = check["hint"].as_str().unwrap();
    assert!(hint.starts_with("`opencode-rs server stop --all` ends them"), "{hint}");

    // A server that is dead is shown once.
    let listed = warm.document(&["list"]);
    assert_eq!(listed["items"][0]["state"], "dead");
    let stray = json!([{"pid": sleeper, "command": "sleep 1000"}]);
    assert_eq!(listed["strays"], stray);
    let list = warm.server(&["list"]).expect(0).writes("");
    list.says(&[&format!(
        "process {sleeper} (`sleep 1000`) is left of a server that was killed"
    )]);

    // `server stop` for this directory does not end them.
    warm.server(&["stop"]).expect(0);
    assert!(is_alive(&warm, sleeper));
    let stopped = warm.document(&["stop", "--all"]);
    assert_eq!(stopped["strays"], stray);
    assert!(!is_alive(&warm, sleeper));
    assert_eq!(warm.document(&["list"])["strays"], json!([]));
    assert_eq!(temporary_files(&warm), Vec::<PathBuf>::new());
}

#[test]
fn the_next_server_ends_what_a_killed_one_has_left() {
    let warm = Warm::new();
    let sleeper = orphaned(&warm);
    // A younger directory could still be in creation.
    let old = SystemTime::now() - Duration::from_secs(120);
    for path in temporary_files(&warm) {
        File::open(path).unwrap().set_modified(old).unwrap();
    }
    warm.server(&["start", "--rehearse", "--keep-for", STAYS]).expect(0);
    until("the sleeper is gone", LONG, || {
        (!is_alive(&warm, sleeper)).then_some(())
    });
    until("only the new one is left", LONG, || {
        (warm.records().len() == 1 && temporary_files(&warm).len() == 1).then_some(())
    });
    warm.server(&["stop", "--all"]).expect(0);
    assert_eq!(warm.sandbox.processes(), []);
    assert_eq!(temporary_files(&warm), Vec::<PathBuf>::new());
}
