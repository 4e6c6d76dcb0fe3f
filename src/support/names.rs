//! A list of names in one text.

#[derive(Debug, Clone, Copy)]
pub struct Names(pub &'static str);

impl Names {
    pub fn iter<'a>(self) -> impl DoubleEndedIterator<Item = &'a str> {
        self.0.split_ascii_whitespace()
    }

    pub fn contains(self, name: &str) -> bool {
        self.iter().any(|known| known == name)
    }

    /// Whether a text is the beginning of one of the names.
    pub fn has_beginning(self, text: &str) -> bool {
        self.iter().any(|known| known.starts_with(text))
    }
}
