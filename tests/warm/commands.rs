//! `server start|list|status|stop|logs`.

use serde_json::{Value, json};

use super::{MOMENT, STAYS, Warm, supervisor};
use crate::support::{Finished, LONG, Run, schemas, until};

impl Warm {
    /// `server` with these arguments.
    pub(super) fn server(&self, arguments: &[&str]) -> Finished {
        self.begin_server(arguments).start_at_once().finish()
    }

    fn begin_server(&self, arguments: &[&str]) -> Run {
        self.sandbox.run(["server"].iter().chain(arguments).copied())
    }

    /// The document that `server` writes with these arguments.
    #[track_caller]
    pub(super) fn document(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--output-format", "json"]].concat();
        schemas::document(&self.server(&arguments).expect(0).stdout)
    }
}

#[test]
fn without_a_server_there_is_nothing_to_show_or_to_stop() {
    let warm = Warm::new();
    warm.server(&["list"])
        .expect(0)
        .writes("")
        .says(&["no server is kept warm"]);
    assert_eq!(
        warm.document(&["list"]),
        json!({"type": "servers", "schema_version": 1, "items": [], "strays": []})
    );
    warm.server(&["status"])
        .expect(1)
        .writes("")
        .says(&["no server is kept warm in `"]);
    warm.server(&["stop"]).expect(0).writes("").says(&["nothing to stop"]);
    warm.server(&["stop", "--all"])
        .expect(0)
        .writes("")
        .says(&["nothing to stop"]);
    assert_eq!(
        warm.document(&["stop", "--all"]),
        json!({"type": "server_stop", "schema_version": 1, "items": [], "strays": []})
    );
    warm.server(&["logs"]).expect(1).writes("");
    for arguments in [["status", "abc"], ["stop", "abc"], ["logs", "abc"]] {
        warm.server(&arguments)
            .expect(2)
            .writes("")
            .says(&["cannot find server `abc`", "`opencode-rs server start` starts one"]);
    }
    for option in [vec!["--fresh"], vec!["--attach", "http://127.0.0.1:9"]] {
        let arguments = [vec!["start"], option].concat();
        warm.server(&arguments).expect(2).writes("");
    }
}

#[test]
fn a_server_is_started_once_shown_followed_and_stopped() {
    let warm = Warm::new();
    let mut said = Vec::new();
    let started = warm.server(&["start", "--rehearse", "--keep-for", STAYS]).expect(0);
    let started = started.says(&["started `opencode ", "it ends after 10m without use"]);
    let id = started.stdout.trim_end().to_owned();
    assert!(id.len() == 16 && started.stdout.ends_with('\n'), "{}", started.stdout);
    let record = warm.record();
    assert_eq!(record["id"], *id);
    said.push(started.stdout + &started.stderr);

    // Once more finds it, and says for how long it stays from now on.
    let again = warm.document(&["start", "--rehearse", "--keep-for", "20m"]);
    let project = warm.sandbox.project();
    let expected = json!({
        "type": "server", "schema_version": 1, "already_running": true, "id": id, "state": "idle",
        "pid": record["engine_pid"], "supervisor_pid": record["supervisor"]["pid"], "port": record["port"],
        "url": format!("http://127.0.0.1:{}", record["port"]), "version": record["program"],
        "engine": {
            "version": record["engine_version"], "path": record["engine"], "source": record["engine_source"],
        },
        "directory": project, "started": record["started"], "keep_for": "20m", "users": 0, "rehearsal": true,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(again[key], *value, "{key}");
    }
    assert!(again["memory"]["engine_bytes"].as_u64().unwrap() > 100 << 20, "{again}");
    assert!(
        again["memory"]["supervisor_bytes"].as_u64().unwrap() > 1 << 20,
        "{again}"
    );

    // A kept conversation uses it, and so does a visit.
    warm.keep_one();
    let visit = warm.sandbox.run(["api", "--rehearse", "GET", "/config"]);
    let visit = visit.start_at_once().finish().expect(0);
    assert!(
        visit.stdout.contains("/gate-"),
        "an engine of its own has no guard: {}",
        visit.stdout
    );
    assert_eq!(warm.record(), record);

    let list = warm.server(&["list"]).expect(0).says_only("");
    assert!(
        list.stdout.starts_with(&format!("{id}\tidle, ends in ")),
        "{}",
        list.stdout
    );
    assert_eq!(list.stdout.lines().count(), 1);
    let listed = &warm.document(&["list"])["items"][0];
    assert_eq!(
        (&listed["id"], &listed["keep_for"]),
        (&id.clone().into(), &"10m".into())
    );
    assert_eq!(warm.document(&["list", "-d", "/"])["items"], json!([]));
    let status = warm.server(&["status", &id[..4]]).expect(0).says_only("");
    assert!(
        status
            .stdout
            .starts_with(&format!("server {id}\n  state       idle, ends in "))
    );
    assert_eq!(warm.server(&["status", "-d", "/"]).expect(1).stdout, "");
    warm.server(&["status", "nope"])
        .expect(2)
        .says(&["cannot find server `nope`", &format!("server `{id}` is for `")]);

    let last = warm.server(&["logs", "-n", "1", &id[..4]]).expect(0).says_only("");
    assert_eq!(last.stdout.lines().count(), 1, "{}", last.stdout);
    let mut follower = warm.begin_server(&["logs", "--follow"]).start_at_once();
    follower.wait_for_stdout("supervisor: ready on port");
    let stopped = warm.server(&["stop"]).expect(0).writes("");
    said.push(stopped.says(&[&format!("stopped server {id} of `")]).stderr);
    let followed = follower.finish().expect(0);
    assert!(followed.stdout.ends_with("supervisor: ended\n"), "{}", followed.stdout);
    // It has waited for the end of everything.
    assert_eq!(warm.sandbox.processes(), []);
    assert_eq!(std::fs::read_dir(warm.sandbox.path("tmp")).unwrap().count(), 0);
    warm.server(&["stop", &id]).expect(2);
    for arguments in [vec!["logs"], vec!["logs", &id[..6]]] {
        assert_eq!(warm.server(&arguments).expect(0).stdout, followed.stdout);
    }
    said.extend([list.stdout, status.stdout, followed.stdout, again.to_string()]);
    let secret = |text: &String| text.to_lowercase().contains("password") || text.contains("Basic ");
    assert_eq!(said.iter().find(|text| secret(text)), None);
}

#[test]
fn a_server_in_use_is_spared_and_by_force_its_commands_are_taken_along() {
    let warm = Warm::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let script = warm.sandbox.write("script.toml", SLEEPING);
    let rehearse = format!("--rehearse={}", script.display());
    warm.server(&["start", &rehearse, "--port", &port.to_string()])
        .expect(0);
    let record = warm.record();
    assert_eq!(record["port"], port);
    // A command that asks for no port gets the server all the same.
    let (running, _) = sleeping(&warm);
    assert_eq!(warm.record(), record);

    let listed = &warm.document(&["list"])["items"][0];
    assert_eq!((&listed["state"], &listed["users"]), (&"in_use".into(), &1.into()));
    let user = listed["user_pids"][0].as_i64().unwrap();
    warm.server(&["stop"]).expect(1).writes("").says(&[
        "error: cannot stop a server\n",
        &format!("is used by process {user}\n"),
        "or stop them too with `--force`",
    ]);
    assert_eq!(warm.record(), record);
    let stopped = warm.document(&["stop", "--force"]);
    let expected = json!([{
        "id": record["id"], "directory": warm.sandbox.project(), "result": "stopped", "user_pids": [],
    }]);
    assert_eq!(stopped["items"], expected);
    running.finish().expect(126);
    assert_eq!(warm.sandbox.processes(), []);
    warm.waits_until_nothing_is_left();
}

#[test]
fn what_hangs_is_named_and_ended() {
    use rustix::process::{Signal, kill_process};
    let warm = Warm::new();
    for hangs in [super::engine, supervisor] {
        warm.server(&["start", "--rehearse", "--keep-for", STAYS]).expect(0);
        kill_process(hangs(&warm.record()), Signal::STOP).unwrap();
        let list = warm.server(&["list"]).expect(0);
        assert!(list.stdout.contains("\tnot answering\t"), "{}", list.stdout);
        list.says(&["does not answer; `opencode-rs server stop "]);
        let doctor = doctor(&warm);
        assert_eq!(doctor["status"], "warn");
        assert_eq!(doctor["summary"], "none is kept warm; 1 server that does not answer");
        warm.server(&["status"]).expect(1);
        warm.server(&["stop"]).expect(0).writes("");
        until("it is gone", MOMENT, || {
            warm.sandbox.processes().is_empty().then_some(())
        });
        assert_eq!(warm.records(), Vec::<Value>::new());
    }
    warm.waits_until_nothing_is_left();
}

/// A model that runs a command without end.
const SLEEPING: &str = "[[reply]]\ntool_calls = [{ name = \"bash\", arguments = { command = \"touch here; sleep 1000\", \
     description = \"x\", timeout = 600000 } }]\n\n[[reply]]\ntext = \"done\"";

/// A kept turn in which the model's command runs, and that command's process.
pub(super) fn sleeping(warm: &Warm) -> (crate::support::Running, i32) {
    let run = warm.keep_scripted(SLEEPING, &["--auto-tools", "--yes", "--keep-for", STAYS, "go"]);
    let running = run.start_at_once();
    let here = warm.sandbox.path("project/here");
    until("the command runs", LONG, || here.exists().then_some(()));
    let sleeper = until("it sleeps", LONG, || {
        let processes = warm.sandbox.processes();
        processes
            .iter()
            .find(|process| process.command.trim() == "sleep 1000")
            .map(|process| process.pid)
    });
    (running, sleeper)
}

/// The check `servers` of `doctor`, which goes no further than to an engine that is not there.
pub(super) fn doctor(warm: &Warm) -> Value {
    let arguments = ["doctor", "--engine", "/no/such/engine", "--output-format", "json"];
    let finished = warm.sandbox.run(arguments).start_at_once().finish().expect(127);
    let report = schemas::document(&finished.stdout);
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks.find(|check| check["name"] == "servers").unwrap().clone()
}
