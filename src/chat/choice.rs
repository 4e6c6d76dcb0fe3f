//! Something to choose from a list.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is chosen by it.
    pub value: String,
    pub name: String,
    /// The description; may be empty.
    pub about: String,
    pub is_in_use: bool,
}

impl Choice {
    /// A choice of this name.
    pub fn new(name: &str, about: &str, in_use: Option<&str>) -> Self {
        Self {
            value: name.to_owned(),
            name: name.to_owned(),
            about: about.to_owned(),
            is_in_use: in_use == Some(name),
        }
    }
}
