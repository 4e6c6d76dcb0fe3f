//! The proof of a cut catalog, for an engine version with unknown rules for enabling providers.
//!
//! The first run uses the whole catalog and records what the engine offers. Later runs use the cut catalog as long as the
//! engine offers the same with it. Once the offers differ, no run uses that cut catalog again.

use std::path::PathBuf;

use super::hash;
use crate::support::atomic_file::{self, Access};
use crate::support::state_file;

/// The content of a record whose cut catalog is refused.
const REFUSED: &[u8] = b"\"refused\"";

/// A run whose offer is recorded, or compared with the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogTrial {
    record: PathBuf,
    /// The digest of the offer with the whole catalog; `None` before the first run.
    recorded: Option<Vec<u8>>,
}

impl CatalogTrial {
    /// `None` when the cut catalog is refused.
    pub(super) fn read(record: PathBuf) -> Option<Self> {
        let recorded = state_file::read(&record).ok();
        (recorded.as_deref() != Some(REFUSED)).then_some(Self { record, recorded })
    }

    /// Whether this run uses the cut catalog.
    pub(super) fn uses_cut(&self) -> bool {
        self.recorded.is_some()
    }

    /// Takes what the engine offers in this run. `false` when that is not what it offers with its whole catalog.
    pub fn agrees(&self, offer: &str) -> bool {
        let offer = format!("\"{}\"", hash(offer.as_bytes())).into_bytes();
        let record = match &self.recorded {
            None => &offer[..],
            Some(recorded) if *recorded == offer => return true,
            Some(_) => REFUSED,
        };
        // Without a record the next run uses the whole catalog again.
        if let Err(error) = atomic_file::write(&self.record, record, Access::Private) {
            tracing::debug!(%error, "cannot record what the engine offers");
        }
        self.recorded.is_none()
    }
}
