//! The fields that an API's requests have, and what each of them is.

/// What a field of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Field {
    /// A parameter that is read: the price may depend on it.
    Parameter,
    /// It is checked against what the model takes, and changes no price that is known.
    Choice,
    /// It changes nothing, or nothing that an assumed ceiling does not cover.
    Free,
    /// It brings context that the body does not show.
    Context,
}

/// The fields that an API takes, by name. What is in none of the lists is unknown.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    /// The API's name in errors.
    pub(crate) api: &'static str,
    /// What the names stand behind in errors, such as `tools.`; empty for the body itself.
    pub(crate) path: &'static str,
    pub(crate) lists: &'static [&'static [(&'static str, Field)]],
}

impl Fields {
    /// No field at all.
    pub(crate) const NONE: Fields = Fields { api: "no API", path: "", lists: &[] };

    /// What a field is; none if the API is not known to take it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Field> {
        self.iter().find(|(known, _)| *known == name).map(|(_, field)| field)
    }

    /// Every field that is known of the API.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Field)> + use<> {
        self.lists.iter().copied().flatten().copied()
    }
}
