//! What the product says, held to a record: thousands of quotes and hundreds of command lines
//! with their amounts and codes, so that a change of the code's shape can be told from a change
//! of its results. The record and how to handle a difference: tests/record/README.md.
//!
//! `IMGCOST_UPDATE=1 cargo test --test it record` writes the record.

mod asked;
mod commands;
mod held;
mod months;
mod outcome;
mod quotes;
mod renamed;
