//! The journal: one entry for each change of a hold or a budget, in order.

use jiff::Timestamp;
use serde::Serialize;

use crate::hold::HoldId;
use crate::money::NanoUsd;
use crate::scope::Scope;

/// What happened. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A hold was made.
    Held,
    /// A hold was settled.
    Settled,
    /// A hold was released.
    Released,
    /// A hold was presumed to have cost its ceiling.
    Presumed,
    /// A call was booked that had been made while the ledger could not answer, at its cost.
    LateSettled,
    /// The same, at its ceiling: its outcome is unknown.
    LatePresumed,
    /// The provider accepted a call as a job, which the details name.
    JobSet,
    /// A correction added the amount to what was spent.
    Charged,
    /// A correction took the amount off what was spent.
    Credited,
    /// A scope was paused.
    Paused,
    /// A scope was resumed.
    Resumed,
    /// A budget was set; the amount is its cap.
    BudgetSet,
    /// A budget was removed.
    BudgetRemoved,
    /// A budget reached a threshold; the amount is what is used.
    Alert,
}

impl Event {
    /// All of them.
    pub const ALL: [Event; 14] = [
        Event::Held,
        Event::Settled,
        Event::Released,
        Event::Presumed,
        Event::LateSettled,
        Event::LatePresumed,
        Event::JobSet,
        Event::Charged,
        Event::Credited,
        Event::Paused,
        Event::Resumed,
        Event::BudgetSet,
        Event::BudgetRemoved,
        Event::Alert,
    ];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Event::Held => "held",
            Event::Settled => "settled",
            Event::Released => "released",
            Event::Presumed => "presumed",
            Event::LateSettled => "late-settled",
            Event::LatePresumed => "late-presumed",
            Event::JobSet => "job-set",
            Event::Charged => "charged",
            Event::Credited => "credited",
            Event::Paused => "paused",
            Event::Resumed => "resumed",
            Event::BudgetSet => "budget-set",
            Event::BudgetRemoved => "budget-removed",
            Event::Alert => "alert",
        }
    }

    /// The event of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Event> {
        Event::ALL.into_iter().find(|event| event.as_str() == name)
    }
}

/// A journal entry. Entries are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// Its ascending number; numbers are missing where a write was rolled back.
    pub number: u64,
    /// When it was written, by the store's clock.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// The scope.
    pub scope: Scope,
    /// The hold.
    pub hold: Option<HoldId>,
    /// The ceiling of a hold, the cost of a settlement, the amount of a correction, the cap of a
    /// budget.
    pub amount: Option<NanoUsd>,
    /// How far a settlement exceeded its ceiling.
    pub overrun: Option<NanoUsd>,
    /// The earlier state of the hold, unless it was held.
    pub before: Option<crate::hold::State>,
    /// The quote of a new hold.
    pub quote: Option<String>,
    /// The digest of the price book of a new hold.
    pub book: Option<String>,
    /// The request summary of a new hold as JSON, the usage of a settled one, the job of an
    /// accepted one, or the window and thresholds of a budget.
    pub details: Option<String>,
    /// The actor.
    pub by: String,
    /// The reason.
    pub reason: Option<String>,
    /// The moment in whose windows a correction or a late call counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts_at: Option<Timestamp>,
    /// The caller's key of a correction, or the name that the store gave the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}
