//! Random steps: every store says what the simplest possible model says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod model;
mod support;

use imgcost_ledger::MemoryLedger;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_ledger_in_memory_follows_the_model(steps in model::steps()) {
        model::follow(&steps, |clock| Box::new(MemoryLedger::with_clock(clock)));
    }
}

#[cfg(feature = "sqlite")]
proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_ledger_in_a_file_follows_the_model(steps in model::steps()) {
        let folder = tempfile::tempdir().unwrap();
        model::follow(&steps, |clock| {
            let options = imgcost_ledger::SqliteLedger::options().clock(clock);
            Box::new(options.open(folder.path().join("ledger.db")).unwrap())
        });
    }
}
