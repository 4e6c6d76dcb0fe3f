//! One recipe per command.

pub mod rehearse;
