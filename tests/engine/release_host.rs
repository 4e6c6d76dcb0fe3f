//! A release host on loopback that answers like GitHub's API, GitHub's downloads and an npm registry, and that can fail
//! in all the ways in which they do. Plain sockets, because half of the faults are below HTTP.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What a path answers.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// 200 with this body.
    Body(Vec<u8>),
    /// Another status, with more headers.
    Status(u16, Vec<(&'static str, String)>),
    /// The length of the whole body, and less of it.
    Truncated(Vec<u8>, usize),
    /// 200 with the first bytes of a body, then silence until the connection goes.
    Stalled(Vec<u8>, usize),
    /// A length, and nothing more.
    Announced(u64),
    /// The connection ends without an answer.
    Reset,
}

/// A recorded request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
}

#[derive(Default)]
struct State {
    replies: HashMap<String, Vec<Reply>>,
    seen: Vec<Seen>,
}

pub(crate) struct ReleaseHost {
    scheme: &'static str,
    address: String,
    state: Arc<Mutex<State>>,
    changed: watch::Receiver<usize>,
    accepting: JoinHandle<()>,
}

impl ReleaseHost {
    pub(crate) async fn start() -> Self {
        Self::serve(None).await
    }

    /// A host that speaks TLS, and the certificate that it must be trusted with, as PEM.
    pub(crate) async fn start_encrypted() -> (Self, String) {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let host = Self::serve(Some(TlsAcceptor::from(Arc::new(config)))).await;
        (host, made.cert.pem())
    }

    async fn serve(tls: Option<TlsAcceptor>) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Mutex::new(State::default()));
        let (sender, changed) = watch::channel(0);
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            let sender = Arc::new(sender);
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, shared, sender) = (tls.clone(), Arc::clone(&shared), Arc::clone(&sender));
                tokio::spawn(async move {
                    match tls {
                        None => answer(stream, shared, sender).await,
                        Some(tls) => {
                            // A client that does not trust us goes away.
                            if let Ok(stream) = tls.accept(stream).await {
                                answer(stream, shared, sender).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            scheme,
            address,
            state,
            changed,
            accepting,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    pub(crate) fn reply(&self, path: &str, reply: Reply) {
        self.replies(path, vec![reply]);
    }

    /// One reply after the other; the last one stays.
    pub(crate) fn replies(&self, path: &str, replies: Vec<Reply>) {
        self.state.lock().unwrap().replies.insert(path.to_owned(), replies);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.path).collect()
    }

    /// Waits until this many requests have come.
    pub(crate) async fn requested(&self, count: usize) {
        let mut changed = self.changed.clone();
        tokio::time::timeout(Duration::from_secs(300), changed.wait_for(|seen| *seen >= count))
            .await
            .expect("the requests come in time")
            .unwrap();
    }
}

impl Drop for ReleaseHost {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    state: Arc<Mutex<State>>,
    changed: Arc<watch::Sender<usize>>,
) {
    let Some(head) = read_head(&mut stream).await else {
        return;
    };
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    // A proxy is asked with the whole address.
    let path = match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]).to_owned(),
        None => target,
    };
    let authorization = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("authorization").then(|| value.to_owned())
    });
    let reply = {
        let mut state = state.lock().unwrap();
        state.seen.push(Seen {
            path: path.clone(),
            authorization,
        });
        match state.replies.get_mut(&path) {
            Some(replies) if replies.len() > 1 => replies.remove(0),
            Some(replies) => replies[0].clone(),
            None => Reply::Status(404, Vec::new()),
        }
    };
    // Counted when the reply is under way, so that a test which waits for it finds a client in the middle of a body.
    let bytes = match &reply {
        Reply::Body(body) => response(200, &[], body.len() as u64, body),
        Reply::Status(status, headers) => response(*status, headers, 0, b""),
        Reply::Truncated(body, sent) | Reply::Stalled(body, sent) => {
            response(200, &[], body.len() as u64, &body[..*sent])
        }
        Reply::Announced(length) => response(200, &[], *length, b""),
        Reply::Reset => Vec::new(),
    };
    let _ = stream.write_all(&bytes).await;
    let _ = stream.flush().await;
    changed.send_modify(|seen| *seen += 1);
    if matches!(reply, Reply::Stalled(..) | Reply::Announced(_)) {
        let _ = stream.read(&mut [0; 1]).await;
    }
    let _ = stream.shutdown().await;
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

fn response(status: u16, headers: &[(&'static str, String)], length: u64, body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Something\r\nconnection: close\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        head += &[name, ": ", value, "\r\n"].concat();
    }
    let mut bytes = format!("{head}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
