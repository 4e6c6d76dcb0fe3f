//! One more prompt of a kept conversation, beside the least that a client can do on the same server, and beside the
//! engine's own program, with that server and without.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use opencode_rs::context::Directories;
use opencode_rs::warm::{Lease, ServerRecord};
use serde_json::Value;

use crate::home::{Home, PROMPT};
use crate::table::{Table, megabytes, milliseconds};
use crate::{Error, answered, bare, child, memory, model, progress, warm_up};

/// How long the server stays; it is ended before.
const KEEP_FOR: &str = "30m";

/// Adds the rows.
///
/// # Errors
///
/// When a run fails.
pub(crate) fn rows(engine: &Path, version: &str, rounds: usize, table: &mut Table) -> Result<(), Error> {
    let config = model::rehearsal()?;
    let home = Home::for_engine("opencode-rs -k", version, &config)?;
    // As most projects are. The engine takes snapshots there.
    home.make_repository()?;
    let cold = Home::for_engine("opencode run", version, &config)?;
    cold.make_repository()?;
    let run_ours = || answered(child::run(&mut ours(&home, engine, &[PROMPT]))?);
    warm_up("kept", || run_ours().map(drop))?;
    let described = child::run(&mut ours(&home, engine, &["--output-format", "json", PROMPT]))?;
    let described: Value = serde_json::from_str(&described.stdout).map_err(|error| error.to_string())?;
    let text = |key: &str| described[key].as_str().unwrap_or_default().to_owned();
    let (session, directory) = (text("session_id"), text("directory"));

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let server = runtime.block_on(Server::of(&home))?;
    let run_bare = || {
        answered(child::run(&mut bare::command(
            server.lease.endpoint(),
            &directory,
            &session,
        )?)?)
    };
    // It ends well and writes nothing when the answer is faster than its own stream of events; it is timed all the same.
    let run_attached = || child::run(&mut attached(&home, engine, &server.lease));
    let run_theirs = || answered(child::run(&mut cold.opencode_run(engine))?);
    warm_up("kept, the others", || {
        run_bare()?;
        run_attached()?;
        run_theirs().map(drop)
    })?;
    let list_ours = || child::run(&mut home.opencode_rs(engine, &["session", "list"])).map(|finished| finished.wall);
    let list_theirs = || {
        let mut command = Command::new(engine);
        child::run(home.quiet(command.args(["session", "list"]))).map(|finished| finished.wall)
    };
    let mut samples: [Vec<Duration>; 4] = Default::default();
    let mut lists: [Vec<Duration>; 2] = Default::default();
    let mut silent = 0;
    for round in 1..=rounds {
        progress("kept", round, rounds);
        // The quick ones more often: they differ by a few milliseconds.
        for _ in 0..3 {
            samples[0].push(run_ours()?.wall);
            samples[1].push(run_bare()?.wall);
        }
        let attached = run_attached()?;
        silent += usize::from(attached.stdout.trim().is_empty());
        samples[2].push(attached.wall);
        samples[3].push(run_theirs()?.wall);
        lists[0].push(list_ours()?);
        lists[1].push(list_theirs()?);
    }
    let [ours, bare, attached, theirs] = &samples;
    for (peer, samples) in [
        ("a bare HTTP client with the same calls", bare),
        ("`opencode run --attach`", attached),
        ("`opencode run`", theirs),
    ] {
        let measure = format!("second `-k` prompt, beside {peer}");
        table.row(&measure, ours, samples, |time| milliseconds(*time));
    }
    table.row("`session list`", &lists[0], &lists[1], |time| milliseconds(*time));
    if let Some(resident) = memory::resident(server.lease.record().supervisor.pid) {
        table.row("memory of the supervisor of a warm server", &[resident], &[], |bytes| {
            megabytes(*bytes)
        });
    }
    if silent > 0 {
        table.note(format!(
            "`opencode run --attach` wrote no answer in {silent} of {rounds} rounds, and exited with 0."
        ));
    }
    runtime.block_on(server.stop())
}

/// Our program in the kept conversation.
fn ours(home: &Home, engine: &Path, arguments: &[&str]) -> Command {
    let mut all = vec!["-k", "--keep-for", KEEP_FOR];
    all.extend(arguments);
    home.opencode_rs(engine, &all)
}

/// The engine's own program with the server that is there.
fn attached(home: &Home, engine: &Path, lease: &Lease) -> Command {
    let endpoint = lease.endpoint();
    let mut command = Command::new(engine);
    home.quiet(command.args(["run", "--attach", endpoint.url.as_str(), PROMPT]));
    if let Some(password) = &endpoint.password {
        command.env("OPENCODE_SERVER_PASSWORD", password.expose());
    }
    command
}

/// The server that our program has started.
struct Server {
    lease: Lease,
    record: ServerRecord,
}

impl Server {
    async fn of(home: &Home) -> Result<Self, Error> {
        let root = home.directory();
        let directories = Directories {
            config: root.join(".config/opencode-rs"),
            data: root.join(".local/share/opencode-rs"),
            state: root.join(".local/state/opencode-rs"),
            cache: root.join(".cache/opencode-rs"),
            home: root,
        };
        let record = ServerRecord::list(&directories.state)
            .pop()
            .ok_or("`opencode-rs -k` has left no server")?;
        let lease = Lease::take(&record, &record.fingerprint, None, &directories.cache)
            .await
            .map_err(|error| format!("cannot use the server that is kept: {error}"))?
            .map_err(|refusal| format!("cannot use the server that is kept: {refusal}"))?;
        Ok(Self { lease, record })
    }

    async fn stop(self) -> Result<(), Error> {
        let stopped = self.record.stop(Duration::from_secs(10)).await;
        stopped.map_err(|error| format!("cannot end the server that was kept: {error}"))
    }
}
