//! `rehearse`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::choice::choice;
use crate::request::ListFormat;

pub(super) const EXAMPLES: &str = "\
Examples:
  opencode-rs rehearse
  opencode-rs rehearse replies.toml --port 8080
  opencode-rs rehearse --output-format json | jq -r .base_url";

#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(
    long_about = "Serve the scripted model for other programs\n\nAn OpenAI-compatible endpoint on 127.0.0.1 that answers \
                  from a script: no key, no network, no cost, the same answers every time. Prints its address, its \
                  token and an engine configuration, then serves until it is stopped with Ctrl-C."
)]
pub struct RehearseArgs {
    /// Script file with the replies [default: an answer that repeats the prompt's first line]
    #[arg(value_name = "SCRIPT")]
    pub script: Option<PathBuf>,

    /// Port on 127.0.0.1 [default: a free one]
    #[arg(short, long, value_name = "PORT", help_heading = "Server", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,

    /// Print the address as lines or as one JSON object
    #[arg(long, value_name = "FORMAT", value_parser = format(), default_value = "text", help_heading = "Output")]
    pub output_format: ListFormat,
}

fn format() -> impl TypedValueParser<Value = ListFormat> {
    let words = PossibleValuesParser::new([
        PossibleValue::new("text").help("Lines for a person"),
        PossibleValue::new("json").help("One JSON object"),
    ]);
    words.map(|word| choice(word == "json", ListFormat::Json))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        args: RehearseArgs,
    }

    #[test]
    fn script_port_and_format_are_read() {
        let words = ["x", "replies.toml", "--port", "8080", "--output-format", "json"];
        let program = Program::try_parse_from(words).unwrap();
        assert_eq!(
            program.args,
            RehearseArgs {
                script: Some(PathBuf::from("replies.toml")),
                port: Some(8080),
                output_format: ListFormat::Json,
            }
        );
        let program = Program::try_parse_from(["x"]).unwrap();
        assert_eq!(
            program.args,
            RehearseArgs {
                script: None,
                port: None,
                output_format: ListFormat::Text,
            }
        );
        assert!(Program::try_parse_from(["x", "--port", "0"]).is_err());
    }
}
