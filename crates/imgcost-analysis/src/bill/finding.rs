//! What there is to know of a comparison as a whole, and how much it weighs.

use serde::Serialize;

/// What a finding means for the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Good to know.
    Note,
    /// Something could not be matched.
    Unmatched,
    /// The two sides do not agree.
    Difference,
}

/// Something to say of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Its stable name.
    pub code: &'static str,
    /// What it means.
    pub weight: Weight,
    /// In words.
    pub message: String,
}

impl Finding {
    /// A finding of this code and weight, in words.
    #[must_use]
    pub fn new(code: &'static str, weight: Weight, message: String) -> Finding {
        Finding { code, weight, message }
    }
}
