//! The program itself, as many processes at once, killed, and behind a proxy.

use std::process::{Output, Stdio};

use opencode_rs::engine::Host;
use tokio::process::Command;

use super::release_host::Reply;
use super::world::{VERSION, World, engine_script, tar_gz};

async fn world() -> World {
    let mut world = World::new().await;
    world.machine = Host::detect(&world.environment()).unwrap();
    world
}

fn program(world: &World, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_opencode-rs"));
    command
        .args(words)
        .env_clear()
        .envs(world.environment().iter())
        .envs(
            ["CONFIG", "DATA", "STATE", "CACHE"]
                .map(|name| (format!("XDG_{name}_HOME"), world.root.path().join(name.to_lowercase()))),
        )
        .current_dir(world.root.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn ten_processes_install_once() {
    let world = world().await;
    let archive = tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(world.target(), &archive)]);
    let running = (0..10).map(|_| program(&world, &["engine", "install", "1.18.90"]).output());
    let outputs: Vec<Output> = futures_util::future::try_join_all(running).await.unwrap();
    let path = world.store().join(format!("1.18.90-{}/opencode", world.target()));
    let mut installed = 0;
    for output in outputs {
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        assert_eq!(text(&output.stdout), format!("{}\n", path.display()));
        installed += usize::from(stderr.contains("installed `opencode 1.18.90`"));
    }
    assert_eq!(installed, 1);
    assert_eq!(world.host.paths().len(), 2);
}

#[tokio::test]
async fn a_process_that_is_killed_in_the_middle_leaves_nothing_half_done() {
    let world = world().await;
    let archive = tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(world.target(), &archive)]);
    world.host.replies(
        &World::asset_path(&VERSION, world.target()),
        vec![Reply::Stalled(archive.clone(), archive.len() / 2), Reply::Body(archive)],
    );
    let mut first = program(&world, &["engine", "install", "1.18.90"]).spawn().unwrap();
    world.host.requested(2).await;
    first.kill().await.unwrap();
    let left = world.stored();
    assert!(left.iter().all(|name| name.starts_with(".staging-")), "{left:?}");

    let second = program(&world, &["engine", "install", "1.18.90"])
        .output()
        .await
        .unwrap();
    assert_eq!(second.status.code(), Some(0), "{}", text(&second.stderr));
    assert_eq!(world.stored(), [format!("1.18.90-{}", world.target())]);
}

#[tokio::test]
async fn a_failed_installation_exits_with_127_and_says_why() {
    let world = world().await;
    let output = program(&world, &["engine", "install", "1.18.90"])
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(127));
    assert_eq!(text(&output.stdout), "");
    let stderr = text(&output.stderr);
    assert!(
        stderr.starts_with("error: cannot download `opencode 1.18.90`\n"),
        "{stderr}"
    );
    let output = program(&world, &["engine", "install", "2.0.1"]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test]
async fn the_working_directory_does_not_choose_the_registry() {
    let mut world = world().await;
    let archive = tar_gz("package/bin/opencode", &engine_script(&VERSION));
    world.publish_npm(&VERSION, world.target(), &archive);
    let trap = super::release_host::ReleaseHost::start().await;
    let npmrc = |registry: String| format!("registry={registry}\n");
    std::fs::write(world.root.path().join(".npmrc"), npmrc(trap.url("/npm"))).unwrap();
    std::fs::write(world.root.path().join("package.json"), "{}").unwrap();
    std::fs::write(world.directories.home.join(".npmrc"), npmrc(world.host.url("/npm"))).unwrap();
    world.set("npm_config_registry", "");
    let output = program(&world, &["engine", "install", "1.18.90"])
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(trap.paths(), Vec::<String>::new());
}

#[tokio::test]
async fn a_process_without_descriptors_downloads_nothing() {
    let mut world = world().await;
    world.program("one/opencode", &engine_script(&VERSION));
    let root = world.root.path().display().to_string();
    world.set("PATH", &format!("{root}/one:/usr/bin:/bin"));
    let plain = program(&world, &[]);
    for limit in [16, 30] {
        let output = Command::new("sh")
            .args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\"")])
            .arg(plain.as_std().get_program())
            .arg("hi")
            .env_clear()
            .envs(
                plain
                    .as_std()
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(126), "{stderr}");
        assert!(stderr.contains("Too many open files"), "{stderr}");
        assert_eq!(world.host.paths(), Vec::<String>::new());
    }
}

/// The program with `data` on a file system of its own.
#[cfg(target_os = "linux")]
fn program_on(world: &World, mount: &str, words: &[&str]) -> Command {
    let namespaces = std::process::Command::new("unshare")
        .args(["-rm", "true"])
        .stderr(Stdio::null())
        .status();
    assert!(
        namespaces.is_ok_and(|status| status.success()),
        "this test mounts a file system of its own: allow user namespaces (`unshare -rm true`), or run it as root"
    );
    let directory = world.root.path().join("data");
    std::fs::create_dir_all(&directory).unwrap();
    let script = format!(
        "mount -t tmpfs -o {mount} none \"$0\" && \"$@\"; code=$?; ls -A \"$0/opencode-rs/engines\" >&2; exit $code"
    );
    let plain = program(world, &[]);
    let mut wrapped = Command::new("unshare");
    wrapped
        .args(["-rm", "sh", "-c", &script])
        .arg(&directory)
        .arg(plain.as_std().get_program())
        .args(words)
        .env_clear()
        .envs(
            plain
                .as_std()
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    wrapped
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_left() {
    let world = world().await;
    let mut noise = vec![0_u8; 1024 * 1024];
    getrandom::fill(&mut noise).unwrap();
    let hex: Vec<_> = noise.iter().map(|byte| format!("{byte:02x}")).collect();
    let script = format!("{}: {}\n", engine_script(&VERSION), hex.concat());
    world.publish_github(&VERSION, &[(world.target(), &tar_gz("opencode", &script))]);
    let mut command = program_on(&world, "size=1m", &["engine", "install", "1.18.90"]);
    let output = command.output().await.unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(127), "{stderr}");
    assert!(stderr.contains("caused by: No space left on device"), "{stderr}");
    let engines = world.store();
    let hint = format!("hint: free about 250 MB where `{}` is", engines.display());
    assert!(stderr.contains(&hint), "{stderr}");
    assert!(!stderr.lines().any(|line| line.starts_with(".staging")), "{stderr}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_read_only_home_is_told() {
    let world = world().await;
    let mut command = program_on(&world, "ro", &["engine", "install", "1.18.90"]);
    let output = command.output().await.unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(127), "{stderr}");
    assert!(stderr.contains("caused by: Read-only file system"), "{stderr}");
    assert!(
        stderr.contains("point `XDG_DATA_HOME` to a writable directory"),
        "{stderr}"
    );
    assert_eq!(world.host.paths(), Vec::<String>::new());
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_used() {
    let mut world = world().await;
    let archive = tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(world.target(), &archive)]);
    // Names that do not resolve: only the proxy can lead there.
    world.set("OPENCODE_RS_GITHUB_API", "http://mirror.invalid/api");
    world.set("OPENCODE_RS_GITHUB_DOWNLOAD", "http://mirror.invalid/dl");
    world.set("http_proxy", &world.host.url("/"));
    let output = program(&world, &["engine", "install", "1.18.90"])
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[tokio::test]
async fn a_signal_ends_an_installation_and_leaves_nothing() {
    let world = world().await;
    let archive = tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(world.target(), &archive)]);
    world.host.reply(
        &World::asset_path(&VERSION, world.target()),
        Reply::Stalled(archive.clone(), archive.len() / 2),
    );
    let child = program(&world, &["engine", "install", "1.18.90"]).spawn().unwrap();
    world.host.requested(2).await;
    let pid = rustix::process::Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(143), "{}", text(&output.stderr));
    assert_eq!(world.stored(), Vec::<String>::new());
}

#[tokio::test]
async fn the_systems_certificates_and_more_ones_are_trusted_and_no_others() {
    let (mut world, certificate) = World::encrypted().await;
    world.machine = Host::detect(&world.environment()).unwrap();
    let archive = tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(world.target(), &archive)]);
    let install = ["engine", "install", "1.18.90"];
    let untrusted = program(&world, &install).output().await.unwrap();
    let stderr = text(&untrusted.stderr);
    assert_eq!(untrusted.status.code(), Some(127), "{stderr}");
    // A system without any certificates has a different message.
    assert!(stderr.contains("certificate"), "{stderr}");
    assert_eq!(world.host.paths(), Vec::<String>::new());

    for variable in ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"] {
        let trusted = program(&world, &install)
            .env(variable, &certificate)
            .output()
            .await
            .unwrap();
        assert_eq!(trusted.status.code(), Some(0), "{variable}: {}", text(&trusted.stderr));
        std::fs::remove_dir_all(world.store()).unwrap();
    }
    assert_eq!(world.host.paths().len(), 4);
}

#[tokio::test]
async fn a_redirect_out_of_encryption_is_refused() {
    let (mut world, certificate) = World::encrypted().await;
    world.machine = Host::detect(&world.environment()).unwrap();
    let plain = super::release_host::ReleaseHost::start().await;
    let archive = tar_gz("opencode", &engine_script(&VERSION));
    world.publish_github(&VERSION, &[(world.target(), &archive)]);
    let asset = World::asset_path(&VERSION, world.target());
    plain.reply(&asset, Reply::Body(archive));
    let elsewhere = vec![("location", plain.url(&asset))];
    world.host.reply(&asset, Reply::Status(302, elsewhere));
    let output = program(&world, &["engine", "install", "1.18.90"])
        .env("SSL_CERT_FILE", &certificate)
        .output()
        .await
        .unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(127), "{stderr}");
    assert!(
        stderr.contains("it leads from an encrypted address to an unencrypted one"),
        "{stderr}"
    );
    assert_eq!(plain.paths(), Vec::<String>::new());
}
