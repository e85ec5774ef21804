//! What happened, in order: one entry for each change of a hold or a budget.

use jiff::Timestamp;
use serde::Serialize;

use crate::hold::HoldId;
use crate::money::NanoUsd;
use crate::scope::Scope;

/// What an entry is about. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A hold was let in.
    Held,
    /// A hold was settled by its usage.
    Settled,
    /// A hold was released.
    Released,
    /// A hold was presumed to have cost its ceiling.
    Presumed,
    /// A budget was set; the amount is its cap.
    BudgetSet,
    /// A budget was taken away.
    BudgetRemoved,
    /// A budget reached a threshold; the amount is what is used of it.
    Alert,
}

impl Event {
    /// All of them.
    pub const ALL: [Event; 7] = [
        Event::Held,
        Event::Settled,
        Event::Released,
        Event::Presumed,
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

/// One line of the journal. Entries are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its number, rising; numbers may be missing where a write was taken back.
    pub number: u64,
    /// When, by the store's clock.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// Whose money.
    pub scope: Scope,
    /// The hold that it is about.
    pub hold: Option<HoldId>,
    /// The ceiling of a hold, the cost of a settlement, the cap of a budget.
    pub amount: Option<NanoUsd>,
    /// How far a settlement went beyond its ceiling.
    pub overrun: Option<NanoUsd>,
    /// The state of the hold before, where it was not held.
    pub before: Option<crate::hold::State>,
    /// The quote behind a new hold.
    pub quote: Option<String>,
    /// The digest of the price book behind a new hold.
    pub book: Option<String>,
    /// The request of a new hold, in a few words of JSON; the window and thresholds of a budget.
    pub details: Option<String>,
    /// Who did it.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
}
