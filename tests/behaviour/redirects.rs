//! Where `webfetch` is led is judged like the address that it is given.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::real_engine::RealEngine;
use crate::support::{Finished, Model, Pty, Sandbox};

/// A web server that computes each response with a function, and records the requests.
struct Web {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (paths, answer) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (paths, answer) = (Arc::clone(&paths), Arc::clone(&answer));
                std::thread::spawn(move || serve(&stream, &paths, &*answer));
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, paths: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> String) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    while lines.next().is_some_and(|line| !line.is_empty()) {}
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let answer = answer(&path);
    paths.lock().unwrap().push(path);
    let mut stream = stream;
    let _ = stream.write_all(answer.as_bytes());
}

fn page(text: &str) -> String {
    let length = text.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}")
}

fn redirect(status: &str, location: &str) -> String {
    format!("HTTP/1.1 {status} There\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

/// Two servers: each path of the first server that begins with a status redirects to the second server with that
/// status.
fn two() -> (Web, Web) {
    let inner = Web::start(|_| page("the inner page"));
    let port = inner.port;
    let outer = Web::start(move |path| {
        let inner = format!("http://127.0.0.1:{port}/secret");
        let path = path.split('?').next().unwrap_or_default();
        match path.trim_start_matches('/').split_once('/') {
            Some(("loop", _)) => redirect("302", "/loop/again"),
            Some(("file", _)) => redirect("302", "file:///etc/passwd"),
            Some(("meta", _)) => page(&format!("<meta http-equiv=refresh content='0;url={inner}'>")),
            Some(("relative", "3")) => redirect("302", &inner),
            Some(("relative", number)) => {
                redirect("307", &format!("{}?x=a%20b", number.parse::<u8>().unwrap_or(0) + 1))
            }
            Some((status, _)) => redirect(status, &inner),
            None => page("the outer page"),
        }
    });
    (outer, inner)
}

fn fetch(port: u16, path: &str) -> String {
    format!("{{ name = \"webfetch\", arguments = {{ url = \"http://127.0.0.1:{port}/{path}\", format = \"html\" }} }}")
}

fn script(calls: &[String]) -> String {
    format!(
        "[[reply]]\ntool_calls = [{}]\n[[reply]]\ntext = \"Done.\"\ntimes = \"always\"\n",
        calls.join(", ")
    )
}

fn rule(web: &Web) -> String {
    format!("webfetch:http://127.0.0.1:{}/*", web.port)
}

fn run(sandbox: &Sandbox, script: &str, arguments: &[&str]) -> Finished {
    let flags = ["--auto-tools", "--output-format=json"];
    sandbox
        .rehearse(script, flags.iter().chain(arguments).chain(&["Fetch it"]))
        .finish()
        .expect(0)
}

/// The text that each call ended with.
fn results(record: &Value) -> Vec<&str> {
    let calls = record["tool_calls"].as_array().unwrap();
    calls
        .iter()
        .filter(|call| call["tool"] == "webfetch")
        .map(|call| call["error"].as_str().or(call["output"].as_str()).unwrap_or_default())
        .collect()
}

#[test]
fn no_redirect_leads_to_where_no_rule_allows() {
    let (outer, inner) = two();
    let sandbox = Sandbox::new();
    let paths = [
        "301/",
        "302/",
        "303/",
        "307/",
        "308/",
        "relative/2",
        "file/",
        "loop/",
        "meta/",
    ];
    let calls: Vec<String> = paths.iter().map(|path| fetch(outer.port, path)).collect();
    let task =
        "{ name = \"task\", arguments = { description = \"x\", prompt = \"fetch it\", subagent_type = \"general\" } }";
    let below = format!(
        "[[reply]]\ncaller = \"subagent\"\ntool_calls = [{}]\n[[reply]]\ncaller = \"subagent\"\ntext = \"Below.\"\n",
        fetch(outer.port, "302/sub")
    );
    let script = below + &script(&[calls, vec![task.to_owned()]].concat());
    let record = run(&sandbox, &script, &["--allow", &rule(&outer)]).record();
    sandbox.expect_nothing_left();
    assert_eq!(inner.asked(), [""; 0], "{record:#}");

    let target = format!("http://127.0.0.1:{}/secret", inner.port);
    let results = results(&record);
    let refused = results
        .iter()
        .filter(|text| text.contains(&format!(" redirects to {target}: Nobody is there to approve this")))
        .count();
    assert_eq!(refused, 7, "{results:#?}");
    let any = |part: &str| results.iter().any(|text| text.contains(part));
    assert!(
        any("redirects to file:///etc/passwd, which is no web address"),
        "{results:#?}"
    );
    assert!(any("/loop/ redirects more than 20 times"), "{results:#?}");
    assert!(any("<meta http-equiv=refresh"), "{results:#?}");
    assert!(
        outer.asked().contains(&"/relative/3?x=a%20b".to_owned()),
        "{:?}",
        outer.asked()
    );

    let audit = sandbox.read("home/.local/state/opencode-rs/audit.jsonl");
    let denied: Vec<Value> = audit
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|entry: &Value| entry["decision"] == "denied")
        .collect();
    assert_eq!(denied.len(), 7, "{denied:#?}");
    assert_eq!(denied.iter().filter(|entry| entry["subagent"] == true).count(), 1);
    for entry in &denied {
        assert_eq!(entry["patterns"][0], target.as_str());
        let rule = entry["rule"].as_str().unwrap();
        assert!(
            rule.starts_with("the preset: webfetch asks; `http://127.0.0.1:"),
            "{rule}"
        );
        assert!(rule.ends_with("` redirects there"), "{rule}");
    }
    let hops = audit.matches("/loop/again\"").count();
    assert_eq!(hops, 20, "a line for each");
}

#[test]
fn redirects_that_rules_allow_are_followed_and_denials_hold() {
    let (outer, inner) = two();
    let script = script(&[fetch(outer.port, "relative/1")]);
    let sandbox = Sandbox::new();
    let both = ["--allow", &rule(&outer), "--allow", &rule(&inner)];
    let record = run(&sandbox, &script, &both).record();
    assert_eq!(results(&record), ["the inner page"], "{record:#}");
    // What the record says of the call is what the model wrote.
    assert_eq!(
        record["tool_calls"][0]["input"].as_object().unwrap().len(),
        2,
        "{record:#}"
    );

    let denied = ["--allow", "webfetch", "--yes", "--deny", &rule(&inner)];
    let record = run(&sandbox, &script, &denied).record();
    let result = results(&record)[0];
    assert!(
        result.contains(&format!("redirects to http://127.0.0.1:{}/secret", inner.port)),
        "{result}"
    );
    assert!(
        result.contains(&format!("`deny {}` (--deny)", rule(&inner))),
        "{result}"
    );
    assert_eq!(inner.asked().len(), 1);
    // The same on a server that is kept.
    let kept = [&denied[..], &["-k", "--keep-for", "0s"]].concat();
    let record = run(&sandbox, &script, &kept).record();
    assert!(results(&record)[0].contains("(--deny)"), "{record:#}");
    assert_eq!(inner.asked().len(), 1);
    sandbox.expect_nothing_left();
}

#[test]
fn a_person_is_asked_where_a_redirect_leads() {
    let (outer, inner) = two();
    let sandbox = Sandbox::new();
    let mut pty = Pty::rehearse(
        &sandbox,
        &script(&[fetch(outer.port, "302/")]),
        &["--auto-tools", "--allow", &rule(&outer), "Fetch it"],
    );
    pty.wait_for("deny");
    let screen = pty.wait_for("redirects there");
    assert!(
        screen.contains(&format!("http://127.0.0.1:{}/secret", inner.port)),
        "{screen}"
    );
    assert_eq!(inner.asked(), [""; 0]);
    pty.answer("y");
    pty.wait_for("Done.");
    assert_eq!(pty.finish(), 0, "{}", pty.screen());
    assert_eq!(inner.asked(), ["/secret"]);
    sandbox.expect_nothing_left();
}

/// The engine's HTTP client keeps the `fetch` of its first request, and that of the catalog comes before any plugin.
#[test]
fn where_redirects_are_not_to_be_seen_an_address_asks() {
    let (outer, inner) = two();
    let sandbox = Sandbox::new();
    let fetching = |allow: &str| {
        sandbox
            .rehearse(
                &script(&[fetch(outer.port, "302/")]),
                [
                    "--auto-tools",
                    "--no-input",
                    "--output-format=json",
                    "--allow",
                    allow,
                    "Fetch it",
                ],
            )
            .env("OPENCODE_DISABLE_MODELS_FETCH", "0")
            .env("OPENCODE_MODELS_URL", "http://127.0.0.1:9")
            .finish()
            .expect(0)
            .record()
    };
    let record = fetching(&rule(&outer));
    let reason = "redirects of this address cannot be judged in this engine";
    assert!(results(&record)[0].contains(reason), "{record:#}");
    assert_eq!((outer.asked(), inner.asked()), (Vec::new(), Vec::new()));
    // Who allows every address allows that one, too.
    let record = fetching("webfetch");
    assert_eq!(results(&record), ["the inner page"], "{record:#}");
    sandbox.expect_nothing_left();
}

#[test]
fn on_a_server_that_is_not_ours_an_address_asks() {
    let (outer, inner) = two();
    let sandbox = Sandbox::new();
    let model = Model::start(&script(&[fetch(outer.port, "302/")]));
    let engine = RealEngine::with_model(&sandbox.path("engine"), &model.engine_config(), &[]);
    let record = sandbox
        .run_without_engine([
            "--attach",
            &engine.url(),
            "--auto-tools",
            "--no-input",
            "--output-format=json",
            "--allow",
            &rule(&outer),
            "Fetch it",
        ])
        .start_at_once()
        .finish()
        .expect(0)
        .record();
    assert!(
        record["permissions"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("redirects of this address cannot be judged in this engine"),
        "{record:#}"
    );
    assert_eq!((outer.asked(), inner.asked()), (Vec::new(), Vec::new()));
}
