//! Engines of version 1, from 1.17.19 on.

mod decode;
mod offers;
mod sessions;
mod turns;

use serde_json::Value;

pub(super) use decode::EVENTS;
pub use decode::decode;

/// A request without the fields that have no value: the engine accepts no `null` for them.
fn without_nulls(mut request: Value) -> Value {
    if let Value::Object(fields) = &mut request {
        fields.retain(|_, value| !value.is_null());
    }
    request
}
