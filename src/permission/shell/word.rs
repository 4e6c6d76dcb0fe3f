//! One word of a shell line, with the parts of its text that are known without running anything.
//!
//! Invariants: what cannot be told is marked as such; nothing is guessed to be harmless.

use std::collections::BTreeMap;

use super::tree::{self, WordPart};

/// What is known of variables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables {
    /// Values that the line gives to a name somewhere, or that it may have from outside.
    pub(crate) values: BTreeMap<String, Vec<String>>,
    /// What a name certainly is: `HOME` when the line does not touch it, the variable of a loop within its body.
    pub(crate) certain: BTreeMap<String, ShellWord>,
}

/// Values that a word is tried with, at most.
const MOST_VARIANTS: usize = 24;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ShellWord {
    pub(crate) raw: String,
    /// What it becomes, when that is certain. Wildcards for file names are still in it; beside them, a character that
    /// would be one without its quotes is a `?`.
    pub(crate) value: Option<String>,
    /// What it may become: with unknown parts left out, with what the line puts into its variables.
    pub(crate) variants: Vec<String>,
    /// Whether it has wildcards for file names.
    pub(crate) has_glob: bool,
    /// Whether it is the same typed and read: no quotes, no escapes, no expansions.
    pub(crate) is_bare: bool,
    /// Whether it may become no word, or several.
    pub(crate) may_split: bool,
}

impl ShellWord {
    /// A word that is known.
    pub(crate) fn literal(text: &str) -> Self {
        Self {
            raw: text.to_owned(),
            value: Some(text.to_owned()),
            variants: vec![text.to_owned()],
            is_bare: true,
            ..Self::default()
        }
    }

    /// A word with unknown text.
    pub(crate) fn unknown(raw: &str) -> Self {
        Self {
            raw: raw.to_owned(),
            variants: vec![raw.to_owned()],
            may_split: true,
            ..Self::default()
        }
    }

    /// What a word of the tree becomes.
    pub(crate) fn of(word: &tree::WordNode, variables: &Variables) -> Self {
        // The variable of a loop alone: in quotes it is one of the files or texts that the loop names.
        if let [WordPart::Text(nothing), WordPart::Variable { name, quoted: true }] = word.parts.as_slice()
            && nothing.is_empty()
            && let Some(known) = variables.certain.get(name)
        {
            return Self {
                raw: word.raw.clone(),
                is_bare: false,
                ..known.clone()
            };
        }
        let mut made = Self {
            raw: word.raw.clone(),
            value: Some(String::new()),
            variants: vec![String::new()],
            ..Self::default()
        };
        made.has_glob = word.parts.iter().any(|part| matches!(part, WordPart::Glob(_)));
        let has_glob = made.has_glob;
        let literal = |text: &str| match has_glob {
            true => text.replace(['*', '?', '[', ']', '\\'], "?"),
            false => text.to_owned(),
        };
        for part in &word.parts {
            let (name, quoted) = match part {
                WordPart::Text(text) => {
                    made.push(&literal(text));
                    continue;
                }
                WordPart::Glob(c) => {
                    made.push(c.encode_utf8(&mut [0; 4]));
                    continue;
                }
                WordPart::Home => ("HOME", true),
                WordPart::Variable { name, quoted } => (name.as_str(), *quoted),
                WordPart::Status { quoted } | WordPart::Output { quoted, .. } => ("", *quoted),
            };
            // A value that bash could cut or match with file names is not certain without quotes.
            let certain = variables
                .certain
                .get(name)
                .filter(|word| !word.has_glob)
                .and_then(|word| word.value.as_deref());
            match certain.filter(|value| quoted || value.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c))) {
                Some(value) => made.push(&literal(value)),
                None => {
                    made.value = None;
                    made.may_split |= !quoted;
                    made.try_values(variables.values.get(name).map_or(&[], Vec::as_slice));
                }
            }
        }
        made.is_bare = matches!(word.parts.as_slice(), [WordPart::Text(text)] if *text == word.raw);
        if !made.variants.contains(&word.raw) {
            made.variants.push(word.raw.clone());
        }
        made
    }

    fn push(&mut self, text: &str) {
        if let Some(value) = &mut self.value {
            value.push_str(text);
        }
        for variant in &mut self.variants {
            variant.push_str(text);
        }
    }

    /// Each of the variants with each of the values behind it, and with nothing.
    fn try_values(&mut self, values: &[String]) {
        let grown = self
            .variants
            .iter()
            .flat_map(|variant| {
                let tried = values.iter().map(move |value| format!("{variant}{value}"));
                tried.chain(std::iter::once(variant.clone()))
            })
            .take(MOST_VARIANTS)
            .collect();
        self.variants = grown;
    }

    /// The value, or else the text as typed.
    pub(crate) fn text(&self) -> &str {
        self.value.as_deref().unwrap_or(&self.raw)
    }

    /// What is certain: no pattern either.
    pub(crate) fn known(&self) -> Option<&str> {
        self.value.as_deref().filter(|_| !self.has_glob)
    }

    /// Whether it may begin with a dash. A pattern may, when it begins with a wildcard.
    pub(crate) fn may_be_option(&self) -> bool {
        self.value
            .as_deref()
            .is_none_or(|value| value.starts_with('-') || (self.has_glob && value.starts_with(['*', '?', '['])))
    }
}
