//! The engine's HTTP interface.
