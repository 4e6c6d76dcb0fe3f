//! The only module that speaks HTTP to a server: address, credentials, time limits, retries, statuses.

use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::error::Error;
use crate::support::loopback::is_loopback;
use crate::support::retry;
use crate::support::secret::Secret;

/// Limit of a call other than a prompt. The slowest legitimate call is the first for a directory, which boots it.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);
/// Limit of connecting; the server is on this machine, or near.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Limit of tries of a call, including the first.
const MAX_TRIES: u32 = 4;
/// The first pause between tries; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Limit of a pause that `Retry-After` asks for.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// The characters that `encodeURIComponent` leaves unchanged: the engine decodes the directory header with its inverse.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Whether a call may be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// The call changes nothing, or a repetition has no further effect.
    Safe,
    /// The call has ids that make a repetition safe, but the engine's plain 500 is its final response.
    Identified,
    Never,
}

/// The address of a running server, with its credentials.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Base address without user or password, for example `http://127.0.0.1:4096/`.
    pub url: Url,
    /// User name of basic authentication; the engine's default is `opencode`.
    pub username: String,
    /// `None` when the server wants no password.
    pub password: Option<Secret>,
}

impl Endpoint {
    /// An address with the engine's default user name.
    pub fn new(url: Url, password: Option<Secret>) -> Self {
        Self {
            url,
            username: "opencode".to_owned(),
            password,
        }
    }
}

/// A client for the server at an address, before its own limits are set: no redirects, and no proxy on this machine.
pub(crate) fn http_for(url: &Url) -> reqwest::ClientBuilder {
    // An error means that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("opencode-rs/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true);
    if url.scheme() == "http" {
        // Reading the system's certificates costs time and memory, and no plain connection needs them.
        builder = builder.tls_certs_only(std::iter::empty());
    }
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder
}

/// A connection to a server, for one directory.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    endpoint: Endpoint,
    directory: Option<HeaderValue>,
}

impl Client {
    /// Prepares a client; sends nothing yet.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up for a server that needs it.
    pub fn new(endpoint: Endpoint, directory: Option<&Path>) -> Result<Self, Error> {
        Ok(Self {
            http: http_for(&endpoint.url).build().map_err(Error::Client)?,
            endpoint,
            directory: directory.map(directory_header),
        })
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.call(Method::GET, path, None::<&()>, Repeat::Safe).await
    }

    /// Reads `path`, and the response header `name`.
    pub(super) async fn get_with_header<T: DeserializeOwned>(
        &self,
        path: &str,
        name: &str,
    ) -> Result<(T, Option<String>), Error> {
        let call = HttpCall::new(Method::GET, path, None::<&()>)?;
        let (headers, value) = self.send_repeatedly(&call, Repeat::Safe).await?;
        let header = headers.get(name).and_then(|value| value.to_str().ok());
        Ok((value, header.map(str::to_owned)))
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        repeat: Repeat,
    ) -> Result<T, Error> {
        self.call(Method::POST, path, Some(body), repeat).await
    }

    /// Posts; what the response says does not matter.
    pub(super) async fn order(&self, path: &str, body: &impl Serialize, repeat: Repeat) -> Result<(), Error> {
        self.post(path, body, repeat).await.map(|_: Value| ())
    }

    pub(super) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.call(Method::DELETE, path, None::<&()>, Repeat::Safe).await
    }

    /// Sends `body` and waits for the response without a time limit, as for the end of a turn.
    ///
    /// Dropping the future leaves the turn running in the engine.
    pub(super) async fn post_long<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        repeat: Repeat,
    ) -> Result<T, Error> {
        let call = HttpCall::new(Method::POST, path, Some(body))?.without_limit();
        Ok(self.send_repeatedly(&call, repeat).await?.1)
    }

    /// Opens a stream without a time limit.
    pub(super) async fn stream(&self, path: &str) -> Result<Response, Error> {
        let call = HttpCall::new(Method::GET, path, None::<&()>)?.without_limit();
        let event_stream = HeaderValue::from_static("text/event-stream");
        self.accepted(&call, self.request(&call).header(ACCEPT, event_stream))
            .await
    }

    /// Sends any request and returns the response unchanged, even an error status.
    pub async fn raw(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Option<Bytes>,
    ) -> Result<Response, Error> {
        let call = HttpCall {
            method,
            path,
            body,
            timeout: None,
        };
        self.request(&call)
            .headers(headers)
            .send()
            .await
            .map_err(|source| self.transport(&call, source))
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
        repeat: Repeat,
    ) -> Result<T, Error> {
        let call = HttpCall::new(method, path, body)?;
        Ok(self.send_repeatedly(&call, repeat).await?.1)
    }

    async fn send_repeatedly<T: DeserializeOwned>(
        &self,
        call: &HttpCall<'_>,
        repeat: Repeat,
    ) -> Result<(HeaderMap, T), Error> {
        let pause = |error: &Error, made| {
            let asked = worth_repeating(error, repeat).filter(|_| made < MAX_TRIES)?;
            let pause = asked.unwrap_or_else(|| retry::backoff(FIRST_PAUSE, MAX_PAUSE, made));
            let pause = pause.min(MAX_PAUSE);
            tracing::debug!(call = call.name(), %error, ?pause, made, "repeating a call");
            Some(pause)
        };
        let (headers, bytes) = retry::repeat(|| self.send(call), pause).await?;
        Ok((headers, decode(&call.name(), &bytes)?))
    }

    async fn send(&self, call: &HttpCall<'_>) -> Result<(HeaderMap, Bytes), Error> {
        let response = self.accepted(call, self.request(call)).await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.map_err(|source| self.transport(call, source))?;
        tracing::trace!(call = call.name(), status, bytes = bytes.len(), "answer");
        Ok((headers, bytes))
    }

    /// Sends a request. A status that is no success is an error.
    async fn accepted(&self, call: &HttpCall<'_>, request: RequestBuilder) -> Result<Response, Error> {
        let sent = request.send().await;
        let response = sent.map_err(|source| self.transport(call, source))?;
        let status = response.status();
        if !status.is_success() {
            let headers = response.headers().clone();
            let body = response.bytes().await.map_err(|source| self.transport(call, source))?;
            return Err(refused(&call.name(), status, &headers, &body));
        }
        // The engine serves its web page with status 200 for any unknown path.
        if is_html(response.headers()) {
            return Err(Error::NoSuchEndpoint { call: call.name() });
        }
        Ok(response)
    }

    fn request(&self, call: &HttpCall<'_>) -> RequestBuilder {
        let mut url = self.endpoint.url.clone();
        let (path, query) = match call.path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (call.path, None),
        };
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{path}"));
        url.set_query(query);
        let mut request = self.http.request(call.method.clone(), url);
        if let Some(password) = &self.endpoint.password {
            request = request.basic_auth(&self.endpoint.username, Some(password.expose()));
        }
        if let Some(directory) = &self.directory {
            request = request.header("x-opencode-directory", directory);
        }
        if let Some(body) = &call.body {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.clone());
        }
        if let Some(timeout) = call.timeout {
            request = request.timeout(timeout);
        }
        request
    }

    fn transport(&self, call: &HttpCall<'_>, source: reqwest::Error) -> Error {
        Error::Transport {
            url: self.endpoint.url.to_string(),
            call: call.name(),
            source: source.without_url(),
        }
    }
}

struct HttpCall<'a> {
    method: Method,
    path: &'a str,
    body: Option<Bytes>,
    timeout: Option<Duration>,
}

impl<'a> HttpCall<'a> {
    fn new(method: Method, path: &'a str, body: Option<&impl Serialize>) -> Result<Self, Error> {
        let body = body.map(serde_json::to_vec).transpose();
        Ok(Self {
            method,
            path,
            body: body
                .map_err(|source| Error::Decode {
                    call: path.to_owned(),
                    source,
                })?
                .map(Bytes::from),
            timeout: Some(CALL_TIMEOUT),
        })
    }

    fn without_limit(self) -> Self {
        Self { timeout: None, ..self }
    }

    fn name(&self) -> String {
        let path = self.path.split('?').next().unwrap_or(self.path);
        format!("{} {path}", self.method)
    }
}

/// `Some` when another try makes sense, with the pause that the server asked for.
fn worth_repeating(error: &Error, repeat: Repeat) -> Option<Option<Duration>> {
    match error {
        _ if repeat == Repeat::Never => None,
        Error::Transport { .. } => Some(None),
        Error::Status {
            status, retry_after, ..
        } => {
            let is_final = repeat == Repeat::Identified && *status == StatusCode::INTERNAL_SERVER_ERROR;
            let is_passing = matches!(status.as_u16(), 408 | 409 | 429) || status.is_server_error();
            (is_passing && !is_final).then_some(*retry_after)
        }
        _ => None,
    }
}

fn decode<T: DeserializeOwned>(call: &str, bytes: &[u8]) -> Result<T, Error> {
    // An empty body (204) reads as JSON `null`.
    let bytes = if bytes.is_empty() { b"null" } else { bytes };
    serde_json::from_slice(bytes).map_err(|source| Error::Decode {
        call: call.to_owned(),
        source,
    })
}

fn refused(call: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    let value: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let name = value.get("name").or_else(|| value.get("_tag"));
    Error::Status {
        call: call.to_owned(),
        status,
        message: error_message(&value),
        name: name.and_then(Value::as_str).map(str::to_owned),
        retry_after: retry::retry_after(headers, SystemTime::now()),
    }
}

/// The readable part of an engine's error object.
fn error_message(value: &Value) -> Option<String> {
    let data = value.get("data").unwrap_or(value);
    let head = [data["path"].as_str(), data["message"].as_str().map(str::trim)];
    let head: Vec<&str> = head.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    let mut parts = vec![head.join(": ")];
    for issue in data["issues"].as_array().into_iter().flatten() {
        let keys = issue["path"].as_array().into_iter().flatten();
        let at: Vec<String> = keys
            .map(|key| key.as_str().map_or_else(|| key.to_string(), str::to_owned))
            .collect();
        let problem = issue["message"].as_str().unwrap_or("is not valid");
        parts.push(format!("{}: {problem}", at.join(".")));
    }
    parts.retain(|part| !part.is_empty());
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn is_html(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/html"))
}

fn directory_header(directory: &Path) -> HeaderValue {
    let text = directory.to_string_lossy();
    let encoded = utf8_percent_encode(&text, COMPONENT).to_string();
    HeaderValue::from_str(&encoded).expect("percent-encoded text is ASCII without control characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_encoded_as_the_engine_decodes_it() {
        assert_eq!(
            directory_header(Path::new("/a b+c%20d/日本 (x)")).to_str().unwrap(),
            "%2Fa%20b%2Bc%2520d%2F%E6%97%A5%E6%9C%AC%20(x)"
        );
    }

    #[test]
    fn a_broken_configuration_is_explained_from_its_issues() {
        let value = serde_json::json!({"name":"ConfigInvalidError","data":{"path":"opencode.json",
            "issues":[{"path":["permission","bash"],"message":"Expected ask"}]}});
        assert_eq!(
            error_message(&value).as_deref(),
            Some("opencode.json; permission.bash: Expected ask")
        );
    }
}
