//! Setting money aside.

use jiff::{SignedDuration, Timestamp};

use super::change::conflict;
use super::entries::entry_of;
use super::{Account, Transaction, book, left, path, replace};
use crate::checks::check_new;
use crate::error::Error;
use crate::hold::{Held, Hold, State};
use crate::journal::{Entry, Event};
use crate::money::NanoUsd;
use crate::new_hold::NewHold;
use crate::pause::Pause;
use crate::refusal::{Block, Refusal};
use crate::scope::Scope;

/// Makes a hold if every budget on its path has room for it.
pub(crate) fn hold(tx: &mut impl Transaction, new: &NewHold, now: Timestamp) -> Result<Held, Error> {
    check_new(new)?;
    let earlier = earlier(tx, new)?.map(|hold| existing(new, hold)).transpose()?;
    let mut path = path(tx, &new.scope, now)?;
    if let Some(hold) = earlier {
        return Ok(Held { hold, repeated: true, left: left(&path), refusal: None, alerts: Vec::new() });
    }
    let refusal = match paused(tx, &new.scope)? {
        Some(pause) => Some(Refusal::Paused { scope: new.scope.clone(), pause }),
        None => refusal(new, &path),
    };
    if let Some(refusal) = refusal.clone().filter(|_| new.override_reason.is_none()) {
        return Err(refusal.into());
    }
    let hold = new.made(now, later(now, new.expires_in));
    replace(&mut path, None, &hold)?;
    tx.add_hold(&hold)?;
    let override_reason = new.override_reason.clone().filter(|_| refusal.is_some());
    tx.add_entry(Entry {
        reason: override_reason,
        ..entry_of(&hold, Event::Held, State::Held, now, &new.by)
    })?;
    let alerts = book(tx, &mut path, Some(&hold.id), now, &new.by)?;
    Ok(Held { left: left(&path), hold, repeated: false, refusal, alerts })
}

/// A later moment in whole microseconds, as stores record it.
pub(super) fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    let later = now.checked_add(by).unwrap_or(Timestamp::MAX);
    Timestamp::from_microsecond(later.as_microsecond()).unwrap_or(later)
}

/// The hold of an earlier request with the same key or id.
pub(super) fn earlier(tx: &mut impl Transaction, new: &NewHold) -> Result<Option<Hold>, Error> {
    let by_key = match &new.key {
        Some(key) => tx.hold_of_key(key)?,
        None => None,
    };
    match by_key {
        Some(hold) => Ok(Some(hold)),
        None => tx.hold_of_id(&new.id),
    }
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
    if let Some(error) = other_call(new, &hold) {
        return Err(error);
    }
    if hold.id != new.id && hold.state != State::Held {
        return Err(conflict(&hold, State::Held));
    }
    Ok(hold)
}

/// Why a hold that was found by the key or id of a request is not its hold, if it is not.
pub(crate) fn other_call(new: &NewHold, hold: &Hold) -> Option<Error> {
    let is_same_call = hold.quote == new.quote
        && hold.scope == new.scope
        && hold.ceiling == new.ceiling
        && hold.assumed == new.assumed
        && hold.calls == new.calls;
    if is_same_call {
        return None;
    }
    let what = match &new.key {
        Some(key) if hold.key == new.key => format!("the key '{key}'"),
        _ => format!("the id {}", new.id),
    };
    Some(Error::OtherCall { what, hold: hold.id.clone(), quote: hold.quote.clone() })
}

/// The topmost pause on a path.
fn paused(tx: &mut impl Transaction, scope: &Scope) -> Result<Option<Pause>, Error> {
    for scope in scope.prefixes() {
        if let Some(pause) = tx.pause(scope)? {
            return Ok(Some(pause));
        }
    }
    Ok(None)
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
/// other callers wait for the step.
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
    let left = cap.less(account.sums.used());
    (!fits).then(|| Block {
        scope: budget.scope.clone(),
        window: budget.window,
        cap,
        left,
        short: ceiling.less(left),
        sums: account.sums,
        resets_at: account.period.end(),
    })
}
