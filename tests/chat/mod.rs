//! The dialog, on a real terminal against the real engine.

mod keys;
mod lists;
mod piped;
mod plain;
mod sessions;
mod tools;
mod trouble;
mod turns;
mod typing;
mod undo;

use crate::support::{LONG, Model, Pty, Sandbox};

/// What a line begins with.
const PROMPT: &str = "> ";

/// A dialog with a model whose requests the test can read.
fn with_model(sandbox: &Sandbox, model: &Model, arguments: &str) -> Pty {
    let line = format!(
        "export OPENCODE_CONFIG_CONTENT='{}'; exec $OPENCODE_RS chat -m rehearsal/scripted {arguments}",
        model.engine_config()
    );
    let pty = Pty::shell(sandbox, "", &line);
    pty.wait_for("Ctrl-D leaves");
    pty.wait_for(PROMPT);
    pty
}

/// The variable that names an engine counts more than the setting that names the shared one.
const SHARED_ENGINE: &str = "unset OPENCODE_RS_ENGINE; ";

/// A dialog with a scripted model, in the engine that tests share after [`Sandbox::share_engine`].
fn attached(sandbox: &Sandbox, arguments: &str) -> Pty {
    let line = format!("{SHARED_ENGINE}exec $OPENCODE_RS chat -m rehearsal/scripted {arguments}");
    let pty = Pty::shell_at_once(sandbox, "", &line);
    pty.wait_for("Ctrl-D leaves");
    pty.wait_for(PROMPT);
    pty
}

/// A dialog with a scripted model and an engine of its own.
fn scripted(sandbox: &Sandbox, script: &str, arguments: &[&str]) -> Pty {
    let arguments: Vec<&str> = std::iter::once("chat").chain(arguments.iter().copied()).collect();
    let pty = Pty::rehearse(sandbox, script, &arguments);
    pty.wait_for("Ctrl-D leaves");
    pty.wait_for(PROMPT);
    pty
}

/// Empties the line.
#[track_caller]
fn clear(pty: &mut Pty) {
    pty.send("\u{3}");
    // Keys that come with it in one go are thrown away with the line.
    wait_for_empty_line(pty);
}

/// Waits until a line can be typed. Until then the terminal is a command's: Enter would become a line break.
#[track_caller]
fn wait_for_empty_line(pty: &Pty) {
    wait_until(pty, "an empty line", |screen| {
        rows(screen).last().is_some_and(|row| row.trim() == ">")
    });
}

/// Waits until the screen is as wanted.
#[track_caller]
fn wait_until(pty: &Pty, what: &str, is_wanted: impl Fn(&str) -> bool) {
    let end = std::time::Instant::now() + LONG;
    while !is_wanted(&pty.screen()) {
        assert!(std::time::Instant::now() < end, "no {what}:\n{}", pty.screen());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Waits until there have been this many answers with a line about them.
#[track_caller]
fn wait_for_answers(pty: &Pty, count: usize) {
    wait_until(pty, &format!("{count} answers"), |_| {
        pty.everything().matches(" · build").count() >= count
    });
}

/// The rows of the screen, without those that are empty.
fn rows(screen: &str) -> Vec<&str> {
    screen
        .lines()
        .map(str::trim_end)
        .filter(|row| !row.is_empty())
        .collect()
}
