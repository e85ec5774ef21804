//! Corrections of what was spent.

use jiff::Timestamp;

use crate::budget::Alert;
use crate::money::NanoUsd;
use crate::scope::Scope;

/// The direction of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Correction {
    /// More was spent than is booked.
    Charge,
    /// Less was spent than is booked.
    Credit,
}

/// A correction of what a scope has spent, booked by an entry of its own: no earlier entry and no
/// hold is changed.
///
/// ```
/// use imgcost_ledger::{Adjustment, Budget, Cap, Ledger, MemoryLedger, NanoUsd, Window};
/// let ledger = MemoryLedger::new();
/// let cent = NanoUsd::new(10_000_000).unwrap();
/// ledger.set_budget(&Budget::new("team".parse()?, Window::Day, Cap::Unlimited), "ops")?;
/// let bill = Adjustment::charge("team".parse()?, cent, "November's invoice has one call more", "ops");
/// ledger.adjust(&bill.key("invoice 2026-11"))?;
/// assert_eq!(ledger.status(None)?[0].sums.settled, cent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adjustment {
    /// The scope. The scopes above it are corrected too.
    pub scope: Scope,
    /// Whether the amount is added or taken off.
    pub correction: Correction,
    /// The amount. A credit is at most what is settled, in each window.
    pub amount: NanoUsd,
    /// The moment in whose windows it counts, at the latest now, which is the default.
    pub at: Option<Timestamp>,
    /// Why, at most [`MAX_TEXT`](crate::MAX_TEXT) bytes and not empty.
    pub reason: String,
    /// The caller's own key: a correction with a key is booked once, however often it is requested.
    pub key: Option<String>,
    /// The actor recorded in the journal.
    pub by: String,
}

impl Adjustment {
    /// A correction that adds to what was spent, now.
    #[must_use]
    pub fn charge(
        scope: Scope,
        amount: NanoUsd,
        reason: impl Into<String>,
        by: impl Into<String>,
    ) -> Adjustment {
        let (reason, by, correction) = (reason.into(), by.into(), Correction::Charge);
        Adjustment { scope, correction, amount, at: None, reason, key: None, by }
    }

    /// A correction that takes off what was spent, now.
    #[must_use]
    pub fn credit(
        scope: Scope,
        amount: NanoUsd,
        reason: impl Into<String>,
        by: impl Into<String>,
    ) -> Adjustment {
        Adjustment { correction: Correction::Credit, ..Adjustment::charge(scope, amount, reason, by) }
    }

    /// Sets the moment in whose windows it counts.
    #[must_use]
    pub fn at(mut self, at: impl Into<Option<Timestamp>>) -> Self {
        self.at = at.into();
        self
    }

    /// Sets or clears the caller's key.
    #[must_use]
    pub fn key<'k>(mut self, key: impl Into<Option<&'k str>>) -> Self {
        self.key = key.into().map(str::to_owned);
        self
    }
}

/// The result of [`Ledger::adjust`](crate::Ledger::adjust).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adjusted {
    /// The moment in whose windows it counts.
    pub counts_at: Timestamp,
    /// Whether its key was used before for the same correction, which was not booked again.
    pub repeated: bool,
    /// Budget thresholds that it reached.
    pub alerts: Vec<Alert>,
}
