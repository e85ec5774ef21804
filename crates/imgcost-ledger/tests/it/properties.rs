//! Random steps: every store answers as the simplest possible model does.

use imgcost_ledger::MemoryLedger;
use proptest::prelude::*;

use crate::model;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn the_ledger_in_memory_follows_the_model(steps in model::steps()) {
        model::follow(&steps, |clock| Box::new(MemoryLedger::with_clock(clock)));
    }
}

#[cfg(feature = "sqlite")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_ledger_in_a_file_follows_the_model(steps in model::steps()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        model::follow(&steps, |clock| {
            let options = imgcost_ledger::SqliteLedger::options().clock(clock);
            Box::new(options.open(&path).unwrap())
        });
        crate::support::audit_by_script(&[path.to_str().unwrap()]);
    }
}
