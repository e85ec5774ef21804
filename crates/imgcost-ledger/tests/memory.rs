//! The ledger in memory against the common suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod conformance;
mod support;

use imgcost_ledger::{Clock, Ledger, MemoryLedger};

conformance!(|clock: Clock| -> Box<dyn Ledger> { Box::new(MemoryLedger::with_clock(clock)) });
