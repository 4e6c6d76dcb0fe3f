//! The requests to a scripted model.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde::Serialize;
use tokio::sync::watch;

use super::script::Caller;

/// Limit of the kept requests, in bytes of their bodies. The newest request is kept at any size.
const MAX_KEPT_BYTES: usize = 4 << 20;

/// The requests so far: all of them counted, the newest of them kept.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    pub count: u64,
    /// The newest requests, oldest first; as many as fit into 4 MB.
    pub recent: Vec<RecordedRequest>,
}

impl Requests {
    pub fn last(&self) -> Option<&RecordedRequest> {
        self.recent.last()
    }
}

/// A request, and the reply to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedRequest {
    pub caller: Caller,
    /// The model in the request.
    pub model: String,
    /// Index of the reply in the script, from 0; `None` for a built-in answer.
    pub reply: Option<usize>,
    #[serde(skip)]
    body: Bytes,
}

impl RecordedRequest {
    pub(super) fn new(caller: Caller, model: String, reply: Option<usize>, body: Bytes) -> Self {
        Self {
            caller,
            model,
            reply,
            body,
        }
    }

    pub fn json(&self) -> serde_json::Value {
        // Only JSON bodies are recorded.
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

#[derive(Debug)]
pub(super) struct Recorder {
    recent: Mutex<VecDeque<RecordedRequest>>,
    count: watch::Sender<u64>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            recent: Mutex::default(),
            count: watch::Sender::new(0),
        }
    }
}

impl Recorder {
    pub(super) fn record(&self, request: RecordedRequest) -> u64 {
        let mut recent = self.lock();
        recent.push_back(request);
        let mut bytes: usize = recent.iter().map(|request| request.body.len()).sum();
        while bytes > MAX_KEPT_BYTES && recent.len() > 1 {
            bytes -= recent.pop_front().map_or(0, |request| request.body.len());
        }
        self.count.send_modify(|count| *count += 1);
        *self.count.borrow()
    }

    pub(super) fn snapshot(&self) -> Requests {
        let recent = self.lock();
        Requests {
            count: *self.count.borrow(),
            recent: recent.iter().cloned().collect(),
        }
    }

    pub(super) async fn wait_for(&self, wanted: u64) {
        // Fails only when the sender is gone, and the sender is `self`.
        let _ = self.count.subscribe().wait_for(|count| *count >= wanted).await;
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<RecordedRequest>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_requests_are_counted_and_no_more_than_four_megabytes_are_kept() {
        let recorder = Recorder::default();
        for _ in 0..5 {
            let body = Bytes::from(vec![b' '; 1 << 20]);
            recorder.record(RecordedRequest::new(Caller::Main, String::new(), None, body));
        }
        let requests = recorder.snapshot();
        assert_eq!((requests.count, requests.recent.len()), (5, 4));
        recorder.record(RecordedRequest::new(
            Caller::Main,
            "huge".to_owned(),
            None,
            Bytes::from(vec![b' '; 9 << 20]),
        ));
        let requests = recorder.snapshot();
        assert_eq!((requests.count, requests.recent.len()), (6, 1));
        assert_eq!(requests.last().map(|request| request.model.as_str()), Some("huge"));
    }
}
