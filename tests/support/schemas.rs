//! Documents against the schemas that the program generates.

use std::collections::HashMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use opencode_rs::commands::generate::schema;
use opencode_rs::request::{SchemaName, Word as _};
use serde_json::Value;

static VALIDATORS: LazyLock<HashMap<&str, Validator>> = LazyLock::new(|| {
    let validator =
        |(word, name): &(&'static str, SchemaName)| (*word, jsonschema::validator_for(&schema(*name)).unwrap());
    SchemaName::WORDS.iter().map(validator).collect()
});

/// What a schema says against a value.
pub(crate) fn faults(name: SchemaName, value: &Value) -> Vec<String> {
    let errors = VALIDATORS[name.as_str()].iter_errors(value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[track_caller]
pub(crate) fn expect_valid(name: SchemaName, value: &Value) {
    let faults = faults(name, value);
    assert!(
        faults.is_empty(),
        "not a `{}`: {value:#}\n{}",
        name.as_str(),
        faults.join("\n")
    );
}

/// Reads a document that a command has printed: it has a `type`, and that is a schema which it keeps.
#[track_caller]
pub(crate) fn document(text: &str) -> Value {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let name = value["type"].as_str().and_then(SchemaName::of_word);
    expect_valid(name.unwrap_or_else(|| panic!("no schema for {value:#}")), &value);
    value
}

/// The items of a list that a command has printed.
#[track_caller]
pub(crate) fn items(text: &str) -> Vec<Value> {
    let Value::Array(items) = document(text)["items"].take() else {
        panic!("no list: {text}");
    };
    items
}
