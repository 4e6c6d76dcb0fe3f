//! The documents that commands print with `--output-format json`.
//!
//! Always true: a document begins with its `type`, which is the name of its schema too, and its `schema_version`; a list
//! has `items`. `version` at the top is that of opencode-rs, `version` of an engine that of the engine; an amount of
//! dollars is a decimal text, and its key ends in `_usd`. Fields are added, never renamed.

use schemars::JsonSchema;
use serde::Serialize;

use super::write_stdout;
use crate::error::Failure;
use crate::render::schema::SCHEMA_VERSION;
use crate::request::SchemaName;
use crate::support::json;

pub(super) trait CommandDocument: Serialize + JsonSchema {
    const TYPE: SchemaName;
}

/// What a list consists of.
pub(super) trait ListItem: Serialize + JsonSchema {
    const LIST: SchemaName;
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ListDocument<'a, T> {
    pub(super) items: &'a [T],
}

impl<T: ListItem> CommandDocument for ListDocument<'_, T> {
    const TYPE: SchemaName = T::LIST;
}

#[derive(Debug, Serialize)]
pub(super) struct PrintedDocument<'a, T> {
    r#type: &'static str,
    schema_version: u32,
    #[serde(flatten)]
    document: &'a T,
}

impl<'a, T: CommandDocument> PrintedDocument<'a, T> {
    pub(super) fn new(document: &'a T) -> Self {
        Self {
            r#type: T::TYPE.as_str(),
            schema_version: SCHEMA_VERSION,
            document,
        }
    }
}

/// Writes a document to stdout, indented and with a final newline.
///
/// # Errors
///
/// When stdout cannot be written.
pub(super) fn write_document<T: CommandDocument>(document: &T) -> Result<(), Failure> {
    write_stdout(&document_bytes(document)?)
}

/// A document as it is written to stdout.
pub(super) fn document_bytes<T: CommandDocument>(document: &T) -> Result<Vec<u8>, Failure> {
    json::document(&PrintedDocument::new(document))
        .map_err(|error| Failure::failed("cannot write the document").caused_by(&error))
}
