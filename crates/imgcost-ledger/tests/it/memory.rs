//! The ledger in memory against the common suite.

use imgcost_ledger::{Clock, Ledger, MemoryLedger};

conformance!(|clock: Clock| -> Box<dyn Ledger> { Box::new(MemoryLedger::with_clock(clock)) });
