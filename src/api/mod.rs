//! The engine's HTTP interface.

mod endpoint;

pub use endpoint::Endpoint;
