//! Ripgrep for the engines that tests start: their tools that search run `rg`, and would fetch it from the net.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// The version that the engine would fetch.
const RIPGREP: &str = "ripgrep@15.1.0";

/// `PATH` with a directory at its end that holds `rg`. Where no `rg` is on `PATH`, cargo builds it once below `target/`.
pub(crate) fn path_with_ripgrep() -> OsString {
    static PATH: OnceLock<OsString> = OnceLock::new();
    PATH.get_or_init(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if which::which("rg").is_ok() {
            return path;
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-ripgrep");
        let directory = root.join("bin");
        if which::which_in_global("rg", Some(&directory)).is_ok_and(|mut found| found.next().is_none()) {
            build(&root);
        }
        let directories = std::env::split_paths(&path).chain([directory]);
        std::env::join_paths(directories).unwrap()
    })
    .clone()
}

fn build(root: &Path) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["install", "--quiet", "--locked", "--debug", RIPGREP, "--root"])
        .arg(root)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "the engines that these tests start need `rg`, and cargo cannot build {RIPGREP}; install ripgrep:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
