//! Starts that succeed and starts that fail.

use std::net::TcpListener;
use std::time::Duration;

use opencode_rs::error::Failure;
use opencode_rs::server::{EngineExit, StartError};

use super::support::{LONG, ServerSandbox, http, is_alive, real_engine, wait_until_gone};
use crate::support::EnginePermit;

#[tokio::test]
async fn a_server_starts_answers_its_owner_alone_and_stops() {
    let engine = real_engine();
    let _turn = EnginePermit::acquire();
    let sandbox = ServerSandbox::new();
    let server = sandbox.start(&engine).await.unwrap();
    let (pid, mut endpoint) = (server.pid, server.endpoint.clone());
    assert!(http(&endpoint, "GET", "/global/health", "").contains("\"healthy\":true"));
    let ready = format!("listening on {}", endpoint.url.as_str().trim_end_matches('/'));
    assert!(server.output_tail().contains(&ready));
    // The password was never in argv, and argv alone is for everybody to read.
    let password = endpoint.password.take().unwrap();
    let argv = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    assert!(argv.contains("serve") && !argv.contains(password.expose()));
    assert!(http(&endpoint, "GET", "/global/health", "").starts_with("HTTP/1.1 401"));
    server.stop().await;
    assert!(!is_alive(pid));
    assert_eq!(sandbox.temporary_files(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn a_port_that_somebody_has_is_named_with_a_way_out() {
    let engine = real_engine();
    let _turn = EnginePermit::acquire();
    let sandbox = ServerSandbox::new();
    let somebody = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = somebody.local_addr().unwrap().port();
    let error = sandbox.start_with(&engine, Some(port), LONG).await.unwrap_err();
    assert!(matches!(error, StartError::PortInUse { .. }), "{error:?}");
    let failure = Failure::from(error);
    assert_eq!(
        failure.to_string(),
        format!("cannot start a server on port {port}: it is in use")
    );
    assert_eq!(failure.kind.exit_code(), 126);
    assert_eq!(failure.hints, ["leave out `--port` to let the engine choose one"]);
}

#[tokio::test]
async fn two_first_starts_at_once_both_succeed() {
    let engine = real_engine();
    let _turn = EnginePermit::acquire_all();
    let sandbox = ServerSandbox::new();
    let (first, second) = tokio::join!(sandbox.start(&engine), sandbox.start(&engine));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(sandbox.path("home/data/opencode/opencode.db").is_file());
    assert_ne!(first.endpoint.url, second.endpoint.url);
    assert_ne!(first.endpoint.password, second.endpoint.password);
    tokio::join!(first.stop(), second.stop());
    assert_eq!(sandbox.temporary_files(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn a_plugin_that_needs_no_package_does_not_make_the_engine_fetch_one() {
    let engine = real_engine();
    let _turn = EnginePermit::acquire();
    let sandbox = ServerSandbox::new();
    let plugin = sandbox.path("plugin.js");
    std::fs::write(&plugin, "export const Plugin = async () => ({})").unwrap();
    // A registry that never answers: its client waits.
    let registry = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", registry.local_addr().unwrap());
    let config = serde_json::json!({"plugin": [format!("file://{}", plugin.display())]});
    let variables = vec![("npm_config_registry".into(), url.into())];
    let server = sandbox.start_configured(&engine, config, variables).await.unwrap();
    let endpoint = server.endpoint.clone();
    let answer = tokio::task::spawn_blocking(move || http(&endpoint, "POST", "/session", "{\"title\":\"t\"}"));
    assert!(answer.await.unwrap().starts_with("HTTP/1.1 200"));
    server.stop().await;
    registry.set_nonblocking(true).unwrap();
    assert_eq!(registry.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn an_engine_that_dies_at_once_is_quoted() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script("echo to stdout; echo 'no such table: x' >&2; exit 7");
    let error = sandbox.start(&engine).await.unwrap_err();
    let StartError::Exited { exit, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*exit, EngineExit::Code(7));
    let failure = Failure::from(error);
    assert_eq!(
        failure.message,
        format!(
            "cannot start engine `{}`: it exited with status 7 before it was ready",
            engine.display()
        )
    );
    let cause = &failure.causes[0];
    assert!(
        cause.contains("to stdout") && cause.contains("no such table: x"),
        "{cause}"
    );
}

#[tokio::test]
async fn an_engine_that_cannot_be_run_is_named_with_the_reason() {
    let sandbox = ServerSandbox::new();
    let missing = sandbox.path("missing");
    let failure = Failure::from(sandbox.start(&missing).await.unwrap_err());
    assert_eq!(failure.kind.exit_code(), 126);
    let text = failure.to_string();
    assert!(
        text.contains(&missing.display().to_string()) && text.contains("No such file"),
        "{text}"
    );
}

#[tokio::test]
async fn an_engine_that_is_never_ready_is_ended_at_the_deadline() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script("echo $$ > pid; echo still thinking; exec sleep 1000");
    let error = sandbox
        .start_with(&engine, None, Duration::from_secs(5))
        .await
        .unwrap_err();
    let StartError::Deadline { tail, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(tail, "still thinking");
    wait_until_gone(sandbox.pid("pid"));
}

#[tokio::test]
async fn an_address_that_is_elsewhere_is_refused() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script("echo $$ > pid; echo listening on http://192.0.2.1:4096; exec sleep 1000");
    let error = sandbox.start(&engine).await.unwrap_err();
    assert!(
        matches!(&error, StartError::Address { address, .. } if address == "http://192.0.2.1:4096"),
        "{error:?}"
    );
    wait_until_gone(sandbox.pid("pid"));
}

#[tokio::test]
async fn a_directory_that_does_not_exist_is_a_usage_error() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script("exit 0");
    std::fs::remove_dir(sandbox.path("project")).unwrap();
    let failure = Failure::from(sandbox.start(&engine).await.unwrap_err());
    assert_eq!(failure.kind.exit_code(), 2);
    assert_eq!(
        failure.message,
        format!("cannot work in `{}`", sandbox.path("project").display())
    );
}

#[tokio::test]
async fn dropping_a_start_leaves_no_process() {
    let sandbox = ServerSandbox::new();
    let engine = sandbox.script("echo $$ > fifo; exec sleep 1000");
    let fifo = sandbox.path("project/fifo");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let mut pid = String::new();
    {
        let starting = sandbox.start(&engine);
        let running = tokio::task::spawn_blocking(move || std::fs::read_to_string(fifo).unwrap());
        tokio::select! {
            _ = starting => panic!("it never says that it is ready"),
            read = running => pid.push_str(&read.unwrap()),
        }
    }
    wait_until_gone(pid.trim().parse().unwrap());
}
