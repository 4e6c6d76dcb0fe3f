//! `config`: the settings in use.

use super::{Exit, write_stdout};
use crate::error::Failure;
use crate::request::ConfigRequest;
use crate::settings::{Files, Settings};

/// Shows settings, or the files that they are read from.
///
/// # Errors
///
/// When stdout cannot be written.
pub fn run(_request: &ConfigRequest, _settings: &Settings, _files: &Files) -> Result<Exit, Failure> {
    write_stdout(b"")?;
    Ok(Exit::Success)
}
