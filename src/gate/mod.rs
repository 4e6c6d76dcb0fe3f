//! The gate: no tool of the engine runs before we have let it pass.
//!
//! Comes in: nothing but a directory for the plugin's file. Goes out: a [`Hub`], which belongs to whoever owns the engine
//! and gives the plugin for its configuration and a variable for its environment; and for each turn a [`Gate`], which gives
//! every tool call that is about to run, as a [`GateCall`] that waits for its answer. Always true: a call that gets no
//! answer does not run; when no gate is open, every call is refused.
//!
//! # Why a plugin
//!
//! There are two places to stand. The engine's own permission rules are one: everything can be configured to ask. But
//! rules are a matter of who speaks last, and we do not: an agent's rules beat the configuration's, a session's rules do
//! not reach subagents, an `always` beats a `deny`, a plugin's `config` hook rewrites whatever we configured, and a tool
//! of a plugin, even one that calls itself `bash`, asks for nothing at all. The hook `tool.execute.before` has none of
//! these gaps: the engine calls it for every tool, built in or not, in every session, with the arguments that will be
//! used. Plugins run in the order of the configuration, and ours is the last one; should it not be, it says so and
//! nothing is started. Measured with engine 1.18.33 (`tests/behaviour/widening.rs`).
//!
//! The engine's own rules remain as a second line: the session of the run asks for everything, and what it asks is
//! answered `once` only for calls that passed here.
//!
//! # The channel
//!
//! TCP connections on loopback, a JSON object a line. HTTP would bring proxies and time limits of the engine's client
//! along. The plugin connects to the hub and sends its token; whoever is to be asked is told to it there as
//! `{port, token}`, an [`Invitation`], since an engine that stays serves one command after the other, and several at once.
//! To each gate it is invited to it connects in the same way, then sends `{ready}`; each `{id, moment, tool, session,
//! call, arguments, engines, redirects}` is answered with `{id, pass}`, `{id, refuse}`, or `{id}` by a gate that does not
//! know the session: every gate is asked, and only one can know it. `{id, gone}` takes one back. Knowing a token gives
//! nobody a right: it is good for asking. Once the plugin is there nobody else is let in, and when it goes the run cannot
//! go on: nothing would ever run again.
//!
//! # Redirects
//!
//! `webfetch` follows redirects to any address. The engine's HTTP client uses `globalThis.fetch`, so the plugin puts its
//! own in the place of that, follows the redirects itself, and asks before each. The client looks the function up once,
//! with its first request in the life of the engine. That may come before any plugin, where the engine fetches its
//! catalog or a remote configuration; so the plugin has it make a request whose answer it gives itself, an empty index of
//! skills, and where that does not come by, it says that redirects do not (`tests/behaviour/redirects.rs`).
//!
//! # Whose tool it is
//!
//! A tool of a plugin takes the place of the engine's tool with the same name, and one of an MCP server takes the place of
//! both; its name is that of the server, `_`, and its own. The hook `tool.definition` comes with each tool that is not an
//! MCP server's, before a model is offered it: the engine's own ones are described field by field, those of plugins as
//! one thing. What has not been seen there as the engine's own is not.

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
use crate::support::atomic_file::{self, Access};
use crate::support::hexadecimal::hexadecimal;
use crate::support::secret::Secret;
use crate::support::state_file;

const PLUGIN: &str = include_str!("plugin.js");
/// How long an engine may take to load its plugins. With a package to fetch for another one it can be a minute.
const LOADING: Duration = Duration::from_secs(120);

/// The engine owner's end: it tells the plugin which gates there are. When it is dropped, every call is refused.
#[derive(Debug)]
pub struct Hub {
    plugin: PluginFile,
    port: u16,
    token: Secret,
    invite: mpsc::UnboundedSender<Invitation>,
    _serving: JoinSet<()>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginFile {
    path: PathBuf,
    /// The same, as the engine's configuration names it.
    url: String,
}

/// Where a gate is, and what is said there first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The port on loopback.
    pub port: u16,
    /// What tells the plugin from everybody else.
    pub token: Secret,
}

/// An open gate. Nothing passes it any more once it is dropped.
#[derive(Debug)]
pub struct Gate {
    plugin: PluginFile,
    state: watch::Receiver<PluginState>,
    calls: mpsc::UnboundedReceiver<GateCall>,
    /// Whether other gates may be open in the same engine.
    shared: bool,
    _serving: JoinSet<()>,
}

/// What is known of the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PluginState {
    /// It has not said anything.
    Silent,
    Ready,
    /// Another plugin comes after it.
    NotLast,
    /// It cannot be let in.
    NoDescriptors,
}

/// When a call is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Before a tool does anything.
    Call,
    /// Before a shell is started, for a call that has passed already.
    Shell,
    /// Before a redirect is followed, for a call that has passed already: the arguments are the address (`url`), and the
    /// one that leads there (`from`).
    Redirect,
}

/// A tool call that waits. Dropping it is to [disown](Self::disown) it.
#[derive(Debug)]
pub struct GateCall {
    pub moment: Moment,
    /// The session that calls, as the engine says.
    pub session_id: String,
    /// The engine's id of the call; the model chose it.
    pub call_id: String,
    pub tool: String,
    /// Its arguments, as they will be used.
    pub arguments: Value,
    /// Whether the tool is known to be the engine's own. A plugin or an MCP server may give its name to one of theirs.
    pub is_engines: bool,
    /// Whether redirects that the call follows will come here too.
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

    /// Does not let it run; the model is told why, and goes on.
    pub fn refuse(self, why: impl Into<String>) {
        let _ = self.reply.send(GateReply::Refuse(why.into()));
    }

    /// Leaves the answer to another gate: its session is none of ours. Where nobody knows it, it does not run.
    pub fn disown(self) {
        let _ = self.reply.send(GateReply::Unknown);
    }

    /// Whether nobody waits for the answer any more.
    pub fn is_gone(&self) -> bool {
        self.reply.is_closed()
    }

    /// Waits until nobody waits for the answer any more.
    pub async fn gone(&mut self) {
        self.reply.closed().await;
    }
}

impl Hub {
    /// Opens a hub. The plugin's file is written to `directory`.
    ///
    /// # Errors
    ///
    /// When the file cannot be written, or no port listened on.
    pub async fn open(directory: &Path) -> Result<Self, Failure> {
        let plugin = PluginFile::write(directory)?;
        let (listener, port, token) = listen().await?;
        let (invite, invitations) = mpsc::unbounded_channel();
        let mut serving = JoinSet::new();
        serving.spawn(service::invite(listener, token.clone(), invitations));
        Ok(Self {
            plugin,
            port,
            token,
            invite,
            _serving: serving,
        })
    }

    /// The plugin's file, for those who open a gate.
    pub fn plugin(&self) -> &PluginFile {
        &self.plugin
    }

    /// The variable for the engine's environment. Commands of the model see the values of `environment` instead of the
    /// engine's own; an empty one counts as not set.
    pub fn variable(&self, environment: &BTreeMap<String, String>) -> String {
        let value = json!({
            "port": self.port,
            "token": self.token.expose(),
            "plugin": self.plugin.url,
            "environment": environment,
        });
        value.to_string()
    }

    /// Tells the plugin of a gate, now or as soon as it is there.
    pub fn invite(&self, invitation: Invitation) {
        // A plugin that has gone asks nobody, and its gates hear that by themselves.
        let _ = self.invite.send(invitation);
    }
}

impl PluginFile {
    /// Writes the plugin to `directory`, unless it is there and unchanged.
    ///
    /// Its name tells what is in it, so that another version of ours, run at the same time, has a file of its own.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(directory: &Path) -> Result<Self, Failure> {
        let digest = Sha256::digest(PLUGIN);
        let name = hexadecimal(&digest[..8]);
        let path = directory.join(format!("gate-{name}.js"));
        let url = url::Url::from_file_path(&path).map_err(|()| {
            Failure::new(
                FailureKind::Engine,
                format!("cannot use `{}` as a plugin", path.display()),
            )
        })?;
        let plugin = Self { path, url: url.into() };
        if !plugin.is_unchanged() {
            let write = || atomic_file::write(&plugin.path, PLUGIN.as_bytes(), Access::Private);
            let written = write().or_else(|error| {
                // A file can take the place of everything but a directory.
                if !plugin.path.is_dir() {
                    return Err(error);
                }
                tracing::warn!("{}", state_file::set_aside(&plugin.path, "the plugin is written again"));
                write()
            });
            written.map_err(|error| {
                Failure::new(FailureKind::Engine, format!("cannot write `{}`", plugin.path.display()))
                    .caused_by(&error)
                    .hint("make the directory writable, or set `XDG_CACHE_HOME`")
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
    Failure::new(
        FailureKind::Engine,
        "cannot guard the engine's tools: this process has no file descriptor left for the guard",
    )
    .hint("raise the limit on open files (`ulimit -n`); 64 are enough")
}

/// A free port of loopback, and a token for whoever comes there.
async fn listen() -> Result<(TcpListener, u16, Secret), Failure> {
    let cannot = |error: &(dyn std::error::Error + 'static)| {
        Failure::new(FailureKind::Engine, "cannot guard the engine's tools").caused_by(error)
    };
    let token = Secret::random().map_err(|error| cannot(&error))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(|error| cannot(&error))?;
    let port = listener.local_addr().map_err(|error| cannot(&error))?.port();
    Ok((listener, port, token))
}

impl Gate {
    /// Opens a gate in an engine with this plugin; the invitation is for its [`Hub`]. `shared` tells whether there may be
    /// other gates in the same engine.
    ///
    /// # Errors
    ///
    /// When no port can be listened on.
    pub async fn open(plugin: PluginFile, shared: bool) -> Result<(Self, Invitation), Failure> {
        let (listener, port, token) = listen().await?;
        let (sender, calls) = mpsc::unbounded_channel();
        let (told, state) = watch::channel(PluginState::Silent);
        let mut serving = JoinSet::new();
        serving.spawn(service::serve(listener, token.clone(), sender, told));
        let gate = Self {
            plugin,
            state,
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

    /// Waits until the engine has loaded the plugin and calls it last.
    ///
    /// # Errors
    ///
    /// When it does not, so that tools would run unasked.
    pub async fn ready(&mut self) -> Result<(), Failure> {
        let unguarded = |why: &str| {
            Err(
                Failure::new(FailureKind::Engine, format!("cannot guard the engine's tools: {why}"))
                    .hint("run again with `-vv` to see what the engine said, or leave out `--auto-tools`"),
            )
        };
        let loaded = self.state.wait_for(|state| *state != PluginState::Silent);
        match tokio::time::timeout(LOADING, loaded)
            .await
            .map(|state| state.map(|state| *state))
        {
            // Somebody could have changed the file between our look at it and the engine's.
            Ok(Ok(PluginState::Ready)) if self.plugin.is_unchanged() => Ok(()),
            Ok(Ok(PluginState::Ready)) => unguarded("somebody changed its file"),
            Ok(Ok(PluginState::NotLast)) => unguarded("another plugin comes after the guard, and could undo its work"),
            Ok(Ok(PluginState::NoDescriptors)) => Err(no_descriptors()),
            Ok(Ok(PluginState::Silent) | Err(_)) | Err(_) => unguarded("the engine did not load the guard"),
        }
    }

    /// The next call that waits; `None` when the plugin has gone, and every call is refused there. Cancelling it loses
    /// nothing.
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
