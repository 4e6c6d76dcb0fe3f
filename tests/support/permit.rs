//! The right to run a real engine. Each takes half a gigabyte and a core, so two at most run at a time.

use std::sync::{Condvar, Mutex, PoisonError};

/// How many engines may run at a time in this binary.
const ENGINES: usize = 2;

static FREE: Mutex<usize> = Mutex::new(ENGINES);
static GIVEN_BACK: Condvar = Condvar::new();

/// Held while an engine may run.
#[derive(Debug)]
pub(crate) struct EnginePermit(());

impl EnginePermit {
    /// Waits for a free place. A test holds one permit at a time, so that two tests never wait for each other.
    pub(crate) fn acquire() -> Self {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = GIVEN_BACK
            .wait_while(free, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Self(())
    }
}

impl Drop for EnginePermit {
    fn drop(&mut self) {
        *FREE.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        GIVEN_BACK.notify_one();
    }
}
