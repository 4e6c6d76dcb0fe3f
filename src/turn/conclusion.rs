//! Decides from the final state of a turn how the turn ended.

use super::state::TurnState;
use super::update::PermissionRecord;
use crate::client::types::{EngineError, ErrorData};
use crate::error::{Failure, FailureKind};
use crate::permission::{DecidedBy, Decision};
use crate::request::ModelRef;

/// How the engine's libraries begin a message about an answer that they cannot parse.
const MALFORMED: [&str; 5] = [
    "JSON parsing failed",
    "Type validation failed",
    "Invalid JSON response",
    "Expected 'id' to be",
    "Expected 'function.name' to be",
];

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
        return Some(classify(error));
    }
    let empty = state.answer_text().trim().is_empty();
    match last.finish.as_deref() {
        Some("length") => Some(
            Failure::new(
                FailureKind::Truncated,
                "cannot get the whole answer: the model reached its output limit",
            )
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

/// The failure with the name of the model, where a model or its provider gave no answer.
pub(super) fn naming_model(mut failure: Failure, model: Option<&ModelRef>) -> Failure {
    let is_of_provider = matches!(
        failure.kind,
        FailureKind::Provider | FailureKind::Auth | FailureKind::Failed
    );
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
    .hint(
        "the provider, or a proxy before it, cuts the answer off or ends it with a word of its own; try again later or \
         use another model",
    )
}

/// The failure of a conversation that stays too long after the engine's summaries.
pub(super) fn too_long_after_summaries() -> Failure {
    too_long("cannot get an answer: the conversation is too long for the model, and summaries do not help".to_owned())
}

fn no_answer(state: &TurnState) -> Failure {
    let failure = Failure::failed("cannot get an answer: the engine ended the turn without one");
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
        .hint("word the prompt differently, or use another model")
}

/// Classifies the engine's description of an error.
pub(super) fn classify(error: &EngineError) -> Failure {
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
        ),
        "MessageAbortedError" => Failure::failed("cannot finish the turn: another client aborted it"),
        "StructuredOutputError" => Failure::new(FailureKind::InvalidResult, because("cannot use the answer")),
        _ if data.message.starts_with("Model not found") || data.message.starts_with("Agent not found") => {
            Failure::usage(because("cannot start the turn"))
        }
        // The engine rejects the whole step, not a tool, of a model that repeats the same call.
        _ if data.message.starts_with("The user rejected permission") => stopped_by_refusal(None),
        _ if MALFORMED.iter().any(|beginning| data.message.starts_with(beginning)) => {
            // The further lines hold the whole answer, or the schema that the answer does not fit.
            let first = data.message.lines().next().unwrap_or_default();
            let reason = first.split(": Value:").next().unwrap_or(first);
            provider(format!("cannot read the provider's answer: {}", reason.trim()))
        }
        _ => Failure::failed(because("cannot finish the turn")),
    }
}

/// Classifies a provider's error by its HTTP status.
fn classify_status(data: &ErrorData, because: impl Fn(&str) -> String) -> Failure {
    match data.status_code {
        Some(401 | 403) => auth(because("cannot get an answer: the provider refused the credentials")),
        Some(code @ (408 | 429 | 500..=599)) => provider(because(&format!(
            "cannot get an answer: the provider answers with status {code}"
        ))),
        Some(402) => Failure::new(
            FailureKind::Provider,
            because("cannot get an answer: the provider wants to be paid first (status 402)"),
        )
        .hint("add credit to the account, or use another model with `--model`"),
        Some(404) => Failure::failed(because(
            "cannot get an answer: the provider refused the request with status 404",
        ))
        .hint("check the model's name at the provider, and the provider's address in the configuration"),
        Some(400) if data.message.contains("maximum model length") => too_long(because(
            "cannot get an answer: the conversation is too long for the model",
        )),
        Some(413) => too_long(because("cannot send the prompt: it is too long for the provider")),
        Some(code) if !data.is_retryable => Failure::failed(because(&format!(
            "cannot get an answer: the provider refused the request with status {code}"
        ))),
        _ => provider(because("cannot get an answer: the provider cannot be reached")),
    }
}

fn auth(message: String) -> Failure {
    Failure::new(FailureKind::Auth, message)
        .hint("check the provider's key, or log in again with `opencode-rs auth login`")
}

fn provider(message: String) -> Failure {
    Failure::new(FailureKind::Provider, message).hint("try again later, or use another model with `--model`")
}

fn too_long(message: String) -> Failure {
    Failure::new(FailureKind::Provider, message).hint("send less text, or use a model with a larger context")
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
