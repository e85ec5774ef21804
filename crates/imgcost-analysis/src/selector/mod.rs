//! What people type for offers and settings: patterns over names, and a reference in a few words.

mod pattern;
mod reference;

pub use pattern::{Candidate, Pattern, Selection, patterns, select};
pub use reference::{reference, suited};

pub(crate) use pattern::{entries, shown};
