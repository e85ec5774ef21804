//! Lists of names and wildcards.

use imgcost_core::Error;

use super::{Pattern, entries};

/// One entry of a list of names, or of what names are read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector<T = String> {
    /// `all`: whatever there is.
    All,
    /// What is compared where nothing is named. Of models: those that can be called on one of the
    /// days, and have a price then. Of sizes: the legal ones of
    /// [`USUAL_SIZES`](crate::compare::USUAL_SIZES), else the model's default. Of every other axis
    /// the same as [`Selector::All`].
    Usual,
    /// Names that fit a pattern, such as `gpt-image-*`.
    Glob(Pattern),
    /// This one, whether it exists or not.
    Exact(T),
}

impl Selector {
    /// The same with a name read as a value.
    pub(crate) fn try_map<T>(&self, read: impl Fn(&str) -> Result<T, Error>) -> Result<Selector<T>, Error> {
        Ok(match self {
            Selector::All => Selector::All,
            Selector::Usual => Selector::Usual,
            Selector::Glob(pattern) => Selector::Glob(pattern.clone()),
            Selector::Exact(name) => Selector::Exact(read(name)?),
        })
    }

    /// The selector of a pattern.
    #[must_use]
    pub fn of(pattern: &Pattern) -> Selector {
        if pattern.is_name() {
            Selector::Exact(pattern.text().to_owned())
        } else {
            Selector::Glob(pattern.clone())
        }
    }

    /// Reads a list such as `gpt-image-1,gpt-image-2*` or `all`. What is named twice counts once.
    ///
    /// # Errors
    /// The list or one of its entries is empty.
    pub fn list(field: &str, text: &str) -> Result<Vec<Selector>, Error> {
        let mut selectors = Vec::new();
        for name in entries(field, text)? {
            let selector = match name {
                "all" => Selector::All,
                name => Selector::of(&Pattern::new(name)),
            };
            if !selectors.contains(&selector) {
                selectors.push(selector);
            }
        }
        Ok(selectors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_of_names_and_wildcards() {
        let selectors = Selector::list("model", "a, b*,all,a").unwrap();
        assert_eq!(
            selectors,
            [Selector::Exact("a".into()), Selector::Glob(Pattern::new("b*")), Selector::All]
        );
        for text in ["", "a,,b", ",", "a, "] {
            assert_eq!(Selector::list("model", text).unwrap_err().field_name(), Some("model"), "{text}");
        }
    }
}
