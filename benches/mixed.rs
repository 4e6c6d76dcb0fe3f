//! Our program after the engine's own: what that leaves behind may not hold up the next run.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::home::Home;
use crate::table::{Table, milliseconds};
use crate::{Error, answered, child, model, progress};

/// Adds a run after `opencode run`, beside one after `opencode-rs`.
pub(crate) fn rows(engine: &Path, rounds: usize, table: &mut Table) -> Result<(), Error> {
    let home = Home::with_config("mixed use", &model::rehearsal()?)?;
    // It takes connections and never answers, so `opencode run` ends while it installs its package, and leaves its lock.
    let registry = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| format!("cannot listen: {error}"))?;
    let address = registry
        .local_addr()
        .map_err(|error| format!("cannot listen: {error}"))?;
    let run = |mut command: Command| {
        let command = command.env("npm_config_registry", format!("http://{address}/"));
        answered(child::run(command)?).map(|finished| finished.wall)
    };
    let run_ours = || run(home.opencode_rs(engine, &["--auto-tools", crate::PROMPT]));
    let mut samples: [Vec<Duration>; 2] = Default::default();
    run_ours()?;
    for round in 1..=rounds {
        progress("after `opencode run`", round, rounds);
        run(home.opencode_run(engine))?;
        samples[0].push(run_ours()?);
        samples[1].push(run_ours()?);
    }
    table.row(
        "a run after `opencode run`, beside one after `opencode-rs`",
        &samples[0],
        &samples[1],
        |time| milliseconds(*time),
    );
    Ok(())
}
