//! The same call over and over.

use std::collections::HashMap;

use serde_json::Value;

/// From how many equal calls in a row on a model is going round in circles.
pub const DOOM_LOOP: u32 = 3;

/// Counts equal calls in a row, session by session.
///
/// Two calls are equal when the tool and all of its arguments are, in whatever order the arguments stand.
#[derive(Debug, Default)]
pub struct RepeatWatch {
    last: HashMap<String, RepeatedCall>,
}

#[derive(Debug)]
struct RepeatedCall {
    tool: String,
    arguments: Value,
    times: u32,
}

impl RepeatWatch {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a call; gives how often it has come in a row in its session, this one included.
    ///
    /// Each call is to be told once. From [`DOOM_LOOP`] on it is a loop.
    pub fn seen(&mut self, session: &str, tool: &str, arguments: &Value) -> u32 {
        if let Some(last) = self.last.get_mut(session)
            && last.tool == tool
            && last.arguments == *arguments
        {
            last.times = last.times.saturating_add(1);
            return last.times;
        }
        let call = RepeatedCall {
            tool: tool.to_owned(),
            arguments: arguments.clone(),
            times: 1,
        };
        self.last.insert(session.to_owned(), call);
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_calls_in_a_row_are_counted_and_another_one_begins_anew() {
        let mut watch = RepeatWatch::new();
        let ls = json!({"command": "ls", "timeout": 5});
        let counts = [
            watch.seen("a", "bash", &ls),
            watch.seen("a", "bash", &json!({"timeout": 5, "command": "ls"})),
            watch.seen("a", "bash", &ls),
            watch.seen("a", "bash", &ls),
            watch.seen("a", "bash", &json!({"command": "ls"})),
            watch.seen("a", "bash", &ls),
            watch.seen("a", "read", &ls),
            watch.seen("a", "bash", &ls),
        ];
        assert_eq!(counts, [1, 2, 3, 4, 1, 1, 1, 1]);
    }

    #[test]
    fn sessions_do_not_disturb_each_other() {
        let mut watch = RepeatWatch::new();
        let call = json!({"filePath": "x"});
        let counts = [
            watch.seen("a", "read", &call),
            watch.seen("b", "read", &call),
            watch.seen("a", "read", &call),
            watch.seen("b", "glob", &json!({})),
            watch.seen("a", "read", &call),
        ];
        assert_eq!(counts, [1, 1, 2, 1, DOOM_LOOP]);
    }
}
