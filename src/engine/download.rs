//! An archive from the network to a verified executable, in one pass.
//!
//! The network feeds one blocking thread over a short queue, so memory stays small whatever the archive's size, and a
//! slow disk slows the socket. Dropping the future closes the queue; the thread then stops at its next read.

use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::archive::{self, SourceGone, UNPACKED_LIMIT, UnpackError, Unpacked};
use super::digest::Mismatch;
use super::error::Error;
use super::http::{Http, interrupted, without_credentials};
use super::source::Artifact;
use crate::support::progress::Progress;

/// Archives have 50 to 63 MB.
const DOWNLOAD_LIMIT: u64 = 256 * 1024 * 1024;
/// How long all of a download may take: it takes an hour at 20 kB/s.
const DEADLINE: Duration = Duration::from_secs(3600);
/// Pieces are at most some hundred kilobytes.
const QUEUE: usize = 16;

/// Fetches the archive, unpacks its executable into `destination`, and checks every expected hash.
///
/// # Errors
///
/// When anything is not as expected; the file at `destination` is then of no use.
pub(super) async fn fetch(
    http: &Http,
    artifact: &Artifact,
    destination: &Path,
    label: &str,
    progress: &dyn Progress,
) -> Result<Unpacked, Error> {
    let url = without_credentials(&artifact.url);
    let response = http.get(&artifact.url, &[], artifact.authorization.as_ref()).await?;
    let total = response.content_length();
    let too_large = || Error::TooLarge {
        url: url.clone(),
        what: "the archive",
        limit: DOWNLOAD_LIMIT,
    };
    if total.is_some_and(|total| total > DOWNLOAD_LIMIT) {
        return Err(too_large());
    }

    let (sender, receiver) = mpsc::channel(QUEUE);
    let unpacking = {
        let (kind, executable, expected) = (artifact.kind, artifact.executable, artifact.expected.archive());
        let destination = destination.to_path_buf();
        let pieces = PieceReader {
            receiver,
            current: Bytes::new(),
            ended: false,
        };
        tokio::task::spawn_blocking(move || archive::unpack(kind, pieces, executable, &destination, expected))
    };
    progress.begin(label, total);
    let reported = FinishOnDrop(progress);
    let feeding = feed(response, sender, &url, too_large, progress);
    let (fed, unpacked) = tokio::join!(feeding, unpacking);
    drop(reported);
    fed?;
    let unpacked = unpacked
        .map_err(|error| Error::file("write", destination, io::Error::other(error)))?
        .map_err(|error| describe(error, &url, destination))?;

    if let Some(expected) = artifact.expected.executable() {
        let compared = Mismatch::compare("the executable", expected, unpacked.executable);
        compared.map_err(|mismatch| Error::HashMismatch { url, mismatch })?;
    }
    Ok(unpacked)
}

async fn feed(
    mut response: reqwest::Response,
    sender: mpsc::Sender<Option<Bytes>>,
    url: &url::Url,
    too_large: impl Fn() -> Error,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let begun = Instant::now();
    let mut received = 0_u64;
    while let Some(chunk) = response.chunk().await.map_err(|error| interrupted(url, error))? {
        received += chunk.len() as u64;
        if received > DOWNLOAD_LIMIT {
            return Err(too_large());
        }
        if begun.elapsed() > DEADLINE {
            return Err(Error::too_slow(url, DEADLINE));
        }
        progress.advance(chunk.len() as u64);
        if sender.send(Some(chunk)).await.is_err() {
            // The thread ended early; it knows why.
            return Ok(());
        }
    }
    let _ = sender.send(None).await;
    Ok(())
}

fn describe(error: UnpackError, url: &url::Url, destination: &Path) -> Error {
    let url = url.clone();
    match error {
        UnpackError::Source => Error::Archive {
            url,
            problem: SourceGone.to_string(),
        },
        UnpackError::Archive(problem) => Error::Archive { url, problem },
        UnpackError::TooLarge => Error::TooLarge {
            url,
            what: "what is in the archive",
            limit: UNPACKED_LIMIT,
        },
        UnpackError::Mismatch(mismatch) => Error::HashMismatch { url, mismatch },
        UnpackError::Write(error) => Error::file("write", destination, error),
    }
}

/// Ends the report on every path, cancellation included.
struct FinishOnDrop<'a>(&'a dyn Progress);

impl Drop for FinishOnDrop<'_> {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// What the queue brings. `None` in it says that the body is complete; a queue that closes without it was given up.
struct PieceReader {
    receiver: mpsc::Receiver<Option<Bytes>>,
    current: Bytes,
    ended: bool,
}

impl Read for PieceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.ended {
            match self.receiver.blocking_recv() {
                Some(Some(bytes)) => self.current = bytes,
                Some(None) => self.ended = true,
                None => return Err(io::Error::other(SourceGone)),
            }
        }
        let length = buffer.len().min(self.current.len());
        buffer[..length].copy_from_slice(&self.current.split_to(length));
        Ok(length)
    }
}
