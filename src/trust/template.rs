//! What a text runs and reads when it is used as a command.
//!
//! Measured with engine 1.18.33: it puts the person's arguments in first (`$1`, `$2`, then `$ARGUMENTS`; nothing for one
//! that was not given), and only then looks for `` !`…` ``, which it runs, and for `@NAME`, which it reads. So an argument
//! can stand between two characters that mean something only together. Invariants: an argument counts as any text.

/// The place of an argument. No text that the engine takes holds this character.
const ARGUMENT: char = '\0';
const ALL_ARGUMENTS: &str = "$ARGUMENTS";

/// A text with marks where arguments are put in.
#[derive(Debug)]
pub(super) struct Template {
    text: String,
    /// Without an argument, what stands around its place becomes the place of another one.
    is_pieced_together: bool,
}

/// A file that a text names by `@NAME`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mention {
    /// As it is named, arguments left out.
    Named(String),
    /// A path that goes on after an argument: it may lead anywhere.
    Any(String),
}

impl Template {
    pub(super) fn new(text: &str) -> Self {
        let text = mark_arguments(text);
        let without = text.replace(ARGUMENT, "");
        Self {
            is_pieced_together: mark_arguments(&without) != without,
            text,
        }
    }

    /// The first command that the text runs, if it may run one.
    pub(super) fn command(&self) -> Option<String> {
        if self.is_pieced_together {
            return Some("what its arguments put together".to_owned());
        }
        let mut starts = self.text.match_indices(['!', ARGUMENT]);
        starts.find_map(|(start, opening)| {
            let after = &self.text[start + 1..];
            let rest = after.trim_start_matches(ARGUMENT);
            let is_argument = opening.starts_with(ARGUMENT);
            let code = match rest.strip_prefix('`') {
                Some(code) if !is_argument => code,
                // The argument may end in `!`.
                Some(code) if code.contains(['`', ARGUMENT]) => code,
                // The argument may begin with the backtick.
                None if !is_argument && rest.len() < after.len() && rest.contains('`') => rest,
                _ => return None,
            };
            let code = code.split('`').next().unwrap_or_default();
            Some(code.replace(ARGUMENT, "$…"))
        })
    }

    /// The files that it names.
    pub(super) fn mentions(&self) -> Vec<Mention> {
        let words = self.text.split(|c: char| c.is_whitespace() || c == '`' || c == ',');
        let names = words.flat_map(|word| word.match_indices('@').map(|(at, _)| &word[at + 1..]));
        names
            .map(|name| {
                let after = name.split_once(ARGUMENT).map_or("", |(_, after)| after);
                if after.contains('/') || after.contains("..") {
                    Mention::Any(name.replace(ARGUMENT, "$…"))
                } else {
                    Mention::Named(name.replace(ARGUMENT, "").trim_end_matches('.').to_owned())
                }
            })
            .collect()
    }
}

/// Marks the places of arguments, in the engine's order.
fn mark_arguments(text: &str) -> String {
    let mut marked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let after = &rest[at + 1..];
        let past = after.trim_start_matches(|c: char| c.is_ascii_digit());
        marked.push_str(&rest[..at]);
        marked.push(if past.len() < after.len() { ARGUMENT } else { '$' });
        rest = past;
    }
    marked.push_str(rest);
    marked.replace(ALL_ARGUMENTS, &ARGUMENT.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_found_whatever_the_arguments_are() {
        for (text, command) in [
            ("look: !`git log`", Some("git log")),
            ("look !$9`touch x` and", Some("touch x")),
            ("look !$ARGUMENTS`touch x`", Some("touch x")),
            ("look !$1$2`touch x`", Some("touch x")),
            ("look !$AR$9GUMENTS`touch x`", Some("what its arguments put together")),
            ("look !$$9ARGUMENTS`touch x`", Some("what its arguments put together")),
            ("do `$1` touch x `", Some(" touch x ")),
            ("do `$1` touch x $2", Some(" touch x $…")),
            ("do !$1 touch x `", Some(" touch x ")),
            ("open !`end", Some("end")),
            ("Fix $ARGUMENTS! Use `ls`.", None),
            ("Look at `$ARGUMENTS`, please", None),
            ("hi! `ls` $1 costs 5$ and $HOME", None),
        ] {
            assert_eq!(Template::new(text).command().as_deref(), command, "{text}");
        }
    }

    #[test]
    fn a_file_is_found_whatever_the_arguments_are() {
        let named = |name: &str| Mention::Named(name.to_owned());
        let any = |name: &str| Mention::Any(name.to_owned());
        let mentions = |text: &str| Template::new(text).mentions();
        assert_eq!(
            mentions("@a/b.md, x@y. @$1 @docs/$ARGUMENTS."),
            [named("a/b.md"), named("y"), named(""), named("docs/")]
        );
        assert_eq!(mentions("@$8/abs @~$1/x"), [any("$…/abs"), any("~$…/x")]);
        assert_eq!(mentions("@docs/$1/../../x"), [any("docs/$…/../../x")]);
        assert_eq!(mentions("@se$9cret"), [named("secret")]);
    }
}
