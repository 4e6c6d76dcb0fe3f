pub(crate) struct Names(pub(crate) &'static str);

impl Names {
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.split_ascii_whitespace().any(|known| known == name)
    }

    /// Whether a text is the beginning of one of the names.
    pub(crate) fn has_beginning(&self, text: &str) -> bool {
        self.0.split_ascii_whitespace().any(|known| known.starts_with(text))
    }
}
