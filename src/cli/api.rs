//! `api`: any endpoint of the engine's HTTP interface.

use std::path::PathBuf;

use clap::Args;

use super::options::{ConnectOptions, ListOptions};
use super::values;
use crate::error::Failure;
use crate::request::{ApiField, ApiRequest, FieldValue, InputSource};
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs api GET /session
  opencode-rs api GET /session -F limit=5
  opencode-rs api POST /session -F title=Review
  opencode-rs api PATCH /session/ses_123 --input body.json
  opencode-rs api GET /config --attach http://127.0.0.1:4096";

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ApiArgs {
    /// Send this method, such as GET or POST
    #[arg(value_name = "METHOD", value_parser = values::parse_method)]
    method: String,

    /// Ask for this path, such as `/session`
    #[arg(value_name = "PATH", value_parser = values::parse_request_path)]
    path: String,

    /// Add a field: true, false, null and whole numbers keep their type, `@FILE` is the file's text; may be repeated
    ///
    /// Fields are members of a JSON body; with GET, HEAD and `--input` they are parameters of the query. The key
    /// `a[b]` is a member of the object `a`, `a[]` an item of the array `a`.
    #[arg(
        short = 'F',
        long = "field",
        value_name = "KEY=VALUE",
        value_parser = values::parse_typed_field,
        help_heading = "Request"
    )]
    fields: Vec<ApiField>,

    /// Add a field whose value is text, whatever it looks like; may be repeated
    #[arg(
        long = "raw-field",
        value_name = "KEY=VALUE",
        value_parser = values::parse_raw_field,
        help_heading = "Request"
    )]
    raw_fields: Vec<ApiField>,

    /// Add a header; may be repeated
    #[arg(
        short = 'H',
        long = "header",
        value_name = "NAME: VALUE",
        value_parser = values::parse_header,
        help_heading = "Request"
    )]
    headers: Vec<(String, String)>,

    /// Send the contents of this file as the body; `-` is stdin
    #[arg(long, value_name = "FILE", help_heading = "Request")]
    input: Option<PathBuf>,

    /// Show the status line and the headers of the response too
    #[arg(short, long, help_heading = "Output")]
    include: bool,

    #[command(flatten)]
    pub(super) connect: ConnectOptions,
}

impl ApiArgs {
    pub fn resolve(self, settings: &Settings) -> Result<ApiRequest, Failure> {
        let input = self.input.map(InputSource::from);
        let fields: Vec<ApiField> = self.fields.into_iter().chain(self.raw_fields).collect();
        let readers = fields.iter().filter(|field| field.value == FieldValue::Stdin).count();
        if readers + usize::from(input == Some(InputSource::Stdin)) > 1 {
            return Err(Failure::usage("cannot read stdin twice").hint("put one of the values into a file"));
        }
        if input.is_some() && matches!(self.method.as_str(), "GET" | "HEAD") {
            return Err(Failure::usage(format!("cannot send a body with `{}`", self.method))
                .hint("use `-F` for parameters of the query"));
        }
        Ok(ApiRequest {
            connect: self.connect.resolve(settings),
            method: self.method,
            path: self.path,
            fields,
            headers: self.headers,
            input,
            include_headers: self.include,
            output: ListOptions::default().resolve(settings),
        })
    }
}
