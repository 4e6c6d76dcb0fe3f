//! The tool gate: every tool call of the engine waits here until the run lets it pass.
//!
//! In: a directory for the plugin's file. Out: a [`Hub`], which the owner of the engine keeps and which gives the
//! plugin for the engine's configuration and a variable for its environment; and for each turn a [`Gate`], which yields
//! every tool call that is about to run, as a [`GateCall`] that waits for its answer. Invariants: a call without an
//! answer does not run; while no gate is open, the plugin refuses every call.
//!
//! # Why a plugin
//!
//! The engine's own permission rules can be configured to ask for everything, but they have gaps: an agent's rules beat
//! the configuration's, a session's rules do not reach subagents, an `always` beats a `deny`, a plugin's `config` hook
//! rewrites the configuration that we pass, and a tool of a plugin, even a tool that calls itself `bash`, asks for
//! nothing at all. The hook `tool.execute.before` has none of these gaps: the engine calls it for every tool, built in
//! or not, in every session, with the arguments that the tool will get. Plugins run in the order of the configuration,
//! and our plugin is the last in it; when another plugin follows, our plugin reports that and the run does not start.
//! Measured with engine 1.18.33 (`tests/behaviour/widening.rs`).
//!
//! The engine's own rules remain as a second line: the session of the run asks for everything, and the run answers
//! `once` only for calls that passed the tool gate.
//!
//! # The channel
//!
//! TCP connections on loopback, one JSON object per line. HTTP would add the engine client's proxies and time limits.
//! The plugin connects to the hub and sends the hub's token. Over this connection the hub announces each gate
//! as `{port, token}`, an [`Invitation`], because a warm engine serves one command after the other, and several at
//! once. The plugin connects to each announced gate in the same way, then sends `{ready}`. The gate answers each `{id,
//! moment, tool, session, call, arguments, engines, redirects}` with `{id, pass}` or `{id, refuse}`, or with `{id}`
//! when it does not know the session: the plugin asks every gate, and at most one gate knows the session. `{id, gone}`
//! withdraws a call. By itself a gate says which session it serves, and whether it wants to be asked before each call of
//! that session's model; and it describes the answer tool of its run, which the plugin answers with the tool's name. The
//! engine learns the names of tools only when it starts, so there is a fixed number of them, and each gate takes a free one.
//! A token gives only the right to ask. After the plugin has connected, the hub and the gates accept
//! no other client, and when the plugin disconnects the run ends: no tool would ever run again.
//!
//! # Redirects
//!
//! `webfetch` follows redirects to any address. The engine's HTTP client uses `globalThis.fetch`, so the plugin
//! replaces that function, follows the redirects itself, and asks before each. The client looks the function up once,
//! with its first request in the life of the engine. This request may come before any plugin loads, when the engine
//! fetches its catalog or a remote configuration. So the plugin makes the client send a request that the plugin itself
//! answers, with an empty index of skills; when that request does not reach the plugin, the plugin reports that
//! redirects do not either (`tests/behaviour/redirects.rs`).
//!
//! # Whose tool it is
//!
//! A tool of a plugin replaces the engine's tool with the same name, and a tool of an MCP server replaces both; its
//! full name is the server's name, `_`, and the tool's name. The engine calls the hook `tool.definition` for each tool
//! that does not come from an MCP server, before it offers the tool to a model: a built-in tool is described field by
//! field, a plugin's tool as one value. A tool that this hook has not shown to be built in counts as foreign.

mod service;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::error::{Failure, FailureKind};
use crate::support::answer_tool;
use crate::support::hexadecimal::hexadecimal;
use crate::support::secret::Secret;
use crate::support::state_file;

const PLUGIN: &str = include_str!("plugin.js");
/// Limit for the engine to load its plugins. An engine that must first fetch the package of another plugin can take a
/// minute.
const PLUGIN_LOAD_TIMEOUT: Duration = Duration::from_secs(120);

/// The engine owner's end of the channel: tells the plugin which gates are open. Dropping the hub refuses every call.
#[derive(Debug)]
pub struct Hub {
    plugin: PluginFile,
    port: u16,
    token: Secret,
    answer_tools: usize,
    invite: mpsc::UnboundedSender<Invitation>,
    _serving: JoinSet<()>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginFile {
    path: PathBuf,
    /// `path` as a `file:` URL, for the engine's configuration.
    url: String,
}

/// Where the plugin finds a gate, and the token that the gate expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub port: u16,
    /// The gate accepts only a client that sends this token.
    pub token: Secret,
}

/// An open gate. After it is dropped, no call passes it.
#[derive(Debug)]
pub struct Gate {
    plugin: PluginFile,
    state: watch::Receiver<PluginState>,
    /// What the gate says by itself.
    announcements: mpsc::UnboundedSender<Value>,
    /// The name under which the plugin offers the answer tool; empty when all names are taken.
    answer_tool: watch::Receiver<Option<String>>,
    calls: mpsc::UnboundedReceiver<GateCall>,
    /// Whether other gates may be open in the same engine.
    shared: bool,
    _serving: JoinSet<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PluginState {
    /// The plugin has not reported yet.
    Silent,
    Ready,
    /// Another plugin runs after ours.
    NotLast,
    /// The plugin cannot connect: this process has no file descriptor left.
    NoDescriptors,
}

/// When the plugin holds a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Before a tool does anything.
    Call,
    /// Before a shell starts, in a call that has already passed.
    Shell,
    /// Before the tool follows a redirect, in a call that has already passed: the arguments are the new address
    /// (`url`), and the address that redirects (`from`).
    Redirect,
    /// Before the engine calls the model: no tool, and the argument `agent`. What is refused is not sent.
    Model,
}

/// The tool with which the model gives its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerTool {
    /// For the model.
    pub description: String,
    /// The JSON Schema of the arguments, an object's.
    pub parameters: Value,
}

/// A tool call that waits for its answer. Dropping it [disowns](Self::disown) it.
#[derive(Debug)]
pub struct GateCall {
    pub moment: Moment,
    /// The calling session, as the engine reports it.
    pub session_id: String,
    /// The engine's id of the call; the model chose it.
    pub call_id: String,
    pub tool: String,
    /// The arguments that the tool will get.
    pub arguments: Value,
    /// Whether the tool is known to be built into the engine. A plugin or an MCP server may give a tool of its own the
    /// same name.
    pub is_engines: bool,
    /// Whether the plugin also asks for each redirect of this call.
    pub redirects_come: bool,
    reply: oneshot::Sender<GateReply>,
}

#[derive(Debug)]
enum GateReply {
    Pass,
    Refuse(String),
    Unknown,
}

impl GateCall {
    pub fn pass(self) {
        let _ = self.reply.send(GateReply::Pass);
    }

    /// Refuses the call; the model receives `why` and goes on.
    pub fn refuse(self, why: impl Into<String>) {
        let _ = self.reply.send(GateReply::Refuse(why.into()));
    }

    /// Leaves the answer to another gate, because this run does not know the session. A call that every gate disowns is
    /// refused.
    pub fn disown(self) {
        let _ = self.reply.send(GateReply::Unknown);
    }

    /// Whether the plugin has withdrawn the call.
    pub fn is_gone(&self) -> bool {
        self.reply.is_closed()
    }

    /// Waits until the plugin withdraws the call.
    pub async fn gone(&mut self) {
        self.reply.closed().await;
    }
}

impl Hub {
    /// Opens a hub and writes the plugin's file to `directory`. So many gates at a time can have an answer tool.
    ///
    /// # Errors
    ///
    /// When the file cannot be written or no port is free.
    pub async fn open(directory: &Path, answer_tools: usize) -> Result<Self, Failure> {
        let plugin = PluginFile::write(directory)?;
        let (listener, port, token) = listen().await?;
        let (invite, invitations) = mpsc::unbounded_channel();
        let mut serving = JoinSet::new();
        serving.spawn(service::invite(listener, token.clone(), invitations));
        Ok(Self {
            plugin,
            port,
            token,
            answer_tools,
            invite,
            _serving: serving,
        })
    }

    /// The plugin's file, to open a gate with.
    pub fn plugin(&self) -> &PluginFile {
        &self.plugin
    }

    /// The variable for the engine's environment. The engine goes to `directory`. Commands of the model see the values of
    /// `environment` instead of the engine's own; an empty value counts as not set.
    pub fn variable(&self, directory: &Path, environment: &BTreeMap<String, String>) -> String {
        let value = json!({
            "port": self.port,
            "token": self.token.expose(),
            "plugin": self.plugin.url,
            "directory": directory,
            "environment": environment,
            "answers": (1..=self.answer_tools).map(answer_tool::name).collect::<Vec<_>>(),
        });
        value.to_string()
    }

    /// Announces a gate to the plugin, now or as soon as the plugin connects.
    pub fn invite(&self, invitation: Invitation) {
        // When the plugin has disconnected, its gates notice that themselves.
        let _ = self.invite.send(invitation);
    }
}

impl PluginFile {
    /// Writes the plugin to `directory`, unless an unchanged file is there.
    ///
    /// The file's name holds a digest of its contents, so that different versions of this program can run at the same
    /// time.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(directory: &Path) -> Result<Self, Failure> {
        let digest = Sha256::digest(PLUGIN);
        let name = hexadecimal(&digest[..8]);
        let path = directory.join(format!("gate-{name}.js"));
        let url = url::Url::from_file_path(&path)
            .map_err(|()| Failure::engine(format!("cannot use `{}` as a plugin", path.display())))?;
        let plugin = Self { path, url: url.into() };
        if !plugin.is_unchanged() {
            state_file::replace(&plugin.path, PLUGIN.as_bytes()).map_err(|error| Failure {
                kind: FailureKind::Engine,
                hints: vec!["make the directory writable, or set `XDG_CACHE_HOME`".to_owned()],
                ..Failure::cannot_write(&plugin.path, &error)
            })?;
        }
        Ok(plugin)
    }

    /// The file as a URL, for the end of the list `plugin` of the engine's configuration.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn is_unchanged(&self) -> bool {
        state_file::read(&self.path).is_ok_and(|contents| contents == PLUGIN.as_bytes())
    }
}

fn no_descriptors() -> Failure {
    Failure::engine("cannot guard the engine's tools: this process has no file descriptor left for the tool gate")
        .hint("raise the limit on open files (`ulimit -n`); 64 are enough")
}

/// Listens on a free loopback port, with a new token for the client.
async fn listen() -> Result<(TcpListener, u16, Secret), Failure> {
    let cannot =
        |error: &(dyn std::error::Error + 'static)| Failure::engine("cannot guard the engine's tools").caused_by(error);
    let token = Secret::random().map_err(|error| cannot(&error))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(|error| cannot(&error))?;
    let port = listener.local_addr().map_err(|error| cannot(&error))?.port();
    Ok((listener, port, token))
}

impl Gate {
    /// Opens a gate in an engine with this plugin; the invitation is for its [`Hub`]. `shared`: other gates may be open
    /// in the same engine.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn open(plugin: PluginFile, shared: bool) -> Result<(Self, Invitation), Failure> {
        let (listener, port, token) = listen().await?;
        let (sender, calls) = mpsc::unbounded_channel();
        let (state_sender, state) = watch::channel(PluginState::Silent);
        let (announcements, announced) = mpsc::unbounded_channel();
        let (answer_tool_sender, answer_tool) = watch::channel(None);
        let channels = service::Channels {
            calls: sender,
            state: state_sender,
            answer_tool: answer_tool_sender,
            announced,
        };
        let mut serving = JoinSet::new();
        serving.spawn(service::serve(listener, token.clone(), channels));
        let gate = Self {
            plugin,
            state,
            announcements,
            answer_tool,
            calls,
            shared,
            _serving: serving,
        };
        Ok((gate, Invitation { port, token }))
    }

    /// Whether other gates may be open in the same engine.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Waits until the engine has loaded the plugin and runs it last.
    ///
    /// # Errors
    ///
    /// When the engine does not, so that tools would run unasked.
    pub async fn ready(&mut self) -> Result<(), Failure> {
        let unguarded = |why: &str| {
            Err(Failure::engine(format!("cannot guard the engine's tools: {why}"))
                .hint("run again with `-vv` to see what the engine said, or leave out `--auto-tools`"))
        };
        let loaded = self.state.wait_for(|state| *state != PluginState::Silent);
        match tokio::time::timeout(PLUGIN_LOAD_TIMEOUT, loaded)
            .await
            .map(|state| state.map(|state| *state))
        {
            // Another process could have changed the file between our check and the engine's read.
            Ok(Ok(PluginState::Ready)) if self.plugin.is_unchanged() => Ok(()),
            Ok(Ok(PluginState::Ready)) => unguarded("another process changed its file"),
            Ok(Ok(PluginState::NotLast)) => {
                unguarded("another plugin runs after the tool gate and could undo its work")
            }
            Ok(Ok(PluginState::NoDescriptors)) => Err(no_descriptors()),
            Ok(Ok(PluginState::Silent) | Err(_)) | Err(_) => unguarded("the engine did not load the tool gate"),
        }
    }

    /// Has the plugin offer the answer tool; gives its name, for the rules of the session, without which no model is offered
    /// it.
    ///
    /// # Errors
    ///
    /// When the engine has no name left for it, or the plugin has disconnected.
    pub async fn offer(&mut self, tool: &AnswerTool) -> Result<String, Failure> {
        self.announce(json!({ "answerTool": { "description": tool.description, "parameters": tool.parameters } }));
        let named = self.answer_tool.wait_for(Option::is_some);
        let name = match tokio::time::timeout(PLUGIN_LOAD_TIMEOUT, named).await {
            Ok(Ok(name)) => name.clone().unwrap_or_default(),
            Ok(Err(_)) | Err(_) => {
                return Err(Failure::engine(
                    "cannot offer the model a tool for its answer: the engine does not take it",
                ));
            }
        };
        if name.is_empty() {
            return Err(Failure::engine(
                "cannot offer the model a tool for its answer: too many runs with `--schema` use this server",
            )
            .hint("run it again later, or with `--fresh`"));
        }
        Ok(name)
    }

    /// Tells the plugin the session of the run, and whether it asks before each call of the session's model.
    pub fn serve(&self, session_id: &str, asks_before_model: bool) {
        self.announce(json!({ "session": session_id, "asksBeforeModel": asks_before_model }));
    }

    fn announce(&self, line: Value) {
        // A plugin that has disconnected is noticed where calls are awaited.
        let _ = self.announcements.send(line);
    }

    /// The next call that waits; `None` when the plugin has disconnected and refuses every call. Cancel-safe.
    pub async fn next(&mut self) -> Option<GateCall> {
        self.calls.recv().await
    }

    /// Refuses every call that waits now.
    pub fn refuse_waiting(&mut self) {
        while self.calls.try_recv().is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_somebody_changed_is_written_again_and_not_trusted_meanwhile() {
        let directory = tempfile::tempdir().unwrap();
        let plugin = PluginFile::write(directory.path()).unwrap();
        std::fs::write(&plugin.path, "export const Lax = async () => ({});").unwrap();
        assert!(!plugin.is_unchanged());
        let again = PluginFile::write(directory.path()).unwrap();
        assert_eq!(again, plugin);
        assert_eq!(std::fs::read_to_string(&again.path).unwrap(), PLUGIN);
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        let failure = PluginFile::write(&file).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Engine);
        assert!(failure.message.starts_with("cannot write `"), "{failure:?}");
        assert_eq!(failure.hints, ["make the directory writable, or set `XDG_CACHE_HOME`"]);
    }
}
