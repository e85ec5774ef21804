//! What people type for offers and settings: lists and patterns over names, and a setting in a few
//! words.

pub(crate) mod names;
mod offers;
mod pattern;
mod pick;
mod reference;

pub use offers::{Candidate, Selection, select};
pub use pattern::{Pattern, patterns};
pub use pick::Pick;
pub use reference::{reference, suited};

pub(crate) use pattern::entries;
