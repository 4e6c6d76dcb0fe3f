//! Decides from the final state of a turn how the turn ended.

use std::time::SystemTime;

use super::state::TurnState;
use super::update::PermissionRecord;
use crate::client::types::{EngineError, ErrorData};
use crate::error::{ErrorClass, ErrorSubclass, Failure, FailureKind};
use crate::permission::{DecidedBy, Decision};
use crate::request::ModelRef;
use crate::support::retry::asked_pause;

/// How the engine's libraries begin a message about an answer that they cannot parse.
const MALFORMED: [&str; 5] = [
    "JSON parsing failed",
    "Type validation failed",
    "Invalid JSON response",
    "Expected 'id' to be",
    "Expected 'function.name' to be",
];

/// Words of a provider about an account without credit; it may answer that with 429, too.
const QUOTA: [&str; 3] = ["quota", "balance", "billing"];
/// Words of a provider about too many requests.
const RATE_LIMIT: [&str; 4] = ["rate limit", "rate_limit", "too many requests", "slow down"];
/// Words of the engine about a connection that broke.
const CONNECTION: [&str; 4] = ["connect", "network", "socket", "timed out"];

/// Judges a turn that has run to its end; `None` is success.
///
/// The assistant's last message decides, not any event: a step that failed and then succeeded on a retry is a success,
/// and a turn that ended without text is a failure.
pub(super) fn judge(state: &TurnState, permissions: &[PermissionRecord]) -> Option<Failure> {
    let denied = permissions
        .iter()
        .rev()
        .find(|record| record.decision == Decision::Denied);
    let Some(last) = state.last_message() else {
        return Some(match state.last_error() {
            Some(error) => classify(error),
            None => no_answer(state),
        });
    };
    if let Some(error) = &last.error {
        let failure = classify(error);
        let is_loop = failure.kind == FailureKind::Denied
            && permissions
                .iter()
                .any(|record| record.permission == "doom_loop" && record.decision == Decision::Denied);
        return Some(if is_loop {
            failure.class(ErrorClass::ToolLoop)
        } else {
            failure
        });
    }
    let empty = state.answer_text().trim().is_empty();
    match last.finish.as_deref() {
        Some("length") => Some(
            Failure::new(
                FailureKind::Truncated,
                "cannot get the whole answer: the model reached its output limit",
            )
            .subclass(ErrorSubclass::OutputLimit)
            .hint("ask for a shorter answer, or choose a model with a larger output limit"),
        ),
        Some("content-filter") => Some(content_filter()),
        Some("tool-calls") if last.structured.is_none() => Some(stopped_by_refusal(denied)),
        Some("unknown") => Some(broken_stream()),
        Some("error") => Some(Failure::failed("cannot finish the turn: the model failed")),
        None if last.time.completed.is_none() => Some(Failure::engine(
            "cannot finish the turn: the engine left the answer unfinished",
        )),
        // A conversation that was too long, even to be summarised, reports that only in an event.
        None => Some(match state.last_error() {
            Some(error) => classify(error),
            None => Failure::failed("cannot finish the turn: it was stopped before the model answered"),
        }),
        // `stop`, or a newer engine's word for it.
        Some(_) if empty && denied.is_some() => Some(stopped_by_refusal(denied)),
        Some(_) if empty => Some(
            Failure::new(FailureKind::InvalidResult, "cannot use the answer: it is empty")
                .hint("the model ended its turn without text; ask again, or ask more precisely"),
        ),
        Some(_) => None,
    }
}

/// The failure with the name of the model and of its provider, where those gave no answer.
pub(super) fn naming_model(mut failure: Failure, model: Option<&ModelRef>) -> Failure {
    let is_of_provider = matches!(
        failure.kind,
        FailureKind::Provider | FailureKind::Auth | FailureKind::Failed
    );
    if let Some(model) = model.filter(|_| is_of_provider)
        && let Some(facts) = &mut failure.facts
    {
        facts.provider.get_or_insert_with(|| model.provider.clone());
    }
    if let Some(model) = model.filter(|_| is_of_provider)
        && let Some(why) = failure.message.strip_prefix("cannot get an answer: ")
    {
        failure.message = format!("cannot get an answer from `{model}`: {why}");
    }
    failure
}

/// The failure of a model stream that keeps ending without a finish reason.
pub(super) fn broken_stream() -> Failure {
    Failure::new(
        FailureKind::Provider,
        "cannot get an answer: the provider's stream ends without a finish reason that the engine knows",
    )
    .class(ErrorClass::TransientConnection)
    .subclass(ErrorSubclass::BrokenStream)
    .hint(
        "the provider, or a proxy before it, cuts the answer off or ends it with a word of its own; try again later or \
         use another model",
    )
}

/// The failure of a conversation that stays too long after the engine's summaries.
pub(super) fn too_long_after_summaries() -> Failure {
    too_long("cannot get an answer: the conversation is too long for the model, and summaries do not help".to_owned())
}

/// The failure of a turn in which the engine answered nothing, or something else.
pub(super) fn no_answer(state: &TurnState) -> Failure {
    let failure = Failure::failed(match state.answers_older_prompt() {
        true => "cannot get an answer: the engine answers an older prompt of the session instead",
        false => "cannot get an answer: the engine ended the turn without one",
    });
    if state.clock_went_back() {
        failure.hint(
            "the clock is behind the session's last message, so the engine takes the prompt for an old one: \
             set the clock right, or begin a new session; if it is right now, it was ahead when that message was stored",
        )
    } else if state.id_went_back() {
        failure.hint(
            "engines below 1.18.15 cannot go on with sessions from before 14 August 2026: use a newer engine, or begin a \
             new session",
        )
    } else {
        failure.hint("run again with `-vv` to see what the engine said")
    }
}

fn stopped_by_refusal(denied: Option<&PermissionRecord>) -> Failure {
    let Some(record) = denied else {
        return Failure::new(
            FailureKind::Denied,
            "cannot finish the turn: it stopped because a tool was refused",
        )
        .hint("`--auto-tools` lets the model run tools; `--allow` names what it may do");
    };
    Failure::new(
        FailureKind::Denied,
        format!(
            "cannot finish the turn: it stopped because `{}` was refused: {}",
            record.permission, record.reason
        ),
    )
    .hint(match record.by {
        DecidedBy::Nobody => {
            "allow it beforehand with `--allow`, answer everything with `--yes`, or name an `--approver`"
        }
        DecidedBy::Preset => {
            "`opencode-rs policy explain` shows what decides; without `--auto-tools` the model runs no tools"
        }
        DecidedBy::Rule => "`opencode-rs policy explain` shows which rule decides, and why",
        _ => "allow it beforehand with `--allow`",
    })
}

fn content_filter() -> Failure {
    Failure::failed("cannot get the answer: the provider's content filter stopped it")
        .class(ErrorClass::ContentFilter)
        .hint("word the prompt differently, or use another model")
}

/// Classifies the engine's description of an error.
pub(super) fn classify(error: &EngineError) -> Failure {
    let data = &error.data;
    let mut failure = failure_of(error);
    let headers = &data.retry_headers;
    let pause = asked_pause(
        headers.milliseconds.as_deref(),
        headers.seconds_or_date.as_deref(),
        SystemTime::now(),
    );
    let facts = failure.facts.get_or_insert_default();
    facts.http_status = data.status_code;
    facts.provider.clone_from(&data.provider_id);
    facts.retry_after_ms = pause.and_then(|pause| u64::try_from(pause.as_millis()).ok());
    failure
}

fn failure_of(error: &EngineError) -> Failure {
    let data = &error.data;
    let because = |text: &str| {
        // A response without a body has a message of the status alone, such as "Unauthorized: ".
        match data.message.trim().trim_end_matches(':') {
            "" => text.to_owned(),
            said => format!("{text}: {said}"),
        }
    };
    match error.name.as_str() {
        "ProviderAuthError" => auth(because(
            "cannot get an answer: the provider's credentials are missing or wrong",
        )),
        "APIError" => classify_status(data, because),
        "ContextOverflowError" => too_long(because(
            "cannot get an answer: the conversation is too long for the model",
        )),
        "ContentFilterError" => content_filter(),
        "MessageOutputLengthError" => Failure::new(
            FailureKind::Truncated,
            because("cannot get the whole answer: the model reached its output limit"),
        )
        .subclass(ErrorSubclass::OutputLimit),
        "MessageAbortedError" => {
            Failure::failed("cannot finish the turn: another client aborted it").class(ErrorClass::Cancelled)
        }
        "StructuredOutputError" => Failure::new(FailureKind::InvalidResult, because("cannot use the answer")),
        _ if data.message.starts_with("Model not found") || data.message.starts_with("Agent not found") => {
            Failure::usage(because("cannot start the turn")).class(ErrorClass::ModelNotFound)
        }
        // The engine rejects the whole step, not a tool, of a model that repeats the same call.
        _ if data.message.starts_with("The user rejected permission") => stopped_by_refusal(None),
        _ if MALFORMED.iter().any(|beginning| data.message.starts_with(beginning)) => {
            // The further lines hold the whole answer, or the schema that the answer does not fit.
            let first = data.message.lines().next().unwrap_or_default();
            let reason = first.split(": Value:").next().unwrap_or(first);
            provider(format!("cannot read the provider's answer: {}", reason.trim()))
                .class(ErrorClass::TransientConnection)
                .subclass(ErrorSubclass::MalformedAnswer)
        }
        _ => Failure::failed(because("cannot finish the turn")),
    }
}

/// Classifies a provider's error by its HTTP status.
fn classify_status(data: &ErrorData, because: impl Fn(&str) -> String) -> Failure {
    match data.status_code {
        Some(401 | 403) => auth(because("cannot get an answer: the provider refused the credentials")),
        Some(code @ (408 | 429 | 500..=599)) => {
            let failure = provider(because(&format!(
                "cannot get an answer: the provider answers with status {code}"
            )));
            match code {
                408 => failure.class(ErrorClass::TransientConnection),
                429 if mentions(&data.message, &QUOTA) => out_of_quota(failure),
                429 => failure.class(ErrorClass::RateLimit),
                _ => failure.class(ErrorClass::Overload),
            }
        }
        Some(402) => out_of_quota(Failure::new(
            FailureKind::Provider,
            because("cannot get an answer: the provider wants to be paid first (status 402)"),
        ))
        .hint("add credit to the account, or use another model with `--model`"),
        Some(404) => Failure::failed(because(
            "cannot get an answer: the provider refused the request with status 404",
        ))
        .class(ErrorClass::ModelNotFound)
        .hint("check the model's name at the provider, and the provider's address in the configuration"),
        Some(400) if data.message.contains("maximum model length") => too_long(because(
            "cannot get an answer: the conversation is too long for the model",
        )),
        Some(413) => too_long(because("cannot send the prompt: it is too long for the provider")),
        Some(code) if !data.is_retryable => Failure::failed(because(&format!(
            "cannot get an answer: the provider refused the request with status {code}"
        )))
        .class(ErrorClass::InvalidRequest),
        _ => provider(because("cannot get an answer: the provider cannot be reached"))
            .class(ErrorClass::TransientConnection),
    }
}

/// The failure of a provider whom the engine would call again. The engine tells its message, and not its status.
pub(super) fn of_retry(message: &str) -> Failure {
    let failure = Failure::new(FailureKind::Provider, format!("cannot get an answer: {message}"));
    if mentions(message, &QUOTA) {
        out_of_quota(failure)
    } else if mentions(message, &RATE_LIMIT) {
        failure.class(ErrorClass::RateLimit)
    } else if mentions(message, &CONNECTION) {
        failure.class(ErrorClass::TransientConnection)
    } else {
        failure.class(ErrorClass::Overload)
    }
}

/// Whether a message has one of these words, in whatever case.
fn mentions(message: &str, words: &[&str]) -> bool {
    let message = message.to_ascii_lowercase();
    words.iter().any(|word| message.contains(word))
}

fn out_of_quota(failure: Failure) -> Failure {
    failure.class(ErrorClass::RateLimit).subclass(ErrorSubclass::Quota)
}

fn auth(message: String) -> Failure {
    Failure::new(FailureKind::Auth, message)
        .hint("check the provider's key, or log in again with `opencode-rs auth login`")
}

fn provider(message: String) -> Failure {
    Failure::new(FailureKind::Provider, message).hint("try again later, or use another model with `--model`")
}

fn too_long(message: String) -> Failure {
    Failure::new(FailureKind::Provider, message)
        .class(ErrorClass::PromptTooLong)
        .hint("send less text, or use a model with a larger context")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn classified(name: &str, status: Option<u16>, message: &str) -> (FailureKind, String) {
        let data = json!({"message": message, "statusCode": status});
        let error: EngineError = serde_json::from_value(json!({"name": name, "data": data})).unwrap();
        let failure = classify(&error);
        assert!(!failure.hints.is_empty(), "{failure}");
        (failure.kind, failure.to_string())
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_the_providers_failure_in_one_line() {
        for (message, told) in [
            (
                "Type validation failed: Value: {\"choices\":[]}.\nError message: [{\"code\": 1}]",
                "Type validation failed",
            ),
            ("Expected 'id' to be a string.", "Expected 'id' to be a string."),
            ("JSON parsing failed: Text: {.", "JSON parsing failed: Text: {."),
        ] {
            let expected = format!("cannot read the provider's answer: {told}");
            assert_eq!(
                classified("UnknownError", None, message),
                (FailureKind::Provider, expected)
            );
        }
    }

    #[test]
    fn each_failure_of_a_provider_has_a_class_and_says_what_helps() {
        let told = |name: &str, status: u16, message: &str| {
            let data = json!({"message": message, "statusCode": status, "providerID": "acme",
                "isRetryable": status == 0, "responseHeaders": {"retry-after": "7", "set-cookie": "secret"}});
            let error: EngineError = serde_json::from_value(json!({"name": name, "data": data})).unwrap();
            let failure = classify(&error);
            let facts = failure.facts.as_deref().unwrap();
            assert_eq!(
                (facts.provider.as_deref(), facts.retry_after_ms),
                (Some("acme"), Some(7000))
            );
            assert_eq!(facts.http_status, Some(status));
            assert!(!format!("{failure:?}").contains("secret"));
            let (class, recovery) = failure.class_and_recovery();
            let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            (word(json!(class)), word(json!(facts.subclass)), word(json!(recovery)))
        };
        for (name, status, message, class, subclass, recovery) in [
            ("ProviderAuthError", 0, "", "authentication", "", "login"),
            ("APIError", 401, "", "authentication", "", "login"),
            ("APIError", 429, "slow down", "rate_limit", "", "wait_and_retry"),
            (
                "APIError",
                429,
                "You exceeded your current quota",
                "rate_limit",
                "quota",
                "switch_model",
            ),
            (
                "APIError",
                402,
                "Insufficient Balance",
                "rate_limit",
                "quota",
                "switch_model",
            ),
            ("APIError", 503, "", "overload", "", "wait_and_retry"),
            ("APIError", 408, "", "transient_connection", "", "wait_and_retry"),
            (
                "APIError",
                0,
                "Connection reset",
                "transient_connection",
                "",
                "wait_and_retry",
            ),
            ("APIError", 404, "", "model_not_found", "", "switch_model"),
            ("APIError", 400, "bad", "invalid_request", "", "fix_input"),
            ("APIError", 413, "", "prompt_too_long", "", "shorten_input"),
            ("ContextOverflowError", 0, "", "prompt_too_long", "", "shorten_input"),
            ("ContentFilterError", 0, "", "content_filter", "", "fix_input"),
            (
                "MessageOutputLengthError",
                0,
                "",
                "invalid_result",
                "output_limit",
                "none",
            ),
            ("MessageAbortedError", 0, "", "cancelled", "", "none"),
            (
                "UnknownError",
                0,
                "JSON parsing failed: {",
                "transient_connection",
                "malformed_answer",
                "wait_and_retry",
            ),
            (
                "UnknownError",
                0,
                "Model not found: a/b",
                "model_not_found",
                "",
                "switch_model",
            ),
            ("UnknownError", 0, "what no version said yet", "", "", "none"),
        ] {
            let expected = (class.to_owned(), subclass.to_owned(), recovery.to_owned());
            assert_eq!(told(name, status, message), expected, "{name} {status} {message}");
        }
    }

    #[test]
    fn what_a_status_means_comes_with_a_hint() {
        let kind = |status, message| classified("APIError", Some(status), message).0;
        assert_eq!(kind(402, "Insufficient Balance"), FailureKind::Provider);
        assert_eq!(
            classified("APIError", Some(401), "Unauthorized: ").1,
            "cannot get an answer: the provider refused the credentials: Unauthorized"
        );
        assert_eq!(kind(404, "model `x` not found"), FailureKind::Failed);
        let long = "The decoder prompt (length 5000) is longer than the maximum model length of 4096.";
        assert_eq!(kind(400, long), FailureKind::Provider);
    }
}
