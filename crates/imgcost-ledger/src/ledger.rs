//! The interface of every store.

use std::ops::ControlFlow;

use jiff::Timestamp;
use serde::Serialize;

use crate::adjustment::{Adjusted, Adjustment};
use crate::budget::{Budget, Counter, Status};
use crate::error::Error;
use crate::hold::{Change, Changed, Held, Hold, HoldId, Job, State};
use crate::journal::Entry;
use crate::money::NanoUsd;
use crate::new_hold::{LateCall, NewHold};
use crate::pause::Pause;
use crate::scope::Scope;
use crate::window::Window;

/// A store of budgets and holds.
///
/// Every method that changes something is one atomic, durable step: when it returns, either the
/// change is on the disk or nothing was changed. All methods block until then, so call them
/// where blocking is allowed (see [`Ledger::answers_at_once`]).
pub trait Ledger: Send + Sync {
    /// Sets money aside for a call if every budget on the path has room for it.
    ///
    /// # Errors
    /// [`Error::Refused`] if it does not fit; nothing is written. [`Error::OtherCall`] if the id
    /// or key was used for another call. [`Error::Conflict`] if the key's hold is closed and the
    /// id is new. Any other error is a failure of the store. After an error the call must not be
    /// made.
    fn hold(&self, new: &NewHold) -> Result<Held, Error>;

    /// Settles, releases or presumes a hold. Repeating the same change does nothing.
    ///
    /// # Errors
    /// [`Error::NoHold`]; [`Error::Conflict`] if the hold's state does not allow the change.
    fn change(&self, id: &HoldId, change: &Change, by: &str) -> Result<Changed, Error>;

    /// Records the provider's job that a call was accepted as, so that its result finds the hold
    /// ([`Ledger::find_job`]). Returns the hold. The same job again does nothing.
    ///
    /// # Errors
    /// [`Error::NoHold`]; [`Error::OtherCall`] if another hold has that job;
    /// [`Error::OtherJob`] if the hold has another job.
    fn set_job(&self, id: &HoldId, job: &Job, by: &str) -> Result<Hold, Error>;

    /// The hold of a provider's job.
    ///
    /// # Errors
    /// The store failed.
    fn find_job(&self, job: &Job) -> Result<Option<Hold>, Error>;

    /// Books a call that was made while the ledger could not answer: hold and outcome in one step
    /// and one entry, without asking whether a cap has room. If a hold with its id or key exists
    /// after all, that hold gets the outcome.
    ///
    /// # Errors
    /// [`Error::OtherCall`] if the id or key was used for another call; [`Error::Conflict`] if its
    /// hold has another outcome already.
    fn book_late(&self, late: &LateCall) -> Result<Changed, Error>;

    /// Corrects what a scope has spent, by an entry of its own.
    ///
    /// # Errors
    /// [`Error::BadInput`] for a credit of more than is settled in some window, or a key that was
    /// used for another correction.
    fn adjust(&self, adjustment: &Adjustment) -> Result<Adjusted, Error>;

    /// Pauses a scope: holds there and below are refused until it is resumed. Returns the pause in
    /// force, which is an earlier one if the scope is paused already.
    ///
    /// # Errors
    /// The store failed.
    fn pause(&self, scope: &Scope, reason: &str, by: &str) -> Result<Pause, Error>;

    /// Resumes a scope and returns the pause that this ends, if it was paused.
    ///
    /// # Errors
    /// The store failed.
    fn resume(&self, scope: &Scope, by: &str) -> Result<Option<Pause>, Error>;

    /// Sets a scope's budget for a window, or the default of its children, and returns the one it
    /// replaces. The thresholds of a budget start over with the new cap; those that children
    /// have reached under a default stay as they are.
    ///
    /// # Errors
    /// The store failed.
    fn set_budget(&self, budget: &Budget, by: &str) -> Result<Option<Budget>, Error>;

    /// Sets a budget if there is none for its scope and window, and returns the one in force. A
    /// program that ensures its budgets at every start undoes nothing that was set since.
    ///
    /// ```
    /// use imgcost_ledger::{Budget, Cap, Ledger, MemoryLedger, NanoUsd, Window};
    /// let ledger = MemoryLedger::new();
    /// let dollars = |number: u64| Cap::Usd(NanoUsd::new(number * 1_000_000_000).unwrap());
    /// let team = |cap| Budget::new("team".parse().unwrap(), Window::Month, cap);
    /// assert_eq!(ledger.ensure_budget(&team(dollars(20)), "app")?.cap, dollars(20));
    /// ledger.set_budget(&team(dollars(50)), "ops")?;
    /// assert_eq!(ledger.ensure_budget(&team(dollars(20)), "app")?.cap, dollars(50));
    /// # Ok::<(), imgcost_ledger::Error>(())
    /// ```
    ///
    /// # Errors
    /// The store failed.
    fn ensure_budget(&self, budget: &Budget, by: &str) -> Result<Budget, Error>;

    /// Removes a scope's budget for a window and returns it, if there was one.
    ///
    /// # Errors
    /// The store failed.
    fn remove_budget(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error>;

    /// Removes the default of a scope's children for a window and returns it, if there was one.
    ///
    /// # Errors
    /// The store failed.
    fn remove_default(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error>;

    /// The hold with that id.
    ///
    /// # Errors
    /// The store failed.
    fn find(&self, id: &HoldId) -> Result<Option<Hold>, Error>;

    /// The budgets of a scope and of all scopes above and below it, or all budgets, sorted by
    /// scope and window, each with the sums of its current period. A default is listed for each
    /// child that has held or spent anything in the period, and for the children on the path of
    /// the scope.
    ///
    /// # Errors
    /// The store failed.
    fn status(&self, scope: Option<&Scope>) -> Result<Vec<Status>, Error>;

    /// Passes the filtered records to `each`, from one consistent state: budgets, pauses, counters,
    /// holds and journal in this order, each sorted, until `each` breaks.
    ///
    /// # Errors
    /// The store failed.
    fn read(&self, what: &Filter, each: &mut dyn FnMut(Record) -> ControlFlow<()>) -> Result<(), Error>;

    /// Facts about the store, and the result of its own integrity check.
    ///
    /// # Errors
    /// The store failed.
    fn inspect(&self) -> Result<Inspection, Error>;

    /// Whether no method waits for a disk or a network, so that all may be called where blocking
    /// is not allowed.
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

    /// [`Ledger::settle`] of the hold with a provider's job.
    ///
    /// # Errors
    /// [`Error::NoJob`]; otherwise as [`Ledger::change`].
    fn settle_job(
        &self,
        job: &Job,
        cost: NanoUsd,
        usage: Option<String>,
        by: &str,
    ) -> Result<Changed, Error> {
        let Some(hold) = self.find_job(job)? else { return Err(Error::NoJob(job.clone())) };
        self.settle(&hold.id, cost, usage, by)
    }
}

/// What [`Ledger::read`] reads. The default is nothing.
///
/// ```
/// use imgcost_ledger::Filter;
/// let expired = Filter::default().holds().expired().scope("team".parse().ok());
/// assert!(expired.holds && expired.expired && !expired.journal);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Filter {
    /// The budgets, defaults among them.
    pub budgets: bool,
    /// The pauses.
    pub pauses: bool,
    /// The counters.
    pub counters: bool,
    /// The holds.
    pub holds: bool,
    /// The journal.
    pub journal: bool,
    /// Only records of this scope and those below it.
    pub scope: Option<Scope>,
    /// Of holds and journal, only records of this hold.
    pub hold: Option<HoldId>,
    /// Of holds, only those whose id begins so.
    pub id_start: Option<String>,
    /// Of holds, only those in this state.
    pub state: Option<State>,
    /// Of holds, only open ones past their expiry.
    pub expired: bool,
    /// Of holds, only those whose reason has this text in it.
    pub reason_like: Option<String>,
    /// Of holds and journal, only records of holds with this tag.
    pub tag: Option<TagFilter>,
    /// Of holds and journal, only records from this moment on.
    pub since: Option<Timestamp>,
    /// Of the journal, only the last entries, still in ascending order.
    pub last: Option<u64>,
}

impl Filter {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Filter::default().budgets().pauses().counters().holds().journal()
    }

    /// Adds the pauses.
    #[must_use]
    pub fn pauses(self) -> Self {
        Filter { pauses: true, ..self }
    }

    /// Of holds, only those whose reason has a text in it, letter by letter.
    #[must_use]
    pub fn reason_like<'r>(self, text: impl Into<Option<&'r str>>) -> Self {
        Filter { reason_like: text.into().map(str::to_owned), ..self }
    }

    /// Adds the counters.
    #[must_use]
    pub fn counters(self) -> Self {
        Filter { counters: true, ..self }
    }

    /// Adds the holds.
    #[must_use]
    pub fn holds(self) -> Self {
        Filter { holds: true, ..self }
    }

    /// Adds the journal.
    #[must_use]
    pub fn journal(self) -> Self {
        Filter { journal: true, ..self }
    }

    /// Adds the budgets.
    #[must_use]
    pub fn budgets(self) -> Self {
        Filter { budgets: true, ..self }
    }

    /// Only records of a scope and those below it.
    #[must_use]
    pub fn scope(self, scope: impl Into<Option<Scope>>) -> Self {
        Filter { scope: scope.into(), ..self }
    }

    /// Of holds and journal, only records of one hold.
    #[must_use]
    pub fn hold(self, hold: impl Into<Option<HoldId>>) -> Self {
        Filter { hold: hold.into(), ..self }
    }

    /// Of holds, only those whose id begins with a text.
    #[must_use]
    pub fn id_start<'i>(self, text: impl Into<Option<&'i str>>) -> Self {
        Filter { id_start: text.into().map(str::to_owned), ..self }
    }

    /// Of holds and journal, only records of holds with a tag.
    #[must_use]
    pub fn tag(self, tag: impl Into<Option<TagFilter>>) -> Self {
        Filter { tag: tag.into(), ..self }
    }

    /// Of holds, only those in a state.
    #[must_use]
    pub fn state(self, state: impl Into<Option<State>>) -> Self {
        Filter { state: state.into(), ..self }
    }

    /// Of holds, only open ones past their expiry.
    #[must_use]
    pub fn expired(self) -> Self {
        Filter { expired: true, ..self }
    }

    /// Of holds and journal, only records from a moment on.
    #[must_use]
    pub fn since(self, since: impl Into<Option<Timestamp>>) -> Self {
        Filter { since: since.into(), ..self }
    }

    /// Of the journal, only the last entries.
    #[must_use]
    pub fn last(self, entries: impl Into<Option<u64>>) -> Self {
        Filter { last: entries.into(), ..self }
    }
}

/// Which tag a hold must have.
///
/// ```
/// use imgcost_ledger::{Filter, TagFilter};
/// let of_order = Filter::default().journal().tag(TagFilter::new("order").value("17".to_owned()));
/// assert_eq!(of_order.tag.unwrap().value.as_deref(), Some("17"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagFilter {
    /// Its name.
    pub name: String,
    /// Its value; any without one.
    pub value: Option<String>,
}

impl TagFilter {
    /// A tag of that name, with any value.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        TagFilter { name: name.into(), value: None }
    }

    /// Only with this value.
    #[must_use]
    pub fn value(self, value: impl Into<Option<String>>) -> Self {
        TagFilter { value: value.into(), ..self }
    }

    /// Whether a hold has the tag.
    #[must_use]
    pub fn fits(&self, hold: &Hold) -> bool {
        let found = hold.tags.get(&self.name);
        found.is_some_and(|found| self.value.as_ref().is_none_or(|value| found == value))
    }
}

/// One record of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// A budget.
    Budget(Budget),
    /// A paused scope.
    Pause(Pause),
    /// The sums of a scope in one period.
    Counter(Counter),
    /// A hold.
    Hold(Hold),
    /// A journal entry.
    Entry(Entry),
}

/// Facts about a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// `memory`, `sqlite` or `postgresql`.
    pub kind: &'static str,
    /// Its name; never a password.
    pub store: String,
    /// The store's clock.
    pub now: Timestamp,
    /// Names and values: versions, durability settings, sizes.
    pub facts: Vec<(String, String)>,
    /// The problems found by the store's own check.
    pub problems: Vec<String>,
}
