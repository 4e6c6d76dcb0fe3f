//! The engine's HTTP interface.
//!
//! In: an [`Endpoint`]. Out: a [`Client`] with one method per call. Invariants: every request names its directory in
//! the header, percent-encoded, because the engine would decode the query twice; an HTML response means "no such
//! endpoint", because the engine serves its web page, with status 200, for every unknown path.

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
