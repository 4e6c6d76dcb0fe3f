//! The right to run a real engine. Each takes half a gigabyte and a core, so two at most run at a time.

use std::sync::{Condvar, Mutex, PoisonError};

/// How many engines may run at a time in this binary.
const ENGINES: usize = 2;

static FREE: Mutex<usize> = Mutex::new(ENGINES);
static GIVEN_BACK: Condvar = Condvar::new();

/// Held while engines may run. A test holds one of these at a time, so that two tests never wait for each other.
#[derive(Debug)]
pub(crate) struct EnginePermit(usize);

impl EnginePermit {
    /// Waits until one more engine may run.
    pub(crate) fn acquire() -> Self {
        Self::for_engines(1)
    }

    /// Waits until no other engine runs: for a test that runs two.
    pub(crate) fn acquire_all() -> Self {
        Self::for_engines(ENGINES)
    }

    fn for_engines(count: usize) -> Self {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = GIVEN_BACK
            .wait_while(free, |free| *free < count)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= count;
        Self(count)
    }
}

impl Drop for EnginePermit {
    fn drop(&mut self) {
        *FREE.lock().unwrap_or_else(PoisonError::into_inner) += self.0;
        GIVEN_BACK.notify_all();
    }
}
