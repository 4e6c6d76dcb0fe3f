//! Completions in bash, which breaks words at `=` and `:` too and quotes nothing by itself.
//!
//! In: the typed line up to the cursor. Out: what stands in place of its last piece, one per line. The program reads the line
//! rather than bash's list of words, in which `ollama/qwen3:8b` is three.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::env::EnvCompleter;

/// What bash may break a word at, besides blanks and quotes. `@` is no default where no host name is completed.
const BREAKS: [char; 2] = ['=', ':'];
/// What a plain word cannot hold.
const SPECIAL: &str = " \t\n\\'\"$`&;|<>(){}*?[]!#~";

pub(super) struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        variable: &str,
        _: &str,
        program: &str,
        completer: &str,
        script: &mut dyn Write,
    ) -> io::Result<()> {
        writeln!(
            script,
            r#"_opencode_rs() {{
    local word
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <({variable}=bash "{completer}" -- "${{COMP_LINE:0:COMP_POINT}}")
    if [[ "${{#COMPREPLY[@]}}" != 1 || "${{COMPREPLY[0]}}" != *[=/:] ]]; then
        compopt +o nospace 2> /dev/null
    fi
}}
complete -o nospace -o bashdefault -o nosort -F _opencode_rs {program} 2> /dev/null ||
    complete -o nospace -o bashdefault -F _opencode_rs {program}"#
        )
    }

    fn write_complete(
        &self,
        command: &mut Command,
        arguments: Vec<OsString>,
        directory: Option<&Path>,
        offered: &mut dyn Write,
    ) -> io::Result<()> {
        let line = arguments.first().and_then(|line| line.to_str()).unwrap_or_default();
        let BashLine { words, kept, quoted } = BashLine::read(line);
        let last = words.len().saturating_sub(1);
        let begun = words[last][..kept].to_owned();
        let words = words.into_iter().map(OsString::from).collect();
        for candidate in clap_complete::engine::complete(command, words, last, directory)? {
            let value = candidate.get_value().to_string_lossy();
            // A name with a line break cannot be offered in lines.
            let Some(rest) = value.strip_prefix(&begun).filter(|rest| !rest.contains('\n')) else {
                continue;
            };
            let written = if quoted { rest.to_owned() } else { escaped(rest) };
            writeln!(offered, "{written}")?;
        }
        Ok(())
    }
}

/// A line as bash reads it up to the cursor.
#[derive(Debug, PartialEq, Eq)]
struct BashLine {
    /// Without quotes and backslashes; the last one, which may be empty, is being typed.
    words: Vec<String>,
    /// How many bytes of the last word stay where bash puts what is offered.
    kept: usize,
    /// Whether the last word ends inside quotes.
    quoted: bool,
}

impl BashLine {
    fn read(line: &str) -> Self {
        let mut words = vec![String::new()];
        let (mut kept, mut quote) = (0, None);
        // Whether the word has begun, which may be empty in quotes.
        let mut begun = false;
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            let word = words.last_mut().expect("there is always one");
            match (quote, letter) {
                (None, '\'' | '"') => {
                    quote = Some(letter);
                    begun = true;
                    kept = word.len();
                }
                (Some(open), _) if open == letter => quote = None,
                (None, '\\') => {
                    word.extend(letters.next());
                    begun = true;
                }
                (Some('"'), '\\') if matches!(letters.peek(), Some('"' | '\\' | '$' | '`')) => {
                    word.extend(letters.next())
                }
                (None, ' ' | '\t') => {
                    if begun {
                        words.push(String::new());
                        (kept, begun) = (0, false);
                    }
                }
                _ => {
                    word.push(letter);
                    begun = true;
                    if quote.is_none() && BREAKS.contains(&letter) {
                        kept = word.len();
                    }
                }
            }
        }
        Self {
            words,
            kept,
            quoted: quote.is_some(),
        }
    }
}

/// As one plain word of bash.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if SPECIAL.contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_bash_reads_it() {
        let rows: [(&str, &[&str], usize, bool); 8] = [
            ("a ", &["a", ""], 0, false),
            ("a  --effort=hi", &["a", "--effort=hi"], 9, false),
            ("a -m ollama/qwen3:8", &["a", "-m", "ollama/qwen3:8"], 13, false),
            (r"a -f my\ fi", &["a", "-f", "my fi"], 0, false),
            (r#"a -f "my fi"#, &["a", "-f", "my fi"], 0, true),
            (r#"a "it's \"x"#, &["a", r#"it's "x"#], 0, true),
            ("a '' b", &["a", "", "b"], 0, false),
            ("a 'x=y' z", &["a", "x=y", "z"], 0, false),
        ];
        for (line, words, kept, quoted) in rows {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(BashLine::read(line), BashLine { words, kept, quoted }, "{line}");
        }
    }
}
