//! How a figure is known.

use serde::{Deserialize, Serialize};

/// How a figure is known, from strongest to weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// The provider says so.
    Published,
    /// Recorded usage of real calls says so.
    Measured,
    /// It follows from something published or measured.
    Derived,
    /// A guess, labelled as one wherever it shows.
    Assumed,
}

impl Evidence {
    /// The word that stands for it in files and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Evidence::Published => "published",
            Evidence::Measured => "measured",
            Evidence::Derived => "derived",
            Evidence::Assumed => "assumed",
        }
    }
}

/// How sure the source of a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Read at the provider's own pages.
    #[default]
    High,
    /// Read at a third party, or contested.
    Medium,
}
