//! What people type for offers and settings: lists and patterns over names, and a setting in a few
//! words.

mod entry;
pub(crate) mod names;
mod offers;
mod pattern;
mod reference;

pub use entry::Selector;
pub use offers::{SelectedOffer, Selection, select};
pub use pattern::{Pattern, patterns};
pub use reference::{reference, suited};

pub(crate) use pattern::entries;
