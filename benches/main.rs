//! The table for `docs/speed.md`: what a run costs, beside `opencode run` where the two can be compared.
//!
//! ```text
//! OPENCODE_RS_TEST_ENGINE=/path/to/opencode cargo bench [-- --rounds N]
//! ```
//!
//! Comes in: the program in release build, and the engine that the variable names. Goes out: one Markdown table on
//! stdout, progress on stderr. Always true: both programs run in turn, in homes that differ in nothing but who uses them,
//! against the same model in this process, and nothing goes out to a network; every figure is a median; a run that does
//! not succeed with the right answer ends the benchmark with what it said.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a program of its own, and the table is its output"
)]

mod bare;
mod child;
mod deltas;
mod home;
mod kept;
mod memory;
mod mixed;
mod model;
mod table;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use child::Finished;
use home::{ANSWER, Home, PROMPT};
use memory::Peak;
use table::{Table, megabytes, milliseconds};

/// The variable that names the engine, for tests as for this.
const ENGINE: &str = "OPENCODE_RS_TEST_ENGINE";
/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_opencode-rs");
/// Rounds without `--rounds`.
const ROUNDS: usize = 11;
/// How often a program that ends at once is started.
const SPAWNS: usize = 50;

/// What ends a benchmark early, in words.
type Error = String;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|word| word == bare::BARE) {
        return match bare::main() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let rounds = match rounds(std::env::args_os().skip(1)) {
        Ok(Some(rounds)) => rounds,
        Ok(None) => {
            eprintln!("nothing is measured outside of `cargo bench`");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    match engine().and_then(|engine| measure(&engine, rounds)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The number of rounds; none where this was started as one of `cargo test --all-targets`.
fn rounds(mut words: impl Iterator<Item = OsString>) -> Result<Option<usize>, Error> {
    let mut rounds = ROUNDS;
    let mut is_bench = false;
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--bench") => is_bench = true,
            Some("--rounds") => {
                rounds = words
                    .next()
                    .and_then(|number| number.to_str()?.parse().ok())
                    .filter(|rounds| *rounds > 0)
                    .ok_or("`--rounds` takes a number from 1 on")?;
            }
            _ => return Err(format!("unknown argument `{}`; there is `--rounds N`", word.display())),
        }
    }
    Ok(is_bench.then_some(rounds))
}

fn engine() -> Result<PathBuf, Error> {
    match std::env::var_os(ENGINE).map(PathBuf::from) {
        Some(path) if path.is_absolute() && path.is_file() => Ok(path),
        Some(path) => Err(format!(
            "`{ENGINE}` names `{}`, which is no absolute path of a file",
            path.display()
        )),
        None => Err(format!("set `{ENGINE}` to the path of an `opencode` program")),
    }
}

fn measure(engine: &Path, rounds: usize) -> Result<(), Error> {
    let mut version = Command::new(engine);
    let version = child::run(Home::new("version")?.quiet(version.arg("--version")))?;
    let version = version.stdout.trim().to_owned();
    let mut table = Table::default();
    kept::rows(engine, &version, rounds, &mut table)?;
    one_shots(engine, &version, rounds, &mut table)?;
    first_byte(engine, &version, rounds, &mut table)?;
    mixed::rows(engine, rounds, &mut table)?;
    deltas::rows(rounds, &mut table)?;
    at_once(engine, rounds, &mut table)?;
    table.row(
        "program file",
        &[size(Path::new(PROGRAM))?],
        &[size(engine)?],
        |bytes| megabytes(*bytes),
    );
    println!("{table}");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "opencode-rs {} against opencode {version}; {cores} cores; medians of {rounds} rounds, in turn (our `--version` and `--help`: of {} starts).",
        env!("CARGO_PKG_VERSION"),
        SPAWNS.max(rounds)
    );
    println!(
        "The model answers at once; for the first byte it pauses for {} after its first word, and `opencode run` writes an answer only when it is complete.",
        milliseconds(model::PAUSE),
    );
    Ok(())
}

/// Time, processor time and memory of one prompt from nothing to the answer.
fn one_shots(engine: &Path, version: &str, rounds: usize, table: &mut Table) -> Result<(), Error> {
    let config = model::rehearsal()?;
    let ours = Home::for_engine("opencode-rs", version, &config)?;
    let theirs = Home::for_engine("opencode run", version, &config)?;
    let alone = Home::for_engine("--rehearse", version, &serde_json::json!({}))?;
    let run_ours = || answered(child::run(&mut ours.opencode_rs(engine, &[PROMPT]))?);
    let run_theirs = || answered(child::run(&mut theirs.opencode_run(engine))?);
    let run_alone = || answered(child::run(&mut alone.opencode_rs(engine, &["--rehearse", PROMPT]))?);
    warm_up("cold one-shot", || {
        run_ours()?;
        run_theirs()?;
        run_alone().map(drop)
    })?;
    let mut samples: [Vec<Finished>; 3] = Default::default();
    for round in 1..=rounds {
        progress("cold one-shot", round, rounds);
        samples[0].push(run_ours()?);
        samples[1].push(run_theirs()?);
        samples[2].push(run_alone()?);
    }
    let walls = samples
        .each_ref()
        .map(|runs| runs.iter().map(|run| run.wall).collect::<Vec<_>>());
    let cpus = samples
        .each_ref()
        .map(|runs| runs.iter().filter_map(|run| run.cpu).collect::<Vec<_>>());
    table.row("cold one-shot", &walls[0], &walls[1], |time| milliseconds(*time));
    table.row("its processor time (user and system)", &cpus[0], &cpus[1], |time| {
        milliseconds(*time)
    });
    table.row("cold one-shot with `--rehearse`", &walls[2], &[], |time| {
        milliseconds(*time)
    });

    // Looking at memory holds the program up, so these runs are not timed.
    let mut peaks: [Vec<Peak>; 2] = Default::default();
    for round in 1..=rounds {
        progress("memory", round, rounds);
        let (finished, peak) = memory::watched(&mut ours.opencode_rs(engine, &[PROMPT]))?;
        answered(finished)?;
        peaks[0].extend(peak);
        let (finished, peak) = memory::watched(&mut theirs.opencode_run(engine))?;
        answered(finished)?;
        peaks[1].extend(peak);
    }
    let of = |side: usize, what: fn(&Peak) -> u64| peaks[side].iter().map(what).collect::<Vec<_>>();
    let show = |bytes: &u64| megabytes(*bytes);
    table.row(
        "peak memory, all processes",
        &of(0, |peak| peak.tree),
        &of(1, |peak| peak.tree),
        show,
    );
    table.row(
        "peak memory of opencode-rs itself",
        &of(0, |peak| peak.program),
        &[],
        show,
    );
    table.row("peak memory of the guard process", &of(0, |peak| peak.guard), &[], show);
    Ok(())
}

/// From the model's first word to the first byte on stdout.
fn first_byte(engine: &Path, version: &str, rounds: usize, table: &mut Table) -> Result<(), Error> {
    let model = model::Pausing::start()?;
    let ours = Home::for_engine("opencode-rs", version, &model.engine_config())?;
    let theirs = Home::for_engine("opencode run", version, &model.engine_config())?;
    let delay = |command: &mut Command| -> Result<Duration, Error> {
        model.forget();
        let finished = answered(child::run(command)?)?;
        let spoke = model.spoke()?;
        let first = finished.first_byte.ok_or("an answer without a first byte")?;
        Ok(first.saturating_duration_since(spoke))
    };
    let run_ours = || delay(&mut ours.opencode_rs(engine, &[PROMPT]));
    let run_theirs = || delay(&mut theirs.opencode_run(engine));
    warm_up("first byte", || {
        run_ours()?;
        run_theirs().map(drop)
    })?;
    let mut samples: [Vec<Duration>; 2] = Default::default();
    for round in 1..=rounds {
        progress("first byte", round, rounds);
        samples[0].push(run_ours()?);
        samples[1].push(run_theirs()?);
    }
    table.row(
        "model's first byte to first byte on stdout",
        &samples[0],
        &samples[1],
        |time| milliseconds(*time),
    );
    Ok(())
}

/// What needs no engine.
fn at_once(engine: &Path, rounds: usize, table: &mut Table) -> Result<(), Error> {
    let home = Home::new("at once")?;
    for flag in ["--version", "--help"] {
        let time = |program: &Path| {
            let mut command = Command::new(program);
            child::run(home.quiet(command.arg(flag))).map(|finished| finished.wall)
        };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for spawn in 0..SPAWNS.max(rounds) {
            if spawn < rounds {
                progress(flag, spawn + 1, rounds);
            }
            ours.push(time(Path::new(PROGRAM))?);
            if spawn < rounds {
                theirs.push(time(engine)?);
            }
        }
        table.row(&format!("`{flag}`"), &ours, &theirs, |time| milliseconds(*time));
    }
    Ok(())
}

fn size(path: &Path) -> Result<u64, Error> {
    let metadata = path
        .metadata()
        .map_err(|error| format!("cannot look at `{}`: {error}", path.display()))?;
    Ok(metadata.len())
}

/// The first run in a home creates a database and caches; the second one finds them.
fn warm_up(what: &str, mut run: impl FnMut() -> Result<(), Error>) -> Result<(), Error> {
    for round in 1..=2 {
        progress(&format!("{what}, warming up"), round, 2);
        run()?;
    }
    Ok(())
}

/// A run that has given the answer, whole.
fn answered(finished: Finished) -> Result<Finished, Error> {
    // `opencode run` puts an argument with a space into quotes, and the model repeats them.
    let answer = finished.stdout.trim_end().trim_end_matches('"');
    if answer.ends_with(ANSWER) {
        return Ok(finished);
    }
    Err(format!(
        "`{}` gave another answer: {:?}\n{}",
        finished.name, finished.stdout, finished.stderr
    ))
}

fn progress(what: &str, round: usize, rounds: usize) {
    eprintln!("{what}: {round} of {rounds}");
}
