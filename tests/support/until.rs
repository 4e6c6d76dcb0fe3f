//! Waits for conditions that send no event.

use std::time::{Duration, Instant};

/// Longer than anything here takes, on any machine.
pub(crate) const LONG: Duration = Duration::from_secs(300);

/// Looks again and again until `look` finds something, and panics with `what` when it has not within `limit`.
pub(crate) fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
