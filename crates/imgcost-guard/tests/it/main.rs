//! The tests of the guard as its callers use it, in one program: linked once, run side by side.
//!
//! `tests/bodies.rs` is a program of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

mod attacks;
mod batches;
mod denials;
mod events;
mod example_any_client;
mod example_async_openai;
mod example_reqwest;
mod example_tower;
mod fake_api;
mod given_up;
mod ledger_down;
mod many;
mod native;
mod openai_client;
mod outcomes;
mod plain;
mod policy;
mod responses;
mod sent_once;
mod served;
mod streams;
mod strict;
mod support;
mod ten_thousand;
mod two_readings;
mod unknown;
