//! The machine: this program, terminal, tools, directories, space.

use std::path::{Path, PathBuf};

use super::check::Check;
use crate::context::Context;
use crate::engine;
use crate::engine::files::EngineFiles;
use crate::env_vars;
use crate::error::FailureKind;
use crate::request::ListOutput;
use crate::server;
#[cfg(unix)]
use crate::support::amounts::size;
use crate::terminal::{Stream, Terminal};

/// With less than this an engine can fail at any moment: its database alone takes as much.
#[cfg(unix)]
const TOO_LITTLE: u64 = 64 * 1024 * 1024;
/// With less than this an engine cannot be installed.
#[cfg(unix)]
const LITTLE: u64 = 512 * 1024 * 1024;

pub(super) fn program() -> Check {
    Check::ok(format!(
        "opencode-rs {} for {} {}, made for engine {}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        engine::PINNED_VERSION,
    ))
}

pub(super) fn terminal(context: &Context, output: &ListOutput) -> Check {
    let terminal = Terminal::of_process(&context.environment);
    let kinds = [
        ("stdin", Stream::Stdin),
        ("stdout", Stream::Stdout),
        ("stderr", Stream::Stderr),
    ];
    let names: Vec<&str> = kinds
        .iter()
        .filter_map(|(name, stream)| terminal.is_terminal(*stream).then_some(*name))
        .collect();
    if names.is_empty() {
        return Check::ok("none: output is plain, and nobody can be asked");
    }
    let color = if terminal.color(output.color, Stream::Stdout) || terminal.color(output.color, Stream::Stderr) {
        "colour"
    } else {
        "no colour"
    };
    let summary = format!("{}, {} columns, {color}", names.join(", "), terminal.columns());
    if !terminal.can_redraw(Stream::Stderr) && terminal.is_terminal(Stream::Stderr) {
        return Check::warn(format!("{summary}, no cursor: progress is not drawn"))
            .hint(format!("set `{}` to the kind of terminal that you use", env_vars::TERM));
    }
    Check::ok(summary)
}

/// Programs that the engine calls.
pub(super) fn tools(context: &Context) -> Check {
    let find = |name: &str| which::which_in(name, context.environment.os("PATH"), &context.cwd).ok();
    // The engine keeps a copy that it has downloaded itself.
    let own_copy = EngineFiles::of(context).cache.join("bin/rg");
    let ripgrep = find("rg").or_else(|| own_copy.is_file().then_some(own_copy));
    let git = find("git");
    let details = [("rg", &ripgrep), ("git", &git)]
        .map(|(name, path)| match path {
            Some(path) => format!("{name}: {}", path.display()),
            None => format!("{name}: not found"),
        })
        .to_vec();
    match (&ripgrep, &git) {
        (Some(_), Some(_)) => Check::ok("`rg` and `git` are there"),
        (None, _) => Check::warn("`rg` is not on `PATH`: the engine downloads it, or its grep and glob tools fail")
            .hint("install ripgrep"),
        (_, None) => Check::warn("`git` is not on `PATH`: changes cannot be undone or shown").hint("install git"),
    }
    .details(details)
}

/// Whether our files and the engine's can be written.
pub(super) fn directories(context: &Context) -> Check {
    let mut details = Vec::new();
    let mut refused = Vec::new();
    for (name, path) in places(context) {
        // A file without a name, in the directory or in what will hold it: nothing stays.
        let written = existing(&path).map_or_else(
            || Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
            |existing| tempfile::tempfile_in(existing).map(drop),
        );
        match written {
            Ok(()) => details.push(format!("{name}: {}", path.display())),
            Err(error) => {
                details.push(format!("{name}: {}: {error}", path.display()));
                refused.push(name);
            }
        }
    }
    if refused.is_empty() {
        return Check::ok("all can be written").details(details);
    }
    Check::fail(
        FailureKind::Failed,
        format!("cannot write to the directory for {}", refused.join(", ")),
    )
    .hint("make it writable, or name another one with the `XDG_*_HOME` variables or `TMPDIR`")
    .details(details)
}

#[cfg(unix)]
pub(super) fn disk(context: &Context) -> Check {
    let mut details = Vec::new();
    let mut least = u64::MAX;
    for (name, path) in places(context) {
        let Some(free) = existing(&path).and_then(|existing| free(&existing)) else {
            continue;
        };
        least = least.min(free);
        details.push(format!("{name}: {} free", size(free)));
    }
    if details.is_empty() {
        return Check::ok("the system does not say how much is free");
    }
    let summary = format!("at least {} free", size(least));
    match least {
        0..TOO_LITTLE => Check::fail(FailureKind::Failed, format!("only {} free", size(least)))
            .hint("make room where the list says so"),
        TOO_LITTLE..LITTLE => Check::warn(format!("only {} free", size(least)))
            .hint("make room where the list says so: an engine takes half a gigabyte to install"),
        _ => Check::ok(summary),
    }
    .details(details)
}

/// What runs that were killed have left.
pub(super) fn leftovers(context: &Context) -> Check {
    let left = server::left_over_directories(&context.environment.temporary_base());
    if left.is_empty() {
        return Check::ok("none");
    }
    let directories = match left.len() {
        1 => "a temporary directory".to_owned(),
        count => format!("{count} temporary directories"),
    };
    Check::warn(format!("{directories} of runs that were killed"))
        .hint("the next run removes them")
        .details(left.iter().map(|path| path.display().to_string()).collect())
}

/// The directories that a run writes to.
fn places(context: &Context) -> Vec<(&'static str, PathBuf)> {
    let own = &context.directories;
    vec![
        ("data", own.data.clone()),
        ("state", own.state.clone()),
        ("cache", own.cache.clone()),
        ("engine data", EngineFiles::of(context).data),
        ("temporary files", context.environment.temporary_base()),
    ]
}

/// The directory itself, or the nearest above it that is there.
fn existing(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|above| above.exists()).map(Path::to_path_buf)
}

#[cfg(unix)]
fn free(path: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}
