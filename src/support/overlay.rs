//! One JSON value over another.

use serde_json::Value;

/// Lays `over` over `value`: objects key by key, everything else replaced.
///
/// A key of `over` moves behind the keys that only `value` has. In the engine's permission rules the last match wins, so
/// a rule that stayed in front would be beaten by those that it is laid over.
pub fn overlay(value: &mut Value, over: Value) {
    match (value, over) {
        (Value::Object(value), Value::Object(over)) => {
            for (key, over) in over {
                let mut merged = value.shift_remove(&key).unwrap_or(Value::Null);
                overlay(&mut merged, over);
                value.insert(key, merged);
            }
        }
        (value, over) => *value = over,
    }
}
