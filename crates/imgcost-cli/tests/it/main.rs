//! The tests of the command as its users run it, in one program: linked once, run side by side.
//!
//! `tests/readme.rs` is a program of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
#[cfg(feature = "postgres")]
#[path = "../../../imgcost-ledger/tests/it/server.rs"]
mod server;

mod alike;
mod arguments;
mod batch;
mod batch_files;
mod batch_streams;
mod batch_threads;
mod batch_totals;
mod beside;
mod bodies;
mod budget;
mod budget_batch;
mod budget_errors;
mod budget_output;
mod budget_pipes;
#[cfg(feature = "postgres")]
mod budget_postgres;
mod budget_race;
mod budget_script;
mod budget_shell;
mod budget_upkeep;
mod cases;
mod check;
mod ci;
#[cfg(unix)]
mod ci_workflows;
mod clock;
mod compare;
mod compare_log;
mod currency;
mod desk;
mod diff;
mod errors;
mod files;
mod front;
mod image_prices;
mod images;
mod job_files;
mod own_prices;
mod parity;
mod prices_init;
mod project;
mod quotes;
// A release build does not tell.
#[cfg(debug_assertions)]
mod reads;
// Its command lines write workbooks.
#[cfg(feature = "xlsx")]
mod record;
mod reference;
mod settings;
mod solve;
mod streams;
mod support;
mod usage_bill;
mod usage_log;
mod usage_measured;
mod volumes;
mod whole_book;
