//! Holds that are open and past their time: shown everywhere, counted at their ceilings.

use std::ops::ControlFlow;

use imgcost_ledger::{Error, Filter, Hold, Ledger, Record, Scope};
use serde::Serialize;

/// More than this many are not counted out.
const MOST: usize = 100;

/// How many holds are past their time.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Expired {
    /// How many were counted.
    pub(super) count: usize,
    /// Whether there may be more.
    pub(super) or_more: bool,
}

/// Counts the expired holds of a scope and below, up to a bound.
pub(super) fn count(ledger: &dyn Ledger, scope: Option<&Scope>) -> Result<Expired, Error> {
    let count = some(ledger, scope, MOST)?.len();
    Ok(Expired { count, or_more: count == MOST })
}

/// The first so many expired holds of a scope and below.
pub(super) fn some(ledger: &dyn Ledger, scope: Option<&Scope>, most: usize) -> Result<Vec<Hold>, Error> {
    let what = Filter::default().holds().expired().scope(scope.cloned());
    let mut holds = Vec::new();
    ledger.read(&what, &mut |record| {
        if let Record::Hold(hold) = record {
            holds.push(hold);
        }
        if holds.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(holds)
}

impl Expired {
    /// What to say of them; none where there are none.
    pub(super) fn words(&self) -> Option<String> {
        let (holds, are, they, their) = match self.count {
            0 => return None,
            1 => ("hold", "is", "it counts at its", "its"),
            _ => ("holds", "are", "they count at their", "their"),
        };
        let more = if self.or_more { " or more" } else { "" };
        let count = self.count;
        Some(format!(
            "{count}{more} {holds} {are} past {their} time, and {they} ceiling{}: settle or release what is \
             known, then imgcost budget presume --expired",
            if count == 1 { "" } else { "s" }
        ))
    }
}
