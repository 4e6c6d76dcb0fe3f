//! Work that may block for ever, on a thread that the runtime does not wait for.

use std::io;

use tokio::sync::oneshot;

/// Runs `work` on a thread of its own and returns its result.
///
/// Not the runtime's own pool: the runtime waits for its pool when it ends, and a thread that blocks in `open` on a
/// named pipe without a writer, or in `read`, would keep the process alive. Dropping the future detaches the thread.
///
/// # Errors
///
/// When no thread can be started.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new().name("input".to_owned()).spawn(move || {
        // The receiver may be gone.
        let _ = sender.send(work());
    })?;
    receiver
        .await
        .map_err(|_| io::Error::other("it ended without a result"))
}
