//! The endpoint: authentication, answers, and shutdown.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::connection::{BreakableListener, Breaker};
use super::director::Director;
use super::models::MODELS;
use super::playback;
use super::requests::{RecordedRequest, Requests};
use super::script::{FaultKind, ReplyAction, ReplyBody, Script};
use super::wire::{self, CompletionRequest, Envelope};
use crate::support::secret::Secret;

/// Limit of a request, in bytes. Prompts are limited to 10 MB, and attachments are added to them.
const MAX_REQUEST_BYTES: usize = 256 << 20;

/// The time in every answer, seconds since 1970: an answer does not depend on the date.
const CREATED: u64 = 1_767_225_600;

/// The header in which the engine names the session that started a subagent.
const PARENT_SESSION: &str = "x-parent-session-id";

struct ModelService {
    director: Mutex<Director>,
    api_key: Secret,
    requests: watch::Sender<Requests>,
    answers: AtomicU64,
    stop: CancellationToken,
}

/// Serves until `stop`, then ends the open connections.
pub(super) async fn serve(
    listener: TcpListener,
    script: Script,
    api_key: Secret,
    requests: watch::Sender<Requests>,
    stop: CancellationToken,
) {
    let service = Arc::new(ModelService {
        director: Mutex::new(Director::new(script)),
        api_key,
        requests,
        answers: AtomicU64::new(0),
        stop: stop.clone(),
    });
    let router = Router::new()
        .route("/v1/models", get(models))
        .route("/v1/chat/completions", post(completions))
        .fallback(unknown_path)
        .layer(middleware::from_fn_with_state(Arc::clone(&service), authorise))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(service);
    let served = axum::serve(
        BreakableListener(listener),
        router.into_make_service_with_connect_info::<Breaker>(),
    )
    .with_graceful_shutdown(stop.cancelled_owned())
    .await;
    if let Err(error) = served {
        tracing::debug!(%error, "the scripted model ended");
    }
}

async fn authorise(State(service): State<Arc<ModelService>>, request: Request, next: Next) -> Response {
    let sent = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if sent.is_some_and(|sent| service.api_key.matches(sent)) {
        return next.run(request).await;
    }
    respond(
        StatusCode::UNAUTHORIZED,
        &wire::error("the token of this rehearsal is missing or wrong", "invalid_api_key"),
    )
}

async fn models() -> Response {
    let data: Vec<Value> = MODELS
        .iter()
        .map(|id| json!({ "id": id, "object": "model", "created": CREATED, "owned_by": "opencode-rs" }))
        .collect();
    respond(StatusCode::OK, &json!({ "object": "list", "data": data }))
}

async fn unknown_path() -> Response {
    respond(
        StatusCode::NOT_FOUND,
        &wire::error(
            "a rehearsal has `GET /v1/models` and `POST /v1/chat/completions`",
            "not_found",
        ),
    )
}

async fn completions(
    State(service): State<Arc<ModelService>>,
    ConnectInfo(breaker): ConnectInfo<Breaker>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request: CompletionRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => {
            let message = format!("the request is not a chat completion: {error}");
            return respond(StatusCode::BAD_REQUEST, &wire::error(&message, "invalid_request_error"));
        }
    };
    let caller = request.caller(headers.contains_key(PARENT_SESSION));
    let choice = {
        let mut director = service.director.lock().unwrap_or_else(PoisonError::into_inner);
        let choice = director.choose(&request, caller);
        // Recorded under the same lock, so that the order of requests is the order of replies.
        let recorded = RecordedRequest {
            caller,
            model: request.model.clone(),
            reply: choice.reply,
            body,
        };
        service.requests.send_modify(|requests| requests.record(recorded));
        choice
    };
    tracing::debug!(?caller, reply = choice.reply, "scripted model asked");
    if !choice.hang.is_zero() {
        tokio::select! {
            () = tokio::time::sleep(choice.hang) => {}
            () = service.stop.cancelled() => {
                breaker.close();
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
        }
    }
    match choice.action {
        ReplyAction::HttpError(error) => {
            let mut response = (error.status, error.body).into_response();
            let kind = header::HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response.headers_mut().extend(error.headers);
            response
        }
        ReplyAction::Answer(answer) => play(&service, &request, &answer, breaker),
    }
}

fn play(service: &ModelService, request: &CompletionRequest, answer: &ReplyBody, breaker: Breaker) -> Response {
    if let Some(fault) = &answer.fault
        && fault.is_before_headers()
    {
        match fault.kind {
            FaultKind::Reset => breaker.reset(),
            _ => breaker.close(),
        }
        // Never sent: the connection takes no more bytes.
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let envelope = Envelope {
        id: format!("chatcmpl-{}", service.answers.fetch_add(1, Ordering::Relaxed) + 1),
        model: request.model.clone(),
        created: CREATED,
    };
    let prompt = request.last_user();
    let (kind, playback) = if request.stream {
        let playback = playback::streamed(answer, &envelope, &prompt, breaker);
        ("text/event-stream", playback)
    } else {
        ("application/json", playback::whole(answer, &envelope, &prompt, breaker))
    };
    let body = Body::from_stream(playback.into_stream(service.stop.clone()));
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

fn respond(status: StatusCode, body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (status, headers, body.to_string()).into_response()
}
