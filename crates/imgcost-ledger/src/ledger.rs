//! What every store can do.

use std::ops::ControlFlow;

use jiff::Timestamp;
use serde::Serialize;

use crate::budget::{Budget, Counter, Status};
use crate::error::Error;
use crate::hold::{Change, Changed, Held, Hold, HoldId, NewHold};
use crate::journal::Entry;
use crate::money::NanoUsd;
use crate::scope::Scope;
use crate::window::Window;

/// A store of budgets and holds.
///
/// Every method that changes something is one atomic, durable step: when it returns, the
/// change has been made and will be there after a crash, or nothing was changed. All methods
/// block until then; call them from a thread that may wait (see [`Ledger::answers_at_once`]).
pub trait Ledger: Send + Sync {
    /// Sets money aside for a call, if every budget on the path has room for it.
    ///
    /// # Errors
    /// [`Error::Refused`] if it does not fit; nothing is written then. [`Error::OtherCall`] if
    /// the id or key was used for another call. [`Error::Conflict`] if the key's hold is closed
    /// and the id is a new one: nothing is set aside for that call any more. Otherwise the store
    /// could not answer. After any of them the call must not be made.
    fn hold(&self, new: &NewHold) -> Result<Held, Error>;

    /// Settles, releases or presumes a hold. The same change again is no change.
    ///
    /// # Errors
    /// [`Error::NoHold`]; [`Error::Conflict`] if the hold's state does not allow it.
    fn change(&self, id: &HoldId, change: &Change, by: &str) -> Result<Changed, Error>;

    /// Sets a scope's budget for a window and gives back the one that it replaces.
    ///
    /// # Errors
    /// The store can't answer.
    fn set_budget(&self, budget: &Budget, by: &str) -> Result<Option<Budget>, Error>;

    /// Takes a scope's budget for a window away and gives it back; none if there was none.
    ///
    /// # Errors
    /// The store can't answer.
    fn remove_budget(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error>;

    /// The hold of that name.
    ///
    /// # Errors
    /// The store can't answer.
    fn find(&self, id: &HoldId) -> Result<Option<Hold>, Error>;

    /// The budgets of a scope, of all above it and of all below it, or all there are, sorted by
    /// scope and window, each with what its open period has come to.
    ///
    /// # Errors
    /// The store can't answer.
    fn status(&self, scope: Option<&Scope>) -> Result<Vec<Status>, Error>;

    /// Hands over what was asked for, out of one consistent state: budgets, counters, holds
    /// and journal in this order, each sorted, until all is told or `each` breaks off.
    ///
    /// # Errors
    /// The store can't answer.
    fn read(&self, what: &Filter, each: &mut dyn FnMut(Record) -> ControlFlow<()>) -> Result<(), Error>;

    /// What a reader should know of the store, with its own check of its soundness.
    ///
    /// # Errors
    /// The store can't answer.
    fn inspect(&self) -> Result<Inspection, Error>;

    /// Whether every method answers without waiting for a disk or a network, so that it may be
    /// called where nothing may block.
    fn answers_at_once(&self) -> bool {
        false
    }

    /// [`Ledger::change`] with [`Change::Settle`].
    ///
    /// # Errors
    /// As [`Ledger::change`].
    fn settle(&self, id: &HoldId, cost: NanoUsd, usage: Option<String>, by: &str) -> Result<Changed, Error> {
        self.change(id, &Change::Settle { cost, usage }, by)
    }

    /// [`Ledger::change`] with [`Change::Release`].
    ///
    /// # Errors
    /// As [`Ledger::change`].
    fn release(&self, id: &HoldId, reason: &str, by: &str) -> Result<Changed, Error> {
        self.change(id, &Change::Release { reason: reason.to_owned() }, by)
    }

    /// [`Ledger::change`] with [`Change::Presume`].
    ///
    /// # Errors
    /// As [`Ledger::change`].
    fn presume(&self, id: &HoldId, reason: &str, by: &str) -> Result<Changed, Error> {
        self.change(id, &Change::Presume { reason: reason.to_owned() }, by)
    }
}

/// What [`Ledger::read`] hands over. The default is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// The budgets.
    pub budgets: bool,
    /// The counters.
    pub counters: bool,
    /// The holds.
    pub holds: bool,
    /// The journal.
    pub journal: bool,
    /// Only what concerns this scope or one below it.
    pub scope: Option<Scope>,
    /// Of holds and journal, only what concerns this hold.
    pub hold: Option<HoldId>,
    /// Of holds, only those that are open and past their time.
    pub expired: bool,
    /// Of holds and journal, only what was made or happened then or later.
    pub since: Option<Timestamp>,
    /// Of the journal, only the last so many entries (still in rising order).
    pub last: Option<u64>,
}

impl Filter {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Filter { budgets: true, counters: true, holds: true, journal: true, ..Filter::default() }
    }
}

/// One thing that a ledger keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// A budget.
    Budget(Budget),
    /// What a scope has held and booked in one period.
    Counter(Counter),
    /// A hold.
    Hold(Hold),
    /// A line of the journal.
    Entry(Entry),
}

/// What a store says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// `memory`, `sqlite` or `postgresql`.
    pub kind: &'static str,
    /// Which one; never a password.
    pub store: String,
    /// The store's clock.
    pub now: Timestamp,
    /// Names and values: versions, durability settings, sizes.
    pub facts: Vec<(String, String)>,
    /// What is wrong with it, by the store's own check.
    pub problems: Vec<String>,
}
