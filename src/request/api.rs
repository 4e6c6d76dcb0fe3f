//! One call of the engine's HTTP interface.

use std::path::PathBuf;

use serde_json::Value;

use super::{ConnectRequest, ListOutput};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiRequest {
    pub connect: ConnectRequest,
    pub method: String,
    /// Path and query, beginning with a slash.
    pub path: String,
    /// `-F` and `--raw-field`, in order: members of the body, or parameters of the query where the method has no body.
    pub fields: Vec<ApiField>,
    /// `-H`: further headers, name and value.
    pub headers: Vec<(String, String)>,
    /// `--input`: the body, as it is; the fields then go into the query.
    pub input: Option<InputSource>,
    /// `-i`: status line and headers are shown too.
    pub include_headers: bool,
    /// Colour and progress; the body is written as it came.
    pub output: ListOutput,
}

/// One field: a path such as `model.providerID` or `parts[]` is its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiField {
    pub key: String,
    pub value: FieldValue,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    Json(Value),
    /// `-F key=@FILE`: the file's contents, as a string.
    File(PathBuf),
    /// `-F key=@-`: what stdin holds, as a string.
    Stdin,
}

/// Where a body, or an imported session, comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputSource {
    File(PathBuf),
    Stdin,
}

impl From<PathBuf> for InputSource {
    /// A file as it is typed: `-` is stdin.
    fn from(file: PathBuf) -> Self {
        if file.as_os_str() == "-" {
            Self::Stdin
        } else {
            Self::File(file)
        }
    }
}
