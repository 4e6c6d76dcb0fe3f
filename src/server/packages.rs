//! Keeping the engine from fetching a package that nothing needs.
//!
//! With the first request for a directory the engine installs the package `@opencode-ai/plugin` into the user's
//! configuration directory and into every `.opencode`, whether or not anything there imports it; and before it loads any
//! plugin, also one that imports nothing, it waits for that: more than a minute where the registry cannot be reached.
//! There is no switch. But npm's configuration can name a registry for one scope, so where nothing can need the package,
//! that scope's registry is a listener of ours that answers at once that it has no such package. The engine then goes
//! on, nothing is fetched, and nothing is written into the user's directories. Every other package is fetched as before.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::engine::files::{CONFIG_NAMES, EngineFiles};

/// Sets the registry of the packages of the engine. It is meant for the engine alone; in the environment of the commands
/// that it runs, an empty value takes it back.
pub const PACKAGE_REGISTRY_VARIABLE: &str = "npm_config_@opencode-ai:registry";

/// Timeout of one request to the empty registry.
const PATIENCE: Duration = Duration::from_secs(5);
const ANSWER: &[u8] = b"HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\
                        connection: close\r\n\r\n{}";

/// A registry without packages, on loopback, until it is dropped.
pub(super) type EmptyRegistry = AbortOnDropHandle<()>;

/// Starts one and puts its address into `environment`, unless something in reach of the engine may need packages.
pub(super) async fn serve_none_unless_needed(
    environment: &mut BTreeMap<OsString, OsString>,
    user_config: Option<&OsStr>,
    directory: &Path,
    engine: &EngineFiles,
) -> Option<EmptyRegistry> {
    // The variable is empty in the commands that our engine runs.
    let is_set = environment
        .get(OsStr::new(PACKAGE_REGISTRY_VARIABLE))
        .is_some_and(|value| !value.is_empty());
    if is_set || are_needed(environment, user_config, directory, engine) {
        return None;
    }
    // Without it the engine is slower and noisier, not wrong.
    let (registry, url) = serve_none().await.ok()?;
    environment.insert(PACKAGE_REGISTRY_VARIABLE.into(), url.into());
    Some(registry)
}

async fn serve_none() -> io::Result<(EmptyRegistry, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    Ok((AbortOnDropHandle::new(tokio::spawn(answer_all(listener))), url))
}

async fn answer_all(listener: TcpListener) {
    let mut open = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        open.spawn(async move {
            let _ = tokio::time::timeout(PATIENCE, answer(stream)).await;
        });
        while open.try_join_next().is_some() {}
    }
}

async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    // Read to its end, or closing would reset the connection before the answer is read.
    while memmem::find(&request, b"\r\n\r\n").is_none() && request.len() < 64 * 1024 {
        if stream.read_buf(&mut request).await? == 0 {
            break;
        }
    }
    stream.write_all(ANSWER).await?;
    stream.shutdown().await
}

/// Whether the user's or the directory's configuration has, or may have, plugins or tools. When in doubt, yes.
fn are_needed(
    environment: &BTreeMap<OsString, OsString>,
    user_config: Option<&OsStr>,
    directory: &Path,
    engine: &EngineFiles,
) -> bool {
    let directories = engine.config_directories(directory.ancestors());
    let mut files: Vec<PathBuf> = engine.named_config.clone().into_iter().collect();
    for place in directory.ancestors() {
        files.extend(["opencode.json", "opencode.jsonc"].map(|name| place.join(name)));
    }
    for directory in &directories {
        files.extend(CONFIG_NAMES.map(|name| directory.join(name)));
        // The configuration of the first versions.
        files.push(directory.join("config"));
    }
    // Logins of that sort bring configuration from elsewhere.
    let login = environment
        .get(OsStr::new("OPENCODE_AUTH_CONTENT"))
        .filter(|value| !value.is_empty())
        .map(|text| text.as_encoded_bytes().to_vec())
        .or_else(|| fs::read(engine.credentials()).ok());
    user_config.is_some_and(|text| names_plugins(text.as_encoded_bytes()))
        || login.is_some_and(|text| memmem::find(&text, b"wellknown").is_some())
        || engine.managed().iter().any(|path| path.exists())
        || directories.iter().any(|directory| has_code(directory))
        || files.iter().any(|file| may_name_plugins(file))
}

fn has_code(directory: &Path) -> bool {
    ["plugin", "plugins", "tool", "tools"]
        .iter()
        .any(|name| fs::read_dir(directory.join(name)).is_ok_and(|mut entries| entries.next().is_some()))
}

fn may_name_plugins(file: &Path) -> bool {
    match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => fs::read(file).map_or(true, |text| names_plugins(&text)),
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
    }
}

fn names_plugins(text: &[u8]) -> bool {
    // Also in a comment: when in doubt, yes. A key may be written with escapes.
    memmem::find(text, b"plugin").is_some() || memmem::find(text, b"\\u").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_needed_wherever_there_may_be_a_plugin_or_a_tool() {
        let needed = |name: &str, text: &str, user_config: Option<&str>| {
            let root = tempfile::tempdir().unwrap();
            let directory = root.path().join("work/project");
            fs::create_dir_all(&directory).unwrap();
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            let environment = [
                ("HOME", root.path().join("home")),
                ("XDG_DATA_HOME", root.path().join("data")),
                ("OPENCODE_CONFIG_DIR", root.path().join("more")),
            ];
            let environment: BTreeMap<OsString, OsString> = environment
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect();
            let variable = |name: &str| environment.get(OsStr::new(name)).map(OsString::as_os_str);
            let files = EngineFiles::new(variable, Path::new("/nowhere"), Path::new(""));
            are_needed(&environment, user_config.map(OsStr::new), &directory, &files)
        };
        let plain = "{\"model\": \"a/b\"}";
        let named = "{\"plugin\": [\"x\"]}";
        for name in [
            "work/project/.opencode/plugin/a.js",
            "work/.opencode/tools/a.ts",
            "home/.config/opencode/plugins/a.ts",
            "home/.opencode/tool/a.ts",
            "more/plugin/a.ts",
        ] {
            assert!(needed(name, "", None), "{name}");
        }
        for name in [
            "work/project/opencode.json",
            "work/opencode.jsonc",
            "work/project/.opencode/opencode.json",
            "home/.config/opencode/opencode.jsonc",
            "more/opencode.json",
        ] {
            assert!(needed(name, named, None), "{name}");
            assert!(!needed(name, plain, None), "{name}");
        }
        assert!(needed(
            "data/opencode/auth.json",
            "{\"https://e\": {\"type\": \"wellknown\"}}",
            None
        ));
        assert!(!needed("data/opencode/auth.json", "{\"p\": {\"type\": \"api\"}}", None));
        assert!(needed("x", "", Some(named)));
        assert!(!needed("x", "", Some(plain)));
    }

    #[tokio::test]
    async fn the_empty_registry_has_nothing_and_says_so() {
        let (registry, url) = serve_none().await.unwrap();
        let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream
                .write_all(b"GET /@opencode-ai%2fplugin HTTP/1.1\r\nhost: x\r\n\r\n")
                .await
                .unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            assert_eq!(answer, ANSWER);
        }
        drop(registry);
        tokio::task::yield_now().await;
        assert!(TcpStream::connect(&address).await.is_err());
    }
}
