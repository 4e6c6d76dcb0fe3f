//! Fields of the command line as a JSON body, or as parameters of the query.
//!
//! A key is a path: `a[b]` is the member `b` of the object `a`, `a[]` a new item of the array `a`, and `a[][b]` the
//! member `b` of the array's last object, or of a new one where that has it already.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::error::Failure;

/// What may stand in a query as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The path with the fields as further parameters; keys stay as typed.
pub(super) fn with_query(path: &str, fields: &[(&str, Value)]) -> String {
    let mut path = path.to_owned();
    for (key, value) in fields {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        path.push(if path.contains('?') { '&' } else { '?' });
        path.extend(utf8_percent_encode(key, QUERY));
        path.push('=');
        path.extend(utf8_percent_encode(&value, QUERY));
    }
    path
}

/// The fields as one object.
///
/// # Errors
///
/// When a key is no path, or two keys want different things in the same place.
pub(super) fn body(fields: &[(&str, Value)]) -> Result<Value, Failure> {
    let mut body = Value::Object(Map::new());
    for (key, value) in fields {
        let steps = steps(key).ok_or_else(|| {
            Failure::usage(format!("cannot use field `{key}`"))
                .hint("write `name`, `name[member]` or `name[]`, for example `-F model[id]=x`")
        })?;
        put(&mut body, &steps, value.clone()).map_err(|FieldConflict| {
            Failure::usage(format!("cannot use field `{key}`: another field has its place"))
        })?;
    }
    Ok(body)
}

/// A step from a value into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldStep<'a> {
    Member(&'a str),
    Item,
}

/// The place of a field holds something of another shape, or the same field.
#[derive(Debug)]
struct FieldConflict;

fn steps(key: &str) -> Option<Vec<FieldStep<'_>>> {
    let (name, mut rest) = match key.find('[') {
        Some(bracket) => key.split_at(bracket),
        None => (key, ""),
    };
    if name.is_empty() {
        return None;
    }
    let mut steps = vec![FieldStep::Member(name)];
    while !rest.is_empty() {
        let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
        steps.push(if inner.is_empty() {
            FieldStep::Item
        } else {
            FieldStep::Member(inner)
        });
        rest = after;
    }
    Some(steps)
}

fn put(place: &mut Value, steps: &[FieldStep<'_>], value: Value) -> Result<(), FieldConflict> {
    let Some((step, rest)) = steps.split_first() else {
        if !place.is_null() {
            return Err(FieldConflict);
        }
        *place = value;
        return Ok(());
    };
    match step {
        FieldStep::Member(name) => {
            if place.is_null() {
                *place = Value::Object(Map::new());
            }
            let members = place.as_object_mut().ok_or(FieldConflict)?;
            if rest.is_empty() {
                if members.contains_key(*name) {
                    return Err(FieldConflict);
                }
                members.insert((*name).to_owned(), value);
                return Ok(());
            }
            put(members.entry(*name).or_insert(Value::Null), rest, value)
        }
        FieldStep::Item => {
            if place.is_null() {
                *place = Value::Array(Vec::new());
            }
            let items = place.as_array_mut().ok_or(FieldConflict)?;
            let goes_on = items.last().is_some_and(|last| has_room(last, rest));
            if !goes_on {
                items.push(Value::Null);
            }
            put(items.last_mut().ok_or(FieldConflict)?, rest, value)
        }
    }
}

/// Whether `steps` lead to a place in `value` that is still free.
fn has_room(value: &Value, steps: &[FieldStep<'_>]) -> bool {
    match (steps, value) {
        ([FieldStep::Member(name), rest @ ..], Value::Object(members)) => match members.get(*name) {
            None => true,
            Some(member) => has_room(member, rest),
        },
        ([FieldStep::Item, ..], Value::Array(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_with_brackets_make_objects_and_arrays() {
        let body = body(&[
            ("noReply", json!(true)),
            ("model[providerID]", json!("a")),
            ("model[modelID]", json!("b/c")),
            ("parts[][type]", json!("text")),
            ("parts[][text]", json!("one")),
            ("parts[][type]", json!("text")),
            ("parts[][text]", json!("two")),
            ("tags[]", json!(1)),
            ("tags[]", json!(null)),
        ]);
        assert_eq!(
            body.unwrap(),
            json!({
                "noReply": true,
                "model": {"providerID": "a", "modelID": "b/c"},
                "parts": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}],
                "tags": [1, null],
            })
        );
    }

    #[test]
    fn a_place_is_not_given_twice() {
        for fields in [
            [("a", json!(1)), ("a", json!(2))],
            [("a", json!(1)), ("a[b]", json!(2))],
            [("a[]", json!(1)), ("a[b]", json!(2))],
        ] {
            assert!(body(&fields).is_err(), "{fields:?}");
        }
        for key in ["[a]", "a[b", "a[b]c", ""] {
            assert!(body(&[(key, json!(1))]).is_err(), "{key:?}");
        }
    }

    #[test]
    fn parameters_join_those_that_are_there() {
        let fields = [("limit", json!(5)), ("q", json!("a b&c=ä")), ("roots", json!(true))];
        assert_eq!(
            with_query("/session?x=1", &fields),
            "/session?x=1&limit=5&q=a%20b%26c%3D%C3%A4&roots=true"
        );
    }
}
