//! Lists of names and wildcards.

use imgcost_core::Error;

use super::{Pattern, entries};

/// One entry of an axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// `all`: whatever there is.
    All,
    /// What is compared where nothing is named. Of models: those that can be called on one of the
    /// days, and have a price then. Of sizes: the legal ones of
    /// [`USUAL_SIZES`](crate::compare::USUAL_SIZES), else the model's default. Of every other axis
    /// the same as [`Pick::All`].
    Usual,
    /// Names that fit a pattern, such as `gpt-image-*`.
    Like(Pattern),
    /// This one, whether it exists or not.
    Is(String),
}

impl Pick {
    /// What a pattern stands for.
    #[must_use]
    pub fn of(pattern: &Pattern) -> Pick {
        if pattern.is_name() { Pick::Is(pattern.text().to_owned()) } else { Pick::Like(pattern.clone()) }
    }

    /// Reads a list such as `gpt-image-1,gpt-image-2*` or `all`. What is named twice counts once.
    ///
    /// # Errors
    /// The list or one of its entries is empty.
    pub fn list(field: &str, text: &str) -> Result<Vec<Pick>, Error> {
        let mut picks = Vec::new();
        for name in entries(field, text)? {
            let pick = match name {
                "all" => Pick::All,
                name => Pick::of(&Pattern::new(name)),
            };
            if !picks.contains(&pick) {
                picks.push(pick);
            }
        }
        Ok(picks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_of_names_and_wildcards() {
        let picks = Pick::list("model", "a, b*,all,a").unwrap();
        assert_eq!(picks, [Pick::Is("a".into()), Pick::Like(Pattern::new("b*")), Pick::All]);
        for text in ["", "a,,b", ",", "a, "] {
            assert_eq!(Pick::list("model", text).unwrap_err().field_name(), Some("model"), "{text}");
        }
    }
}
