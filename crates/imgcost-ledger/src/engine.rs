//! The rules: which hold is let in, which change may follow on which state, and what each
//! does to the sums.
//!
//! Written once over [`Rows`], which the stores in memory and in SQLite provide. Every step
//! reads, decides, and only then writes, so that what is refused has written nothing. The
//! PostgreSQL store says the same in SQL (what a repeated wish gets is decided by [`again`] there
//! too), and one suite of tests holds them all to it.

use jiff::{SignedDuration, Timestamp};

use crate::budget::{Alert, Budget, Cap, Sums};
use crate::checks::check_text;
pub(crate) use crate::checks::{check_change, check_new};
use crate::error::{Block, Error, Refusal};
use crate::hold::{Change, Changed, Held, Hold, HoldId, NewHold, State};
use crate::journal::{Entry, Event};
use crate::money::NanoUsd;
use crate::scope::Scope;
use crate::shares::{ShareError, shifted};
use crate::window::{Period, Window};

/// What the rules read and write, inside one atomic step.
pub(crate) trait Rows {
    fn budget(&mut self, scope: &Scope, window: Window) -> Result<Option<Budget>, Error>;
    fn put_budget(&mut self, budget: &Budget) -> Result<(), Error>;
    fn remove_budget(&mut self, scope: &Scope, window: Window) -> Result<(), Error>;
    /// What a scope has come to in the periods of the four windows, and its budgets for them.
    fn places(&mut self, scope: &str, periods: [Period; 4]) -> Result<[(Sums, Option<Budget>); 4], Error>;
    /// Writes the sums of a place that was read.
    fn put_sums(&mut self, scope: &str, period: Period, sums: Sums) -> Result<(), Error>;
    fn hold_of_id(&mut self, id: &HoldId) -> Result<Option<Hold>, Error>;
    fn hold_of_key(&mut self, key: &str) -> Result<Option<Hold>, Error>;
    fn add_hold(&mut self, hold: &Hold) -> Result<(), Error>;
    /// Writes state, cost, usage and reason.
    fn put_hold(&mut self, hold: &Hold) -> Result<(), Error>;
    /// Adds an entry; the store numbers it.
    fn add_entry(&mut self, entry: Entry) -> Result<(), Error>;
}

/// Lets a hold in, if every budget on its path has room for it.
pub(crate) fn hold(rows: &mut impl Rows, new: &NewHold, now: Timestamp) -> Result<Held, Error> {
    check_new(new)?;
    let earlier = earlier(rows, new)?;
    let mut path = path(rows, &new.scope, now)?;
    if let Some(hold) = earlier {
        return Ok(Held { hold, repeated: true, left: left(&path), refusal: None, alerts: Vec::new() });
    }
    let refusal = refusal(new, &path);
    if let Some(refusal) = refusal.clone().filter(|_| new.despite.is_none()) {
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
    shift(&mut path, None, &hold)?;
    rows.add_hold(&hold)?;
    let despite = new.despite.clone().filter(|_| refusal.is_some());
    rows.add_entry(Entry { reason: despite, ..entry_of(&hold, Event::Held, State::Held, now, &new.by) })?;
    let alerts = book(rows, &mut path, &hold.id, now, &new.by)?;
    Ok(Held { left: left(&path), hold, repeated: false, refusal, alerts })
}

/// A later moment, to the microsecond: what stores keep.
fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    let later = now.checked_add(by).unwrap_or(Timestamp::MAX);
    Timestamp::from_microsecond(later.as_microsecond()).unwrap_or(later)
}

/// Settles, releases or presumes a hold, in the sums of the periods that it was made in.
pub(crate) fn change(
    rows: &mut impl Rows,
    id: &HoldId,
    change: &Change,
    by: &str,
    now: Timestamp,
) -> Result<Changed, Error> {
    check_change(change, by)?;
    let Some(before) = rows.hold_of_id(id)? else { return Err(Error::NoHold(id.clone())) };
    let after = changed(&before, change);
    if after == before {
        return Ok(Changed { hold: after, before: before.state, repeated: true, alerts: Vec::new() });
    }
    if !may_follow(before.state, after.state) {
        return Err(conflict(&before, after.state));
    }
    let mut path = path(rows, &before.scope, before.made_at)?;
    shift(&mut path, Some(&before), &after)?;
    rows.put_hold(&after)?;
    let event = match after.state {
        State::Settled => Event::Settled,
        State::Released => Event::Released,
        State::Presumed | State::Held => Event::Presumed,
    };
    rows.add_entry(entry_of(&after, event, before.state, now, by))?;
    let alerts = book(rows, &mut path, id, now, by)?;
    Ok(Changed { hold: after, before: before.state, repeated: false, alerts })
}

pub(crate) fn set_budget(
    rows: &mut impl Rows,
    budget: &Budget,
    by: &str,
    now: Timestamp,
) -> Result<Option<Budget>, Error> {
    check_text("by", by)?;
    let before = rows.budget(&budget.scope, budget.window)?;
    rows.put_budget(budget)?;
    forget_alerts(rows, budget, now)?;
    rows.add_entry(budget_entry(budget, Event::BudgetSet, by, now))?;
    Ok(before)
}

/// What was told under another cap says nothing of this one: thresholds that are reached under
/// it already count as told, those above them are told again.
fn forget_alerts(rows: &mut impl Rows, budget: &Budget, now: Timestamp) -> Result<(), Error> {
    let periods = Window::ALL.map(|window| window.at(now));
    let scope = budget.scope.as_str();
    for (period, (sums, _)) in periods.into_iter().zip(rows.places(scope, periods)?) {
        let reached = budget.cap.limit().and_then(|cap| budget.alerts.reached(sums.used(), cap));
        let alerted = reached.unwrap_or(0);
        if period.window == budget.window && sums.alerted != alerted {
            rows.put_sums(scope, period, Sums { alerted, ..sums })?;
        }
    }
    Ok(())
}

pub(crate) fn remove_budget(
    rows: &mut impl Rows,
    scope: &Scope,
    window: Window,
    by: &str,
    now: Timestamp,
) -> Result<Option<Budget>, Error> {
    check_text("by", by)?;
    let before = rows.budget(scope, window)?;
    if let Some(budget) = &before {
        rows.remove_budget(scope, window)?;
        rows.add_entry(budget_entry(budget, Event::BudgetRemoved, by, now))?;
    }
    Ok(before)
}

/// One scope of a path in one window: what was spent, and the budget for it, if there is one.
struct Place<'s> {
    scope: &'s str,
    period: Period,
    sums: Sums,
    budget: Option<Budget>,
}

impl Place<'_> {
    fn limit(&self) -> Option<NanoUsd> {
        self.budget.as_ref().and_then(|budget| budget.cap.limit())
    }

    fn left(&self) -> Option<NanoUsd> {
        self.limit().map(|limit| limit.less(self.sums.used()))
    }
}

/// Every scope of a path in every window that was open at a moment, the topmost scope first.
fn path<'s>(rows: &mut impl Rows, scope: &'s Scope, at: Timestamp) -> Result<Vec<Place<'s>>, Error> {
    let periods = Window::ALL.map(|window| window.at(at));
    let mut path = Vec::with_capacity(8);
    for scope in scope.prefixes() {
        for (period, (sums, budget)) in periods.into_iter().zip(rows.places(scope, periods)?) {
            path.push(Place { scope, period, sums, budget });
        }
    }
    Ok(path)
}

/// What is left on the tightest budget; none where nothing is limited.
fn left(path: &[Place<'_>]) -> Option<NanoUsd> {
    path.iter().filter_map(Place::left).min()
}

/// The hold that the same key or id has made before, if it may be given out once more.
fn earlier(rows: &mut impl Rows, new: &NewHold) -> Result<Option<Hold>, Error> {
    let by_key = match &new.key {
        Some(key) => rows.hold_of_key(key)?,
        None => None,
    };
    let found = match by_key {
        Some(hold) => Some(hold),
        None => rows.hold_of_id(&new.id)?,
    };
    found.map(|hold| again(new, hold)).transpose()
}

/// What a wish gets whose key or id has made a hold before: that hold, if the wish is for the
/// same call.
///
/// The same id asks what became of its wish, and is told, whatever became of it. The same key
/// under a new id is about to make the call, so the money must still be set aside: a closed
/// hold would let a second call go that is booked nowhere.
///
/// Nothing is written on the way here, so the PostgreSQL store asks it too, with the hold that
/// its step has found.
pub(crate) fn again(new: &NewHold, hold: Hold) -> Result<Hold, Error> {
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

/// The promise: nothing is let in unless it fits under every cap of its path.
fn refusal(new: &NewHold, path: &[Place<'_>]) -> Option<Refusal> {
    let scope = new.scope.clone();
    let mut budgets = path.iter().filter_map(|place| place.budget.as_ref()).peekable();
    if budgets.peek().is_none() {
        return Some(Refusal::NoBudget { scope, nearest: None });
    }
    if let Some(strict) = budgets.find(|budget| new.assumed && !budget.allow_assumed_ceiling) {
        return Some(Refusal::AssumedCeiling { scope, budget: strict.scope.clone() });
    }
    let budgets: Vec<Block> = path.iter().filter_map(|place| block(place, new.ceiling)).collect();
    let left = budgets.iter().map(|block| block.left).min();
    left.map(|left| Refusal::Full { scope, ceiling: new.ceiling, left, budgets })
}

/// Adds the scope that was probably meant to the response for one without a budget. It comes after
/// the step, since comparing with every budget's name takes long and others wait for the step.
pub(crate) fn with_nearest(
    mut response: Result<Held, Error>,
    find: impl FnOnce(&Scope) -> Option<Scope>,
) -> Result<Held, Error> {
    let refusal = match &mut response {
        Ok(held) => held.refusal.as_mut(),
        Err(Error::Refused(refusal)) => Some(&mut **refusal),
        Err(_) => None,
    };
    if let Some(Refusal::NoBudget { scope, nearest }) = refusal {
        *nearest = find(scope);
    }
    response
}

/// A place's budget, if it has no room for so much more.
fn block(place: &Place<'_>, ceiling: NanoUsd) -> Option<Block> {
    let (budget, cap) = (place.budget.as_ref()?, place.limit()?);
    let fits = place.sums.used().checked_add(ceiling).is_some_and(|sum| sum <= cap);
    (!fits).then(|| Block {
        scope: budget.scope.clone(),
        window: budget.window,
        cap,
        left: cap.less(place.sums.used()),
        sums: place.sums,
        resets_at: place.period.end(),
    })
}

/// A hold as a change would leave it.
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

/// Moves a hold from the share it had in each sum to the one it has now. Writes nothing.
fn shift(path: &mut [Place<'_>], before: Option<&Hold>, after: &Hold) -> Result<(), Error> {
    for Place { scope, period, sums, .. } in path {
        *sums = shifted(*sums, before, Some(after)).map_err(|misfit| match misfit {
            ShareError::TooMuch => Error::BadInput {
                field: if after.cost.is_some() { "cost" } else { "ceiling" },
                why: format!("with it, {scope} would have more than can be booked, ${}", NanoUsd::MAX),
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

/// Writes the sums, and the alerts of budgets that reached a threshold by them.
fn book(
    rows: &mut impl Rows,
    path: &mut [Place<'_>],
    hold: &HoldId,
    now: Timestamp,
    by: &str,
) -> Result<Vec<Alert>, Error> {
    let mut alerts = Vec::new();
    for Place { scope, period, sums, budget } in path {
        if let Some(alert) = budget.as_ref().and_then(|budget| alert(budget, sums)) {
            sums.alerted = alert.percent;
            rows.add_entry(Entry {
                hold: Some(hold.clone()),
                amount: Some(alert.used),
                reason: Some(alert.to_string()),
                ..blank(Event::Alert, alert.scope.clone(), by, now)
            })?;
            alerts.push(alert);
        }
        rows.put_sums(scope, *period, *sums)?;
    }
    Ok(alerts)
}

/// The highest threshold that a budget has reached, unless it was told in this period.
fn alert(budget: &Budget, sums: &Sums) -> Option<Alert> {
    let (used, cap) = (sums.used(), budget.cap.limit()?);
    let percent = budget.alerts.reached(used, cap).filter(|percent| *percent > sums.alerted)?;
    Some(Alert { scope: budget.scope.clone(), window: budget.window, percent, used, cap })
}

fn blank(event: Event, scope: Scope, by: &str, at: Timestamp) -> Entry {
    Entry {
        number: 0,
        at,
        event,
        scope,
        hold: None,
        amount: None,
        overrun: None,
        before: None,
        quote: None,
        book: None,
        details: None,
        by: by.to_owned(),
        reason: None,
    }
}

fn entry_of(hold: &Hold, event: Event, before: State, now: Timestamp, by: &str) -> Entry {
    let is_new = event == Event::Held;
    Entry {
        hold: Some(hold.id.clone()),
        amount: Some(hold.cost.unwrap_or(hold.ceiling)),
        overrun: Some(hold.overrun()).filter(|overrun| *overrun > NanoUsd::ZERO),
        before: Some(before).filter(|before| *before != State::Held),
        quote: is_new.then(|| hold.quote.clone()),
        book: is_new.then(|| hold.book.clone()),
        details: if is_new { Some(hold.request.clone()) } else { hold.usage.clone() },
        reason: hold.reason.clone(),
        ..blank(event, hold.scope.clone(), by, now)
    }
}

/// A budget's entry: the cap is the amount, the rest of it the details.
fn budget_entry(budget: &Budget, event: Event, by: &str, now: Timestamp) -> Entry {
    let cap = if budget.cap == Cap::Unlimited { ", unlimited" } else { "" };
    let assumed = if budget.allow_assumed_ceiling { "" } else { ", proven ceilings only" };
    let details = format!("{}{cap}{assumed}, alerts {}", budget.window, budget.alerts);
    Entry {
        amount: budget.cap.limit(),
        details: Some(details),
        ..blank(event, budget.scope.clone(), by, now)
    }
}
