//! Connections to a server that break in the middle of a turn.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::real_engine::RealEngine;
use crate::support::{Model, Sandbox};

const TEXT: &str = "one two three four five six seven eight nine ten eleven twelve";

/// A relay between the program and a server, whose connections can be cut.
struct Relay {
    address: SocketAddr,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Relay {
    fn to(server: &str) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let open = Arc::new(Mutex::new(Vec::new()));
        let known = Arc::clone(&open);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(&server).unwrap();
                known
                    .lock()
                    .unwrap()
                    .extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                for (mut from, mut to) in [
                    (client.try_clone().unwrap(), server.try_clone().unwrap()),
                    (server, client),
                ] {
                    thread::spawn(move || {
                        let _ = io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        Self { address, open }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts every connection that is open now; new ones are welcome.
    fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn script() -> String {
    format!("[[reply]]\ntext = \"{TEXT}\"\nchunk_delay = \"150ms\"\n")
}

fn engine(sandbox: &Sandbox, model: &Model) -> RealEngine {
    RealEngine::with_model(&sandbox.path("engine"), &model.engine_config(), &[])
}

#[test]
fn a_turn_whose_connections_break_is_joined_again_and_nothing_is_lost_or_doubled() {
    let sandbox = Sandbox::new();
    let model = Model::start(&script());
    let engine = engine(&sandbox, &model);
    let relay = Relay::to(&engine.url());
    let mut running = sandbox
        .run_without_engine(["--attach", &relay.url(), "Count"])
        .start_at_once();
    running.wait_for_stdout("two");
    relay.cut();
    running.finish().expect(0).writes(&format!("{TEXT}\n"));
    assert_eq!(model.count(), 1, "the prompt was answered once");
}

#[test]
fn the_records_of_a_broken_stream_say_so_and_hold_the_whole_text_once() {
    let sandbox = Sandbox::new();
    let model = Model::start(&script());
    let engine = engine(&sandbox, &model);
    let relay = Relay::to(&engine.url());
    let mut running = sandbox
        .run_without_engine(["--attach", &relay.url(), "--output-format", "stream-json", "Count"])
        .start_at_once();
    running.wait_for_stdout("one");
    relay.cut();
    let records = running.finish().expect(0).records();
    let text: String = records
        .iter()
        .filter(|record| record["type"] == "text")
        .filter_map(|record| record["text"].as_str())
        .collect();
    assert_eq!(text, TEXT);
    let statuses: Vec<&str> = records.iter().filter_map(|record| record["status"].as_str()).collect();
    let at = |name: &str| statuses.iter().position(|status| *status == name);
    assert!(
        at("disconnected") < at("reconnected") && at("disconnected").is_some(),
        "{statuses:?}"
    );
    let last = records.last().unwrap();
    assert_eq!((&last["type"], &last["result"]), (&"result".into(), &TEXT.into()));
    assert_eq!(model.count(), 1);
}
