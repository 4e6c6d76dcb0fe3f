//! The real bash is the oracle of the shell reader.
//!
//! Comes in: lines from [`lines`]. For each line that the reader accepts, [`evaluator`] computes from the tree which
//! commands bash must run, with which arguments and variables, and which files redirections create; [`bash`] runs the line
//! and records what happened. Always true: the two are the same.
//!
//! `ORACLE_LINES` is the number of lines, `ORACLE_SEED` the seed of other lines than the usual ones: `ORACLE_SEED=7 ORACLE_LINES=1000000
//! cargo test --locked --test main -- policy::oracle`.

mod bash;
mod evaluator;
mod lines;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use opencode_rs::permission::shell::reader::read;

use bash::Jail;
use evaluator::{Expected, evaluate};

/// The seed of a run that names none: every run of the suite compares the same lines.
const SEED: u64 = 20_261_128;

/// Stop after this many differences.
const MOST_DIFFERENCES: usize = 12;

#[derive(Default)]
struct Tally {
    accepted: usize,
    rejected: usize,
    /// Ran in bash with commands in a certain order.
    in_order: usize,
    /// Ran in bash with pipelines or background commands.
    out_of_order: usize,
    /// Accepted, and not run: why, and how often.
    not_run: BTreeMap<&'static str, usize>,
    commands: usize,
    differences: Vec<String>,
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|value| value.parse().unwrap())
}

/// What bash does differently from the tree, if anything.
fn difference(jail: &Jail, expected: &Expected, line: &str) -> Option<String> {
    let seen = jail.run(line);
    let reason = seen
        .complaint
        .or_else(|| expected.difference(&seen.records, &seen.files))?;
    Some(format!(
        "{reason}\n  expected {expected:?}\n  seen     {:?} {:?}",
        seen.records, seen.files
    ))
}

fn differs(jail: &Jail, line: &str) -> Option<String> {
    let expected = evaluate(&read(line).ok()?, jail.surroundings()).ok()?;
    difference(jail, &expected, line)
}

/// The shortest line that still differs, found by leaving characters out.
fn shortened(jail: &Jail, line: &str) -> String {
    let mut line: Vec<char> = line.chars().collect();
    let mut size = line.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at + size <= line.len() {
            let shorter: String = line[..at].iter().chain(&line[at + size..]).collect();
            match lines::is_safe(&shorter) && differs(jail, &shorter).is_some() {
                true => line = shorter.chars().collect(),
                false => at += 1,
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    line.into_iter().collect()
}

fn check(jail: &Jail, line: &str, tally: &Mutex<Tally>) {
    let Ok(list) = read(line) else {
        tally.lock().unwrap().rejected += 1;
        return;
    };
    let expected = evaluate(&list, jail.surroundings());
    let difference = match &expected {
        // A difference of timing does not come again.
        Ok(expected) => difference(jail, expected, line).and_then(|_| difference(jail, expected, line)),
        Err(_) => None,
    };
    let difference = difference.map(|_| {
        let short = shortened(jail, line);
        format!(
            "{line:?}\n  short    {short:?}: {}",
            differs(jail, &short).unwrap_or_default()
        )
    });
    if let Some(difference) = &difference {
        // A long run tells at once.
        tell(difference);
    }
    let mut tally = tally.lock().unwrap();
    tally.accepted += 1;
    tally.differences.extend(difference);
    match expected {
        Err(why) => *tally.not_run.entry(why).or_default() += 1,
        Ok(expected) => {
            tally.commands += expected.records.len();
            match expected.is_ordered {
                true => tally.in_order += 1,
                false => tally.out_of_order += 1,
            }
        }
    }
}

#[test]
fn bash_runs_the_commands_of_the_tree() {
    let seed = number("ORACLE_SEED").unwrap_or(SEED);
    let count = usize::try_from(number("ORACLE_LINES").unwrap_or(20_000)).unwrap();
    let seeds = lines::seeds();
    let next = AtomicUsize::new(0);
    let tally = Mutex::new(Tally::default());
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let jail = Jail::new();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count || tally.lock().unwrap().differences.len() >= MOST_DIFFERENCES {
                        return;
                    }
                    let line = lines::line(seed, at, &seeds);
                    check(&jail, &line, &tally);
                    if at % 50_000 == 49_999 {
                        report(&tally.lock().unwrap(), seed);
                    }
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    report(&tally, seed);
    assert!(
        tally.differences.is_empty(),
        "seed {seed}: bash does not do what the tree says\n{}",
        tally.differences.join("\n")
    );
    let total = tally.accepted + tally.rejected;
    assert_eq!(total, count);
    assert!(tally.accepted * 100 >= total * 15, "too few lines are accepted");
    assert!(tally.rejected * 100 >= total * 15, "too few lines are rejected");
    assert!(
        (tally.in_order + tally.out_of_order) * 100 >= tally.accepted * 80,
        "too few lines are run"
    );
    assert!(tally.in_order > 0 && tally.out_of_order > 0);
}

fn report(tally: &Tally, seed: u64) {
    let Tally {
        accepted,
        rejected,
        in_order,
        out_of_order,
        not_run,
        commands,
        differences,
    } = tally;
    tell(&format!(
        "shell reader and bash, ORACLE_SEED={seed}: {accepted} accepted, {rejected} rejected, {in_order} run in order, \
         {out_of_order} run out of order, {commands} commands, {} differences, not run: {not_run:?}",
        differences.len(),
    ));
}

/// Also from a test that passes, whose own output is held back.
fn tell(text: &str) {
    let mut stderr = std::io::stderr().lock();
    stderr.write_all(text.as_bytes()).unwrap();
    stderr.write_all(b"\n").unwrap();
}
