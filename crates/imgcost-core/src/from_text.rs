//! Values that are read from their text.

use std::fmt::{self, Display};

use serde::de::{Deserializer, Error, Visitor};

/// Reads a value from its text, which is not copied for it.
pub(crate) fn from_text<'de, D: Deserializer<'de>, T, E: Display>(
    deserializer: D,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Text(read))
}

struct Text<F>(F);

impl<T, E: Display, F: Fn(&str) -> Result<T, E>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<D: Error>(self, text: &str) -> Result<T, D> {
        (self.0)(text).map_err(D::custom)
    }
}
