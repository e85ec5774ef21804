//! The tests of the crate as its callers use it, in one program: linked once, run side by side.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Tests may have globals: nothing of the crate sees them.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod support;

mod any;
mod bodies;
mod fields;
mod readings;
mod recordings;
mod rules;
mod texts;
