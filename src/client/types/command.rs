//! The engine's own slash commands.

use serde::Deserialize;

use super::lenient::lenient;

/// A command, as `GET /command` lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct EngineCommand {
    /// The name, without the slash.
    pub name: String,
    #[serde(deserialize_with = "lenient")]
    pub description: Option<String>,
    /// The prompt template; empty when the engine gets the template from an MCP server.
    #[serde(deserialize_with = "lenient")]
    pub template: String,
}

impl EngineCommand {
    /// The shell commands that the template runs before the model sees it, found in the engine's way. The engine runs
    /// them without a permission ask.
    pub fn shell_commands(&self) -> Vec<&str> {
        let mut found = Vec::new();
        let mut rest = self.template.as_str();
        while let Some((_, after)) = rest.split_once("!`") {
            let Some((command, behind)) = after.split_once('`') else {
                break;
            };
            if command.is_empty() {
                // The engine requires a command there: this backtick may open the next command.
                rest = after;
                continue;
            }
            found.push(command);
            rest = behind;
        }
        found
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandCall {
    pub name: String,
    pub arguments: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_commands_of_a_template_are_found() {
        let of = |template: &str| -> Vec<String> {
            let command = EngineCommand {
                template: template.to_owned(),
                ..EngineCommand::default()
            };
            command.shell_commands().into_iter().map(str::to_owned).collect()
        };
        assert_eq!(
            of("Look at !`git diff` and !`git log\n-3`"),
            ["git diff", "git log\n-3"]
        );
        assert_eq!(of("plain `code` and !"), Vec::<String>::new());
        assert_eq!(of("!``!`ls`"), ["ls"]);
        assert_eq!(of("!`unclosed"), Vec::<String>::new());
    }
}
