//! `--schema`: the JSON Schema that the answer has to follow.
//!
//! In: the text of a schema, then what the model answers: the arguments of a tool, or text. Out: the value, or what is wrong
//! with it, for the model to read. Invariants: nothing is fetched, and a value that does not follow the schema never comes out.

use std::sync::Arc;

use jsonschema::{ValidationError, Validator};
use serde_json::{Value, json};

use crate::error::Failure;
use crate::support::answer_tool::{VALUE, wrapped_answer};

/// The largest whole number, positive or negative, that the engine hands on as it is.
const LARGEST_NUMBER: u64 = (1 << 53) - 1;
/// How many errors of one answer are told.
const MOST_ERRORS: usize = 20;
/// The longest error, in characters: some repeat the value.
const LONGEST_ERROR: usize = 300;

/// A schema that can be used. Drafts 4, 6, 7, 2019-09 and 2020-12 by `$schema`; without it the last.
#[derive(Debug, Clone)]
pub struct AnswerSchema {
    schema: Value,
    validator: Arc<Validator>,
    /// Whether the arguments of the tool hold the value in [`VALUE`]: arguments are an object always.
    is_wrapped: bool,
}

impl AnswerSchema {
    /// Reads a schema: bare, or as `{"type": "json_schema", "schema": {…}}`. `name` says where it is from.
    ///
    /// # Errors
    ///
    /// When it is no schema, or refers to one elsewhere.
    pub fn parse(text: &str, name: &str) -> Result<Self, Failure> {
        let cannot = |why: String| Failure::usage(format!("cannot use {name} as the schema of the answer: {why}"));
        let mut schema: Value =
            serde_json::from_str(text).map_err(|error| cannot(format!("it is no JSON: {error}")))?;
        if schema["type"] == "json_schema" {
            schema = schema["schema"].take();
        }
        if !schema.is_object() {
            return Err(cannot("a JSON Schema is an object".to_owned())
                .hint("for example `{\"type\": \"object\", \"properties\": {\"name\": {\"type\": \"string\"}}}`"));
        }
        if let Some(reference) = foreign_reference(&schema) {
            return Err(cannot(format!("`{reference}` is not in it, and nothing is fetched"))
                .hint("put what it refers to below `$defs`, and refer to `#/$defs/NAME`"));
        }
        // Newer drafts leave it open whether `format` is checked: here it is always.
        let options = jsonschema::options().should_validate_formats(true);
        let validator = options.build(&schema).map_err(|error| cannot(located(&error)))?;
        Ok(Self {
            is_wrapped: schema["type"] != "object",
            schema,
            validator: Arc::new(validator),
        })
    }

    /// The schema as it was given.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// The schema of the tool's arguments.
    pub fn parameters(&self) -> Value {
        let mut schema = self.schema.clone();
        if let Value::Object(schema) = &mut schema {
            schema.shift_remove("$schema");
        }
        if !self.is_wrapped {
            return schema;
        }
        // With an address of its own, the schema is what its references begin at.
        if schema.get("$id").is_none() && schema.get("id").is_none() {
            move_references(&mut schema);
        }
        json!({
            "type": "object",
            "properties": { VALUE: schema },
            "required": [VALUE],
            "additionalProperties": false,
        })
    }

    /// The value that arguments of the tool hold, else what is wrong with it.
    pub fn of_arguments(&self, arguments: &Value) -> Result<Value, Vec<String>> {
        let wrapped = wrapped_answer(arguments).filter(|_| self.is_wrapped);
        let value = wrapped.unwrap_or(arguments);
        if let Some(place) = changed_number(value, String::new()) {
            return Err(vec![format!(
                "{place}: the tool changes whole numbers beyond {LARGEST_NUMBER}; give this answer as text instead, as JSON in one fenced block"
            )]);
        }
        self.checked(value.clone())
    }

    /// The value that a text is, or that its only fenced block is; else what is wrong with it.
    pub fn of_text(&self, text: &str) -> Result<Value, Vec<String>> {
        let read = |text: &str| serde_json::from_str::<Value>(text.trim()).ok();
        let value = read(text).or_else(|| read(only_block(text)?));
        match value {
            Some(value) => self.checked(value),
            None => Err(vec!["the answer is no JSON".to_owned()]),
        }
    }

    fn checked(&self, value: Value) -> Result<Value, Vec<String>> {
        let errors: Vec<String> = self
            .validator
            .iter_errors(&value)
            .take(MOST_ERRORS)
            .map(|error| located(&error))
            .collect();
        if errors.is_empty() { Ok(value) } else { Err(errors) }
    }
}

/// An error behind the place that it is about: `/items/0/severity: "High" is not one of …`.
fn located(error: &ValidationError<'_>) -> String {
    let place = error.instance_path().to_string();
    let place = if place.is_empty() { "/" } else { place.as_str() };
    let mut text = format!("{place}: {error}");
    if let Some((cut, _)) = text.char_indices().nth(LONGEST_ERROR) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

/// A `$ref` that leads out of the document.
fn foreign_reference(schema: &Value) -> Option<&str> {
    let is_inside = |reference: &str| {
        let id = schema["$id"].as_str().or_else(|| schema["id"].as_str());
        reference.starts_with('#') || id.is_some_and(|id| reference.starts_with(id)) || names(schema, reference)
    };
    let mut found = None;
    visit(schema, &mut |key, reference| {
        if matches!(key, "$ref" | "$dynamicRef" | "$recursiveRef") && !is_inside(reference) {
            found.get_or_insert(reference);
        }
    });
    found
}

/// Whether a part of the document calls itself as a reference says.
fn names(schema: &Value, reference: &str) -> bool {
    let mut is_named = false;
    visit(schema, &mut |key, id| {
        is_named |= matches!(key, "$id" | "id") && id == reference
    });
    is_named
}

/// Calls `seen` with each text of an object in a schema, but for those in values.
fn visit<'a>(schema: &'a Value, seen: &mut impl FnMut(&'a str, &'a str)) {
    match schema {
        Value::Object(all) => {
            for (key, value) in all {
                match value {
                    Value::String(text) => seen(key, text),
                    _ if is_value(key) => {}
                    other => visit(other, seen),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|one| visit(one, seen)),
        _ => {}
    }
}

/// Whether a keyword holds values, and no schemas.
fn is_value(key: &str) -> bool {
    matches!(key, "const" | "enum" | "default" | "examples")
}

/// Makes references to places in the schema right for a schema below [`VALUE`].
fn move_references(schema: &mut Value) {
    match schema {
        Value::Object(all) => {
            for (key, value) in all.iter_mut().filter(|(key, _)| !is_value(key)) {
                match value {
                    Value::String(reference) if key == "$ref" && (reference == "#" || reference.starts_with("#/")) => {
                        *reference = format!("#/properties/{VALUE}{}", &reference[1..]);
                    }
                    other => move_references(other),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(move_references),
        _ => {}
    }
}

/// Where the first whole number is that the engine may have changed: it keeps numbers as JavaScript does.
fn changed_number(value: &Value, place: String) -> Option<String> {
    match value {
        Value::Number(number) => {
            let size = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            size.filter(|size| *size > LARGEST_NUMBER).map(|_| place)
        }
        Value::Array(all) => {
            let mut numbered = all.iter().enumerate();
            numbered.find_map(|(at, one)| changed_number(one, format!("{place}/{at}")))
        }
        Value::Object(all) => all
            .iter()
            .find_map(|(key, one)| changed_number(one, format!("{place}/{key}"))),
        _ => None,
    }
}

/// What stands in the only block of a text that is fenced by "```" or "~~~".
fn only_block(text: &str) -> Option<&str> {
    ["```", "~~~"].into_iter().find_map(|fence| {
        let mut fences = text.match_indices(fence).filter(|(at, _)| {
            let line = text[..*at].rsplit('\n').next().unwrap_or_default();
            line.trim().is_empty()
        });
        let (Some((open, _)), Some((close, _)), None) = (fences.next(), fences.next(), fences.next()) else {
            return None;
        };
        let block = &text[open..close];
        Some(&block[block.find('\n')?..])
    })
}

/// A report of errors for the model, one a line.
pub fn listed(errors: &[String]) -> String {
    errors.iter().map(|error| format!("- {error}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(text: &str) -> AnswerSchema {
        AnswerSchema::parse(text, "the schema").unwrap()
    }

    fn refused(text: &str) -> String {
        AnswerSchema::parse(text, "`s.json`").unwrap_err().message
    }

    #[test]
    fn what_is_no_schema_or_is_elsewhere_is_refused() {
        let wrapped = r#"{"type": "json_schema"}"#;
        for text in [
            "",
            "{",
            "true",
            "[]",
            "7",
            r#"{"type": 7}"#,
            r#"{"type": "objekt"}"#,
            wrapped,
        ] {
            let message = refused(text);
            assert!(
                message.starts_with("cannot use `s.json` as the schema of the answer: "),
                "{message}"
            );
        }
        for reference in ["http://127.0.0.1:1/a.json", "other.json", "file:///etc/passwd"] {
            let message = refused(&format!(r#"{{"properties": {{"a": {{"$ref": "{reference}"}}}}}}"#));
            assert!(message.contains(reference), "{message}");
        }
        assert!(refused(r##"{"$ref": "#/$defs/none"}"##).contains("none"));
    }

    #[test]
    fn arguments_are_an_object_whatever_the_schema_describes() {
        let object = schema(r#"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}"#);
        assert_eq!(object.parameters(), json!({"type": "object"}));
        assert_eq!(object.of_arguments(&json!({"value": 1})), Ok(json!({"value": 1})));
        let list =
            schema(r##"{"type": "array", "items": {"$ref": "#/$defs/n"}, "$defs": {"n": {"type": "integer"}}}"##);
        let parameters = list.parameters();
        assert_eq!(
            parameters["properties"]["value"]["items"]["$ref"],
            "#/properties/value/$defs/n"
        );
        assert_eq!(list.of_arguments(&json!({"value": [1, 2]})), Ok(json!([1, 2])));
        let errors = list.of_arguments(&json!({"value": ["x"]})).unwrap_err();
        assert_eq!(errors, [r#"/0: "x" is not of type "integer""#]);
        let tree = schema(r##"{"anyOf": [{"type": "null"}, {"type": "array", "items": {"$ref": "#"}}]}"##);
        assert_eq!(
            tree.of_arguments(&json!({"value": [[null], null]})),
            Ok(json!([[null], null]))
        );
        assert_eq!(
            tree.parameters()["properties"]["value"]["anyOf"][1]["items"]["$ref"],
            "#/properties/value"
        );
    }

    #[test]
    fn a_text_counts_where_it_is_json_or_holds_one_block_of_it() {
        let number = schema(r#"{"type": "json_schema", "schema": {"type": "number"}}"#);
        for text in [
            " 7\n",
            "```json\n7\n```",
            "~~~\n7\n~~~",
            "Here it is:\n```\n 7\n```\nDone.",
        ] {
            assert_eq!(number.of_text(text), Ok(json!(7)), "{text}");
        }
        for text in [
            "seven",
            "It is 7.",
            "```\n7\n```\n```\n7\n```",
            "```\n\"7\"\n```",
            "",
            "```7```",
        ] {
            assert!(number.of_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn each_draft_is_read_as_its_own() {
        // Draft 4 has `exclusiveMaximum` as a switch of `maximum`, the later ones as a number of its own.
        for (draft, is_switch) in [
            ("http://json-schema.org/draft-04/schema#", true),
            ("http://json-schema.org/draft-06/schema#", false),
            ("http://json-schema.org/draft-07/schema#", false),
            ("https://json-schema.org/draft/2019-09/schema", false),
            ("https://json-schema.org/draft/2020-12/schema", false),
        ] {
            let limit = if is_switch { json!(true) } else { json!(5) };
            let text = json!({"$schema": draft, "maximum": 5, "exclusiveMaximum": limit}).to_string();
            assert!(schema(&text).of_text("5").is_err(), "{draft}");
            assert_eq!(schema(&text).of_text("4"), Ok(json!(4)), "{draft}");
        }
    }

    #[test]
    fn formats_are_checked_and_numbers_that_the_engine_changes_are_not_taken() {
        let date = schema(r#"{"format": "date"}"#);
        assert!(date.of_text("\"2023-02-29\"").is_err());
        let any = schema("{}");
        let errors = any
            .of_arguments(&json!({"value": [1, {"n": 9_007_199_254_740_993_u64}]}))
            .unwrap_err();
        assert!(errors[0].starts_with("/1/n: the tool changes"), "{errors:?}");
        assert_eq!(any.of_text("9007199254740993"), Ok(json!(9_007_199_254_740_993_u64)));
        assert_eq!(
            any.of_arguments(&json!({"value": -9_007_199_254_740_991_i64})),
            Ok(json!(-9_007_199_254_740_991_i64))
        );
    }

    /// Schemas, each with an answer that follows it and one that does not.
    const TABLE: [(&str, &str, &str); 34] = [
        (r#"{"type": "object", "required": ["a"]}"#, r#"{"a": 1}"#, "{}"),
        (
            r#"{"type": "object", "properties": {"value": {"type": "string"}}}"#,
            r#"{"value": "x"}"#,
            r#"{"value": 1}"#,
        ),
        (
            r#"{"type": "object", "additionalProperties": false}"#,
            "{}",
            r#"{"x": 1}"#,
        ),
        (
            r#"{"type": "object", "patternProperties": {"^n": {"type": "number"}}}"#,
            r#"{"n1": 1}"#,
            r#"{"n1": "1"}"#,
        ),
        (
            r#"{"type": "object", "propertyNames": {"maxLength": 1}}"#,
            r#"{"a": 1}"#,
            r#"{"ab": 1}"#,
        ),
        (r#"{"type": "object", "minProperties": 1}"#, r#"{"ü": null}"#, "{}"),
        (
            r#"{"type": "object", "dependentRequired": {"a": ["b"]}}"#,
            r#"{"a": 1, "b": 2}"#,
            r#"{"a": 1}"#,
        ),
        (
            r#"{"type": "object", "if": {"required": ["a"]}, "then": {"required": ["b"]}}"#,
            r#"{"c": 1}"#,
            r#"{"a": 1}"#,
        ),
        (
            r#"{"type": "object", "unevaluatedProperties": false, "properties": {"a": {}}}"#,
            r#"{"a": 1}"#,
            r#"{"b": 1}"#,
        ),
        (
            r#"{"properties": {"a": {"type": "integer"}}, "required": ["a"]}"#,
            r#"{"a": 3}"#,
            r#"{"a": 3.5}"#,
        ),
        (r#"{"type": "array", "items": {"type": "string"}}"#, r#"["a"]"#, "[1]"),
        (
            r#"{"type": "array", "prefixItems": [{"type": "string"}], "items": false}"#,
            r#"["a"]"#,
            r#"["a", 1]"#,
        ),
        (
            r#"{"type": "array", "uniqueItems": true, "minItems": 2}"#,
            "[1, 2]",
            "[1, 1]",
        ),
        (r#"{"type": "array", "contains": {"const": 7}}"#, "[1, 7]", "[1]"),
        (
            r#"{"type": "array", "items": {"type": "array", "items": {"type": "boolean"}}}"#,
            "[[true]]",
            "[true]",
        ),
        (r#"{"type": "string", "pattern": "^a+$"}"#, r#""aa""#, r#""b""#),
        (r#"{"type": "string", "maxLength": 1}"#, r#""漢""#, r#""ab""#),
        (
            r#"{"type": "string", "format": "email"}"#,
            r#""a@example.com""#,
            r#""nope""#,
        ),
        (r#"{"type": "number", "exclusiveMinimum": 0}"#, "0.1", "0"),
        (r#"{"type": "integer", "multipleOf": 3}"#, "9", "10"),
        (r#"{"type": "boolean"}"#, "false", r#""false""#),
        (r#"{"type": "null"}"#, "null", "0"),
        (r#"{"type": ["string", "null"]}"#, "null", "1"),
        (r#"{"enum": ["low", "high", 3]}"#, "3", r#""High""#),
        (r#"{"const": {"a": [1]}}"#, r#"{"a": [1]}"#, r#"{"a": [2]}"#),
        (
            r#"{"anyOf": [{"type": "string"}, {"type": "object", "required": ["a"]}]}"#,
            r#"{"a": 1}"#,
            "{}",
        ),
        (r#"{"oneOf": [{"type": "number"}, {"type": "integer"}]}"#, "1.5", "1"),
        (r#"{"allOf": [{"minimum": 1}, {"maximum": 2}]}"#, "2", "3"),
        (r#"{"not": {"type": "string"}}"#, "1", r#""x""#),
        (
            r##"{"$ref": "#/$defs/a", "$defs": {"a": {"type": "integer"}}}"##,
            "1",
            r#""1""#,
        ),
        (
            r##"{"$ref": "#a", "$defs": {"a": {"$anchor": "a", "type": "integer"}}}"##,
            "1",
            r#""1""#,
        ),
        (
            r##"{"type": "object", "properties": {"next": {"$ref": "#"}}, "additionalProperties": false}"##,
            r#"{"next": {}}"#,
            r#"{"next": {"x": 1}}"#,
        ),
        (
            r##"{"type": "array", "items": {"anyOf": [{"type": "integer"}, {"$ref": "#"}]}}"##,
            "[1, [2, []]]",
            r#"[1, ["x"]]"#,
        ),
        (
            r##"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "array", "items": {"$ref": "#/definitions/a"}, "definitions": {"a": {"minimum": 5}}}"##,
            "[5]",
            "[4]",
        ),
    ];

    #[test]
    fn what_follows_a_schema_is_taken_and_the_tool_says_the_same() {
        for (text, right, wrong) in TABLE {
            let schema = schema(text);
            let offered = jsonschema::validator_for(&schema.parameters()).unwrap();
            for (answer, follows) in [(right, true), (wrong, false)] {
                let value: Value = serde_json::from_str(answer).unwrap();
                assert_eq!(schema.of_text(answer).is_ok(), follows, "{text} {answer}");
                let arguments = if schema.is_wrapped {
                    json!({ VALUE: value })
                } else {
                    value
                };
                assert_eq!(schema.of_arguments(&arguments).is_ok(), follows, "{text} {arguments}");
                // A format is for our check alone.
                let is_offered = offered.is_valid(&arguments);
                assert!(is_offered == follows || text.contains("format"), "{text} {arguments}");
            }
        }
    }

    #[test]
    fn an_error_begins_with_its_place_and_is_not_endless() {
        let text = r#"{"type": "object", "properties": {"items": {"type": "array", "items": {"enum": ["low"]}}}}"#;
        let errors = schema(text)
            .of_arguments(&json!({"items": ["High", "x".repeat(10_000)]}))
            .unwrap_err();
        assert!(errors[0].starts_with(r#"/items/0: "High" is not"#), "{errors:?}");
        assert!(errors[1].chars().count() <= LONGEST_ERROR + 1);
    }
}
