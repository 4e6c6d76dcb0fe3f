//! Value types of the command line: text in, a checked value or a reason out. Nothing here reads a file.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::Value;

use crate::request::{ApiField, FieldValue, TypedCall, Word, canonical_tool};
use crate::settings;

/// Reads text that must hold something, such as a name.
pub(super) fn parse_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("a name is wanted".to_owned());
    }
    if name.chars().any(char::is_control) {
        return Err("a name holds no control characters".to_owned());
    }
    Ok(name.to_owned())
}

/// Reads a tool call: `TOOL`, or `TOOL:INPUT`.
pub(super) fn parse_call(text: &str) -> Result<TypedCall, String> {
    let (tool, input) = match text.split_once(':') {
        Some((tool, input)) => (tool.trim(), Some(input)),
        None => (text.trim(), None),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if input.is_none() && tool.contains(' ') && !tool.contains(['"', '\'']) {
        return Err(format!(
            "a call is written `TOOL` or `TOOL:INPUT`; did you mean `bash:{tool}`?"
        ));
    }
    if tool.is_empty() || !tool.chars().all(is_name) || input.is_some_and(|input| input.trim().is_empty()) {
        return Err("a call is written `TOOL` or `TOOL:INPUT`, such as `bash:git push` or `edit:docs/a.md`".to_owned());
    }
    if let Some(near) = settings::meant_tool(&canonical_tool(tool)) {
        return Err(format!("`{tool}` is no tool; did you mean `{near}`?"));
    }
    Ok(TypedCall {
        tool: tool.to_owned(),
        input: input.map(str::to_owned),
    })
}

/// Reads a command for the shell.
pub(super) fn parse_command(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("a command is wanted".to_owned());
    }
    if text.contains('\0') {
        return Err("a command holds no NUL character".to_owned());
    }
    Ok(text.to_owned())
}

/// Reads the method of a request.
pub(super) fn parse_method(text: &str) -> Result<String, String> {
    let method = text.to_ascii_uppercase();
    if matches!(
        method.as_str(),
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS"
    ) {
        Ok(method)
    } else {
        Err("a method such as `GET`, `POST`, `PATCH` or `DELETE` is wanted".to_owned())
    }
}

/// Reads the path of a request. An address is refused: the request goes to the engine, and so does the password.
pub(super) fn parse_request_path(text: &str) -> Result<String, String> {
    if text.contains("://") && !text.starts_with('/') {
        return Err("a path such as `/session` is wanted, not an address".to_owned());
    }
    if text.starts_with("//") || text.chars().any(|c| c.is_control() || c.is_whitespace()) || text.contains('#') {
        return Err("a path such as `/session` is wanted".to_owned());
    }
    Ok(if text.starts_with('/') {
        text.to_owned()
    } else {
        format!("/{text}")
    })
}

/// Reads `key=value` with a typed value: `true`, `false`, `null`, whole numbers, `@FILE`, `@-`, else text.
pub(super) fn parse_typed_field(text: &str) -> Result<ApiField, String> {
    let (key, value) = split_field(text)?;
    let value = match value {
        "true" => FieldValue::Json(Value::Bool(true)),
        "false" => FieldValue::Json(Value::Bool(false)),
        "null" => FieldValue::Json(Value::Null),
        "@-" => FieldValue::Stdin,
        _ => match value.strip_prefix('@') {
            Some("") => return Err("a file is wanted after `@`".to_owned()),
            Some(file) => FieldValue::File(PathBuf::from(file)),
            None => FieldValue::Json(
                value
                    .parse::<i64>()
                    .ok()
                    // `007` and `+7` are text: as numbers they would come out otherwise.
                    .filter(|number| number.to_string() == value)
                    .map_or_else(|| Value::String(value.to_owned()), Value::from),
            ),
        },
    };
    Ok(ApiField { key, value })
}

/// Reads `key=value`; the value is text, whatever it looks like.
pub(super) fn parse_raw_field(text: &str) -> Result<ApiField, String> {
    let (key, value) = split_field(text)?;
    Ok(ApiField {
        key,
        value: FieldValue::Json(Value::String(value.to_owned())),
    })
}

fn split_field(text: &str) -> Result<(String, &str), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value)),
        _ => Err("a field is written `key=value`".to_owned()),
    }
}

/// Reads `Name: value`.
pub(super) fn parse_header(text: &str) -> Result<(String, String), String> {
    let malformed = || "a header is written `Name: value`".to_owned();
    let (name, value) = text.split_once(':').ok_or_else(malformed)?;
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) || value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(malformed());
    }
    if name.eq_ignore_ascii_case("authorization") {
        return Err(format!(
            "credentials do not belong on a command line; set `{}` instead",
            crate::env_vars::SERVER_PASSWORD
        ));
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

/// Reads a choice by its word; help and completions show the words.
pub(super) fn word<T: Word>() -> impl TypedValueParser<Value = T> {
    let words = PossibleValuesParser::new(T::WORDS.iter().map(|(word, _)| *word));
    words.map(|word| T::of_word(&word).expect("clap lets no other word through"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn typed_fields_become_json_and_raw_fields_stay_text() {
        let typed = |text| parse_typed_field(text).map(|field| field.value);
        assert_eq!(typed("a=true"), Ok(FieldValue::Json(json!(true))));
        assert_eq!(typed("a=null"), Ok(FieldValue::Json(json!(null))));
        assert_eq!(typed("a=-12"), Ok(FieldValue::Json(json!(-12))));
        assert_eq!(typed("a=007"), Ok(FieldValue::Json(json!("007"))));
        assert_eq!(typed("a=x=y"), Ok(FieldValue::Json(json!("x=y"))));
        assert_eq!(typed("a="), Ok(FieldValue::Json(json!(""))));
        assert_eq!(typed("a=@b.txt"), Ok(FieldValue::File("b.txt".into())));
        assert_eq!(typed("a=@-"), Ok(FieldValue::Stdin));
        assert!(typed("a").is_err() && typed("=a").is_err() && typed("a=@").is_err());
        assert_eq!(
            parse_raw_field("a=@true").map(|field| field.value),
            Ok(FieldValue::Json(json!("@true")))
        );
    }

    #[test]
    fn a_request_path_stays_on_the_server() {
        assert_eq!(parse_request_path("session?limit=1").as_deref(), Ok("/session?limit=1"));
        assert_eq!(
            parse_request_path("/find?url=http://x").as_deref(),
            Ok("/find?url=http://x")
        );
        for text in ["http://evil.example/", "//evil.example/", "/a b", "/a\r\nX: y", "/a#b"] {
            assert!(parse_request_path(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn credentials_are_refused_on_the_command_line() {
        assert!(parse_header("Authorization: Basic xyz").is_err());
        let refused = crate::settings::server_url("http://opencode:hunter2@127.0.0.1:4096").unwrap_err();
        assert!(!refused.contains("hunter2") && refused.contains("OPENCODE_SERVER_PASSWORD"));
        assert_eq!(parse_header("X-A: b: c"), Ok(("X-A".to_owned(), "b: c".to_owned())));
        for text in ["X", ": a", "X A: b", "X: a\r\nY: b"] {
            assert!(parse_header(text).is_err(), "{text:?}");
        }
    }
}
