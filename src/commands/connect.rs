//! From a request to a connected client: the part that all commands which need an engine share.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::rehearsed;
use super::warm::{self, Lease};
use crate::api::{self, Client, Endpoint};
use crate::catalog::{self, CatalogRequest};
use crate::context::{Context, Environment};
use crate::engine::{self, Engine, EngineRequest};
use crate::env_vars;
use crate::error::{Failure, FailureKind};
use crate::gate::{Gate, Hub};
use crate::rehearsal::{self, Rehearsal, Script};
use crate::request::{
    ConfigScope, ConnectRequest, CopyOf, RehearsalChoice, ServerChoice, TrustChoice, Verbosity, Warmth,
};
use crate::server::{self, GuardProgram, Server, StartRequest, guard_engine};
use crate::support::loopback::is_loopback;
use crate::support::overlay::overlay;
use crate::support::progress::Progress;
use crate::support::secret::Secret;
use crate::trust;
use crate::turn::EngineInfo;

/// How long a server may take to be ready. It takes one second on an idle machine, and tens on a crowded one.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// How much of the model catalog the engine shall read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Catalog<'a> {
    /// All of it: for lists of what there is.
    Whole,
    /// No more than the providers in use need, and this one, where one is named.
    For(Option<&'a str>),
}

/// What the engine may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Snapshots {
    /// Nothing can change in this run, so there is nothing to take snapshots of.
    Off,
    /// As the user's configuration says.
    AsConfigured,
}

/// What a command needs of a server besides its request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs<'a> {
    pub(super) catalog: Catalog<'a>,
    pub(super) snapshots: Snapshots,
    /// Whether every tool call shall pass a gate.
    pub(super) guarded: bool,
    /// Whether somebody answers the model's own questions.
    pub(super) questions: bool,
}

/// Where a connection has got to, for whoever watches.
pub(super) trait ConnectObserver {
    fn engine(&self);
    fn server(&self);
    /// Somebody who watches a download.
    fn progress(&self) -> Arc<dyn Progress>;
}

/// A connection, and what has to be kept for it to last.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: Client,
    /// The server that we started for this command alone.
    pub(super) server: Option<Server>,
    /// The hold on a warm server.
    pub(super) lease: Option<Arc<Lease>>,
    /// Where gates are made known to the engine of our own server.
    hub: Option<Hub>,
    pub(super) engine: EngineInfo,
    /// The program that we started; none when the server is somebody else's.
    pub(super) program: Option<Engine>,
    pub(super) directory: PathBuf,
    /// Whether the engine reads a part of its catalog only, so that a model which it does not know may exist.
    pub(super) catalog_is_cut: bool,
    pub(super) engine_ms: u64,
    pub(super) server_ms: u64,
    /// The scripted model, which answers as long as this is held.
    _rehearsal: Option<Rehearsal>,
}

impl Connection {
    /// Whether the server was started by this program, now or before; else it is somebody else's.
    pub(super) fn is_ours(&self) -> bool {
        self.program.is_some()
    }

    /// Opens a gate for a turn; none where the engine has none.
    ///
    /// # Errors
    ///
    /// When no port can be listened on, or the supervisor of a warm server does not help.
    pub(super) async fn open_gate(&self) -> Result<Option<Gate>, Failure> {
        if let Some(lease) = &self.lease {
            return lease.open_gate().await.map(Some);
        }
        let Some(hub) = &self.hub else {
            return Ok(None);
        };
        let (gate, invitation) = Gate::open(hub.plugin().clone(), false).await?;
        hub.invite(invitation);
        Ok(Some(gate))
    }

    /// Says which session is prompted from now on; none when nothing is. A warm server looks after the session of a
    /// command that was killed.
    pub(super) async fn prompting(&self, session: Option<&str>) {
        if let Some(lease) = &self.lease {
            lease.prompting(session).await;
        }
    }

    /// Ends what was started for it alone.
    pub(super) async fn close(self) {
        if let Some(server) = self.server {
            server.stop().await;
        }
    }
}

/// Resolves when our server ends by itself; never for somebody else's.
pub(super) async fn server_gone(server: &mut Option<Server>, lease: Option<&Lease>) -> Failure {
    if let Some(lease) = lease {
        lease.gone().await;
        return Failure::new(FailureKind::Engine, "cannot go on: the server that was kept has ended")
            .hint("run again; `opencode-rs server list` shows the servers that there are");
    }
    let Some(server) = server else {
        return std::future::pending().await;
    };
    let exit = server.exited().await;
    let mut failure = Failure::new(
        FailureKind::Engine,
        format!("cannot go on: the engine ended by itself: {exit}"),
    );
    let tail = server.output_tail();
    if !tail.trim().is_empty() {
        failure.causes.push(tail.trim().to_owned());
    }
    failure.hint("run again with `-vv` to see what the engine said")
}

/// The agent's directory, checked and canonical.
///
/// # Errors
///
/// When it does not exist, or is none.
pub(super) fn directory(context: &Context, request: &ConnectRequest) -> Result<PathBuf, Failure> {
    let typed = context.directory(request.directory.as_deref());
    if let ServerChoice::Attach(url) = &request.server
        && !is_loopback(url)
    {
        // It is a path on the other machine.
        return Ok(typed);
    }
    local_directory(&typed)
}

/// A directory of this machine, checked and canonical.
///
/// # Errors
///
/// When it does not exist, or is none.
pub(super) fn local_directory(typed: &Path) -> Result<PathBuf, Failure> {
    let failure = |error: std::io::Error| {
        Failure::usage(format!("cannot work in `{}`", typed.display()))
            .caused_by(&error)
            .hint("name a directory that exists with `--directory`")
    };
    let canonical = std::fs::canonicalize(typed).map_err(failure)?;
    // Reading it tells at once whether it is a directory, and one that may be read.
    std::fs::read_dir(&canonical).map_err(failure)?;
    if canonical.to_str().is_none() {
        let message = format!("cannot work in `{}`: its path is not UTF-8", typed.display());
        return Err(Failure::usage(message).hint("rename the directory: the engine takes no other paths"));
    }
    Ok(canonical)
}

/// Connects: finds the engine, starts its server, or attaches to one.
///
/// Dropping the future leaves no process.
///
/// # Errors
///
/// Each stage's own.
pub(super) async fn connect(
    context: &Context,
    request: &ConnectRequest,
    directory: &Path,
    needs: Needs<'_>,
    watch: &dyn ConnectObserver,
) -> Result<Connection, Failure> {
    match &request.server {
        ServerChoice::Attach(url) => attach(context, request, directory, url).await,
        ServerChoice::Start { port } => start(context, request, directory, *port, needs, watch).await,
    }
}

async fn attach(
    context: &Context,
    request: &ConnectRequest,
    directory: &Path,
    url: &url::Url,
) -> Result<Connection, Failure> {
    if is_loopback(url) {
        require_trust(context, request, directory).await?;
    }
    let password = context.environment.text(env_vars::SERVER_PASSWORD).map(Secret::new);
    let mut endpoint = Endpoint::new(url.clone(), password);
    if let Some(username) = context.environment.text(env_vars::SERVER_USERNAME) {
        username.clone_into(&mut endpoint.username);
    }
    let client = Client::new(endpoint, Some(directory))?;
    let health = match client.health().await {
        Ok(health) => health,
        Err(error) => return Err(not_attached(&client, url, error).await),
    };
    let version = semver::Version::parse(&health.version).ok();
    if !version.as_ref().is_some_and(engine::supported) {
        return Err(Failure::new(
            FailureKind::Engine,
            format!("cannot attach to `{url}`: it runs engine version `{}`", health.version),
        )
        .hint(format!(
            "attach to an engine from version {} on, below 2",
            engine::OLDEST_TESTED
        )));
    }
    Ok(Connection {
        client,
        server: None,
        lease: None,
        hub: None,
        program: None,
        engine: EngineInfo {
            version: health.version,
            path: None,
            source: None,
        },
        directory: directory.to_path_buf(),
        catalog_is_cut: false,
        engine_ms: 0,
        server_ms: millis(context.started),
        _rehearsal: None,
    })
}

/// Why a server is not attached to that has no health as version 1 of the engine tells it.
async fn not_attached(client: &Client, url: &url::Url, error: api::Error) -> Failure {
    if !error.is_transport()
        && let Some(version) = client.second_generation_version().await
    {
        return Failure::new(
            FailureKind::Engine,
            format!("cannot attach to `{url}`: it runs engine version `{version}`, which speaks another protocol"),
        )
        .hint(format!(
            "attach to an engine from version {} on, below 2, or leave out `--attach` to run one beside it",
            engine::OLDEST_TESTED
        ));
    }
    let failure = Failure::from(error);
    Failure {
        message: format!("cannot attach to `{url}`: {}", failure.message),
        ..failure
    }
}

async fn start(
    context: &Context,
    request: &ConnectRequest,
    directory: &Path,
    port: Option<u16>,
    needs: Needs<'_>,
    watch: &dyn ConnectObserver,
) -> Result<Connection, Failure> {
    require_trust(context, request, directory).await?;
    watch.engine();
    let engine = engine::ensure(&EngineRequest::new(
        &request.engine,
        request.network,
        &context.environment,
        &context.directories,
        watch.progress(),
    ))
    .await?;
    let engine_ms = millis(context.started);
    watch.server();
    if needs.guarded && is_pure(context) {
        return Err(Failure::usage(format!(
            "cannot guard the engine's tools: `{PURE}` keeps the engine from loading the guard"
        ))
        .hint(format!("unset `{PURE}`, or leave out `--auto-tools`")));
    }
    if let Some(choice) = warm_choice(context, request, directory, port) {
        // Others use it as well, and for other things.
        let setup = setup(context, request, directory, Needs::of_warm(needs.catalog), &engine)?;
        let place = warm::WarmSpec {
            context,
            request,
            directory,
            port,
            engine: &engine,
            setup: &setup,
            whole: needs.catalog == Catalog::Whole,
        };
        if let Some(lease) = warm::lease(place, choice).await? {
            return Ok(Connection {
                client: Client::new(lease.endpoint().clone(), Some(directory))?,
                server: None,
                lease: Some(Arc::new(lease)),
                hub: None,
                engine: describe(&engine),
                program: Some(engine),
                directory: directory.to_path_buf(),
                catalog_is_cut: setup.catalog_is_cut,
                engine_ms,
                server_ms: millis(context.started).saturating_sub(engine_ms),
                _rehearsal: None,
            });
        }
    }
    let Setup {
        mut config,
        mut variables,
        catalog_is_cut,
    } = setup(context, request, directory, needs, &engine)?;
    let rehearsal = match rehearsal_script(&request.rehearsal)? {
        Some(script) => Some(rehearsal::serve(script, None).await?),
        None => None,
    };
    if let Some(rehearsal) = &rehearsal {
        overlay(&mut config, rehearsal.engine_config());
    }
    if request.verbosity == Verbosity::Trace {
        variables.push(("OPENCODE_PRINT_LOGS".into(), "1".into()));
    }
    let hub = if needs.guarded {
        let hub = Hub::open(&context.directories.cache).await?;
        guard_engine(&hub, &context.environment, &mut config, &mut variables);
        Some(hub)
    } else {
        None
    };
    let server = server::start(StartRequest {
        engine: &engine,
        guard: GuardProgram::this_program()
            .map_err(|error| Failure::new(FailureKind::Engine, "cannot find our own program file").caused_by(&error))?,
        directory,
        port,
        environment: &context.environment,
        directories: &context.directories,
        config,
        variables,
        deadline: START_DEADLINE,
        sink: None,
    })
    .await?;
    let client = Client::new(server.endpoint().clone(), Some(directory))?;
    Ok(Connection {
        client,
        server: Some(server),
        lease: None,
        hub,
        engine: describe(&engine),
        program: Some(engine),
        directory: directory.to_path_buf(),
        catalog_is_cut,
        engine_ms,
        server_ms: millis(context.started).saturating_sub(engine_ms),
        _rehearsal: rehearsal,
    })
}

/// What is laid over the engine's configuration and environment.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) config: Value,
    pub(super) variables: Vec<(OsString, OsString)>,
    pub(super) catalog_is_cut: bool,
}

impl<'a> Needs<'a> {
    /// What everybody needs who may come.
    fn of_warm(catalog: Catalog<'a>) -> Self {
        Self {
            catalog: match catalog {
                Catalog::Whole => Catalog::Whole,
                // A provider that is named and not in use is no provider that can be used.
                Catalog::For(_) => Catalog::For(None),
            },
            snapshots: Snapshots::AsConfigured,
            guarded: true,
            questions: true,
        }
    }
}

fn setup(
    context: &Context,
    request: &ConnectRequest,
    directory: &Path,
    needs: Needs<'_>,
    engine: &Engine,
) -> Result<Setup, Failure> {
    let mut config = json!({});
    let mut variables: Vec<(OsString, OsString)> = Vec::new();
    if needs.snapshots == Snapshots::Off {
        config["snapshot"] = json!(false);
    }
    if request.config_scope == ConfigScope::Bare {
        super::bare::apply(context, &mut config, &mut variables)?;
    }
    let mut catalog_is_cut = false;
    if request.rehearsal != RehearsalChoice::Off {
        // The provider is written out in the configuration; nothing of the catalog is used, and no provider's plugin.
        variables.push((
            "OPENCODE_MODELS_PATH".into(),
            empty_catalog(&context.directories)?.into(),
        ));
        variables.push(("OPENCODE_DISABLE_DEFAULT_PLUGINS".into(), "1".into()));
        variables.extend(rehearsed::variable(context)?);
    } else if let Catalog::For(provider) = needs.catalog {
        let environment = with_variables(&context.environment, &config, &variables);
        let cut = catalog::prepare(&CatalogRequest {
            engine,
            environment: &environment,
            directories: &context.directories,
            directory,
            named: provider.as_slice(),
        });
        if let Some(cut) = cut {
            tracing::debug!(path = %cut.path.display(), providers = ?cut.providers, "the engine reads a cut catalog");
            variables.push(("OPENCODE_MODELS_PATH".into(), cut.path.into()));
            catalog_is_cut = true;
        }
    }
    if needs.questions {
        variables.push(("OPENCODE_ENABLE_QUESTION_TOOL".into(), "1".into()));
    }
    Ok(Setup {
        config,
        variables,
        catalog_is_cut,
    })
}

/// Whether a warm server may answer, and what is wanted of it.
fn warm_choice(
    context: &Context,
    request: &ConnectRequest,
    directory: &Path,
    port: Option<u16>,
) -> Option<warm::WarmChoice> {
    if is_pure(context) || !cfg!(unix) {
        // It cannot be guarded, and so not shared.
        return None;
    }
    // Where none is there, nothing has to be known about the one that would fit.
    let is_there = || warm::is_any_in(context, directory);
    match request.warmth {
        Warmth::Keep { keep_for } => Some(warm::WarmChoice::FindOrStart { keep_for }),
        // A rehearsal gives the same answers each time, so it begins anew; and a trace shows a start.
        Warmth::IfThere
            if port.is_none()
                && request.rehearsal == RehearsalChoice::Off
                && request.verbosity != Verbosity::Trace
                && is_there() =>
        {
            Some(warm::WarmChoice::Find)
        }
        Warmth::Join if port.is_none() && is_there() => Some(warm::WarmChoice::Find),
        Warmth::IfThere | Warmth::Join | Warmth::Fresh => None,
    }
}

/// Keeps the engine from loading plugins.
const PURE: &str = "OPENCODE_PURE";

/// Whether the user wants an engine that loads no plugins, and so no guard either.
pub(super) fn is_pure(context: &Context) -> bool {
    context
        .environment
        .text(PURE)
        .is_some_and(|value| value != "0" && value != "false")
}

/// The engine, as records name it.
pub(super) fn describe(engine: &Engine) -> EngineInfo {
    EngineInfo {
        version: engine.version.to_string(),
        path: Some(engine.path.to_string_lossy().into_owned()),
        source: Some(engine.source),
    }
}

/// The environment that the engine will have, as far as it concerns its providers.
fn with_variables(environment: &Environment, config: &Value, variables: &[(OsString, OsString)]) -> Environment {
    let own = variables
        .iter()
        .map(|(name, value)| (name.as_os_str(), value.as_os_str()));
    let mut all: Environment = environment
        .iter()
        .chain(own)
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    // What we lay over the user's own inline configuration names providers only where that is empty (`--bare`).
    if environment.os(env_vars::ENGINE_CONFIG_CONTENT).is_none() && config.get("provider").is_some() {
        all = all
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .chain([(env_vars::ENGINE_CONFIG_CONTENT.into(), config.to_string().into())])
            .collect();
    }
    all
}

/// Asks for trust where the directory brings along what needs it, on a thread of its own, since a person takes their time.
async fn require_trust(context: &Context, request: &ConnectRequest, directory: &Path) -> Result<(), Failure> {
    let user = trust::UserPlaces::of(context);
    let findings = match &request.copy_of {
        Some(copy) => trust::scan_copy(directory, &copy.original, &user)?,
        None => trust::scan(directory, &user)?,
    };
    if findings.items.is_empty() {
        return Ok(());
    }
    let findings = match &request.copy_of {
        Some(copy) => of_original(context, findings, copy, directory)?,
        None => findings,
    };
    let (choice, trusted) = (request.trust, request.trusted_directories.clone());
    let directories = context.directories.clone();
    tokio::task::spawn_blocking(move || {
        if choice == TrustChoice::AskNobody {
            let mut nobody = trust::NobodyToAsk::default();
            let answer = trust::require(&findings, choice, &trusted, &directories, &mut nobody);
            for warning in &nobody.warnings {
                tracing::warn!("{warning}");
            }
            return answer;
        }
        let mut asker = trust::TerminalAsker::open();
        trust::require(&findings, choice, &trusted, &directories, &mut asker)
    })
    .await
    .map_err(|error| Failure::new(FailureKind::Failed, "cannot ask whether to trust the directory").caused_by(&error))?
}

/// What was found in the original of a copy, where that is the same code: trusting it is trusting both. Else, what was
/// found in the copy.
fn of_original(
    context: &Context,
    findings: trust::Findings,
    copy: &CopyOf,
    directory: &Path,
) -> Result<trust::Findings, Failure> {
    let Ok(below) = directory.strip_prefix(&copy.root) else {
        return Ok(findings);
    };
    let original = trust::scan(&copy.original.join(below), &trust::UserPlaces::of(context))?;
    Ok(if findings.is_copy(&copy.root, &original, &copy.original) {
        original
    } else {
        findings
    })
}

/// The script of the rehearsal that was asked for.
fn rehearsal_script(choice: &RehearsalChoice) -> Result<Option<Script>, Failure> {
    Ok(match choice {
        RehearsalChoice::Off => None,
        RehearsalChoice::Plain => Some(Script::plain()),
        RehearsalChoice::Script(path) => Some(Script::load(path)?),
    })
}

fn empty_catalog(directories: &crate::context::Directories) -> Result<PathBuf, Failure> {
    catalog::empty(directories).map_err(|error| {
        Failure::new(
            FailureKind::Failed,
            format!("cannot write to `{}`", directories.cache.display()),
        )
        .caused_by(&error)
    })
}

/// Milliseconds since `start`.
pub(super) fn millis(start: Instant) -> u64 {
    millis_between(start, Instant::now())
}

/// Milliseconds from one point to a later one.
pub(super) fn millis_between(start: Instant, end: Instant) -> u64 {
    u64::try_from(end.saturating_duration_since(start).as_millis()).unwrap_or(u64::MAX)
}
