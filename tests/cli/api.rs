//! `api`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};

use super::support::{Home, finish};
use crate::support::shared_engine;

#[test]
fn fields_are_a_body_or_a_query_and_the_directory_is_the_projects() {
    let home = Home::new();
    let url = shared_engine();
    // One database for all calls: what one makes the next one sees.
    let made = home.run(&["api", "POST", "session", "--attach", url, "-F", "title=Review", "-i"]);
    assert_eq!((made.code, made.stderr.as_str()), (Some(0), ""));
    let (head, body) = made.stdout.split_once("\n\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\n"), "{head}");
    let session: Value = serde_json::from_str(body).unwrap();
    assert_eq!(session["title"], "Review");
    assert_eq!(session["directory"], home.project().to_str().unwrap());

    let list = |fields: &[&str]| home.run(&[&["api", "GET", "/session", "--attach", url], fields].concat());
    let listed = list(&["-F", "limit=1", "-F", "search=Rev"]);
    assert_eq!(listed.engines_json()[0]["id"], session["id"], "{listed:?}");
    let none = list(&["-F", "search=nothing like it"]);
    assert_eq!(none.stdout, "[]");

    home.write("title.txt", "From a file\n");
    let path = format!("/session/{}", session["id"].as_str().unwrap());
    let renamed = home.run(&["api", "PATCH", &path, "--attach", url, "-F", "title=@title.txt"]);
    assert_eq!(renamed.engines_json()["title"], "From a file\n", "{renamed:?}");

    let mut command = home.command(&["api", "PATCH", &path, "--attach", url, "--input", "-"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let body = json!({"title": "From stdin"}).to_string();
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let renamed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(renamed["title"], "From stdin");
}

#[test]
fn a_refusal_shows_its_body_and_fails() {
    let home = Home::new();
    let refused = home.run(&["api", "GET", "/session/ses_nowhere", "--attach", shared_engine()]);
    assert_eq!(refused.code, Some(1));
    assert_eq!(refused.engines_json()["name"], "NotFoundError");
    assert_eq!(
        refused.stderr,
        "error: cannot call `GET /session/ses_nowhere`: status 404\n"
    );
}

#[test]
fn the_engines_web_page_is_no_answer() {
    let home = Home::new();
    let page = home.run(&["api", "GET", "/no/such/path", "--rehearse"]);
    assert_eq!((page.code, page.stdout.as_str()), (Some(1), ""));
    assert!(
        page.stderr
            .starts_with("error: cannot call `GET /no/such/path`: there is no such endpoint\n"),
        "{page:?}"
    );
}

#[test]
fn a_file_that_is_not_there_is_refused_before_anything_starts() {
    let home = Home::new();
    let mut command = home.command(&["api", "POST", "/session", "-F", "title=@missing.txt"]);
    let finished = finish(command.env("OPENCODE_RS_ENGINE", "/no/such/engine"));
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""));
    assert!(
        finished.stderr.starts_with("error: cannot read `missing.txt`\n"),
        "{finished:?}"
    );
}

#[cfg(unix)]
#[test]
fn events_are_passed_on_as_they_come_until_a_signal() {
    use rustix::process::{Pid, Signal, kill_process};

    let home = Home::new();
    let mut child = home.command(&["api", "GET", "/event", "--rehearse"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(
        first.starts_with("data: ") && first.contains("server.connected"),
        "{first}"
    );
    // The child has not been waited for, so its id is its own.
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(stderr, "error: the command was interrupted\n");
    assert!(home.temporary_files().is_empty(), "{:?}", home.temporary_files());
}

#[cfg(unix)]
#[test]
fn events_end_when_the_reader_goes() {
    let home = Home::new();
    let mut child = home
        .command(&["api", "GET", "/event", "--attach", shared_engine()])
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
