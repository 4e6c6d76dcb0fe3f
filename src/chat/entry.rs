//! What the user typed: a prompt, a slash command, a command for the shell.

/// One entry of the dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialogInput {
    Nothing,
    Prompt(String),
    /// A slash command, of the dialog or of the engine.
    Slash {
        /// The name, without the slash.
        name: String,
        arguments: String,
    },
    /// A command for the user's own shell.
    Shell {
        command: String,
        output: ShellOutput,
    },
}

/// What happens to the output of a shell command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShellOutput {
    /// `!`: it is shown, and sent to the model with the next prompt.
    ForTheModel,
    /// `!!`: the command uses the terminal directly.
    Untouched,
}

impl DialogInput {
    /// Parses an entry. A backslash before the first character makes it a prompt: `\/etc is a directory`.
    pub fn read(text: &str) -> Self {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Self::Nothing;
        }
        if let Some(rest) = trimmed.strip_prefix('\\')
            && rest.starts_with(['/', '!'])
        {
            return Self::Prompt(rest.to_owned());
        }
        if let Some(rest) = trimmed.strip_prefix('!') {
            let (command, output) = match rest.strip_prefix('!') {
                Some(rest) => (rest.trim(), ShellOutput::Untouched),
                None => (rest.trim(), ShellOutput::ForTheModel),
            };
            if command.is_empty() {
                return Self::Nothing;
            }
            return Self::Shell {
                command: command.to_owned(),
                output,
            };
        }
        if let Some(rest) = trimmed.strip_prefix('/') {
            let (name, arguments) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            return Self::Slash {
                name: name.to_owned(),
                arguments: arguments.trim().to_owned(),
            };
        }
        Self::Prompt(trimmed.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_told_apart_by_their_first_character() {
        let prompt = |text: &str| DialogInput::Prompt(text.to_owned());
        let slash = |name: &str, arguments: &str| DialogInput::Slash {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        };
        let shell = |command: &str, output| DialogInput::Shell {
            command: command.to_owned(),
            output,
        };
        for (text, expected) in [
            ("", DialogInput::Nothing),
            (" \n\t", DialogInput::Nothing),
            ("!", DialogInput::Nothing),
            ("  what is /etc?\n", prompt("what is /etc?")),
            ("/help", slash("help", "")),
            ("/model  a/b ", slash("model", "a/b")),
            ("/review the\nlast commit", slash("review", "the\nlast commit")),
            ("/", slash("", "")),
            ("\\/etc is what?", prompt("/etc is what?")),
            ("\\!important", prompt("!important")),
            ("\\d+ is a pattern", prompt("\\d+ is a pattern")),
            ("!ls -l | wc", shell("ls -l | wc", ShellOutput::ForTheModel)),
            ("!! vi x", shell("vi x", ShellOutput::Untouched)),
        ] {
            assert_eq!(DialogInput::read(text), expected, "{text:?}");
        }
    }
}
