//! The rules: which holds are accepted, which changes a state allows, and what each does to the
//! sums.
//!
//! They are written over [`Transaction`], which the stores in memory and in SQLite implement.
//! Every step reads, decides and only then writes, so that a refusal writes nothing. The
//! PostgreSQL store implements the same rules in SQL, except for repeated requests, which
//! [`existing`] decides for it too. One test suite runs against all stores.

mod budgets;
mod change;
mod correct;
mod entries;
mod hold;

use jiff::Timestamp;

use crate::budget::{Alert, Budget, Sums};
use crate::error::Error;
use crate::hold::{Hold, HoldId, Job};
use crate::journal::Entry;
use crate::money::NanoUsd;
use crate::pause::Pause;
use crate::scope::Scope;
use crate::shares::{ShareError, adjusted, too_much};
use crate::window::{Period, Window};

pub(crate) use budgets::{ensure_budget, pause, remove_budget, resume, set_budget};
pub(crate) use change::{change, set_job};
#[cfg(feature = "postgres")]
pub(crate) use change::{conflict, job_of_another, other_job};
pub(crate) use correct::{adjust, book_late};
#[cfg(feature = "postgres")]
pub(crate) use correct::{key_of_another, too_little, whole};
#[cfg(feature = "postgres")]
pub(crate) use hold::{existing, other_call};
pub(crate) use hold::{hold, with_nearest};

/// A scope's budgets in force, its own or the default of its siblings, in the order of
/// [`Window::ALL`].
pub(crate) type InForce = [Option<Budget>; 5];

/// What the rules read and write in one atomic step.
pub(crate) trait Transaction {
    /// The budget that is set at a place: a scope, or `scope/*`.
    fn budget(&mut self, place: &str, window: Window) -> Result<Option<Budget>, Error>;
    fn put_budget(&mut self, budget: &Budget) -> Result<(), Error>;
    fn remove_budget(&mut self, place: &str, window: Window) -> Result<(), Error>;
    fn pause(&mut self, scope: &str) -> Result<Option<Pause>, Error>;
    fn put_pause(&mut self, pause: &Pause) -> Result<(), Error>;
    fn remove_pause(&mut self, scope: &Scope) -> Result<(), Error>;
    fn in_force(&mut self, scope: &str) -> Result<InForce, Error>;
    /// The sums of a scope in periods of [`Window::KEPT`].
    fn sums(&mut self, scope: &str, periods: [Period; 4]) -> Result<[Sums; 4], Error>;
    /// The sums of a scope's days in a week, and what was alerted for the week.
    fn week_sums(&mut self, scope: &str, week: Period) -> Result<Sums, Error>;
    /// Writes the sums of a period that was read; of a week, only what was alerted.
    fn put_sums(&mut self, scope: &str, period: Period, sums: Sums) -> Result<(), Error>;
    fn hold_of_id(&mut self, id: &HoldId) -> Result<Option<Hold>, Error>;
    fn hold_of_key(&mut self, key: &str) -> Result<Option<Hold>, Error>;
    fn hold_of_job(&mut self, job: &Job) -> Result<Option<Hold>, Error>;
    fn add_hold(&mut self, hold: &Hold) -> Result<(), Error>;
    /// Writes state, cost, usage and reason.
    fn put_hold(&mut self, hold: &Hold) -> Result<(), Error>;
    fn put_job(&mut self, id: &HoldId, job: &Job) -> Result<(), Error>;
    /// Adds an entry; the store numbers it.
    fn add_entry(&mut self, entry: Entry) -> Result<(), Error>;
    /// The entry of a step with a name.
    fn entry_of_step(&mut self, step: &str) -> Result<Option<Entry>, Error>;
}

/// A scope in one period: its sums, and its budget if there is one.
struct Account<'s> {
    scope: &'s str,
    period: Period,
    sums: Sums,
    budget: Option<Budget>,
}

impl Account<'_> {
    fn limit(&self) -> Option<NanoUsd> {
        self.budget.as_ref().and_then(|budget| budget.cap.limit())
    }

    fn left(&self) -> Option<NanoUsd> {
        self.limit().map(|limit| limit.less(self.sums.used()))
    }
}

/// Every scope of a path in every window at a moment, topmost scope first. A week is among them
/// only where it has a budget, since its sums are those of its days.
fn path<'s>(tx: &mut impl Transaction, scope: &'s Scope, at: Timestamp) -> Result<Vec<Account<'s>>, Error> {
    let periods = Window::KEPT.map(|window| window.at(at));
    let mut path = Vec::with_capacity(16);
    for scope in scope.prefixes() {
        let [total, hour, day, week, month] = tx.in_force(scope)?;
        let budgets = [total, hour, day, month];
        for ((period, sums), budget) in periods.into_iter().zip(tx.sums(scope, periods)?).zip(budgets) {
            path.push(Account { scope, period, sums, budget });
        }
        if week.is_some() {
            let period = Window::Week.at(at);
            let account = Account { scope, period, sums: tx.week_sums(scope, period)?, budget: week };
            // Windows are in the order of `Window::ALL`, with the month last.
            path.insert(path.len() - 1, account);
        }
    }
    Ok(path)
}

/// What is left on the tightest budget; none if nothing is limited.
fn left(path: &[Account<'_>]) -> Option<NanoUsd> {
    path.iter().filter_map(Account::left).min()
}

/// Replaces the share of a hold in each sum. Writes nothing.
fn replace(path: &mut [Account<'_>], before: Option<&Hold>, after: &Hold) -> Result<(), Error> {
    for Account { scope, period, sums, .. } in path {
        *sums = adjusted(*sums, before, Some(after)).map_err(|error| match error {
            ShareError::TooMuch => Error::BadInput {
                field: if after.cost.is_some() { "cost" } else { "ceiling" },
                why: too_much(scope),
            },
            ShareError::Short => Error::Damaged {
                store: "counters".to_owned(),
                why: format!(
                    "the sums of {scope} for the {} from {} are less than its hold {}",
                    period.window, period.start, after.id
                ),
            },
        })?;
    }
    Ok(())
}

/// Writes the sums, and alerts for budgets that reached a threshold.
fn book(
    tx: &mut impl Transaction,
    path: &mut [Account<'_>],
    hold: Option<&HoldId>,
    now: Timestamp,
    by: &str,
) -> Result<Vec<Alert>, Error> {
    let mut alerts = Vec::new();
    for Account { scope, period, sums, budget } in path {
        let alert = budget.as_ref().and_then(|budget| alert(budget, sums));
        let is_kept = period.window != Window::Week || alert.is_some();
        if let Some(alert) = alert {
            sums.alerted = alert.percent;
            tx.add_entry(Entry {
                hold: hold.cloned(),
                amount: Some(alert.used),
                reason: Some(alert.to_string()),
                ..entries::blank(crate::journal::Event::Alert, alert.scope.clone(), by, now)
            })?;
            alerts.push(alert);
        }
        if is_kept {
            tx.put_sums(scope, *period, *sums)?;
        }
    }
    Ok(alerts)
}

/// The highest threshold that a budget has reached, unless it was reported in this period.
fn alert(budget: &Budget, sums: &Sums) -> Option<Alert> {
    let (used, cap) = (sums.used(), budget.cap.limit()?);
    let percent = budget.alerts.reached(used, cap).filter(|percent| *percent > sums.alerted)?;
    Some(Alert { scope: budget.scope.clone(), window: budget.window, percent, used, cap })
}
