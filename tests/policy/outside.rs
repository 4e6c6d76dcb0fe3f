//! Where the web would be.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use opencode_rs::request::Effect;

use super::table::Case;

/// Takes the place of a proxy: records every requested address, and lets no request through.
pub(super) struct Outside {
    pub(super) address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Outside {
    pub(super) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut line = String::new();
                drop(BufReader::new(&stream).read_line(&mut line));
                theirs.lock().unwrap().push(line.trim_end().to_owned());
                drop(
                    (&stream).write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
                );
            }
        });
        Self { address, asked }
    }
}

/// Which addresses were gone to and must not, or the other way round.
pub(super) fn wrong_addresses(cases: &[Case], outside: &Outside) -> Vec<String> {
    let asked = outside.asked.lock().unwrap();
    let host = |case: &Case| url::Url::parse(&case.input).ok()?.host_str().map(str::to_owned);
    let fetches = |effect: fn(Effect) -> bool| -> BTreeSet<String> {
        cases
            .iter()
            .filter(|case| case.tool == "webfetch" && effect(case.expect))
            .filter_map(host)
            .collect()
    };
    let allowed = fetches(|effect| effect == Effect::Allow);
    let refused = fetches(|effect| effect != Effect::Allow);
    let mut wrong = Vec::new();
    for host in &allowed {
        if !asked.iter().any(|line| line.contains(host.as_str())) {
            wrong.push(format!("nobody went to {host}: {asked:?}"));
        }
    }
    for host in refused.difference(&allowed) {
        if asked.iter().any(|line| line.contains(host.as_str())) {
            wrong.push(format!("somebody went to {host}: {asked:?}"));
        }
    }
    wrong
}
