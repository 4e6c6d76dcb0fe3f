//! `rehearse`: the scripted model on its own.

use clap::Args;

/// Arguments of `rehearse`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct RehearseArgs {}
