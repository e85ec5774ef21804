//! The ledger in a file against the common suite.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod conformance;
mod support;

use imgcost_ledger::{Clock, Ledger, SqliteLedger};

conformance!({
    let folder = tempfile::tempdir().unwrap();
    move |clock: Clock| -> Box<dyn Ledger> {
        Box::new(SqliteLedger::options().clock(clock).open(folder.path().join("ledger.db")).unwrap())
    }
});
