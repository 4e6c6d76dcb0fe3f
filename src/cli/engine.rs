//! `engine`: the engine program on this machine.

use clap::Args;

/// Arguments of `engine`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct EngineArgs {}
