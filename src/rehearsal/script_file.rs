//! The script file: TOML, checked and converted to a [`Script`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use toml::Spanned;

use super::pattern::Pattern;
use super::script::{
    Afterwards, Caller, Conditions, Fault, FaultKind, Finish, HttpError, ReplyAction, ReplyBody, Script, ScriptedCall,
    ScriptedReply, ScriptedUsage,
};
use crate::error::Failure;
use crate::support::nearest;

impl Script {
    /// Parses a script from `text`; messages call it `name`.
    ///
    /// # Errors
    ///
    /// A usage failure with line and reason.
    pub fn parse(text: &str, name: &str) -> Result<Self, Failure> {
        let refused = |span: Option<Range<usize>>, reason: &str| {
            let line = span.map_or_else(String::new, |span| format!("line {}: ", line_of(text, &span)));
            Failure::usage(format!("cannot use rehearsal script `{name}`: {line}{reason}"))
        };
        let file: ScriptFile = toml::from_str(text).map_err(|error| {
            let message = error.message().trim().replace('\n', ", ");
            let mut failure = refused(error.span(), &message);
            failure.hints.extend(suggestion(&message));
            failure
        })?;
        let mut replies = Vec::new();
        for raw in file.reply {
            let span = raw.span();
            let reply = raw.into_inner().check();
            replies.push(
                reply.map_err(|reason| refused(Some(span), &format!("in the reply that begins here, {reason}")))?,
            );
        }
        Ok(Self {
            replies,
            afterwards: file.afterwards,
        })
    }
}

/// A script of the scripted model: a list of replies. The first reply in the file that is not used up and whose conditions
/// all hold answers a request.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptFile {
    /// The answer when no reply is left.
    #[serde(default)]
    afterwards: Afterwards,
    #[serde(default)]
    #[schemars(with = "Vec<RawReply>")]
    reply: Vec<Spanned<RawReply>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ScriptCaller")]
enum CallerName {
    Any,
    Main,
    Subagent,
    Title,
    Summary,
}

/// A reply, and the conditions under which it is given. A condition is a pattern: one without `*` is looked for anywhere,
/// one with `*` describes the whole text.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScriptReply")]
struct RawReply {
    /// Condition: the last message of the user.
    r#match: Option<String>,
    /// Condition: a result of a tool after that message.
    tool_result: Option<String>,
    /// Condition: the system prompt.
    system: Option<String>,
    /// Condition: the id of the model.
    model: Option<String>,
    /// Condition: the name of a tool that the model may call.
    offers: Option<String>,
    /// Condition: whether the model must call a tool, such as `required`, or which one.
    tool_choice: Option<String>,
    /// Condition: who asks; `main` without this key. Titles, summaries and subagents that no reply names get a built-in
    /// answer and use nothing up.
    caller: Option<CallerName>,
    /// How often the reply is given: a number, or `"always"`; once without this key.
    #[schemars(with = "Option<TimesForm>")]
    times: Option<toml::Value>,
    /// The text of the answer.
    text: Option<String>,
    /// How often `text` is sent.
    repeat: Option<usize>,
    /// What the model thinks before it answers.
    reasoning: Option<String>,
    tool_calls: Option<Vec<RawToolCall>>,
    /// Token counts; without this key an estimate from the text.
    usage: Option<ScriptedUsage>,
    /// The reason why the answer ends; without this key the one that fits the contents.
    finish: Option<Finish>,
    /// The pause between the headers and the first chunk, such as `"200ms"`, `"1.5s"`, `"2m"`.
    delay: Option<String>,
    /// Characters of a chunk; a word without this key.
    #[schemars(range(min = 1))]
    chunk_size: Option<usize>,
    /// The pause after each chunk.
    chunk_delay: Option<String>,
    /// The pause before the headers: a duration, or `true` for ever.
    #[schemars(with = "Option<HangForm>")]
    hang: Option<toml::Value>,
    /// An HTTP error instead of an answer.
    #[schemars(range(min = 400, max = 599))]
    status: Option<u16>,
    /// Headers of the HTTP error.
    #[schemars(with = "Option<BTreeMap<String, HeaderForm>>")]
    headers: Option<BTreeMap<String, toml::Value>>,
    /// The body of the HTTP error: text, or a table that is sent as JSON.
    #[schemars(with = "Option<serde_json::Value>")]
    body: Option<toml::Value>,
    /// The answer breaks off.
    fault: Option<FaultKind>,
    /// How many chunks come before the fault; all of the contents without this key. With 0, `reset` and `close` come before
    /// the headers.
    after_chunks: Option<usize>,
    /// The text of an `error_chunk`, or of an HTTP error without `body`.
    error_message: Option<String>,
}

/// A tool call of the scripted model.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScriptToolCall")]
struct RawToolCall {
    id: Option<String>,
    name: String,
    /// A table, or a text that is sent as it is, well-formed or not.
    #[schemars(with = "Option<ArgumentsForm>")]
    arguments: Option<toml::Value>,
}

/// The forms of values that [`RawReply::check`] reads itself, for better messages.
#[expect(dead_code, reason = "each describes the form of a value")]
mod forms {
    use std::num::NonZeroU64;

    use schemars::JsonSchema;
    use serde_json::{Map, Value};

    #[derive(JsonSchema)]
    #[schemars(untagged, inline)]
    pub(super) enum TimesForm {
        Count(NonZeroU64),
        Always(AlwaysForm),
    }

    #[derive(JsonSchema)]
    #[schemars(rename_all = "snake_case", inline)]
    pub(super) enum AlwaysForm {
        Always,
    }

    #[derive(JsonSchema)]
    #[schemars(untagged, inline)]
    pub(super) enum HangForm {
        Forever(bool),
        Duration(String),
    }

    #[derive(JsonSchema)]
    #[schemars(untagged, inline)]
    pub(super) enum HeaderForm {
        Text(String),
        Number(i64),
    }

    #[derive(JsonSchema)]
    #[schemars(untagged, inline)]
    pub(super) enum ArgumentsForm {
        Table(Map<String, Value>),
        Text(String),
    }
}
use forms::{ArgumentsForm, HangForm, HeaderForm, TimesForm};

/// A hint with the nearest of the names that a message of the deserialiser offers ("unknown field `tetx`, expected one of
/// `text`, …").
fn suggestion(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let wrong = quoted.next()?;
    let nearest = nearest::nearest(wrong, quoted);
    nearest.first().map(|name| format!("did you mean `{name}`?"))
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    let before = text.as_bytes().get(..span.start).unwrap_or_default();
    memchr::memchr_iter(b'\n', before).count() + 1
}

impl RawReply {
    fn check(self) -> Result<ScriptedReply, String> {
        let hang = match &self.hang {
            None | Some(toml::Value::Boolean(false)) => Duration::ZERO,
            Some(toml::Value::Boolean(true)) => Duration::MAX,
            Some(toml::Value::String(text)) => duration("hang", text)?,
            Some(_) => return Err("`hang` is neither a duration such as \"2s\" nor `true`".to_owned()),
        };
        let times = match &self.times {
            None => 1,
            Some(toml::Value::String(word)) if word == "always" => u64::MAX,
            Some(toml::Value::Integer(count)) if *count > 0 => count.unsigned_abs(),
            Some(_) => return Err("`times` is neither a number from 1 on nor \"always\"".to_owned()),
        };
        let conditions = Conditions {
            user: self.r#match.as_deref().map(Pattern::new),
            tool_result: self.tool_result.as_deref().map(Pattern::new),
            system: self.system.as_deref().map(Pattern::new),
            model: self.model.as_deref().map(Pattern::new),
            offers: self.offers.as_deref().map(Pattern::new),
            tool_choice: self.tool_choice.as_deref().map(Pattern::new),
            caller: match self.caller {
                Some(CallerName::Any) => None,
                None | Some(CallerName::Main) => Some(Caller::Main),
                Some(CallerName::Subagent) => Some(Caller::Subagent),
                Some(CallerName::Title) => Some(Caller::Title),
                Some(CallerName::Summary) => Some(Caller::Summary),
            },
        };
        let action = if self.status.is_some() {
            ReplyAction::HttpError(self.http_error()?)
        } else {
            ReplyAction::Answer(self.answer()?)
        };
        Ok(ScriptedReply {
            conditions,
            times,
            hang,
            action,
        })
    }

    fn http_error(self) -> Result<HttpError, String> {
        let answer_keys = [
            ("text", self.text.is_some()),
            ("repeat", self.repeat.is_some()),
            ("reasoning", self.reasoning.is_some()),
            ("tool_calls", self.tool_calls.is_some()),
            ("usage", self.usage.is_some()),
            ("finish", self.finish.is_some()),
            ("delay", self.delay.is_some()),
            ("chunk_size", self.chunk_size.is_some()),
            ("chunk_delay", self.chunk_delay.is_some()),
            ("fault", self.fault.is_some()),
            ("after_chunks", self.after_chunks.is_some()),
        ];
        refuse(&answer_keys, "does not go together with `status`")?;
        let code = self.status.unwrap_or_default();
        let status = StatusCode::from_u16(code)
            .ok()
            .filter(|status| status.is_client_error() || status.is_server_error())
            .ok_or_else(|| format!("`status` is {code}, which is not an error (400 to 599)"))?;
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.unwrap_or_default() {
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                _ => return Err(format!("the header `{name}` is neither text nor a number")),
            };
            let header = HeaderName::try_from(name.as_str()).map_err(|_| format!("`{name}` is no header name"))?;
            let value = HeaderValue::try_from(text)
                .map_err(|_| format!("the header `{name}` has a value that cannot be sent"))?;
            headers.insert(header, value);
        }
        let body = match self.body {
            Some(toml::Value::String(text)) => text,
            Some(value) => json_of(&value, "body")?,
            None => {
                let message = self
                    .error_message
                    .unwrap_or_else(|| format!("rehearsed error {}", status.as_u16()));
                json!({ "error": { "message": message, "type": "rehearsal", "code": status.as_u16() } }).to_string()
            }
        };
        Ok(HttpError { status, headers, body })
    }

    fn answer(self) -> Result<ReplyBody, String> {
        refuse(
            &[("headers", self.headers.is_some()), ("body", self.body.is_some())],
            "needs `status`",
        )?;
        if self.fault.is_none() {
            refuse(
                &[
                    ("after_chunks", self.after_chunks.is_some()),
                    ("error_message", self.error_message.is_some()),
                ],
                "needs `fault`",
            )?;
        } else if self.finish.is_some() && self.fault != Some(FaultKind::Garbage) {
            return Err("`finish` never comes, because of `fault`".to_owned());
        }
        if self.chunk_size == Some(0) {
            return Err("`chunk_size` is 0".to_owned());
        }
        if self.repeat.is_some() && self.text.is_none() {
            return Err("`repeat` needs `text`".to_owned());
        }
        let tool_calls = self
            .tool_calls
            .unwrap_or_default()
            .into_iter()
            .map(|call| {
                Ok(ScriptedCall {
                    id: call.id,
                    name: call.name,
                    arguments: match call.arguments {
                        None => "{}".to_owned(),
                        Some(toml::Value::String(text)) => text,
                        Some(value) => json_of(&value, "arguments")?,
                    },
                })
            })
            .collect::<Result<_, String>>()?;
        Ok(ReplyBody {
            reasoning: self.reasoning.unwrap_or_default(),
            text: self.text.unwrap_or_default(),
            repeat: self.repeat.unwrap_or(1),
            tool_calls,
            delay: optional_duration("delay", self.delay.as_deref())?,
            chunk_size: self.chunk_size,
            chunk_delay: optional_duration("chunk_delay", self.chunk_delay.as_deref())?,
            usage: self.usage,
            finish: self.finish,
            fault: self.fault.map(|kind| Fault {
                kind,
                after_chunks: self.after_chunks,
                message: self
                    .error_message
                    .unwrap_or_else(|| "rehearsed error: the server is overloaded".to_owned()),
            }),
        })
    }
}

fn refuse(keys: &[(&str, bool)], reason: &str) -> Result<(), String> {
    match keys.iter().find(|(_, present)| *present) {
        Some((key, _)) => Err(format!("`{key}` {reason}")),
        None => Ok(()),
    }
}

fn json_of(value: &toml::Value, key: &str) -> Result<String, String> {
    serde_json::to_string(value).map_err(|error| format!("`{key}` cannot be written as JSON ({error})"))
}

fn optional_duration(key: &str, text: Option<&str>) -> Result<Duration, String> {
    text.map_or(Ok(Duration::ZERO), |text| duration(key, text))
}

fn duration(key: &str, text: &str) -> Result<Duration, String> {
    // Invalid without a unit: a bare number means seconds on the command line, and could mean anything in a script.
    crate::support::duration::parse(text)
        .ok()
        .filter(|_| !text.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or_else(|| format!("`{key}` is `{text}`, which is no duration such as \"200ms\", \"1.5s\" or \"2m\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(text: &str) -> (String, Vec<String>) {
        let failure = Script::parse(text, "s.toml").unwrap_err();
        assert_eq!(failure.kind, crate::error::FailureKind::Usage);
        (failure.to_string(), failure.hints)
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest_key() {
        let (message, hints) = failure("[[reply]]\nmatch = \"x\"\ntetx = \"hello\"\n");
        assert!(
            message.starts_with("cannot use rehearsal script `s.toml`: line 3: unknown field `tetx`"),
            "{message}"
        );
        assert_eq!(hints, ["did you mean `text`?"]);
    }

    #[test]
    fn an_unknown_value_names_its_line_and_the_nearest_value() {
        let (message, hints) = failure("[[reply]]\ntext = \"x\"\n\n[[reply]]\nfault = \"rest\"\n");
        assert!(message.contains("line 5: unknown variant `rest`"), "{message}");
        assert_eq!(hints, ["did you mean `reset`?"]);
    }

    #[test]
    fn contradictions_name_the_reply() {
        let cases = [
            (
                "status = 429\ntext = \"x\"",
                "`text` does not go together with `status`",
            ),
            ("status = 200", "`status` is 200, which is not an error (400 to 599)"),
            ("body = \"x\"", "`body` needs `status`"),
            ("after_chunks = 2", "`after_chunks` needs `fault`"),
            ("times = 0", "`times` is neither a number from 1 on nor \"always\""),
            ("hang = 3", "`hang` is neither a duration such as \"2s\" nor `true`"),
            (
                "delay = \"3\"",
                "`delay` is `3`, which is no duration such as \"200ms\", \"1.5s\" or \"2m\"",
            ),
            ("chunk_size = 0", "`chunk_size` is 0"),
            ("repeat = 3", "`repeat` needs `text`"),
        ];
        for (keys, reason) in cases {
            let (message, _) = failure(&format!("# a comment\n[[reply]]\n{keys}\n"));
            assert_eq!(
                message,
                format!("cannot use rehearsal script `s.toml`: line 2: in the reply that begins here, {reason}")
            );
        }
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("delay", "250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("delay", "1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("delay", "2m"), Ok(Duration::from_secs(120)));
        assert!(duration("delay", "99999999999999999999m").is_err());
    }
}
