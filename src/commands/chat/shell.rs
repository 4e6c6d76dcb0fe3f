//! Commands that a shell runs: those of the user (`!`), and those in the templates of slash commands.

use std::io::{self, Write};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use super::conversation::Asked;
use super::dialog::{Dialog, NextStep};
use crate::chat::{ConsoleRequest, LONGEST_SHELL_OUTPUT, ShellNote, ShellOutput, TypedLine};
use crate::client::types::{CommandCall, EngineCommand};
use crate::context::Environment;
use crate::error::{Failure, FailureKind};
use crate::permission::Action;
use crate::prompting::permissions;
use crate::request::{Approver, Effect};
use crate::support::visible::visible;

/// How long the last output of a command that has ended may take.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// Runs a command of the person's in their shell.
pub(super) async fn run(dialog: &mut Dialog<'_, '_>, command: &str, output: ShellOutput) -> Result<(), Failure> {
    let failure = |error: io::Error| {
        Failure::failed("cannot run the shell")
            .caused_by(&error)
            .hint("set `SHELL` to a shell that exists")
    };
    let mut child = shell(&dialog.chat.context.environment, command);
    child.current_dir(&dialog.chat.directory).kill_on_drop(true);
    if output == ShellOutput::ForTheModel {
        child.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    // Ctrl-C is the command's: it is in the foreground with us, and we only count.
    dialog.presses.forget();
    dialog.modes.restore();
    let ran = run_to_its_end(dialog, child, failure).await;
    dialog.modes.restore();
    dialog.hush();
    let (kept, status) = ran?;
    if kept.mid_line {
        dialog.print("");
    }
    match status.code() {
        Some(0) => {}
        Some(code) => dialog.note(&format!("exit status {code}")),
        None => dialog.note("ended by a signal"),
    }
    if output == ShellOutput::ForTheModel && kept.bytes.is_empty() {
        dialog.note("no output, so nothing goes along with your next prompt");
    } else if output == ShellOutput::ForTheModel {
        dialog.notes.push(ShellNote {
            command: command.to_owned(),
            output: kept.bytes,
            is_cut: kept.is_cut,
            status: status.code(),
        });
        dialog.note("its output goes along with your next prompt");
    }
    Ok(())
}

/// Runs it; gives what it wrote and how it ended.
async fn run_to_its_end(
    dialog: &Dialog<'_, '_>,
    mut command: Command,
    failure: impl Fn(io::Error) -> Failure,
) -> Result<(KeptOutput, ExitStatus), Failure> {
    let mut child = command.spawn().map_err(&failure)?;
    let mut kept = KeptOutput::default();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let status = {
        let reading = async {
            if let (Some(stdout), Some(stderr)) = (stdout, stderr) {
                kept.read(stdout, stderr).await;
            }
        };
        let interrupts = &dialog.chat.context.interrupts;
        let ending = async {
            tokio::select! {
                status = child.wait() => status,
                // A command that does not obey the first ones is left to itself no longer.
                () = dialog.presses.reached(3) => {
                    child.start_kill()?;
                    child.wait().await
                }
            }
        };
        tokio::pin!(reading, ending);
        let mut is_read = false;
        loop {
            tokio::select! {
                biased;
                _ = interrupts.interrupted() => return Err(interrupts.failure("the dialog")),
                () = reading.as_mut(), if !is_read => is_read = true,
                status = ending.as_mut() => {
                    if !is_read {
                        // What it left in the background may hold the pipe for as long as it likes.
                        let _ = timeout(LAST_OUTPUT, reading.as_mut()).await;
                    }
                    break status.map_err(&failure)?;
                }
            }
        }
    };
    Ok((kept, status))
}

fn shell(environment: &Environment, command: &str) -> Command {
    #[cfg(unix)]
    let (program, flag) = (environment.text("SHELL").unwrap_or("/bin/sh"), "-c");
    #[cfg(not(unix))]
    let (program, flag) = (environment.text("COMSPEC").unwrap_or("cmd.exe"), "/C");
    let mut shell = Command::new(program);
    shell.arg(flag).arg(command).env_clear().envs(environment.iter());
    shell
}

/// What a command wrote: shown as it comes, and its end kept.
#[derive(Default)]
struct KeptOutput {
    bytes: Vec<u8>,
    is_cut: bool,
    /// Whether its last line has no end.
    mid_line: bool,
}

impl KeptOutput {
    async fn read(&mut self, mut stdout: impl AsyncRead + Unpin, mut stderr: impl AsyncRead + Unpin) {
        let (mut out, mut err) = ([0; 4096], [0; 4096]);
        let (mut out_open, mut err_open) = (true, true);
        while out_open || err_open {
            tokio::select! {
                read = stdout.read(&mut out), if out_open => match read {
                    Ok(length @ 1..) => self.take(&out[..length], &mut io::stdout()),
                    _ => out_open = false,
                },
                read = stderr.read(&mut err), if err_open => match read {
                    Ok(length @ 1..) => self.take(&err[..length], &mut io::stderr()),
                    _ => err_open = false,
                },
            }
        }
    }

    fn take(&mut self, bytes: &[u8], shown: &mut impl Write) {
        // It is the person's own command: what it says to their terminal is between the two.
        let _ = shown.write_all(bytes).and_then(|()| shown.flush());
        self.mid_line = bytes.last() != Some(&b'\n');
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > 2 * LONGEST_SHELL_OUTPUT {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let surplus = self.bytes.len().saturating_sub(LONGEST_SHELL_OUTPUT);
        if surplus > 0 {
            self.bytes.drain(..surplus);
            self.is_cut = true;
        }
    }
}

/// Runs a slash command that the engine knows. The shell commands in its template run without a question from the engine, so the
/// question is asked here.
pub(super) async fn engine_command(
    dialog: &mut Dialog<'_, '_>,
    command: &EngineCommand,
    arguments: String,
) -> Result<NextStep, Failure> {
    let snippets = command.shell_commands();
    if !snippets.is_empty() && !may_run(dialog, command, &snippets, &arguments).await? {
        dialog.note(&format!("/{} was not run", visible(&command.name)));
        return Ok(NextStep::Next);
    }
    let mut arguments = arguments;
    // What a command wrote is never put into a line that a shell reads; it waits for a prompt that has none.
    if snippets.is_empty() {
        for note in std::mem::take(&mut dialog.notes) {
            arguments.push_str("\n\n");
            arguments.push_str(&note.text());
        }
    }
    let title = format!("/{} {arguments}", command.name);
    let asked = Asked {
        prompt: title.trim_end().to_owned().into(),
        command: Some(CommandCall {
            name: command.name.clone(),
            arguments,
        }),
    };
    dialog.turn(asked).await
}

/// Whether the shell commands of a template may run: no rule denies one of them, and the person says yes.
async fn may_run(
    dialog: &mut Dialog<'_, '_>,
    command: &EngineCommand,
    snippets: &[&str],
    arguments: &str,
) -> Result<bool, Failure> {
    let name = &command.name;
    if let Some(link) = dialog.chat.link.as_ref() {
        let policy = permissions::policy(dialog.chat.context, &dialog.chat.run, &link.ready.connection);
        for snippet in snippets {
            let action = Action::of_call("bash", &serde_json::json!({ "command": snippet }));
            let judgement = policy.judge(&action);
            if judgement.effect == Effect::Deny && !judgement.by_preset {
                return Err(Failure::new(
                    FailureKind::Denied,
                    format!(
                        "cannot run `/{name}`: its template runs `{}`, and {} says no",
                        visible(snippet),
                        judgement.rule
                    ),
                ));
            }
        }
    }
    match dialog.chat.run.permission.approver {
        Approver::Yes => return Ok(true),
        Approver::Nobody => return Ok(false),
        Approver::Person | Approver::Program { .. } => {}
    }
    dialog.print(&format!(
        "/{} runs these shell commands at once, before the model reads it:",
        visible(name)
    ));
    for snippet in snippets {
        dialog.print(&format!("  {}", visible(snippet)));
    }
    if !arguments.is_empty() {
        dialog.print(&format!(
            "where it puts your words `{}` in their places",
            visible(arguments)
        ));
    }
    let answer = dialog
        .read(ConsoleRequest::Choice("run them? (yes or no): ".to_owned()))
        .await?;
    Ok(matches!(answer, TypedLine::Text(text) if matches!(text.trim().to_lowercase().as_str(), "y" | "yes")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_a_long_output_is_kept() {
        let mut kept = KeptOutput::default();
        let long = vec![b'x'; 3 * LONGEST_SHELL_OUTPUT];
        let mut shown = Vec::new();
        kept.take(&long, &mut shown);
        kept.take(b"end", &mut shown);
        assert_eq!(shown.len(), long.len() + 3);
        assert!(kept.is_cut && kept.mid_line);
        assert!(kept.bytes.ends_with(b"xend") && kept.bytes.len() <= 2 * LONGEST_SHELL_OUTPUT);
    }
}
