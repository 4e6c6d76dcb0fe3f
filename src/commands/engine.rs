//! `engine`: the engine program on this machine.
//!
//! stdout carries what was asked for (a path, a table, a document); what happens meanwhile goes to stderr.

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use schemars::JsonSchema;
use semver::Version;
use serde::Serialize;

use super::document::{CommandDocument, ListDocument, ListItem, document_bytes};
use super::probe::{self, RowResult};
use super::table::{Column, Table, TableStyle};
use super::unless_interrupted;
use crate::context::{Context, Directories, Environment};
use crate::engine::{
    self, DownloadBar, Engine, EngineCandidate, EngineRequest, EngineStore, Error, Installed, Integrity, Receipt,
    Scrutiny,
};
use crate::error::{Failure, FailureKind, stdout_failure};
use crate::request::{
    EngineAction, EngineChoice, EngineCommandRequest, EngineSource, ListFormat, ProbeTarget, SchemaName, Verbosity,
};
use crate::support::progress::Progress;
use crate::turn::EngineInfo;

/// Runs the command on this process's streams.
///
/// # Errors
///
/// As for [`execute`]; also when a signal ends it.
pub async fn run(context: &Context, request: EngineCommandRequest) -> Result<(), Failure> {
    let draws = context.streams.stderr_is_terminal && !request.output.progress_off;
    let progress = Arc::new(DownloadBar::new(draws, request.verbosity));
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let command = execute(
        &request,
        &context.environment,
        &context.directories,
        progress,
        &mut stdout,
        &mut stderr,
        TableStyle::of_stdout(context, &request.output),
    );
    require_terminal(context, &request.action)?;
    // Dropping the command leaves nothing half-done.
    unless_interrupted(context, "the command", command).await
}

/// Refuses `auth login` and `auth logout` where nobody can answer: the engine waits for an answer for ever.
fn require_terminal(context: &Context, action: &EngineAction) -> Result<(), Failure> {
    let EngineAction::Exec { words, .. } = action else {
        return Ok(());
    };
    let is = |at: usize, names: &[&str]| words.get(at).is_some_and(|word| names.iter().any(|name| word == *name));
    let asks = is(0, &["auth"]) && is(1, &["login", "logout"]);
    let shows_help = words.iter().any(|word| word == "--help" || word == "-h");
    if !asks || shows_help || context.streams.stdin_is_terminal {
        return Ok(());
    }
    Err(
        Failure::usage("cannot log in or out without a terminal: the engine asks there, and waits for ever elsewhere")
            .hint("without a terminal a key in the environment works, such as `ANTHROPIC_API_KEY`"),
    )
}

/// Does what was asked for.
///
/// # Errors
///
/// When it cannot be done, or stdout cannot be written.
pub async fn execute(
    request: &EngineCommandRequest,
    environment: &Environment,
    directories: &Directories,
    progress: Arc<dyn Progress>,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
    style: TableStyle,
) -> Result<(), Failure> {
    let engines = EngineRequest::new(&request.choice, request.network, environment, directories, progress);
    let mut output = EngineOutput {
        format: request.output.format,
        style,
        verbosity: request.verbosity,
        stdout,
        stderr,
    };
    match &request.action {
        EngineAction::Which => which(&engines, &mut output).await,
        EngineAction::List => list(&engines, &mut output).await,
        EngineAction::Install(version) => install(&engines, version.as_ref(), &mut output).await,
        EngineAction::Use(version) => prefer(&engines, version, &mut output).await,
        EngineAction::Verify(version) => verify(&engines, version.as_ref(), &mut output),
        EngineAction::Probe(targets) => probe_all(&engines, targets, &mut output).await,
        EngineAction::Remove(version) => remove(&engines, version, &mut output).await,
        EngineAction::Exec { words, is_anywhere } => {
            let engine = engine::ensure(&engines).await?;
            let mut program = Command::new(&engine.path);
            if *is_anywhere {
                program.current_dir(environment.neutral_directory());
            }
            program.args(words).env_clear().envs(environment.iter());
            become_program(program)
        }
    }
}

/// Puts a program in the place of this one: it has the terminal, and its exit status is ours.
fn become_program(mut program: Command) -> Result<(), Failure> {
    let path = program.get_program().to_string_lossy().into_owned();
    #[cfg(unix)]
    let result = Err::<std::process::ExitStatus, _>(std::os::unix::process::CommandExt::exec(&mut program));
    #[cfg(not(unix))]
    let result = program.status();
    match result {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::engine(format!("`{path}` ended with {status}"))),
        Err(error) => Err(Failure::new(FailureKind::EngineMissing, format!("cannot start `{path}`")).caused_by(&error)),
    }
}

struct EngineOutput<'a> {
    format: ListFormat,
    style: TableStyle,
    verbosity: Verbosity,
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
}

impl EngineOutput<'_> {
    fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.bytes(format!("{line}\n").as_bytes())
    }

    fn document(&mut self, document: &impl CommandDocument) -> Result<(), Failure> {
        self.bytes(&document_bytes(document)?)
    }

    fn table(&mut self, table: &Table<'_>) -> Result<(), Failure> {
        self.bytes(table.text(self.style).as_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stdout
            .write_all(bytes)
            .and_then(|()| self.stdout.flush())
            .map_err(|error| stdout_failure(&error))
    }

    /// Reports progress on stderr, unless `-q` was typed.
    fn say(&mut self, line: &str) {
        self.report(Verbosity::Normal, line);
    }

    /// Reports on stderr what `-v` asks for.
    fn detail(&mut self, line: &str) {
        self.report(Verbosity::Verbose, line);
    }

    /// A closed stderr is not a failure.
    fn report(&mut self, least: Verbosity, line: &str) {
        if self.verbosity >= least {
            let _ = writeln!(self.stderr, "{line}");
        }
    }
}

async fn which(engines: &EngineRequest<'_>, output: &mut EngineOutput<'_>) -> Result<(), Failure> {
    let candidates = engine::candidates(engines).await;
    let Some((used, version)) = first_accepted(&candidates) else {
        // An engine that was named has a message of its own, which `ensure` gives without a download.
        let is_named = |candidate: &EngineCandidate| candidate.source == EngineSource::Explicit;
        if candidates.iter().any(is_named) {
            engine::ensure(engines).await?;
        }
        return Err(Error::none_here(candidates).into());
    };
    if output.format == ListFormat::Json {
        return output.document(&EngineDocument {
            engine: info(&used.path, version, used.source),
            candidates: Some(candidates.iter().map(CandidateEntry::new).collect()),
        });
    }
    output.line(&shown(&used.path))?;
    output.say(&format!("`opencode {version}`, {}", described(used.source)));
    for candidate in &candidates {
        if let Err(rejection) = &candidate.verdict {
            output.detail(&format!("skipped `{}`: {rejection}", candidate.path.display()));
        }
    }
    Ok(())
}

async fn list(engines: &EngineRequest<'_>, output: &mut EngineOutput<'_>) -> Result<(), Failure> {
    let candidates = engine::candidates(engines).await;
    let store = EngineStore::new(engines.directories);
    if output.format == ListFormat::Json {
        return output.document(&EngineList {
            items: candidates.iter().map(CandidateEntry::new).collect(),
            installed: store.installed().into_iter().map(InstalledEntry::new).collect(),
            preferred: store.preferred().map(|version| version.to_string()),
            pinned: engine::PINNED_VERSION,
        });
    }
    let used = first_accepted(&candidates).map(|(candidate, _)| &candidate.path);
    let rows = candidates.iter().map(|candidate| {
        let mark = if used == Some(&candidate.path) { "*" } else { "" };
        let (version, reason) = match &candidate.verdict {
            Ok(version) => (version.to_string(), String::new()),
            Err(rejection) => ("-".to_owned(), format!("({rejection})")),
        };
        let source = candidate.source.as_str().to_owned();
        vec![mark.to_owned(), version, source, shown(&candidate.path), reason]
    });
    let columns = [
        Column::Text("USED"),
        Column::Text("VERSION"),
        Column::Text("SOURCE"),
        Column::Text("PATH"),
        Column::Text("NOTES"),
    ];
    output.table(&Table::new(&columns, rows))?;
    if candidates.is_empty() {
        output.say("there is no engine on this machine; `opencode-rs engine install` installs one");
    }
    Ok(())
}

async fn install(
    engines: &EngineRequest<'_>,
    version: Option<&Version>,
    output: &mut EngineOutput<'_>,
) -> Result<(), Failure> {
    let version = version.cloned().unwrap_or_else(engine::pinned_version);
    let installed = engine::install(engines, &version, Scrutiny::Thorough).await?;
    if output.format == ListFormat::Json {
        return output.document(&EngineDocument {
            engine: info(&installed.path, &installed.version, installed.source),
            candidates: None,
        });
    }
    let line = match installed.source {
        EngineSource::Download => format!("installed `opencode {version}`"),
        _ => format!("`opencode {version}` is installed already"),
    };
    output.say(&line);
    output.line(&shown(&installed.path))
}

async fn prefer(engines: &EngineRequest<'_>, version: &Version, output: &mut EngineOutput<'_>) -> Result<(), Failure> {
    if let Err(missing) = expect_installed(engines, version) {
        // Runs may use it already, from somewhere else than the store.
        let candidates = engine::candidates(engines).await;
        return match first_accepted(&candidates) {
            Some((used, same)) if same == version => {
                let (path, source) = (used.path.display(), described(used.source));
                output.say(&format!("`opencode {version}` is used already: `{path}`, {source}"));
                Ok(())
            }
            _ => Err(missing),
        };
    }
    EngineStore::new(engines.directories).prefer(version)?;
    output.say(&format!(
        "`opencode {version}` is preferred among the installed engines"
    ));
    // What is preferred in the store is not what is used when something comes before the store.
    let candidates = engine::candidates(engines).await;
    if let Some((used, other)) = first_accepted(&candidates)
        && (used.source != EngineSource::Store || other != version)
    {
        output.say(&format!(
            "warning: runs use `{}` ({other}), which comes first: {}",
            used.path.display(),
            described(used.source)
        ));
    }
    Ok(())
}

fn verify(
    engines: &EngineRequest<'_>,
    version: Option<&Version>,
    output: &mut EngineOutput<'_>,
) -> Result<(), Failure> {
    if let Some(version) = version {
        expect_installed(engines, version)?;
    }
    let mut installed = EngineStore::new(engines.directories).installed();
    installed.retain(|installed| version.is_none_or(|version| installed.version == *version));
    let mut changed = Vec::new();
    let mut verified = Vec::new();
    for engine in installed {
        let integrity = engine.verify()?;
        if let Integrity::Changed(found) = &integrity {
            output.detail(&format!("found {found}"));
            changed.push((engine.version.clone(), engine.path.clone()));
        }
        verified.push(VerifiedEntry {
            integrity: match integrity {
                Integrity::Intact => "intact",
                Integrity::Changed(_) => "changed",
                Integrity::Unknown => "unknown",
            },
            engine: InstalledEntry::new(engine),
        });
    }
    if output.format == ListFormat::Json {
        output.document(&ListDocument { items: &verified })?;
    } else if verified.is_empty() {
        output.say("`opencode-rs` has installed no engine");
    } else {
        let columns = [Column::Text("STATE"), Column::Text("VERSION"), Column::Text("PATH")];
        let rows = verified.iter().map(|entry| {
            vec![
                entry.integrity.to_owned(),
                entry.engine.version.clone(),
                entry.engine.path.clone(),
            ]
        });
        output.table(&Table::new(&columns, rows))?;
    }
    if changed.is_empty() {
        Ok(())
    } else {
        Err(Error::Damaged(changed).into())
    }
}

async fn remove(engines: &EngineRequest<'_>, version: &Version, output: &mut EngineOutput<'_>) -> Result<(), Failure> {
    for removed in engine::remove(engines, version).await? {
        output.say(&format!("removed `{}`", removed.path.display()));
    }
    Ok(())
}

/// Probes each engine; the table has a column for each, in Markdown.
async fn probe_all(
    engines: &EngineRequest<'_>,
    targets: &[ProbeTarget],
    output: &mut EngineOutput<'_>,
) -> Result<(), Failure> {
    let mut probed = Vec::new();
    if targets.is_empty() {
        probed.push(engine::ensure(engines).await?);
    }
    for target in targets {
        probed.push(engine_to_probe(engines, target).await?);
    }
    let mut columns = Vec::new();
    for engine in &probed {
        output.say(&format!(
            "probing `opencode {}` (`{}`)",
            engine.version,
            engine.path.display()
        ));
        let results = probe::examine(engine, engines.environment, |row| {
            let (word, level) = match &row.failure {
                None => ("ok".to_owned(), Verbosity::Verbose),
                Some(why) => (format!("FAIL: {why}"), Verbosity::Normal),
            };
            let took = row.duration.as_secs_f32();
            output.report(level, &format!("{}: {word} ({took:.1} s)", row.name));
        })
        .await?;
        columns.push(results);
    }
    let failed: Vec<String> = probed
        .iter()
        .zip(&columns)
        .filter_map(|(engine, rows)| {
            let failed = rows.iter().filter(|row| row.failure.is_some()).count();
            let words = format!("`opencode {}` in {failed} of {} rows", engine.version, rows.len());
            (failed > 0).then_some(words)
        })
        .collect();
    if output.format == ListFormat::Json {
        let items = probed.iter().zip(&columns);
        output.document(&ProbeDocument {
            ok: failed.is_empty(),
            items: items.map(|(engine, rows)| ProbedEngine::new(engine, rows)).collect(),
        })?;
    } else {
        output.line(&probe_table(&probed, &columns))?;
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "cannot do everything with {}",
        failed.join(", ")
    )))
}

/// The program to probe. A version that is not installed is downloaded to a place of its own, or runs would use it.
async fn engine_to_probe(engines: &EngineRequest<'_>, target: &ProbeTarget) -> Result<Engine, Failure> {
    match target {
        ProbeTarget::Path(path) => {
            let choice = EngineChoice::Path {
                path: path.clone(),
                named_by: "the command line".to_owned(),
            };
            engine::ensure(&EngineRequest {
                choice: &choice,
                ..engines.clone()
            })
            .await
        }
        ProbeTarget::Version(version) => {
            let mut directories = engines.directories.clone();
            if expect_installed(engines, version).is_err() {
                directories.data = directories.cache.join("probed");
            }
            let request = EngineRequest {
                directories: &directories,
                ..engines.clone()
            };
            Ok(engine::install(&request, version, Scrutiny::Quick).await?)
        }
    }
}

fn probe_table(engines: &[Engine], columns: &[Vec<RowResult>]) -> String {
    let cells = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let versions = engines.iter().map(|engine| engine.version.to_string());
    let mut lines = vec![
        cells(std::iter::once(String::new()).chain(versions).collect()),
        format!("|{}", "---|".repeat(engines.len() + 1)),
    ];
    for (at, row) in columns.first().into_iter().flatten().enumerate() {
        let words = columns.iter().map(|rows| match rows[at].failure {
            None => "ok".to_owned(),
            Some(_) => "**fails**".to_owned(),
        });
        lines.push(cells(std::iter::once(row.name.clone()).chain(words).collect()));
    }
    lines.join("\n")
}

fn expect_installed(engines: &EngineRequest<'_>, version: &Version) -> Result<(), Failure> {
    let installed = EngineStore::new(engines.directories).installed();
    if installed.iter().any(|installed| installed.version == *version) {
        return Ok(());
    }
    let version = version.clone();
    Err(Error::NotInstalled(version).into())
}

fn first_accepted(candidates: &[EngineCandidate]) -> Option<(&EngineCandidate, &Version)> {
    candidates
        .iter()
        .find_map(|candidate| Some((candidate, candidate.verdict.as_ref().ok()?)))
}

const fn described(source: EngineSource) -> &'static str {
    match source {
        EngineSource::Explicit => "named explicitly",
        EngineSource::Path => "found on `PATH`",
        EngineSource::Home => "found in `~/.opencode/bin`",
        EngineSource::Store | EngineSource::Download => "installed by `opencode-rs`",
    }
}

/// A path as text: JSON has no bytes that are not Unicode.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn info(path: &Path, version: &Version, source: EngineSource) -> EngineInfo {
    EngineInfo {
        version: version.to_string(),
        path: Some(shown(path)),
        source: Some(source),
    }
}

/// What `engine which` and `engine install` print.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct EngineDocument {
    engine: EngineInfo,
    /// All programs that were looked at; null after an installation.
    candidates: Option<Vec<CandidateEntry>>,
}

impl CommandDocument for EngineDocument {
    const TYPE: SchemaName = SchemaName::Engine;
}

/// The document that `engine list` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct EngineList {
    /// The programs in the order in which they are tried: the first that is accepted is used.
    items: Vec<CandidateEntry>,
    /// The engines that `engine install` has installed.
    installed: Vec<InstalledEntry>,
    /// The version that `engine use` chose.
    preferred: Option<String>,
    /// The version that is installed where none is named.
    pinned: &'static str,
}

impl CommandDocument for EngineList {
    const TYPE: SchemaName = SchemaName::Engines;
}

/// A program that could be the engine.
#[derive(Debug, Serialize, JsonSchema)]
struct CandidateEntry {
    path: String,
    source: EngineSource,
    accepted: bool,
    version: Option<String>,
    /// Why it is not accepted.
    reason: Option<String>,
}

impl CandidateEntry {
    fn new(candidate: &EngineCandidate) -> Self {
        Self {
            path: shown(&candidate.path),
            source: candidate.source,
            accepted: candidate.verdict.is_ok(),
            version: candidate.verdict.as_ref().ok().map(ToString::to_string),
            reason: candidate.verdict.as_ref().err().map(ToString::to_string),
        }
    }
}

/// An engine that `engine install` has installed.
#[derive(Debug, Serialize, JsonSchema)]
struct InstalledEntry {
    path: String,
    version: String,
    /// The platform that it is built for.
    target: String,
    /// What was noted at the installation; null for an engine that was placed by hand.
    receipt: Option<Receipt>,
}

impl InstalledEntry {
    fn new(installed: Installed) -> Self {
        Self {
            path: shown(&installed.path),
            version: installed.version.to_string(),
            target: installed.target.to_string(),
            receipt: installed.receipt,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct VerifiedEntry {
    /// `intact`, `changed`, or `unknown` without a receipt.
    integrity: &'static str,
    #[serde(flatten)]
    engine: InstalledEntry,
}

impl ListItem for VerifiedEntry {
    const LIST: SchemaName = SchemaName::EngineVerify;
}

/// The document that `engine probe` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProbeDocument {
    /// Whether everything works with every engine.
    ok: bool,
    items: Vec<ProbedEngine>,
}

impl CommandDocument for ProbeDocument {
    const TYPE: SchemaName = SchemaName::EngineProbe;
}

#[derive(Debug, Serialize, JsonSchema)]
struct ProbedEngine {
    path: String,
    version: String,
    rows: Vec<ProbedRow>,
}

/// One thing that was tried.
#[derive(Debug, Serialize, JsonSchema)]
struct ProbedRow {
    name: String,
    ok: bool,
    /// Why it does not work.
    reason: Option<String>,
    duration_ms: u64,
}

impl ProbedEngine {
    fn new(engine: &Engine, rows: &[RowResult]) -> Self {
        let row = |row: &RowResult| ProbedRow {
            name: row.name.clone(),
            ok: row.failure.is_none(),
            reason: row.failure.clone(),
            duration_ms: u64::try_from(row.duration.as_millis()).unwrap_or(u64::MAX),
        };
        Self {
            path: shown(&engine.path),
            version: engine.version.to_string(),
            rows: rows.iter().map(row).collect(),
        }
    }
}
