//! A command of the user's that answers in a person's place.
//!
//! In: an ask. Out: the answer of the command, and its faults, for the part that shows warnings. Always
//! true: only a command that ended well and said exactly one JSON document that means "allow" allows; it gets no
//! password, and when its time is over it and its process group are ended. It is no job of the terminal's: it can
//! show a window, but not read the keyboard that we read.
//!
//! The command reads one [`ApproverRequest`] from stdin and writes one [`ProgramReply`] or [`QuestionReply`] to stdout. A
//! question that is not answered so is dismissed.

use std::borrow::Cow;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Answer, Ask, JudgedPart, ModelQuestion, Prompter, QuestionAnswer, Withdrawal};
use crate::env_vars;
use crate::support::lines::json_line;
use crate::support::visible::visible;

/// More on stdout is no answer.
const LONGEST: usize = 64 * 1024;
/// How often is looked whether anything has changed.
const TICK: Duration = Duration::from_millis(20);
/// Between asking the command to end and ending it.
const GRACE: Duration = Duration::from_secs(1);
/// How long the rest of the output may take to arrive once the command has ended.
const REST: Duration = Duration::from_millis(500);
/// The version of the documents.
const SCHEMA_VERSION: u32 = 1;
/// What the model gets when the command gave no answer.
const NEUTRAL: &str = "This was not approved.";

/// What was wrong with answers, for the part that shows warnings. Clones share the list.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    list: Arc<Mutex<Vec<String>>>,
}

impl Faults {
    /// What was wrong since this was called before, in words, in order; each fits after `warning: `.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, fault: String) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }
}

/// A command that answers; started anew for each ask.
#[derive(Debug)]
pub struct ProgramApprover {
    command: String,
    timeout: Duration,
    directory: PathBuf,
    faults: Faults,
}

/// Why there is no answer.
#[derive(Debug)]
enum NoAnswer {
    Withdrawn,
    Fault(String),
}

/// What an approver reads from stdin: one line.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ApproverRequest<'a> {
    /// The model wants to use a tool.
    Permission(PermissionRequestRecord<'a>),
    /// The model asks the user questions.
    Question(QuestionRequestRecord<'a>),
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct PermissionRequestRecord<'a> {
    #[schemars(extend("const" = SCHEMA_VERSION))]
    schema_version: u32,
    id: &'a str,
    session_id: &'a str,
    /// The subagent that asks, by name or title; null for the run's own agent.
    subagent: Option<&'a str>,
    /// The tool as rules name it, such as `edit`.
    permission: &'a str,
    /// The tool as the engine names it, such as `apply_patch`.
    tool: &'a str,
    /// On what: commands, paths, an address.
    patterns: Vec<String>,
    /// All arguments of the call.
    arguments: &'a Value,
    /// What would change, as a unified diff, where that is known.
    diff: Option<&'a str>,
    /// The directory in which the agent works.
    directory: Cow<'a, str>,
    /// The rule because of which a person is asked.
    rule: &'a str,
    /// The parts of the call, each with its own decision.
    parts: &'a [JudgedPart],
    /// The rules that `"scope": "session"` puts in force.
    grant: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct QuestionRequestRecord<'a> {
    #[schemars(extend("const" = SCHEMA_VERSION))]
    schema_version: u32,
    /// The subagent that asks, by name or title; null for the run's own agent.
    subagent: Option<&'a str>,
    /// The directory in which the agent works.
    directory: Cow<'a, str>,
    questions: &'a [ModelQuestion],
}

/// What an approver answers to a `permission`, on stdout.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[schemars(rename = "PermissionReply")]
pub struct ProgramReply {
    decision: ProgramDecision,
    /// For how long an `allow` holds.
    #[serde(default)]
    scope: DecisionScope,
    /// Why the call is denied, for the model.
    reason: Option<String>,
}

#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ProgramDecision {
    Allow,
    Deny,
}

#[derive(Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum DecisionScope {
    #[default]
    Once,
    Session,
}

/// What an approver answers to a `question`, on stdout.
#[derive(Debug, serde::Deserialize, JsonSchema)]
pub struct QuestionReply {
    /// For each question the chosen labels, or texts of one's own.
    answers: Vec<Vec<String>>,
}

impl ProgramApprover {
    /// The command, for the shell, that runs in the agent's directory and may take this long for each answer.
    pub fn new(command: &str, timeout: Duration, directory: &Path) -> Self {
        Self {
            command: command.to_owned(),
            timeout,
            directory: directory.to_path_buf(),
            faults: Faults::default(),
        }
    }

    /// Where it is written down what was wrong with the command.
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }

    fn asked<T: serde::de::DeserializeOwned>(
        &self,
        document: &ApproverRequest<'_>,
        withdrawal: &Withdrawal,
    ) -> Result<T, NoAnswer> {
        let output = self.run(document, withdrawal)?;
        // A list of the values alone would be read as an object too.
        if output.trim_ascii_start().first().is_some_and(|&first| first != b'{') {
            return Err(NoAnswer::Fault("what it said on stdout is no JSON object".to_owned()));
        }
        // One document and no more; space around it does not matter.
        serde_json::from_slice(&output).map_err(|error| {
            NoAnswer::Fault(if output.iter().all(u8::is_ascii_whitespace) {
                "it said nothing on stdout".to_owned()
            } else {
                format!("what it said on stdout is no answer: {error}")
            })
        })
    }

    fn fault(&self, fault: &str) {
        let command = visible(&self.command);
        self.faults
            .add(format!("the approver `{command}` did not answer: {}", visible(fault)));
    }

    /// Runs the command; gives what it said once it has ended well.
    fn run(&self, document: &ApproverRequest<'_>, withdrawal: &Withdrawal) -> Result<Vec<u8>, NoAnswer> {
        let started = Instant::now();
        let mut running = RunningProgram::start(&self.command, &self.directory, document)
            .map_err(|error| NoAnswer::Fault(format!("cannot start it: {error}")))?;
        loop {
            if withdrawal.is_cancelled() {
                return Err(NoAnswer::Withdrawn);
            }
            if running.output.is_too_long() {
                return Err(NoAnswer::Fault(format!("it said more than {LONGEST} bytes on stdout")));
            }
            if running.has_ended() {
                break;
            }
            if started.elapsed() >= self.timeout {
                return Err(NoAnswer::Fault(format!(
                    "it took longer than {} seconds",
                    self.timeout.as_secs_f64()
                )));
            }
            std::thread::sleep(TICK);
        }
        let output = running.rest_of_output();
        let status = running
            .reap()
            .map_err(|error| NoAnswer::Fault(format!("cannot wait for it: {error}")))?;
        if !status.success() {
            return Err(NoAnswer::Fault(format!("it ended with {status}")));
        }
        if output.len() > LONGEST {
            return Err(NoAnswer::Fault(format!("it said more than {LONGEST} bytes on stdout")));
        }
        Ok(output)
    }
}

impl Prompter for ProgramApprover {
    fn ask(&mut self, ask: &Ask, withdrawal: &Withdrawal) -> Answer {
        match self.asked::<ProgramReply>(&permission_document(ask), withdrawal) {
            Ok(ProgramReply {
                decision: ProgramDecision::Allow,
                scope: DecisionScope::Session,
                ..
            }) if !ask.judgement.grant.is_empty() => Answer::Session(ask.judgement.grant.clone()),
            Ok(ProgramReply {
                decision: ProgramDecision::Allow,
                ..
            }) => Answer::Once,
            Ok(ProgramReply {
                decision: ProgramDecision::Deny,
                reason,
                ..
            }) => match reason.filter(|reason| !reason.trim().is_empty()) {
                Some(reason) => Answer::DenyBecause(reason),
                None => Answer::Deny,
            },
            Err(NoAnswer::Withdrawn) => Answer::Nobody,
            Err(NoAnswer::Fault(fault)) => {
                self.fault(&fault);
                Answer::DenyBecause(NEUTRAL.to_owned())
            }
        }
    }

    fn question(
        &mut self,
        questions: &[ModelQuestion],
        subagent: Option<&str>,
        withdrawal: &Withdrawal,
    ) -> QuestionAnswer {
        let document = question_document(questions, subagent, &self.directory);
        match self.asked::<QuestionReply>(&document, withdrawal) {
            Ok(QuestionReply { answers }) if answers.len() == questions.len() => QuestionAnswer::Answers(answers),
            Ok(QuestionReply { answers }) => {
                self.fault(&format!("{} answers to {} questions", answers.len(), questions.len()));
                QuestionAnswer::Dismissed
            }
            Err(NoAnswer::Withdrawn) => QuestionAnswer::Nobody,
            Err(NoAnswer::Fault(fault)) => {
                self.fault(&fault);
                QuestionAnswer::Dismissed
            }
        }
    }
}

fn permission_document(ask: &Ask) -> ApproverRequest<'_> {
    let judgement = &ask.judgement;
    ApproverRequest::Permission(PermissionRequestRecord {
        schema_version: SCHEMA_VERSION,
        id: &ask.id,
        session_id: &ask.session_id,
        subagent: ask.subagent.as_deref(),
        permission: ask.action.tool(),
        tool: &ask.tool,
        patterns: ask.action.subjects(),
        arguments: &ask.arguments,
        diff: ask.diff.as_deref(),
        directory: ask.directory.to_string_lossy(),
        rule: &judgement.rule,
        parts: &judgement.parts,
        grant: judgement.grant.iter().map(|rule| rule.pattern.to_string()).collect(),
    })
}

fn question_document<'a>(
    questions: &'a [ModelQuestion],
    subagent: Option<&'a str>,
    directory: &'a Path,
) -> ApproverRequest<'a> {
    ApproverRequest::Question(QuestionRequestRecord {
        schema_version: SCHEMA_VERSION,
        subagent,
        directory: directory.to_string_lossy(),
        questions,
    })
}

/// The command while it runs. Dropping it ends it, and all of its process group.
struct RunningProgram {
    child: Child,
    output: ProgramOutput,
    reader: JoinHandle<()>,
    reaped: bool,
}

/// What was said until now.
#[derive(Clone, Default)]
struct ProgramOutput(Arc<Mutex<Vec<u8>>>);

impl ProgramOutput {
    fn is_too_long(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len() > LONGEST
    }

    /// Adds bytes; says whether more are wanted.
    fn add(&self, bytes: &[u8]) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        all.len() <= LONGEST
    }
}

impl RunningProgram {
    fn start(command: &str, directory: &Path, document: &ApproverRequest<'_>) -> std::io::Result<Self> {
        let bytes = json_line(document)?;
        let mut shell = shell(command);
        for name in env_vars::of_git_hook() {
            shell.env_remove(name);
        }
        let mut child = shell
            .current_dir(directory)
            .env_remove(env_vars::SERVER_PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        // Threads, since neither pipe can be made not to wait everywhere. Both end with the process group; where something
        // has left that and keeps a pipe open, they are left to themselves.
        std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                // A command that does not read has its reasons.
                let _ = stdin.write_all(&bytes);
            }
        });
        let output = ProgramOutput::default();
        let said = output.clone();
        let reader = std::thread::spawn(move || {
            let Some(mut stdout) = stdout else { return };
            let mut buffer = [0; 8192];
            loop {
                match stdout.read(&mut buffer) {
                    Ok(0) => return,
                    Ok(length) if said.add(&buffer[..length]) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Ok(_) | Err(_) => return,
                }
            }
        });
        Ok(Self {
            child,
            output,
            reader,
            reaped: false,
        })
    }

    /// Everything it said. What still holds stdout open after the command has ended is ended too.
    fn rest_of_output(&self) -> Vec<u8> {
        if !self.reads_to_its_end() {
            self.signal(ProgramEnd::Now);
            self.reads_to_its_end();
        }
        std::mem::take(&mut self.output.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn reads_to_its_end(&self) -> bool {
        let end = Instant::now() + REST;
        while !self.reader.is_finished() && Instant::now() < end {
            std::thread::sleep(TICK / 4);
        }
        self.reader.is_finished()
    }

    /// Takes the status of a command that has ended.
    fn reap(&mut self) -> std::io::Result<ExitStatus> {
        self.reaped = true;
        self.child.wait()
    }

    /// Whether the command has ended. It is not reaped yet, so that no other process gets its group's number.
    #[cfg(unix)]
    fn has_ended(&mut self) -> bool {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let Some(id) = self.group() else { return true };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(id), options), Ok(None))
    }

    #[cfg(not(unix))]
    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    #[cfg(unix)]
    fn group(&self) -> Option<rustix::process::Pid> {
        rustix::process::Pid::from_raw(i32::try_from(self.child.id()).ok()?)
    }

    #[cfg(unix)]
    fn signal(&self, ending: ProgramEnd) {
        let signal = match ending {
            ProgramEnd::Gently => rustix::process::Signal::TERM,
            ProgramEnd::Now => rustix::process::Signal::KILL,
        };
        if let Some(group) = self.group() {
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }

    #[cfg(windows)]
    fn signal(&self, ending: ProgramEnd) {
        // There is nothing gentle; the tool of the system ends the children as well.
        if let ProgramEnd::Now = ending {
            let id = self.child.id().to_string();
            let _ = Command::new("taskkill")
                .args(["/T", "/F", "/PID", &id])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }

    #[cfg(not(any(unix, windows)))]
    fn signal(&self, _: ProgramEnd) {}
}

#[derive(Debug, Clone, Copy)]
enum ProgramEnd {
    Gently,
    Now,
}

impl Drop for RunningProgram {
    fn drop(&mut self) {
        if self.reaped {
            return;
        }
        self.signal(ProgramEnd::Gently);
        let end = Instant::now() + if cfg!(unix) { GRACE } else { Duration::ZERO };
        while !self.has_ended() && Instant::now() < end {
            std::thread::sleep(TICK);
        }
        self.signal(ProgramEnd::Now);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(not(windows))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    shell
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    use std::os::windows::process::CommandExt as _;
    let mut shell = Command::new("cmd");
    // As typed: `cmd` has its own idea of quotes.
    shell.arg("/D").arg("/C").raw_arg(command);
    shell
}
