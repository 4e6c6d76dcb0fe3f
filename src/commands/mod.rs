//! One recipe per command.
