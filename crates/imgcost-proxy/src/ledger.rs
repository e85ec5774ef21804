//! Where budgets are.

use std::sync::Arc;

use imgcost_ledger::{Ledger, MemoryLedger, PostgresLedger, SqliteLedger};

use crate::error::SetupError;

/// What stands for a ledger that ends with the proxy.
const MEMORY: &str = "memory";

/// Opens a ledger: `memory`, `postgres://…`, or a file, which is made only where the proxy brings
/// budgets with it.
pub(crate) fn open(place: &str, may_make: bool) -> Result<Arc<dyn Ledger>, SetupError> {
    if place == MEMORY {
        return Ok(Arc::new(MemoryLedger::new()));
    }
    if place.starts_with("postgres://") || place.starts_with("postgresql://") {
        return Ok(Arc::new(PostgresLedger::connect(place)?));
    }
    if place.contains("://") {
        // The rest may hold a password.
        return Err(SetupError::new("the ledger is a file, memory, or postgres://…"));
    }
    if !may_make && !std::path::Path::new(place).exists() {
        return Err(SetupError::new(format!(
            "there is no ledger at {place}; imgcost budget set SCOPE USD --ledger {place} makes one, and --cap USD \
             a budget with it"
        )));
    }
    Ok(Arc::new(SqliteLedger::open(place)?))
}
