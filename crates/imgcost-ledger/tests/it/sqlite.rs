//! The ledger in a file against the common suite.
#![cfg(feature = "sqlite")]

use imgcost_ledger::{Clock, Ledger, SqliteLedger};

conformance!({
    let folder = tempfile::tempdir().unwrap();
    move |clock: Clock| -> Box<dyn Ledger> {
        Box::new(SqliteLedger::options().clock(clock).open(folder.path().join("ledger.db")).unwrap())
    }
});
