//! `doctor`: whether everything is in place.

use clap::Args;

use super::options::{ConnectOptions, ListOptions};
use crate::request::DoctorRequest;
use crate::settings::Settings;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs doctor
  opencode-rs doctor --offline --output-format json";

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    list: ListOptions,

    #[command(flatten)]
    pub(super) connect: ConnectOptions,
}

impl DoctorArgs {
    pub fn resolve(self, settings: &Settings) -> DoctorRequest {
        DoctorRequest {
            connect: self.connect.resolve(settings),
            output: self.list.resolve(settings),
        }
    }
}
