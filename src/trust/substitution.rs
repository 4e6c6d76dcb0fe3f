//! `{file:…}` and `{env:…}` in a configuration, which the engine replaces in its text before it parses it.
//!
//! Measured with engine 1.18.33: variables come first and may complete the name of a file, wherever they stand, in comments
//! and keys too; a file is left alone in a line that begins with `//`; its content is put in as the inside of a string.

use std::path::{Path, PathBuf};

/// A configuration's text, and what is put into it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Substituted {
    /// The text with the content of the files that may be read, and with nothing in the place of everything else.
    pub(super) text: String,
    /// The variables that it reads.
    pub(super) variables: Vec<String>,
    /// The files, as they are named, that it reads and that `content` refused.
    pub(super) files: Vec<String>,
}

/// Replaces what the engine replaces. `content` gives what stands in a file, or nothing where that is to be a finding.
pub(super) fn substitute(
    text: &str,
    base: &Path,
    home: &Path,
    mut content: impl FnMut(&Path) -> Option<String>,
) -> Substituted {
    let mut found = Substituted::default();
    let text = replace(text, "{env:", |name, _| {
        found.variables.push(name.to_owned());
        Some(String::new())
    });
    let (mut files, mut text_of) = (Vec::new(), |name: &str| {
        let path = match name.strip_prefix("~/") {
            Some(rest) => home.join(rest),
            None => base.join(PathBuf::from(name)),
        };
        content(&path)
    });
    found.text = replace(&text, "{file:", |name, line| {
        if line.trim_start_matches([' ', '\t']).starts_with("//") {
            return None;
        }
        let content = text_of(name);
        if content.is_none() {
            files.push(name.to_owned());
        }
        let quoted = serde_json::Value::from(content.unwrap_or_default().trim()).to_string();
        Some(quoted[1..quoted.len() - 1].to_owned())
    });
    found.files = files;
    found
}

/// Replaces `{start…}`, at least one character long inside. `with` is given the inside and the line before it, and leaves it
/// alone with `None`.
fn replace(text: &str, start: &str, mut with: impl FnMut(&str, &str) -> Option<String>) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut done = 0;
    let mut from = 0;
    while let Some(at) = text[from..].find(start).map(|at| from + at) {
        let inside = at + start.len();
        let Some(end) = text[inside..].find('}').map(|end| inside + end) else {
            break;
        };
        if end == inside {
            from = inside;
            continue;
        }
        let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        if let Some(new) = with(&text[inside..end], &text[line..at]) {
            replaced.push_str(&text[done..at]);
            replaced.push_str(&new);
            done = end + 1;
        }
        from = end + 1;
    }
    replaced.push_str(&text[done..]);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn substituted(text: &str) -> Substituted {
        substitute(text, Path::new("/base"), Path::new("/home"), |path| {
            path.starts_with("/base").then(|| format!(" \"{}\" \n", path.display()))
        })
    }

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn files_and_variables_are_found_anywhere_in_the_text() {
        let found =
            substituted(r#"{"{env:A}": "{file:in} {file:~/out} {file:/abs}", /* {env:B} */ "x": "{env:}{file:}"}"#);
        assert_eq!(found.variables, texts(&["A", "B"]));
        assert_eq!(found.files, texts(&["~/out", "/abs"]));
        assert_eq!(found.text, r#"{"": "\"/base/in\"  ", /*  */ "x": "{env:}{file:}"}"#);
    }

    #[test]
    fn a_variable_cannot_hide_a_file() {
        let found = substituted("{fi{env:NONE}le:/etc/passwd}");
        assert_eq!(found.files, texts(&["/etc/passwd"]));
        assert_eq!(found.text, "");
    }

    #[test]
    fn a_file_in_a_line_of_comment_is_left_alone_as_the_engine_does() {
        let found = substituted("  // {file:/abs}\n1 // {file:/abs}\n// {env:A}");
        assert_eq!((found.files, found.variables), (texts(&["/abs"]), texts(&["A"])));
        assert_eq!(found.text, "  // {file:/abs}\n1 // \n// ");
    }
}
