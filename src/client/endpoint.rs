//! The address of a server, and its credentials.

use url::Url;

use crate::support::secret::Secret;

/// The address of a running server, with its credentials.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Base address without user or password, for example `http://127.0.0.1:4096/`.
    pub url: Url,
    /// User name of basic authentication; the engine's default is `opencode`.
    pub username: String,
    /// `None` when the server wants no password.
    pub password: Option<Secret>,
}

impl Endpoint {
    /// The engine's default user name.
    pub const DEFAULT_USERNAME: &'static str = "opencode";

    /// An address with the engine's default user name.
    pub fn new(url: Url, password: Option<Secret>) -> Self {
        Self {
            url,
            username: Self::DEFAULT_USERNAME.to_owned(),
            password,
        }
    }
}
