//! What tests of the whole program share: homes of their own, the program as a child, the table of processes.

mod model;
mod permit;
mod processes;
mod pty;
mod registry;
mod ripgrep;
mod run;
mod sandbox;
mod until;

pub(crate) use model::Model;
pub(crate) use permit::EnginePermit;
pub(crate) use pty::Pty;
pub(crate) use registry::empty_registry;
pub(crate) use ripgrep::path_with_ripgrep;
pub(crate) use run::{Finished, Run, Running, Stdin};
pub(crate) use sandbox::Sandbox;
pub(crate) use until::{LONG, until};
