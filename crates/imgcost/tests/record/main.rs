//! What the product says, held to a record: thousands of quotes and hundreds of command lines
//! with their amounts and codes, so that a change of the code's shape can be told from a change
//! of its results. The record and how to handle a difference: tests/record/README.md.
//!
//! `IMGCOST_UPDATE=1 cargo test --test record` writes the record.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod asked;
mod commands;
mod held;
mod outcome;
mod quotes;
mod renamed;
