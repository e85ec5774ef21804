//! The tests of the core as its callers use it, in one program: linked once, run side by side.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Tests may read files and have globals: nothing of the crate sees them.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod small;
mod support;

mod accuracy;
mod book;
mod founding_documents;
mod image_books;
mod image_charges;
mod image_prices;
mod own_prices;
mod properties;
mod providers;
