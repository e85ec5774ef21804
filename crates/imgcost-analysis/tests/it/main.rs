//! The tests of the plans as their callers use them, in one program: linked once, run side by side.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Tests may have globals: nothing of the crate sees them.
#![allow(clippy::disallowed_types)]

mod common;
mod tiny;

mod accuracy;
mod bill;
mod compare;
mod diff;
mod equivalents;
mod jobs;
mod policy;
mod solve;
