//! How a figure is known.

use crate::params::closed_names;

closed_names! {
    /// How a figure is known, from strongest to weakest.
    Evidence {
        /// The provider publishes it.
        Published = "published",
        /// Recorded usage of real calls shows it.
        Measured = "measured",
        /// It follows from something published or measured.
        Derived = "derived",
        /// A guess, labelled as one wherever it shows.
        Assumed = "assumed",
    }
}

closed_names! {
    /// How sure the source of a row is.
    Confidence {
        /// Read at the provider's own pages.
        High = "high",
        /// Read at a third party, or contested.
        Medium = "medium",
    }
}
