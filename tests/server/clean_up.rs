//! After a server has ended, in any way, its processes and files are gone.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use opencode_rs::server::EngineExit;
use rustix::process::{Pid, Signal, kill_process};

use super::owner;
use super::support::{ServerSandbox, http, is_alive, real_engine, stat, wait_until_gone};
use crate::support::EnginePermit;

/// Ready at once, with a child in a session of its own, as the engine's bash commands are.
const WITH_A_BASH_COMMAND: &str = "
setsid sleep 1000 &
echo $! > bash
echo $TMPDIR > tmpdir
touch $TMPDIR/left-over
echo listening on http://127.0.0.1:1
";

fn kill(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

fn parent(pid: u32) -> u32 {
    stat(pid).unwrap().1
}

#[tokio::test]
async fn commands_in_sessions_of_their_own_end_with_the_server() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script(&format!("{WITH_A_BASH_COMMAND} exec sleep 1000"));
    let server = sandbox.start(&engine).await.unwrap();
    let (engine, bash) = (server.pid, sandbox.pid("bash"));
    assert!(is_alive(engine) && is_alive(bash));
    assert_ne!(stat(bash).unwrap().2, stat(engine).unwrap().2, "a session of its own");
    server.stop().await;
    assert!(!is_alive(engine) && !is_alive(bash));
    assert_eq!(sandbox.temporary_files(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn neither_guard_nor_engine_is_in_the_session_of_the_terminal() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script("echo listening on http://127.0.0.1:1; exec sleep 1000");
    let server = sandbox.start(&engine).await.unwrap();
    let guard = parent(server.pid);
    let (_, _, session) = stat(std::process::id()).unwrap();
    assert_eq!(stat(guard).unwrap().2, guard);
    assert_eq!(stat(server.pid).unwrap().2, guard);
    assert_ne!(session, guard);
    server.stop().await;
}

#[tokio::test]
async fn an_engine_that_ends_by_itself_says_how_and_leaves_nothing() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script(&format!("{WITH_A_BASH_COMMAND} read line < go; exit 3"));
    let go = sandbox.path("project/go");
    assert!(Command::new("mkfifo").arg(&go).status().unwrap().success());
    let mut server = sandbox.start(&engine).await.unwrap();
    let (guard, bash) = (parent(server.pid), sandbox.pid("bash"));
    // Opened for both, so that it waits for no reader and the words stay until the engine takes them.
    let mut go = std::fs::File::options().read(true).write(true).open(&go).unwrap();
    go.write_all(b"go\n").unwrap();
    assert_eq!(server.exited().await, EngineExit::Code(3));
    assert_eq!(server.exited().await, EngineExit::Code(3));
    wait_until_gone(guard);
    assert!(!is_alive(bash));
    assert_eq!(sandbox.temporary_files(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn an_engine_that_swallows_signals_is_killed() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script(
        "trap '' TERM INT HUP
         (trap '' TERM; while :; do sleep 1000; done) &
         echo $! > stubborn
         echo listening on http://127.0.0.1:1
         while :; do sleep 1000; done",
    );
    let server = sandbox.start(&engine).await.unwrap();
    let (engine, stubborn) = (server.pid, sandbox.pid("stubborn"));
    let started = Instant::now();
    server.stop().await;
    assert!(!is_alive(engine) && !is_alive(stubborn));
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_hurried_end_has_no_grace() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script("trap '' TERM; echo listening on http://127.0.0.1:1; while :; do sleep 1000; done");
    let mut server = sandbox.start(&engine).await.unwrap();
    let (engine, guard) = (server.pid, parent(server.pid));
    server.kill_now();
    assert_eq!(server.exited().await, EngineExit::Signal(9));
    wait_until_gone(guard);
    assert!(!is_alive(engine));
    assert_eq!(sandbox.temporary_files(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn an_engine_does_not_outlive_a_guard_that_was_killed() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script("echo listening on http://127.0.0.1:1; exec sleep 1000");
    let mut server = sandbox.start(&engine).await.unwrap();
    let engine = server.pid;
    kill(parent(engine), Signal::KILL);
    assert_eq!(server.exited().await, EngineExit::Unknown);
    wait_until_gone(engine);
    server.stop().await;
}

#[tokio::test]
async fn a_guard_that_is_told_to_end_cleans_up_first() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script(&format!("{WITH_A_BASH_COMMAND} exec sleep 1000"));
    let server = sandbox.start(&engine).await.unwrap();
    let (guard, engine, bash) = (parent(server.pid), server.pid, sandbox.pid("bash"));
    kill(guard, Signal::TERM);
    wait_until_gone(guard);
    drop(server);
    assert!(!is_alive(engine) && !is_alive(bash));
    assert_eq!(sandbox.temporary_files(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn nothing_outlives_an_owner_that_was_killed() {
    let engine = real_engine();
    let _turn = EnginePermit::acquire();
    let sandbox = ServerSandbox::new();
    let mut owner = owner::spawn(&sandbox, &engine);
    let ready = owner.ready();
    let (engine, guard) = (ready.engine, parent(ready.engine));
    // A command of the model, by the engine's own way of running one.
    let session = http(&ready.endpoint, "POST", "/session", "{\"title\":\"t\"}");
    let id = session.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap();
    // In a file, because the engine's shell would expand the quoted text.
    let work = "touch $TMPDIR/left-over; echo $$ > bash.new; mv bash.new bash; exec sleep 1000";
    std::fs::write(sandbox.path("project/work"), work).unwrap();
    let project = sandbox.path("project");
    let command = format!(
        "{{\"agent\":\"build\",\"command\":\"cd '{}'; setsid sh ./work & echo started\"}}",
        project.display()
    );
    let endpoint = ready.endpoint.clone();
    let path = format!("/session/{id}/shell");
    // The engine answers when the command's output is closed, that is when the sleeper has been ended.
    let shell = std::thread::spawn(move || std::panic::catch_unwind(|| http(&endpoint, "POST", &path, &command)));
    let bash = sandbox.path("project/bash");
    while !bash.exists() {
        std::thread::yield_now();
    }
    let bash = sandbox.pid("bash");
    assert!(is_alive(bash));
    owner.kill();
    // Our end of its stdout and stderr: no process below holds them open.
    owner.read_to_end();
    wait_until_gone(guard);
    assert!(!is_alive(engine) && !is_alive(bash));
    assert_eq!(sandbox.temporary_files(), Vec::<std::path::PathBuf>::new());
    let _ = shell.join();
}

#[test]
fn nothing_outlives_an_owner_that_was_killed_while_the_engine_starts() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script("echo $$ > pid.tmp; mv pid.tmp pid; exec sleep 1000");
    let mut owner = owner::spawn(&sandbox, &engine);
    let pid = sandbox.path("project/pid");
    while !pid.exists() {
        std::thread::yield_now();
    }
    let engine = sandbox.pid("pid");
    let guard = parent(engine);
    owner.kill();
    owner.read_to_end();
    wait_until_gone(guard);
    assert!(!is_alive(engine));
    assert_eq!(sandbox.temporary_files(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_word_that_only_looks_like_a_guard_is_not_one() {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_opencode-rs"))
        .args(["__guard", "/tmp", "/bin/echo", "started"])
        .env_clear()
        .env("HOME", home.path())
        .env("OPENCODE_RS_ENGINE", "/bin/false")
        .current_dir(home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!String::from_utf8_lossy(&output.stdout).contains("started\n"));
}
