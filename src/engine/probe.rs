//! Whether a file is an engine that runs here, and which version it is.
//!
//! In: a path. Out: its version, or why it has none. Invariants: nothing is executed when the answer is known already,
//! and a file that is executed sees neither our secrets nor, where it is the engine itself, the user's directories.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use memchr::memmem;
use semver::Version;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::probe_cache::{Identity, ProbeCache};
use super::rejection::Rejection;
use super::supported;
use crate::context::Environment;
use crate::support::names::Names;
use crate::support::private_directory;

/// How long `--version` may take. It takes 0.4 s on an idle machine, and as long as a start on a crowded one.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
/// Limit of asking a file that is not used.
pub(super) const UNUSED_PROBE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a file that is still open for writing somewhere is tried again.
const BUSY_FOR: Duration = Duration::from_secs(2);
const BUSY_PAUSE: Duration = Duration::from_millis(50);
/// Enough for a version and for the end of an error.
const OUTPUT_LIMIT: u64 = 16 * 1024;
/// The engine has 180 MB. Launchers and shims are smaller, and their answer may change while they do not.
const SMALLEST_ENGINE: u64 = 16 * 1024 * 1024;

/// Variables that a program needs to start, or that a launcher needs to find the engine.
const KEPT: Names = Names(
    "PATH HOME USER LOGNAME LANG LC_ALL LD_LIBRARY_PATH DYLD_LIBRARY_PATH SystemRoot SystemDrive windir ComSpec \
     PATHEXT USERPROFILE APPDATA LOCALAPPDATA ProgramData ProgramFiles",
);
/// The same for whole families.
const KEPT_FAMILIES: &[&str] = &["NIX_", "MISE_", "ASDF_", "VOLTA_", "PROTO_"];
const SECRET_WORDS: &[&str] = &["TOKEN", "KEY", "SECRET", "PASSWORD"];
const XDG: Names = Names("XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR");

/// Asks `path` for its version, from the cache where the file has not changed, and checks that it is supported.
///
/// Dropping the future kills the process.
///
/// # Errors
///
/// The reason why the file is not used.
pub(super) async fn supported_version(
    path: &Path,
    cache: &ProbeCache,
    environment: &Environment,
) -> Result<Version, Rejection> {
    let version = version(path, cache, environment).await?;
    if supported(&version) {
        Ok(version)
    } else {
        Err(Rejection::Unsupported(version))
    }
}

/// Asks `path` for its version, supported or not.
///
/// # Errors
///
/// The reason why the file has none.
pub(super) async fn version(path: &Path, cache: &ProbeCache, environment: &Environment) -> Result<Version, Rejection> {
    let path = resolve_shim(path)?;
    let canonical = std::fs::canonicalize(&path).map_err(|error| unusable("cannot resolve it", &error))?;
    let before = Identity::of(&canonical).map_err(|error| unusable("cannot look at it", &error))?;
    if let Some(version) = cache.find(&canonical, &before) {
        return Ok(version);
    }
    let kind = FileKind::of(&canonical).map_err(|error| unusable("cannot read it", &error))?;
    if kind == FileKind::Other {
        return Err(
            if head(&canonical).is_ok_and(|head| memmem::find(&head, b"postinstall").is_some()) {
                Rejection::Placeholder
            } else {
                Rejection::NotAProgram
            },
        );
    }
    let role = Role::of(&canonical, kind, before.size);
    // An engine takes 400 MB and a core to say its version: of many who ask at once, one asks, and the others read what it
    // was told.
    let turn = if role == Role::Launcher {
        None
    } else {
        cache.turn().await
    };
    if turn.is_some()
        && let Some(version) = cache.find(&canonical, &before)
    {
        return Ok(version);
    }
    // The path as found, not the resolved one: a shim that serves many programs looks at the name it is called by.
    let version = execute(&path, kind, role, environment, DEADLINE).await?;
    if role != Role::Launcher {
        cache.store(&canonical, &before, Some(&version));
    }
    drop(turn);
    Ok(version)
}

/// The version of a file that is not used: from the package that holds it, else from the cache. The engine itself is asked
/// once, within `limit`, and the cache keeps its answer, or that it gave none; a launcher is not asked.
pub(super) async fn version_of_unused(
    path: &Path,
    cache: &ProbeCache,
    environment: &Environment,
    limit: Duration,
) -> Option<Version> {
    let path = resolve_shim(path).ok()?;
    let canonical = std::fs::canonicalize(&path).ok()?;
    if let Some(version) = packaged_version(&canonical) {
        return Some(version);
    }
    if !is_engine(&canonical) {
        return None;
    }
    let before = Identity::of(&canonical).ok()?;
    if let Some(known) = cache.find_probe(&canonical, &before) {
        return known;
    }
    let is_silent = match tokio::time::timeout(limit, version(&path, cache, environment)).await {
        Ok(Ok(version)) => return Some(version),
        // Where the machine is the reason, it may pass.
        Ok(Err(rejection)) => !rejection.is_local(),
        // Another process may have had the turn all the time.
        Err(_) => tokio::time::timeout(Duration::ZERO, cache.turn()).await.is_ok(),
    };
    // Without this entry each run would wait for the same file again.
    if is_silent {
        cache.store(&canonical, &before, None);
    }
    None
}

/// The version in the `package.json` of the npm package of the engine that holds the file in its `bin`.
fn packaged_version(canonical: &Path) -> Option<Version> {
    let file = canonical.parent()?.parent()?.join("package.json");
    if !std::fs::metadata(&file).ok()?.is_file() {
        return None;
    }
    let package: serde_json::Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    let name = package["name"].as_str()?;
    let is_engine = name.starts_with("opencode-") || name.starts_with("@opencode/cli");
    Version::parse(package["version"].as_str()?).ok().filter(|_| is_engine)
}

/// Whether a file is the engine itself, and no launcher of it: then what it said may be remembered.
pub(super) fn is_engine(canonical: &Path) -> bool {
    let Ok(metadata) = std::fs::metadata(canonical) else {
        return false;
    };
    FileKind::of(canonical).is_ok_and(|kind| Role::of(canonical, kind, metadata.len()) == Role::Engine)
}

/// What a file looks like from its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Elf,
    MachO,
    Pe,
    Script,
    Other,
}

impl FileKind {
    fn of(path: &Path) -> std::io::Result<Self> {
        Ok(match head(path)?.as_slice() {
            [0x7f, b'E', b'L', b'F', ..] => Self::Elf,
            [0xcf, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => Self::MachO,
            [b'M', b'Z', ..] => Self::Pe,
            [b'#', b'!', ..] => Self::Script,
            _ => Self::Other,
        })
    }

    const fn described(self) -> &'static str {
        match self {
            Self::Elf => "a Linux program for another processor",
            Self::MachO => "a macOS program",
            Self::Pe => "a Windows program",
            Self::Script => "a script without an interpreter",
            Self::Other => "not a program",
        }
    }
}

/// What running a file amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The engine itself: its answer holds as long as the file does, and it needs none of the user's directories.
    Engine,
    /// A script at a path that never changes its contents.
    Frozen,
    /// Something that finds an engine elsewhere: a shim of a version manager, a wrapper script.
    Launcher,
}

impl Role {
    fn of(canonical: &Path, kind: FileKind, size: u64) -> Self {
        let named = canonical.file_stem().is_some_and(|stem| stem == "opencode");
        let native = matches!(kind, FileKind::Elf | FileKind::MachO | FileKind::Pe);
        if named && native && size >= SMALLEST_ENGINE {
            Self::Engine
        } else if canonical.starts_with("/nix/store") {
            Self::Frozen
        } else {
            Self::Launcher
        }
    }
}

async fn execute(
    path: &Path,
    kind: FileKind,
    role: Role,
    environment: &Environment,
    deadline: Duration,
) -> Result<Version, Rejection> {
    let base = environment.temporary_base();
    let scratch = private_directory::create(&base).map_err(|error| {
        let base = base.display();
        Rejection::MachineShort(format!("cannot make a directory in `{base}` for `--version`: {error}"))
    })?;
    let mut command = Command::new(path);
    command
        .arg("--version")
        .current_dir(environment.neutral_directory())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .env_clear()
        .envs(trimmed(environment, role))
        .env("OPENCODE_DISABLE_AUTOUPDATE", "1");
    for name in ["TMPDIR", "TEMP", "TMP"] {
        command.env(name, scratch.path());
    }
    if role != Role::Launcher {
        for name in XDG.iter() {
            command.env(name, scratch.path().join(name));
        }
    }
    #[cfg(unix)]
    command.process_group(0);

    let mut child = ProbeChild::new(spawn(&mut command, path, kind).await?);
    let (status, stdout, stderr) = match tokio::time::timeout(deadline, child.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(unusable("cannot read what `--version` says", &error)),
        Err(_) => return Err(Rejection::TimedOut(deadline)),
    };
    match judge(status, &stdout, &stderr) {
        Err(Rejection::LibrariesMissing(said)) if kind == FileKind::Script => {
            let interpreter = interpreter(path).filter(|name| !name.contains('/') && !is_on_path(name, environment));
            Err(interpreter.map_or(Rejection::ProgramMissing(said), Rejection::InterpreterMissing))
        }
        judged => judged,
    }
}

async fn spawn(command: &mut Command, path: &Path, kind: FileKind) -> Result<Child, Rejection> {
    let patience = Instant::now() + BUSY_FOR;
    loop {
        match command.spawn() {
            Ok(child) => return Ok(child),
            // Another thread that forks at the wrong moment inherits the descriptor that the file was written with.
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy && Instant::now() < patience => {
                sleep(BUSY_PAUSE).await;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let interpreter = interpreter(path).filter(|_| kind == FileKind::Script);
                return Err(interpreter.map_or(Rejection::LoaderMissing, Rejection::InterpreterMissing));
            }
            Err(error) if is_exec_format(&error) => return Err(Rejection::Foreign(kind.described())),
            Err(error) => return Err(unusable("cannot start it", &error)),
        }
    }
}

/// What the first line of a script names: a path, or what `env` looks for on `PATH`.
fn interpreter(script: &Path) -> Option<String> {
    let head = head(script).ok()?;
    let line = head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_whitespace();
    let program = words.next()?;
    let looked_for = words.find(|word| !word.starts_with('-') && !word.contains('='));
    let is_env = Path::new(program).file_name().is_some_and(|name| name == "env");
    Some(looked_for.filter(|_| is_env).unwrap_or(program).to_owned())
}

fn is_on_path(name: &str, environment: &Environment) -> bool {
    which::which_in_global(name, environment.os("PATH")).is_ok_and(|mut found| found.next().is_some())
}

/// The first kilobyte of a file.
fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(1024).read_to_end(&mut head)?;
    Ok(head)
}

fn is_exec_format(error: &std::io::Error) -> bool {
    let code = if cfg!(windows) { 193 } else { 8 };
    error.raw_os_error() == Some(code)
}

fn trimmed(environment: &Environment, role: Role) -> Vec<(&std::ffi::OsStr, &std::ffi::OsStr)> {
    environment
        .iter()
        .filter(|(name, _)| {
            let Some(name) = name.to_str() else {
                return false;
            };
            let upper = name.to_ascii_uppercase();
            if SECRET_WORDS.iter().any(|word| upper.contains(word)) {
                return false;
            }
            KEPT.iter().any(|kept| kept.eq_ignore_ascii_case(name))
                || KEPT_FAMILIES.iter().any(|family| upper.starts_with(family))
                || (role == Role::Launcher && XDG.contains(name))
        })
        .collect()
}

/// A child whose whole process group ends when this is dropped before the child is reaped.
struct ProbeChild {
    child: Child,
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
}

impl ProbeChild {
    fn new(child: Child) -> Self {
        Self {
            #[cfg(unix)]
            group: child
                .id()
                .and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())),
            child,
        }
    }

    async fn output(&mut self) -> std::io::Result<(ExitStatus, String, String)> {
        let stdout = self.child.stdout.take();
        let stderr = self.child.stderr.take();
        let (status, stdout, stderr) = tokio::join!(self.child.wait(), head_of(stdout), head_of(stderr));
        let status = status?;
        #[cfg(unix)]
        {
            self.group = None;
        }
        Ok((status, stdout, stderr))
    }
}

#[cfg(unix)]
impl Drop for ProbeChild {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

async fn head_of(stream: Option<impl tokio::io::AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // What was read before an error is all there is to judge.
        let _ = stream.take(OUTPUT_LIMIT).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn judge(status: ExitStatus, stdout: &str, stderr: &str) -> Result<Version, Rejection> {
    const SIGILL: i32 = 4;
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        match status.signal() {
            Some(SIGILL) => return Err(Rejection::IllegalInstruction),
            // An engine that gets no memory ends with one signal or another.
            Some(signal) if memory_is_limited() => {
                let why = format!("`--version` was killed by signal {signal}, and `ulimit -v` limits its memory");
                return Err(Rejection::MachineShort(why));
            }
            Some(signal) => return Err(Rejection::Killed(signal)),
            None => {}
        }
    }
    let said = || if stderr.trim().is_empty() { stdout } else { stderr }.to_owned();
    match status.code() {
        Some(0) => {}
        Some(127) => return Err(Rejection::LibrariesMissing(said())),
        // What a shell makes of a signal, in a wrapper script.
        Some(code) if code == 128 + SIGILL => return Err(Rejection::IllegalInstruction),
        Some(code) => return Err(Rejection::Exited(code, said())),
        None => return Err(Rejection::Unusable("`--version` ended without a status".to_owned())),
    }
    if stdout.trim_start().starts_with("opencode-rs") {
        return Err(Rejection::Ourselves);
    }
    first_version(stdout).ok_or_else(|| Rejection::NoVersion(said()))
}

#[cfg(unix)]
fn memory_is_limited() -> bool {
    rustix::process::getrlimit(rustix::process::Resource::As)
        .current
        .is_some()
}

/// The first `1.2.3` in a text, with what semantic versioning allows behind it.
fn first_version(text: &str) -> Option<Version> {
    text.split(|character: char| character.is_whitespace() || matches!(character, ',' | '(' | ')' | '/'))
        .map(|word| word.trim_start_matches('v'))
        .find_map(|word| Version::parse(word).ok())
}

/// npm's `.cmd` file leads to the program behind it; running the file itself would go through `cmd.exe`. Every other
/// file is what it is.
pub(super) fn resolve_shim(path: &Path) -> Result<PathBuf, Rejection> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Rejection::Missing),
        Err(error) => return Err(unusable("cannot look at it", &error)),
    };
    if !metadata.is_file() {
        return Err(Rejection::NotAFile);
    }
    let is_shim = path
        .extension()
        .is_some_and(|extension| ["cmd", "bat"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
    if !is_shim {
        return Ok(path.to_path_buf());
    }
    let contents = std::fs::read_to_string(path).map_err(|error| unusable("cannot read it", &error))?;
    let target = shim_target(&contents, path.parent().unwrap_or(Path::new(""))).ok_or(Rejection::UnknownShim)?;
    match FileKind::of(&target) {
        Ok(FileKind::Pe) => Ok(target),
        Ok(_) => Err(Rejection::Placeholder),
        Err(_) => Err(Rejection::UnknownShim),
    }
}

/// Reads the one shape that npm writes: `"%dp0%\node_modules\opencode-ai\bin\opencode.exe"   %*`.
fn shim_target(contents: &str, directory: &Path) -> Option<PathBuf> {
    contents.lines().find_map(|line| {
        let quoted = line.trim().strip_suffix("%*")?.trim_end();
        let quoted = quoted.rsplit_once('"').filter(|(_, rest)| rest.is_empty())?.0;
        let relative = quoted.rsplit_once("\"%dp0%\\")?.1;
        let mut target = directory.to_path_buf();
        for part in relative.split('\\') {
            if part.is_empty() || part.contains(['%', '/', ':']) {
                return None;
            }
            target.push(part);
        }
        target
            .file_name()
            .is_some_and(|name| name == "opencode.exe")
            .then_some(target)
    })
}

fn unusable(what: &str, error: &std::io::Error) -> Rejection {
    use std::io::ErrorKind;
    let why = format!("{what}: {error}");
    // ENFILE and EMFILE.
    let lacks_descriptors = cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24));
    if lacks_descriptors || matches!(error.kind(), ErrorKind::OutOfMemory | ErrorKind::WouldBlock) {
        Rejection::MachineShort(why)
    } else {
        Rejection::Unusable(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_whatever_stands_around_it() {
        for (text, version) in [
            ("1.18.34\n", Some("1.18.34")),
            ("opencode v1.18.34 (abc)", Some("1.18.34")),
            ("opencode v2.0.26\n", Some("2.0.26")),
            ("2.0.1", Some("2.0.1")),
            ("GNU bash, version 5.2.15(1)-release", Some("5.2.15")),
            ("no version 1.2", None),
            ("", None),
        ] {
            assert_eq!(
                first_version(text),
                version.map(|version| version.parse().unwrap()),
                "{text}"
            );
        }
    }

    #[test]
    fn npms_command_file_leads_to_the_program_and_other_shapes_are_declined() {
        let npm = "@ECHO off\r\nGOTO start\r\n:find_dp0\r\nSET dp0=%~dp0\r\nEXIT /b\r\n:start\r\nSETLOCAL\r\nCALL :find_dp0\r\n\
                   \"%dp0%\\node_modules\\opencode-ai\\bin\\opencode.exe\"   %*\r\n";
        assert_eq!(
            shim_target(npm, Path::new("npm")),
            Some(PathBuf::from("npm/node_modules/opencode-ai/bin/opencode.exe"))
        );
        let node = "endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & \"%_prog%\"  \"%dp0%\\node_modules\\x\\cli.js\" %*\r\n";
        assert_eq!(shim_target(node, Path::new("npm")), None);
        assert_eq!(
            shim_target("\"%dp0%\\%EVIL%\\opencode.exe\" %*", Path::new("npm")),
            None
        );
    }

    #[test]
    fn secrets_do_not_reach_a_probed_file() {
        let environment: Environment = [
            ("PATH", "/bin"),
            ("GITHUB_TOKEN", "t"),
            ("MISE_DATA_DIR", "/m"),
            ("MISE_GITHUB_TOKEN", "t"),
            ("ANTHROPIC_API_KEY", "k"),
            ("XDG_DATA_HOME", "/d"),
        ]
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
        let names = |role| {
            trimmed(&environment, role)
                .into_iter()
                .map(|(name, _)| name.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(Role::Engine), ["MISE_DATA_DIR", "PATH"]);
        assert_eq!(names(Role::Launcher), ["MISE_DATA_DIR", "PATH", "XDG_DATA_HOME"]);
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::PermissionsExt as _;

        use super::*;

        fn script(directory: &Path, body: &str) -> PathBuf {
            let path = directory.join("opencode");
            std::fs::write(&path, body).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            path
        }

        async fn probe(body: &str) -> Result<Version, Rejection> {
            let directory = tempfile::tempdir().unwrap();
            let path = script(directory.path(), body);
            let cache = ProbeCache::new(directory.path());
            supported_version(&path, &cache, &Environment::of_process()).await
        }

        #[tokio::test]
        async fn a_supported_version_is_accepted() {
            assert_eq!(probe("#!/bin/sh\necho 1.18.33\n").await, Ok(Version::new(1, 18, 33)));
        }

        #[tokio::test]
        async fn every_other_kind_of_file_is_rejected_with_its_reason() {
            for (body, reason) in [
                ("echo the postinstall script was not run\n", Rejection::Placeholder),
                ("echo hello\n", Rejection::NotAProgram),
                ("#!/bin/sh\necho 2.0.1\n", Rejection::Unsupported(Version::new(2, 0, 1))),
                (
                    "#!/bin/sh\necho 1.3.14\n",
                    Rejection::Unsupported(Version::new(1, 3, 14)),
                ),
                ("#!/bin/sh\necho opencode-rs 1.18.40\n", Rejection::Ourselves),
                ("#!/bin/sh\necho hello\n", Rejection::NoVersion("hello\n".to_owned())),
                (
                    "#!/bin/sh\necho broken >&2\nexit 3\n",
                    Rejection::Exited(3, "broken\n".to_owned()),
                ),
                ("#!/bin/sh\nkill -ILL $$\n", Rejection::IllegalInstruction),
                ("#!/bin/sh\nkill -SEGV $$\n", Rejection::Killed(11)),
                ("#!/bin/sh\nexit 127\n", Rejection::ProgramMissing(String::new())),
                (
                    "#!/no/such/interpreter\n",
                    Rejection::InterpreterMissing("/no/such/interpreter".to_owned()),
                ),
                (
                    "#!/usr/bin/env -S no-such-node --flag\n",
                    Rejection::InterpreterMissing("no-such-node".to_owned()),
                ),
                ("MZ\u{90}\0 windows", Rejection::Foreign("a Windows program")),
            ] {
                assert_eq!(probe(body).await, Err(reason), "{body}");
            }
        }

        #[tokio::test]
        async fn what_hangs_is_killed_at_the_deadline_with_its_children() {
            let directory = tempfile::tempdir().unwrap();
            let body = format!(
                "#!/bin/sh\nsleep 600 &\necho $! > {0}/child\nwait\n",
                directory.path().display()
            );
            let path = script(directory.path(), &body);
            let limit = Duration::from_millis(500);
            let environment = Environment::of_process();
            let result = execute(&path, FileKind::Script, Role::Launcher, &environment, limit).await;
            assert_eq!(result, Err(Rejection::TimedOut(limit)));
            let child = std::fs::read_to_string(directory.path().join("child")).unwrap();
            let child = rustix::process::Pid::from_raw(child.trim().parse().unwrap()).unwrap();
            // The group was killed; the child is gone, or a zombie until init reaps it.
            tokio::time::timeout(Duration::from_secs(10), async {
                while rustix::process::test_kill_process(child).is_ok() && !is_zombie(child) {
                    tokio::task::yield_now().await;
                }
            })
            .await
            .unwrap();
        }

        fn is_zombie(pid: rustix::process::Pid) -> bool {
            std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).is_ok_and(|stat| {
                stat.rsplit(')')
                    .next()
                    .is_some_and(|rest| rest.trim_start().starts_with('Z'))
            })
        }

        #[tokio::test]
        async fn a_directory_and_nothing_are_rejected() {
            let directory = tempfile::tempdir().unwrap();
            let cache = ProbeCache::new(directory.path());
            let environment = Environment::default();
            let missing = directory.path().join("missing");
            assert_eq!(version(&missing, &cache, &environment).await, Err(Rejection::Missing));
            assert_eq!(
                version(directory.path(), &cache, &environment).await,
                Err(Rejection::NotAFile)
            );
        }

        /// A native program of an engine's size that prints some version: what follows the end of an ELF file is not looked
        /// at, so a hole makes it big enough.
        #[cfg(target_os = "linux")]
        fn native(directory: &Path) -> PathBuf {
            let path = directory.join("opencode");
            std::fs::copy("/bin/bash", &path).unwrap();
            let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(SMALLEST_ENGINE).unwrap();
            path
        }

        /// The head of a program that waits for ever: `pause` in a loop.
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        fn silent_head() -> Vec<u8> {
            let start = 0x40_0000_u64;
            let code = [0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7];
            let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            elf.extend([2, 0, 62, 0, 1, 0, 0, 0]);
            for field in [start + 120, 64, 0] {
                elf.extend(field.to_le_bytes());
            }
            elf.extend([0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
            // One segment: the head itself, to be read and executed.
            elf.extend([1, 0, 0, 0, 5, 0, 0, 0]);
            let size = 120 + code.len() as u64;
            for field in [0, start, start, size, size, 0x1000] {
                elf.extend(field.to_le_bytes());
            }
            elf.extend(code);
            elf
        }

        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        #[tokio::test]
        async fn an_unused_engine_that_did_not_answer_is_not_asked_again_until_it_changes() {
            use std::os::unix::fs::FileExt as _;

            let directory = tempfile::tempdir().unwrap();
            let path = native(directory.path());
            let write = |head: &[u8], modified| {
                let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
                file.write_all_at(head, 0).unwrap();
                file.set_modified(modified).unwrap();
            };
            let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
            let silent = silent_head();
            let answering = std::fs::read(&path).unwrap()[..silent.len()].to_vec();
            let cache = ProbeCache::new(directory.path());
            let environment = Environment::of_process();
            let ask = |limit| version_of_unused(&path, &cache, &environment, limit);

            write(&silent, modified);
            assert_eq!(ask(Duration::from_millis(50)).await, None);
            // The same inode, size and time, but contents that would answer.
            write(&answering, modified);
            assert_eq!(ask(DEADLINE).await, None);
            write(&answering, modified + Duration::from_secs(1));
            assert!(ask(DEADLINE).await.is_some());
        }

        #[cfg(target_os = "linux")]
        #[tokio::test]
        async fn an_engine_that_did_not_answer_unused_is_asked_when_it_is_used() {
            let directory = tempfile::tempdir().unwrap();
            let path = native(directory.path());
            let cache = ProbeCache::new(directory.path());
            let environment = Environment::of_process();
            let canonical = std::fs::canonicalize(&path).unwrap();
            cache.store(&canonical, &Identity::of(&canonical).unwrap(), None);
            assert_eq!(
                version_of_unused(&path, &cache, &environment, UNUSED_PROBE_TIMEOUT).await,
                None
            );
            let used = version(&path, &cache, &environment).await.unwrap();
            assert_eq!(
                version_of_unused(&path, &cache, &environment, UNUSED_PROBE_TIMEOUT).await,
                Some(used)
            );
        }

        #[cfg(target_os = "linux")]
        #[tokio::test]
        async fn a_known_engine_is_not_executed_again_until_it_changes() {
            let directory = tempfile::tempdir().unwrap();
            let path = native(directory.path());
            let cache = ProbeCache::new(directory.path());
            let environment = Environment::of_process();
            let first = version(&path, &cache, &environment).await.unwrap();

            // The same inode, size and time, but contents that cannot be executed any more.
            let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
            let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            std::os::unix::fs::FileExt::write_all_at(&file, &[0; 64], 0).unwrap();
            file.set_modified(modified).unwrap();
            assert_eq!(version(&path, &cache, &environment).await, Ok(first));

            file.set_modified(modified + Duration::from_secs(1)).unwrap();
            drop(file);
            assert_eq!(version(&path, &cache, &environment).await, Err(Rejection::NotAProgram));
        }

        #[tokio::test]
        async fn a_launcher_is_asked_every_time() {
            let directory = tempfile::tempdir().unwrap();
            let said = directory.path().join("said");
            std::fs::write(&said, "1.18.33").unwrap();
            let path = script(directory.path(), &format!("#!/bin/sh\ncat {}\n", said.display()));
            let cache = ProbeCache::new(directory.path());
            let environment = Environment::of_process();
            assert_eq!(version(&path, &cache, &environment).await, Ok(Version::new(1, 18, 33)));
            std::fs::write(&said, "1.18.34").unwrap();
            assert_eq!(version(&path, &cache, &environment).await, Ok(Version::new(1, 18, 34)));
        }
    }
}
