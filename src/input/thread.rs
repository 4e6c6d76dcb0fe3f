//! Work that may block for ever, on a thread that nobody waits for.

use tokio::sync::oneshot;

use super::InputError;

/// Runs `work` on a thread of its own and gives its result.
///
/// Not the runtime's own pool: that is waited for when the runtime ends, and a thread that sits in `open` on a named
/// pipe without a writer, or in `read`, would keep the process. Dropping the future leaves the thread to itself.
pub(super) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, InputError> + Send + 'static,
) -> Result<T, InputError> {
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || {
            // Nobody may be waiting any more.
            let _ = sender.send(work());
        })
        .map_err(InputError::Thread)?;
    receiver
        .await
        .unwrap_or_else(|_| Err(InputError::Thread(std::io::Error::other("it ended without a result"))))
}
