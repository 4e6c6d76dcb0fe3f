//! The dialog's own slash commands: one table for parsing, help, hints and completion.

use clap::ValueEnum;
use clap::builder::PossibleValue;

/// A slash command of the dialog, in the order of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SlashCommand {
    #[value(help = "show this, or keys")]
    Help,
    #[value(help = "begin a session", alias = "clear")]
    New,
    #[value(help = "list sessions")]
    Sessions,
    #[value(help = "go on with another")]
    Resume,
    #[value(help = "name this session")]
    Rename,
    #[value(help = "go on in a copy")]
    Fork,
    #[value(help = "choose the model")]
    Model,
    #[value(help = "choose the agent")]
    Agent,
    #[value(help = "how hard it thinks")]
    Effort,
    #[value(help = "what it may do")]
    Permissions,
    #[value(help = "let it run tools")]
    AutoTools,
    #[value(help = "where things stand")]
    Status,
    #[value(help = "make a summary")]
    Compact,
    #[value(help = "take a prompt back")]
    Undo,
    #[value(help = "bring it back")]
    Redo,
    #[value(help = "ask once more")]
    Retry,
    #[value(help = "show what changed")]
    Diff,
    #[value(help = "show its to-do list")]
    Todo,
    #[value(help = "show tokens, cost")]
    Cost,
    #[value(help = "show tool output")]
    Expand,
    #[value(help = "copy the answer")]
    Copy,
    #[value(help = "write a file", alias = "export")]
    Save,
    #[value(help = "write in an editor")]
    Editor,
    #[value(help = "leave", aliases = ["quit", "q"])]
    Exit,
}

impl SlashCommand {
    pub fn find(name: &str) -> Option<Self> {
        Self::from_str(name, /*ignore_case*/ false).ok()
    }

    /// The name, without the slash.
    pub fn name(self) -> String {
        self.value().get_name().to_owned()
    }

    pub fn help(self) -> String {
        self.value().get_help().map(ToString::to_string).unwrap_or_default()
    }

    /// All names, and the arguments.
    pub fn usage(self) -> String {
        let value = self.value();
        let mut usage = value
            .get_name_and_aliases()
            .map(|name| format!("/{name}"))
            .collect::<Vec<_>>()
            .join(", ");
        if !self.arguments().is_empty() {
            usage.push(' ');
            usage.push_str(self.arguments());
        }
        usage
    }

    /// The arguments; empty when the command takes none.
    fn arguments(self) -> &'static str {
        match self {
            Self::Help => "[keys]",
            Self::Sessions | Self::Resume => "[WORDS]",
            Self::Rename => "TITLE",
            Self::Model | Self::Agent => "[NAME]",
            Self::Effort => "[LEVEL]",
            Self::AutoTools => "on|off",
            Self::Expand => "[N]",
            Self::Save => "[FILE]",
            Self::Editor => "[TEXT]",
            _ => "",
        }
    }

    /// What may stand after the name, where that is a few fixed words.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Help => &["keys"],
            Self::Permissions => &["forget"],
            Self::AutoTools => &["on", "off"],
            Self::Effort => &EFFORTS,
            _ => &[],
        }
    }

    fn value(self) -> PossibleValue {
        self.to_possible_value().expect("no command is hidden")
    }
}

/// The levels that `/effort` accepts; `default` is the model's own.
const EFFORTS: [&str; 6] = ["none", "low", "medium", "high", "max", "default"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_found_by_its_name() {
        for command in SlashCommand::value_variants() {
            assert_eq!(SlashCommand::find(&command.name()), Some(*command));
        }
        for (alias, expected) in [
            ("quit", SlashCommand::Exit),
            ("q", SlashCommand::Exit),
            ("clear", SlashCommand::New),
            ("export", SlashCommand::Save),
        ] {
            assert_eq!(SlashCommand::find(alias), Some(expected));
        }
        assert_eq!(SlashCommand::Save.usage(), "/save, /export [FILE]");
        assert_eq!(SlashCommand::find("Help"), None);
    }
}
