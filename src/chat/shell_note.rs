//! The output of the user's own shell command, as the model reads it with the next prompt.

/// Limit of the kept output, in bytes: the end is kept.
pub const LONGEST: usize = 30_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellNote {
    pub command: String,
    /// The end of its output, stdout and stderr together.
    pub output: Vec<u8>,
    /// Whether the beginning of the output was cut.
    pub is_cut: bool,
    /// `None` when a signal ended the command.
    pub status: Option<i32>,
}

/// What a note begins with.
const BEGINNING: &str = "<shell>\nThe user ran this command, and this is what it said:\n";

impl ShellNote {
    /// A prompt without the notes that followed it.
    pub fn strip(prompt: &str) -> &str {
        prompt
            .split_once(BEGINNING)
            .map_or(prompt, |(typed, _)| typed)
            .trim_end()
    }

    pub fn text(&self) -> String {
        let output = String::from_utf8_lossy(&self.output).replace('\0', "\u{fffd}");
        let cut = if self.is_cut {
            "(the beginning is cut off)\n"
        } else {
            ""
        };
        let end = match self.status {
            Some(status) => format!("exit status {status}"),
            None => "ended by a signal".to_owned(),
        };
        let feed = if output.is_empty() || output.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        format!("{BEGINNING}$ {}\n{cut}{output}{feed}({end})\n</shell>", self.command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_tells_command_output_and_end() {
        let note = ShellNote {
            command: "ls".to_owned(),
            output: b"a\nb".to_vec(),
            is_cut: true,
            status: Some(2),
        };
        assert_eq!(
            note.text(),
            "<shell>\nThe user ran this command, and this is what it said:\n$ ls\n(the beginning is cut off)\na\nb\n(exit status 2)\n</shell>"
        );
    }
}
