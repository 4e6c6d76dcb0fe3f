//! The engine's HTTP interface.
//!
//! Comes in: an [`Endpoint`]. Goes out: a [`Client`] with one method per call. Always true: every request names its
//! directory in the header, percent-encoded, since the query would be decoded twice; an answer of HTML is "no such
//! endpoint", since the engine serves its web page, with status 200, for every path that it does not know.

mod continued;
mod endpoint;
mod error;
mod resources;
mod sessions;
mod talk;
mod transport;
pub mod types;

pub use continued::{PassingMessage, SessionChange, no_rules};
pub use endpoint::Endpoint;
pub use error::Error;
pub use resources::Health;
pub use sessions::SessionFilter;
pub use transport::{Client, Repeat};
