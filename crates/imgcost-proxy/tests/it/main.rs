//! The proxy from outside: real connections, a fake API behind it, its ledger looked into.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test had better fail loudly"
)]

mod abuse;
mod booking;
mod clients;
mod common;
mod crash;
mod dry_run;
mod keys;
mod mcp;
mod memory;
mod operations;
mod pages;
mod passing;
mod routing;
mod run;
mod run_end;
mod run_places;
#[path = "../../../imgcost-ledger/tests/it/server.rs"]
mod server;
mod soak;
mod tls;
