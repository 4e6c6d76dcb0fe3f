//! `doctor`: whether everything is in place.

use clap::Args;

use super::options::{ConnectOptions, ListOptions};
use crate::context::Environment;
use crate::error::Failure;
use crate::request::DoctorRequest;
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs doctor
  opencode-rs doctor --offline --output-format json";

/// Arguments of `doctor`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    list: ListOptions,

    #[command(flatten)]
    pub(super) connect: ConnectOptions,
}

impl DoctorArgs {
    /// Turns flags and settings into what was asked for.
    ///
    /// # Errors
    ///
    /// When flags contradict each other in a way that the parser does not see.
    pub fn resolve(self, settings: &Settings, environment: &Environment) -> Result<DoctorRequest, Failure> {
        Ok(DoctorRequest {
            connect: self.connect.resolve(settings, environment)?,
            output: self.list.resolve(settings),
        })
    }
}
