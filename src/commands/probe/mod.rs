//! `engine probe`: what works with an engine, tried row by row with this very program and a scripted model.
//!
//! In: an engine. Out: a verdict for each row. Invariants: everything happens in a temporary directory with a
//! home of its own, and none of the user's variables, settings, conversations or servers are seen.

mod rows;
#[cfg(unix)]
mod terminal;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use self::rows::{ProbeFile, ProbeRow, ProbeStep, rows};
#[cfg(unix)]
pub use self::terminal::on_terminal_main;
#[cfg(unix)]
use self::terminal::{ON_TERMINAL, TerminalUser};
use crate::context::Environment;
use crate::engine::Engine;
use crate::env_vars;
use crate::error::Failure;
use crate::rehearsal::{self, Rehearsal, Script};

/// How long one command may take. The longest takes 5 s on an idle machine.
const STEP_TIMEOUT: Duration = Duration::from_secs(120);
/// How much of an unexpected output is shown, in characters.
const SHOWN: usize = 300;
/// The user's variables that a process needs to start.
const KEPT: [&str; 8] = [
    "PATH",
    "LANG",
    "LC_ALL",
    "SystemRoot",
    "SystemDrive",
    "windir",
    "ComSpec",
    "PATHEXT",
];
const PICTURE: &[u8] = include_bytes!("picture.png");
const NOTES: &str = "the fox jumps\n";

/// What came of a row.
#[derive(Debug, Clone)]
pub(super) struct RowResult {
    pub(super) name: String,
    /// Why it does not work; `None` when it does.
    pub(super) failure: Option<String>,
    pub(super) duration: Duration,
}

/// Tries every row, and reports each.
///
/// # Errors
///
/// When nothing can be tried: no temporary directory, no scripted model.
pub(super) async fn examine(
    engine: &Engine,
    environment: &Environment,
    mut report: impl FnMut(&RowResult),
) -> Result<Vec<RowResult>, Failure> {
    let bench = Bench::set_up(engine, environment).await?;
    let mut results = Vec::new();
    for row in rows() {
        let began = Instant::now();
        let failure = bench.try_row(&row).await.err();
        let result = RowResult {
            name: row.name,
            failure,
            duration: began.elapsed(),
        };
        report(&result);
        results.push(result);
    }
    Ok(results)
}

/// A home and a project of their own, and a scripted model.
struct Bench {
    root: TempDir,
    program: PathBuf,
    variables: Vec<(OsString, OsString)>,
    _model: Rehearsal,
}

impl Bench {
    async fn set_up(engine: &Engine, environment: &Environment) -> Result<Self, Failure> {
        let failure = |error: std::io::Error| {
            Failure::failed("cannot prepare a directory to probe the engine in").caused_by(&error)
        };
        let program = std::env::current_exe().map_err(failure)?;
        let root = tempfile::Builder::new()
            .prefix("opencode-rs-probe-")
            .tempdir()
            .map_err(failure)?;
        let below = |name: &str| root.path().join(name);
        for name in ["home", "project", "tmp"] {
            std::fs::create_dir(below(name)).map_err(failure)?;
        }
        for (name, text) in [
            ("project/notes.txt", NOTES),
            ("project/secret.env", "KEY=1\n"),
            ("catalog.json", "{}"),
        ] {
            std::fs::write(below(name), text).map_err(failure)?;
        }
        std::fs::write(below("project/picture.png"), PICTURE).map_err(failure)?;
        let model = rehearsal::serve(
            Script::parse(include_str!("script.toml"), "the script of `engine probe`")?,
            None,
        )
        .await?;
        let kept = KEPT
            .iter()
            .filter_map(|name| Some((OsString::from(name), environment.os(name)?.to_owned())));
        let own: [(&str, OsString); 13] = [
            ("TERM", "xterm-256color".into()),
            ("HOME", below("home").into()),
            ("USERPROFILE", below("home").into()),
            ("TMPDIR", below("tmp").into()),
            ("TEMP", below("tmp").into()),
            ("TMP", below("tmp").into()),
            (env_vars::ENGINE, engine.path.clone().into()),
            (
                env_vars::ENGINE_CONFIG_CONTENT,
                model.engine_config().to_string().into(),
            ),
            ("OPENCODE_MODELS_PATH", below("catalog.json").into()),
            ("OPENCODE_DISABLE_MODELS_FETCH", "1".into()),
            ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1".into()),
            // No row needs a package. A closed port refuses at once, and npm would try again for 70 seconds.
            ("npm_config_registry", "http://127.0.0.1:9/".into()),
            ("npm_config_fetch_retries", "0".into()),
        ];
        let own = own.into_iter().map(|(name, value)| (OsString::from(name), value));
        Ok(Self {
            variables: kept.chain(own).collect(),
            program,
            root,
            _model: model,
        })
    }

    fn project(&self) -> PathBuf {
        self.root.path().join("project")
    }

    async fn try_row(&self, row: &ProbeRow) -> Result<(), String> {
        for file in row.steps.iter().filter_map(|step| step.leaves.as_ref()) {
            let _ = std::fs::remove_file(self.project().join(&file.name));
        }
        std::fs::write(self.project().join("notes.txt"), NOTES).map_err(|error| error.to_string())?;
        for step in &row.steps {
            self.try_step(step)
                .await
                .map_err(|why| format!("`opencode-rs {}`: {why}", step.run.join(" ")))?;
        }
        Ok(())
    }

    async fn try_step(&self, step: &ProbeStep) -> Result<(), String> {
        let mut command = Command::new(&self.program);
        #[cfg(unix)]
        let mut user = None;
        #[cfg(unix)]
        if !step.keys.is_empty() {
            let user = user.insert(TerminalUser::open().map_err(|error| format!("cannot make a terminal: {error}"))?);
            command.arg(ON_TERMINAL).arg(&user.path);
        }
        command
            .args(&step.run)
            .current_dir(self.project())
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(if step.stdin.is_empty() {
                Stdio::null()
            } else {
                Stdio::piped()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| format!("cannot start: {error}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that ended early tells why on stderr.
            let _ = stdin.write_all(step.stdin.as_bytes()).await;
        }
        let output = tokio::time::timeout(STEP_TIMEOUT, async {
            let before = interrupt(&mut child, &step.interrupted_at).await?;
            #[cfg(unix)]
            let output = match &mut user {
                Some(user) => tokio::select! {
                    output = child.wait_with_output() => output,
                    Err(why) = user.answer(&step.keys) => return Err(why),
                },
                None => child.wait_with_output().await,
            };
            #[cfg(not(unix))]
            let output = child.wait_with_output().await;
            let mut output = output.map_err(|error| error.to_string())?;
            output.stdout.splice(0..0, before);
            Ok::<_, String>(output)
        })
        .await
        .map_err(|_| format!("did not end within {} s", STEP_TIMEOUT.as_secs()))??;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(step.code) {
            return Err(format!(
                "ended with {} instead of {}: {}",
                output.status,
                step.code,
                shown(&stderr)
            ));
        }
        if let Some(missing) = step.writes.iter().find(|text| !stdout.contains(*text)) {
            return Err(format!("stdout lacks {missing:?}: {}", shown(&stdout)));
        }
        if !stderr.contains(&step.says) {
            return Err(format!("stderr lacks {:?}: {}", step.says, shown(&stderr)));
        }
        match &step.leaves {
            Some(file) => check_file(&self.project(), file),
            None => Ok(()),
        }
    }
}

impl Drop for Bench {
    /// Ends the servers that the rows have kept, also when the probe is interrupted.
    fn drop(&mut self) {
        let _ = std::process::Command::new(&self.program)
            .args(["server", "stop", "--all", "--force"])
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

/// Presses Ctrl-C when `text` stands on stdout, and gives what was read until then. Without a text nothing is read.
async fn interrupt(child: &mut Child, text: &str) -> Result<Vec<u8>, String> {
    let mut read = Vec::new();
    if text.is_empty() {
        return Ok(read);
    }
    let stdout = child.stdout.as_mut().ok_or("its stdout cannot be read")?;
    while memchr::memmem::find(&read, text.as_bytes()).is_none() {
        let length = stdout.read_buf(&mut read).await.map_err(|error| error.to_string())?;
        if length == 0 {
            return Ok(read);
        }
    }
    #[cfg(unix)]
    if let Some(pid) = child
        .id()
        .and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()))
    {
        rustix::process::kill_process(pid, rustix::process::Signal::INT).map_err(|error| error.to_string())?;
    }
    Ok(read)
}

fn check_file(project: &Path, expected: &ProbeFile) -> Result<(), String> {
    let name = &expected.name;
    match (std::fs::read_to_string(project.join(name)).ok(), &expected.contents) {
        (found, contents) if found == *contents => Ok(()),
        (None, _) => Err(format!("`{name}` was not written")),
        (Some(_), None) => Err(format!("`{name}` was written")),
        (Some(found), Some(_)) => Err(format!("`{name}` holds {}", shown(&found))),
    }
}

fn shown(text: &str) -> String {
    let line = text.trim().replace('\n', " | ");
    line.chars().take(SHOWN).collect()
}
