//! The requests to a scripted model.

use axum::body::Bytes;
use serde::Serialize;

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
    pub(super) fn record(&mut self, request: RecordedRequest) {
        self.count += 1;
        self.recent.push(request);
        let mut bytes: usize = self.recent.iter().map(|request| request.body.len()).sum();
        while bytes > MAX_KEPT_BYTES && self.recent.len() > 1 {
            bytes -= self.recent.remove(0).body.len();
        }
    }

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
    pub(super) body: Bytes,
}

impl RecordedRequest {
    pub fn json(&self) -> serde_json::Value {
        // Only JSON bodies are recorded.
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(requests: &mut Requests, model: &str, bytes: usize) -> (u64, usize) {
        requests.record(RecordedRequest {
            caller: Caller::Main,
            model: model.to_owned(),
            reply: None,
            body: Bytes::from(vec![b' '; bytes]),
        });
        (requests.count, requests.recent.len())
    }

    #[test]
    fn all_requests_are_counted_and_no_more_than_four_megabytes_are_kept() {
        let mut requests = Requests::default();
        for _ in 0..4 {
            record(&mut requests, "", 1 << 20);
        }
        assert_eq!(record(&mut requests, "", 1 << 20), (5, 4));
        assert_eq!(record(&mut requests, "huge", 9 << 20), (6, 1));
        assert_eq!(requests.last().map(|request| request.model.as_str()), Some("huge"));
    }
}
