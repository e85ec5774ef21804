//! Where budgets are.

use std::ops::ControlFlow;
use std::sync::Arc;

use imgcost_ledger::{Cap, Filter, Ledger, MemoryLedger, PostgresLedger, Record, Scope, SqliteLedger};

use crate::error::SetupError;

/// What stands for a ledger that ends with the proxy.
const MEMORY: &str = "memory";

/// Who sets budgets in a dry run.
const BY: &str = "dry-run";

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

/// [`open`] for a dry run of the proxy, which makes no file.
pub(crate) fn open_for_dry_run(place: &str, may_make: bool) -> Result<Arc<dyn Ledger>, SetupError> {
    let is_missing = !place.contains("://") && !std::path::Path::new(place).exists();
    if place == MEMORY || may_make && is_missing {
        return Ok(Arc::new(MemoryLedger::new()));
    }
    rehearsal(&*open(place, false)?, None)
}

/// The budgets of a scope, or all, in memory, each with what is left of it as its cap: what a dry run books
/// was never spent.
pub(crate) fn rehearsal(ledger: &dyn Ledger, scope: Option<&Scope>) -> Result<Arc<dyn Ledger>, SetupError> {
    let copy = MemoryLedger::new();
    for status in ledger.status(scope)? {
        let cap = status.left().map_or(Cap::Unlimited, Cap::Usd);
        let mut budget = status.budget;
        budget.cap = cap;
        copy.set_budget(&budget, BY)?;
    }
    let mut paused = Vec::new();
    ledger.read(&Filter::default().pauses(), &mut |record| {
        if let Record::Pause(pause) = record {
            paused.push(pause);
        }
        ControlFlow::Continue(())
    })?;
    for pause in paused {
        copy.pause(&pause.scope, &pause.reason, &pause.by)?;
    }
    Ok(Arc::new(copy))
}
