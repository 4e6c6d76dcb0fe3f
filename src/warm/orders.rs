//! What a supervisor is told when it is started, by its stdin.

use std::ffi::OsString;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::Directories;
use crate::engine::Engine;
use crate::request::EngineSource;

/// Everything that a supervisor needs besides its environment, which is the engine's too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SupervisorOrders {
    pub slot: String,
    /// The fingerprint of everything that the engine reads once, at its start.
    pub fingerprint: String,
    /// How long it stays after the last use, in seconds.
    pub keep_for: u64,
    pub engine: PathBuf,
    pub engine_version: semver::Version,
    pub engine_source: EngineSource,
    pub directory: PathBuf,
    /// `--port`.
    pub port: Option<u16>,
    /// Configuration that is laid over the user's own.
    pub config: Value,
    /// More variables for the engine.
    #[serde(with = "pairs")]
    pub variables: Vec<(OsString, OsString)>,
    /// The scripted model that answers, in a rehearsal.
    pub rehearsal: Option<RehearsalOrders>,
    pub home: PathBuf,
    pub config_directory: PathBuf,
    pub data: PathBuf,
    pub state: PathBuf,
    pub cache: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RehearsalOrders {
    /// The text of the script; none for the plain answers.
    pub script: Option<String>,
    pub name: String,
}

impl SupervisorOrders {
    pub(super) fn directories(&self) -> Directories {
        Directories {
            home: self.home.clone(),
            config: self.config_directory.clone(),
            data: self.data.clone(),
            state: self.state.clone(),
            cache: self.cache.clone(),
        }
    }

    pub(super) fn engine(&self) -> Engine {
        Engine {
            path: self.engine.clone(),
            version: self.engine_version.clone(),
            source: self.engine_source,
        }
    }
}

/// Names and values that need not be Unicode, as numbers where they are not.
mod pairs {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(pairs: &[(OsString, OsString)], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<(&[u8], &[u8])> = pairs.iter().map(|(a, b)| (a.as_bytes(), b.as_bytes())).collect();
        bytes.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(OsString, OsString)>, D::Error> {
        let bytes = Vec::<(Vec<u8>, Vec<u8>)>::deserialize(deserializer)?;
        Ok(bytes
            .into_iter()
            .map(|(a, b)| (OsString::from_vec(a), OsString::from_vec(b)))
            .collect())
    }
}
