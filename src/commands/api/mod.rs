//! `api`: any endpoint of the engine's HTTP interface.
//!
//! stdout carries the body as it came, refusals included; only a terminal gets JSON indented and text without escape
//! sequences. A stream of events is passed on as it arrives, until it ends, a signal comes or the reader goes.

mod fields;
pub(super) mod output;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::AsyncReadExt as _;

use super::unless_stopped;
use crate::connect::visit::{EVERYTHING, USUAL, stop, visit_for};
use crate::context::Context;
use crate::error::Failure;
use crate::request::{ApiRequest, FieldValue, InputSource, Warmth};

use output::ResponseOutput;

/// Runs the command.
///
/// # Errors
///
/// When the request cannot be made, there is no answer, or the answer is a refusal.
pub async fn run(context: &Context, request: ApiRequest) -> Result<(), Failure> {
    let call = format!("{} {}", request.method, without_query(&request.path));
    // Stdin may take its time, and what cannot be read is refused before anything starts.
    let stop = stop(context, context.started, request.connect.timeout, "the command");
    let message = unless_stopped(stop, PreparedRequest::read(context, &request)).await?;
    let output = ResponseOutput::of_process(context, &request);
    let asks_for_catalog = asks_for_catalog(&request.path);
    let needs = if asks_for_catalog { EVERYTHING } else { USUAL };
    let mut connect = request.connect.clone();
    if connect.warmth == Warmth::IfThere && runs_something(&request.method, &request.path) {
        // In a warm engine every turn belongs to a command, which ends it.
        connect.warmth = Warmth::Fresh;
    }
    visit_for(context, &connect, &request.output, needs, async |connection| {
        let PreparedRequest {
            method,
            path,
            headers,
            body,
        } = message;
        let sending = async {
            let response = connection.client.raw(method, &path, headers, body).await?;
            output.pass_on(response, &call).await
        };
        tokio::select! {
            answer = sending => answer,
            failure = output::reader_gone() => Err(failure),
        }
    })
    .await
}

fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

/// Whether the engine may run commands and tools for it.
fn runs_something(method: &str, path: &str) -> bool {
    let last = without_query(path)
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    method == "POST"
        && matches!(
            last,
            "message" | "prompt_async" | "prompt" | "command" | "shell" | "init"
        )
}

/// Whether the answer depends on how much of its catalog the engine has read.
fn asks_for_catalog(path: &str) -> bool {
    let path = without_query(path);
    ["/provider", "/api/provider", "/api/model"].iter().any(|about| {
        path.strip_prefix(about)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// A request that is ready to be sent.
#[derive(Debug)]
struct PreparedRequest {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Option<Bytes>,
}

impl PreparedRequest {
    async fn read(context: &Context, request: &ApiRequest) -> Result<Self, Failure> {
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|error| Failure::usage(format!("cannot send `{}`", request.method)).caused_by(&error))?;
        let mut fields = Vec::new();
        for field in &request.fields {
            let value = match &field.value {
                FieldValue::Json(value) => value.clone(),
                FieldValue::File(path) => text(read_file(context, path)?, &path.to_string_lossy())?.into(),
                FieldValue::Stdin => text(read_stdin().await?, "stdin")?.into(),
            };
            fields.push((field.key.as_str(), value));
        }
        let input = match &request.input {
            None => None,
            Some(InputSource::File(path)) => Some(read_file(context, path)?),
            Some(InputSource::Stdin) => Some(read_stdin().await?),
        };
        let in_query = input.is_some() || matches!(method, Method::GET | Method::HEAD);
        let mut path = request.path.clone();
        let mut body = input.map(Bytes::from);
        if !fields.is_empty() {
            if in_query {
                path = fields::with_query(&path, &fields);
            } else {
                body = Some(fields::body(&fields)?.to_string().into());
            }
        }
        Ok(Self {
            method,
            path,
            headers: headers(&request.headers)?,
            body,
        })
    }
}

fn headers(typed: &[(String, String)]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in typed {
        let failure = || Failure::usage(format!("cannot send header `{name}`"));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|error| failure().caused_by(&error))?;
        let value = HeaderValue::from_str(value).map_err(|error| failure().caused_by(&error))?;
        headers.append(key, value);
    }
    Ok(headers)
}

fn read_file(context: &Context, path: &std::path::Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(context.cwd.join(path))
        .map_err(|error| Failure::usage(format!("cannot read `{}`", path.display())).caused_by(&error))
}

async fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    tokio::io::stdin()
        .read_to_end(&mut bytes)
        .await
        .map_err(|error| Failure::usage("cannot read stdin").caused_by(&error))?;
    Ok(bytes)
}

/// The value of a field is a string of JSON, which holds no other bytes.
fn text(bytes: Vec<u8>, source: &str) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|_| {
        Failure::usage(format!("cannot use `{source}` as a field: it is not UTF-8"))
            .hint("send other bytes as the whole body with `--input`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_and_what_reads_the_catalog_is_known_by_its_path() {
        for (method, path, runs) in [
            ("POST", "/session/ses_1/message?x=1", true),
            ("POST", "/session/ses_1/shell/", true),
            ("GET", "/session/ses_1/message", false),
            ("POST", "/session/ses_1/abort", false),
            ("POST", "/session", false),
        ] {
            assert_eq!(runs_something(method, path), runs, "{method} {path}");
        }
        for (path, asks) in [
            ("/provider", true),
            ("/provider/auth?x=1", true),
            ("/api/model", true),
            ("/config/providers", false),
            ("/providers", false),
        ] {
            assert_eq!(asks_for_catalog(path), asks, "{path}");
        }
    }
}
