//! The rules: which holds are accepted, which changes a state allows, and what each does to the
//! sums.
//!
//! They are written over [`Transaction`], which the stores in memory and in SQLite implement.
//! Every step reads, decides and only then writes, so that a refusal writes nothing. The
//! PostgreSQL store implements the same rules in SQL, except for repeated requests, which
//! [`existing`] decides for it too. One test suite runs against all stores.

use jiff::{SignedDuration, Timestamp};

use crate::budget::{Alert, Budget, Sums};
use crate::checks::check_text;
pub(crate) use crate::checks::{check_change, check_new};
use crate::entries::{blank, budget_entry, entry_of};
use crate::error::Error;
use crate::hold::{Change, Changed, Held, Hold, HoldId, NewHold, State};
use crate::journal::{Entry, Event};
use crate::money::NanoUsd;
use crate::refusal::{Block, Refusal};
use crate::scope::Scope;
use crate::shares::{ShareError, adjusted, too_much};
use crate::window::{Period, Window};

/// What the rules read and write in one atomic step.
pub(crate) trait Transaction {
    fn budget(&mut self, scope: &Scope, window: Window) -> Result<Option<Budget>, Error>;
    fn put_budget(&mut self, budget: &Budget) -> Result<(), Error>;
    fn remove_budget(&mut self, scope: &Scope, window: Window) -> Result<(), Error>;
    /// The sums and budgets of a scope in the periods of the four windows.
    fn accounts(&mut self, scope: &str, periods: [Period; 4]) -> Result<[(Sums, Option<Budget>); 4], Error>;
    /// Writes the sums of a period that was read.
    fn put_sums(&mut self, scope: &str, period: Period, sums: Sums) -> Result<(), Error>;
    fn hold_of_id(&mut self, id: &HoldId) -> Result<Option<Hold>, Error>;
    fn hold_of_key(&mut self, key: &str) -> Result<Option<Hold>, Error>;
    fn add_hold(&mut self, hold: &Hold) -> Result<(), Error>;
    /// Writes state, cost, usage and reason.
    fn put_hold(&mut self, hold: &Hold) -> Result<(), Error>;
    /// Adds an entry; the store numbers it.
    fn add_entry(&mut self, entry: Entry) -> Result<(), Error>;
}

/// Makes a hold if every budget on its path has room for it.
pub(crate) fn hold(tx: &mut impl Transaction, new: &NewHold, now: Timestamp) -> Result<Held, Error> {
    check_new(new)?;
    let earlier = earlier(tx, new)?;
    let mut path = path(tx, &new.scope, now)?;
    if let Some(hold) = earlier {
        return Ok(Held { hold, repeated: true, left: left(&path), refusal: None, alerts: Vec::new() });
    }
    let refusal = refusal(new, &path);
    if let Some(refusal) = refusal.clone().filter(|_| new.override_reason.is_none()) {
        return Err(refusal.into());
    }
    let hold = Hold {
        id: new.id.clone(),
        key: new.key.clone(),
        scope: new.scope.clone(),
        made_at: now,
        expires_at: later(now, new.expires_in),
        ceiling: new.ceiling,
        assumed: new.assumed,
        state: State::Held,
        cost: None,
        usage: None,
        reason: None,
        quote: new.quote.clone(),
        book: new.book.clone(),
        request: new.request.clone(),
        terms: new.terms.clone(),
    };
    adjust(&mut path, None, &hold)?;
    tx.add_hold(&hold)?;
    let override_reason = new.override_reason.clone().filter(|_| refusal.is_some());
    tx.add_entry(Entry {
        reason: override_reason,
        ..entry_of(&hold, Event::Held, State::Held, now, &new.by)
    })?;
    let alerts = book(tx, &mut path, &hold.id, now, &new.by)?;
    Ok(Held { left: left(&path), hold, repeated: false, refusal, alerts })
}

/// A later moment in whole microseconds, as stores record it.
fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    let later = now.checked_add(by).unwrap_or(Timestamp::MAX);
    Timestamp::from_microsecond(later.as_microsecond()).unwrap_or(later)
}

/// Settles, releases or presumes a hold, in the sums of the periods in which it was made.
pub(crate) fn change(
    tx: &mut impl Transaction,
    id: &HoldId,
    change: &Change,
    by: &str,
    now: Timestamp,
) -> Result<Changed, Error> {
    check_change(change, by)?;
    let Some(before) = tx.hold_of_id(id)? else { return Err(Error::NoHold(id.clone())) };
    let after = changed(&before, change);
    if after == before {
        return Ok(Changed { hold: after, before: before.state, repeated: true, alerts: Vec::new() });
    }
    if !may_follow(before.state, after.state) {
        return Err(conflict(&before, after.state));
    }
    let mut path = path(tx, &before.scope, before.made_at)?;
    adjust(&mut path, Some(&before), &after)?;
    tx.put_hold(&after)?;
    let event = match after.state {
        State::Settled => Event::Settled,
        State::Released => Event::Released,
        State::Presumed | State::Held => Event::Presumed,
    };
    tx.add_entry(entry_of(&after, event, before.state, now, by))?;
    let alerts = book(tx, &mut path, id, now, by)?;
    Ok(Changed { hold: after, before: before.state, repeated: false, alerts })
}

pub(crate) fn set_budget(
    tx: &mut impl Transaction,
    budget: &Budget,
    by: &str,
    now: Timestamp,
) -> Result<Option<Budget>, Error> {
    check_text("by", by)?;
    let before = tx.budget(&budget.scope, budget.window)?;
    tx.put_budget(budget)?;
    reset_alerts(tx, budget, now)?;
    tx.add_entry(budget_entry(budget, Event::BudgetSet, by, now))?;
    Ok(before)
}

/// A new cap resets the alerts: thresholds already reached under it count as reported, and
/// higher ones are reported when they are reached.
fn reset_alerts(tx: &mut impl Transaction, budget: &Budget, now: Timestamp) -> Result<(), Error> {
    let periods = Window::ALL.map(|window| window.at(now));
    let scope = budget.scope.as_str();
    for (period, (sums, _)) in periods.into_iter().zip(tx.accounts(scope, periods)?) {
        let reached = budget.cap.limit().and_then(|cap| budget.alerts.reached(sums.used(), cap));
        let alerted = reached.unwrap_or(0);
        if period.window == budget.window && sums.alerted != alerted {
            tx.put_sums(scope, period, Sums { alerted, ..sums })?;
        }
    }
    Ok(())
}

pub(crate) fn remove_budget(
    tx: &mut impl Transaction,
    scope: &Scope,
    window: Window,
    by: &str,
    now: Timestamp,
) -> Result<Option<Budget>, Error> {
    check_text("by", by)?;
    let before = tx.budget(scope, window)?;
    if let Some(budget) = &before {
        tx.remove_budget(scope, window)?;
        tx.add_entry(budget_entry(budget, Event::BudgetRemoved, by, now))?;
    }
    Ok(before)
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

/// Every scope of a path in every window at a moment, topmost scope first.
fn path<'s>(tx: &mut impl Transaction, scope: &'s Scope, at: Timestamp) -> Result<Vec<Account<'s>>, Error> {
    let periods = Window::ALL.map(|window| window.at(at));
    let mut path = Vec::with_capacity(8);
    for scope in scope.prefixes() {
        for (period, (sums, budget)) in periods.into_iter().zip(tx.accounts(scope, periods)?) {
            path.push(Account { scope, period, sums, budget });
        }
    }
    Ok(path)
}

/// What is left on the tightest budget; none if nothing is limited.
fn left(path: &[Account<'_>]) -> Option<NanoUsd> {
    path.iter().filter_map(Account::left).min()
}

/// The hold of an earlier request with the same key or id, if it may be returned again.
fn earlier(tx: &mut impl Transaction, new: &NewHold) -> Result<Option<Hold>, Error> {
    let by_key = match &new.key {
        Some(key) => tx.hold_of_key(key)?,
        None => None,
    };
    let found = match by_key {
        Some(hold) => Some(hold),
        None => tx.hold_of_id(&new.id)?,
    };
    found.map(|hold| existing(new, hold)).transpose()
}

/// The result of a request whose key or id already has a hold: that hold, if the request is for
/// the same call.
///
/// A request with the same id asks for its earlier result and gets it, even if the hold is
/// closed. One with the same key and a new id is about to make the call, so the money must still
/// be set aside: with a closed hold that second call would be booked nowhere.
///
/// Nothing is written before this, so the PostgreSQL store calls it too, with the hold that its
/// step found.
pub(crate) fn existing(new: &NewHold, hold: Hold) -> Result<Hold, Error> {
    let is_same_call = hold.quote == new.quote
        && hold.scope == new.scope
        && hold.ceiling == new.ceiling
        && hold.assumed == new.assumed;
    if !is_same_call {
        let what = match &new.key {
            Some(key) if hold.key == new.key => format!("the key '{key}'"),
            _ => format!("the id {}", new.id),
        };
        return Err(Error::OtherCall { what, hold: hold.id, quote: hold.quote });
    }
    if hold.id != new.id && hold.state != State::Held {
        return Err(conflict(&hold, State::Held));
    }
    Ok(hold)
}

/// The promise: a hold is refused unless it fits under every cap on its path.
fn refusal(new: &NewHold, path: &[Account<'_>]) -> Option<Refusal> {
    let scope = new.scope.clone();
    let mut budgets = path.iter().filter_map(|account| account.budget.as_ref()).peekable();
    if budgets.peek().is_none() {
        return Some(Refusal::NoBudget { scope, nearest: None });
    }
    if let Some(strict) = budgets.find(|budget| new.assumed && !budget.allow_assumed_ceiling) {
        return Some(Refusal::AssumedCeiling { scope, budget: strict.scope.clone() });
    }
    let budgets: Vec<Block> = path.iter().filter_map(|account| block(account, new.ceiling)).collect();
    let left = budgets.iter().map(|block| block.left).min();
    left.map(|left| Refusal::Full { scope, ceiling: new.ceiling, left, budgets })
}

/// Adds the most similar scope to a refusal for lack of a budget. It runs after the step, since
/// comparing with all scopes takes long and other callers wait for the step.
pub(crate) fn with_nearest(
    mut result: Result<Held, Error>,
    find: impl FnOnce(&Scope) -> Option<Scope>,
) -> Result<Held, Error> {
    let refusal = match &mut result {
        Ok(held) => held.refusal.as_mut(),
        Err(Error::Refused(refusal)) => Some(&mut **refusal),
        Err(_) => None,
    };
    if let Some(Refusal::NoBudget { scope, nearest }) = refusal {
        *nearest = find(scope);
    }
    result
}

/// An account's budget, if the amount does not fit.
fn block(account: &Account<'_>, ceiling: NanoUsd) -> Option<Block> {
    let (budget, cap) = (account.budget.as_ref()?, account.limit()?);
    let fits = account.sums.used().checked_add(ceiling).is_some_and(|sum| sum <= cap);
    (!fits).then(|| Block {
        scope: budget.scope.clone(),
        window: budget.window,
        cap,
        left: cap.less(account.sums.used()),
        sums: account.sums,
        resets_at: account.period.end(),
    })
}

/// A hold after a change.
fn changed(before: &Hold, change: &Change) -> Hold {
    let mut after =
        Hold { state: change.leads_to(), cost: None, usage: None, reason: None, ..before.clone() };
    match change {
        Change::Settle { cost, usage } => {
            after.cost = Some(*cost);
            after.usage.clone_from(usage);
        }
        Change::Release { reason } | Change::Presume { reason } => after.reason = Some(reason.clone()),
    }
    after
}

const fn may_follow(before: State, after: State) -> bool {
    matches!(
        (before, after),
        (State::Held, State::Settled | State::Released | State::Presumed)
            | (State::Presumed, State::Settled | State::Released)
            | (State::Released, State::Settled)
    )
}

pub(crate) fn conflict(hold: &Hold, wanted: State) -> Error {
    let how = match (&hold.cost, &hold.reason) {
        (Some(cost), _) => format!(" at ${cost}"),
        (None, Some(reason)) => format!(" ({reason})"),
        (None, None) => String::new(),
    };
    Error::Conflict { hold: hold.id.clone(), state: hold.state, how, wanted }
}

/// Replaces the share of a hold in each sum. Writes nothing.
fn adjust(path: &mut [Account<'_>], before: Option<&Hold>, after: &Hold) -> Result<(), Error> {
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
    hold: &HoldId,
    now: Timestamp,
    by: &str,
) -> Result<Vec<Alert>, Error> {
    let mut alerts = Vec::new();
    for Account { scope, period, sums, budget } in path {
        if let Some(alert) = budget.as_ref().and_then(|budget| alert(budget, sums)) {
            sums.alerted = alert.percent;
            tx.add_entry(Entry {
                hold: Some(hold.clone()),
                amount: Some(alert.used),
                reason: Some(alert.to_string()),
                ..blank(Event::Alert, alert.scope.clone(), by, now)
            })?;
            alerts.push(alert);
        }
        tx.put_sums(scope, *period, *sums)?;
    }
    Ok(alerts)
}

/// The highest threshold that a budget has reached, unless it was reported in this period.
fn alert(budget: &Budget, sums: &Sums) -> Option<Alert> {
    let (used, cap) = (sums.used(), budget.cap.limit()?);
    let percent = budget.alerts.reached(used, cap).filter(|percent| *percent > sums.alerted)?;
    Some(Alert { scope: budget.scope.clone(), window: budget.window, percent, used, cap })
}
