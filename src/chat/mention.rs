//! Files that a prompt mentions: `@src/main.rs`, `@"a name with spaces"`.

/// A prompt, and the files that it mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mentions {
    /// The prompt for the model: as typed, but without the backslash of `\@`.
    pub text: String,
    /// The files, as typed, each once.
    pub files: Vec<String>,
    /// Names that look like files but do not exist.
    pub missing: Vec<String>,
}

/// Finds the files that `text` mentions. An `@` counts only at the beginning of a word, and `\@` is a plain `@`.
pub fn mentions(text: &str, exists: impl Fn(&str) -> bool) -> Mentions {
    let mut found = Mentions {
        text: String::with_capacity(text.len()),
        files: Vec::new(),
        missing: Vec::new(),
    };
    let mut rest = text;
    let mut at_word_start = true;
    while let Some(first) = rest.chars().next() {
        if at_word_start && rest.starts_with("\\@") {
            found.text.push('@');
            rest = &rest[2..];
            at_word_start = false;
            continue;
        }
        if at_word_start && first == '@' {
            let (typed, name) = name_of(rest, &exists);
            if let Some(name) = name {
                if !found.files.contains(&name) {
                    found.files.push(name);
                }
            } else if let Some(name) = like_a_file(&typed[1..]) {
                found.missing.push(name.to_owned());
            }
            found.text.push_str(typed);
            rest = &rest[typed.len()..];
            at_word_start = false;
            continue;
        }
        at_word_start = first.is_whitespace() || matches!(first, '(' | '[' | '"' | '\'' | '`');
        found.text.push(first);
        rest = &rest[first.len_utf8()..];
    }
    found
}

/// The mention at the beginning of `text`, with its `@`, and its file.
fn name_of<'a>(text: &'a str, exists: &impl Fn(&str) -> bool) -> (&'a str, Option<String>) {
    if let Some(quoted) = text.strip_prefix("@\"")
        && let Some(end) = quoted.find('"')
    {
        let name = &quoted[..end];
        let is_one = !name.is_empty() && exists(name);
        return (&text[..end + 3], is_one.then(|| name.to_owned()));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let word = &text[..end];
    // "look at @a.txt, and @b.txt." mentions the files without comma and full stop.
    let mut name = &word[1..];
    loop {
        if !name.is_empty() && exists(name) {
            return (&text[..=name.len()], Some(name.to_owned()));
        }
        match name.strip_suffix([',', '.', ';', ':', '!', '?', ')', ']', '"', '\'', '`']) {
            Some(shorter) => name = shorter,
            None => return (word, None),
        }
    }
}

/// The name, if it looks like that of a file. Not every `@` mentions one: people, decorators and packages begin with it too.
fn like_a_file(name: &str) -> Option<&str> {
    let name = name.trim_end_matches([',', '.', ';', ':', '!', '?', ')', '"']);
    let last = name.rsplit('/').next().unwrap_or(name);
    let has_extension = last.split_once('.').is_some_and(|(stem, _)| !stem.is_empty());
    (name.starts_with(['.', '/', '~']) || has_extension && !name.contains('@')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_and_everything_else_stays_as_it_is() {
        let exists = |name: &str| ["a.txt", "src/main.rs", "a b", "dir"].contains(&name);
        let read = |text: &str| {
            let found = mentions(text, exists);
            (found.text, found.files, found.missing)
        };
        let same = |text: &str, files: &[&str], missing: &[&str]| {
            let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            assert_eq!(read(text), (text.to_owned(), owned(files), owned(missing)));
        };
        same("@a.txt", &["a.txt"], &[]);
        same(
            "compare @a.txt, @src/main.rs. And (@a.txt)!",
            &["a.txt", "src/main.rs"],
            &[],
        );
        same("see @\"a b\" and @dir", &["a b", "dir"], &[]);
        same("me@a.txt is an address", &[], &[]);
        same("@Override and @types/node are no files", &[], &[]);
        same("@src/mian.rs", &[], &["src/mian.rs"]);
        same("@nosuch.txt, look", &[], &["nosuch.txt"]);
        same("@ alone, @\"\" empty", &[], &[]);
        assert_eq!(
            read("\\@a.txt @dir"),
            ("@a.txt @dir".to_owned(), vec!["dir".to_owned()], vec![])
        );
    }
}
