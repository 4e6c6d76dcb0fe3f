//! Choices that are written as one word: on the command line, in settings, in records.

/// A choice with its words; everything that reads or writes one uses this table.
pub trait Word: Copy + PartialEq + Send + Sync + 'static {
    const WORDS: &'static [(&'static str, Self)];

    fn of_word(text: &str) -> Option<Self> {
        let row = Self::WORDS.iter().find(|(word, _)| *word == text);
        row.map(|(_, value)| *value)
    }
}

/// Implements [`Word`], and `as_str`.
macro_rules! words {
    ($($type:ident: $($variant:ident = $word:literal),+;)+) => {
        $(
            impl $type {
                /// The word in files, records and on the command line.
                pub const fn as_str(self) -> &'static str {
                    match self {
                        $(Self::$variant => $word),+
                    }
                }
            }

            impl $crate::request::Word for $type {
                const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),+];
            }
        )+
    };
}

pub(crate) use words;

use super::{Ability, ColorChoice, Effect, Effort, EngineSource, ListFormat, OutputMode, Verbosity};

words! {
    Ability: Tools = "tools", Reasoning = "reasoning", Temperature = "temperature", Attachments = "attachments", Image = "image",
        Pdf = "pdf", Audio = "audio", Video = "video";
    Effort: None = "none", Low = "low", Medium = "medium", High = "high", Max = "max";
    Effect: Allow = "allow", Ask = "ask", Deny = "deny";
    OutputMode: Text = "text", Json = "json", StreamJson = "stream-json";
    ListFormat: Text = "text", Json = "json";
    ColorChoice: Auto = "auto", Always = "always", Never = "never";
    Verbosity: Quiet = "quiet", Normal = "normal", Verbose = "verbose", Trace = "trace";
    EngineSource: Explicit = "explicit", Path = "path", Home = "home", Store = "store", Download = "download";
}
