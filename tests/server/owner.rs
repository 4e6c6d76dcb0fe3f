//! A process that owns a server, to be killed: this test binary again, running the one ignored test below.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use opencode_rs::client::Endpoint;
use opencode_rs::support::secret::Secret;

use super::support::{LONG, ServerSandbox, start_in};

const ROOT: &str = "SERVER_OWNER_ROOT";
const ENGINE: &str = "SERVER_OWNER_ENGINE";
const MARK: &str = "ready: ";

#[tokio::test]
#[ignore = "not a test: the tests beside it run it as a process to be killed"]
async fn owns_a_server_until_it_is_killed() {
    let root = PathBuf::from(std::env::var_os(ROOT).unwrap());
    let engine = PathBuf::from(std::env::var_os(ENGINE).unwrap());
    let mut server = start_in(&root, &engine, None, LONG).await.unwrap();
    let endpoint = &server.endpoint;
    let password = endpoint.password.as_ref().unwrap().expose();
    writeln!(std::io::stdout(), "{MARK}{} {} {password}", server.pid, endpoint.url).unwrap();
    server.exited().await;
}

pub(super) struct Owner {
    process: Child,
    output: BufReader<ChildStdout>,
}

pub(super) struct Ready {
    pub(super) engine: u32,
    pub(super) endpoint: Endpoint,
}

pub(super) fn spawn(sandbox: &ServerSandbox, engine: &Path) -> Owner {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "server::owner::owns_a_server_until_it_is_killed",
        ])
        .env(ROOT, sandbox.root())
        .env(ENGINE, engine)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(process.stdout.take().unwrap());
    Owner { process, output }
}

impl Owner {
    pub(super) fn ready(&mut self) -> Ready {
        for line in self.output.by_ref().lines() {
            let line = line.unwrap();
            // The test harness writes its own words before ours.
            let Some((_, facts)) = line.split_once(MARK) else {
                continue;
            };
            let [engine, url, password] = facts.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{facts}");
            };
            return Ready {
                engine: engine.parse().unwrap(),
                endpoint: Endpoint::new(url.parse().unwrap(), Some(Secret::new(password))),
            };
        }
        panic!("the owner ended before its server was ready");
    }

    pub(super) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(super) fn read_to_end(&mut self) {
        self.output.read_to_end(&mut Vec::new()).unwrap();
    }
}
