//! The names of the tools with which models give answers that follow a schema.

const NAME: &str = "answer";

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
