//! The tools with which models give answers that follow a schema: their names, and how their arguments hold the answer.

use serde_json::Value;

const NAME: &str = "answer";
/// The argument that holds an answer which is no object.
pub const VALUE: &str = "value";

/// `answer`, `answer_2`, `answer_3` and so on.
pub fn name(number: usize) -> String {
    match number {
        1 => NAME.to_owned(),
        more => format!("{NAME}_{more}"),
    }
}

pub fn is_name(tool: &str) -> bool {
    let Some(rest) = tool.strip_prefix(NAME) else {
        return false;
    };
    let number = rest.strip_prefix('_');
    rest.is_empty()
        || number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The answer in [`VALUE`], where that is the only argument.
pub fn wrapped_answer(arguments: &Value) -> Option<&Value> {
    let all = arguments.as_object().filter(|all| all.len() == 1)?;
    all.get(VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_known_again() {
        assert!([1, 2, 32].map(name).iter().all(|name| is_name(name)));
        assert!(
            !["answer_", "answers", "answer_2x", "my_answer", ""]
                .iter()
                .any(|name| is_name(name))
        );
    }
}
