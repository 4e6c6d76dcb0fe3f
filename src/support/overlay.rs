//! One JSON value over another.

use serde_json::Value;

/// Lays `over` over `value`, object by object; everything else is replaced.
pub fn overlay(value: &mut Value, over: Value) {
    match (value, over) {
        (Value::Object(value), Value::Object(over)) => {
            for (key, over) in over {
                overlay(value.entry(key).or_insert(Value::Null), over);
            }
        }
        (value, over) => *value = over,
    }
}
