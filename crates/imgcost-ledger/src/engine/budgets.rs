//! Budgets and pauses.

use jiff::Timestamp;

use super::Transaction;
use super::entries::{blank, budget_entry};
use crate::budget::{Budget, Sums};
use crate::checks::check_text;
use crate::error::Error;
use crate::journal::{Entry, Event};
use crate::pause::Pause;
use crate::scope::Scope;
use crate::window::Window;

pub(crate) fn set_budget(
    tx: &mut impl Transaction,
    budget: &Budget,
    by: &str,
    now: Timestamp,
) -> Result<Option<Budget>, Error> {
    check_text("by", by)?;
    let before = tx.budget(&budget.place(), budget.window)?;
    tx.put_budget(budget)?;
    reset_alerts(tx, budget, now)?;
    tx.add_entry(budget_entry(budget, Event::BudgetSet, by, now))?;
    Ok(before)
}

/// Sets a budget unless there is one.
pub(crate) fn ensure_budget(
    tx: &mut impl Transaction,
    budget: &Budget,
    by: &str,
    now: Timestamp,
) -> Result<Budget, Error> {
    check_text("by", by)?;
    if let Some(budget) = tx.budget(&budget.place(), budget.window)? {
        return Ok(budget);
    }
    set_budget(tx, budget, by, now)?;
    Ok(budget.clone())
}

/// A new cap resets the alerts: thresholds already reached under it count as reported, and
/// higher ones are reported when they are reached. Those of a default are not reset, since any
/// number of children may have reached them.
fn reset_alerts(tx: &mut impl Transaction, budget: &Budget, now: Timestamp) -> Result<(), Error> {
    if budget.each_child {
        return Ok(());
    }
    let (scope, period) = (budget.scope.as_str(), budget.window.at(now));
    let sums = if budget.window == Window::Week {
        tx.week_sums(scope, period)?
    } else {
        let periods = Window::KEPT.map(|window| window.at(now));
        let all = periods.into_iter().zip(tx.sums(scope, periods)?);
        all.into_iter().find(|(of, _)| *of == period).map(|(_, sums)| sums).unwrap_or_default()
    };
    let reached = budget.cap.limit().and_then(|cap| budget.alerts.reached(sums.used(), cap));
    let alerted = reached.unwrap_or(0);
    if sums.alerted == alerted { Ok(()) } else { tx.put_sums(scope, period, Sums { alerted, ..sums }) }
}

/// Removes the budget at a place: a scope, or `scope/*`.
pub(crate) fn remove_budget(
    tx: &mut impl Transaction,
    place: &str,
    window: Window,
    by: &str,
    now: Timestamp,
) -> Result<Option<Budget>, Error> {
    check_text("by", by)?;
    let before = tx.budget(place, window)?;
    if let Some(budget) = &before {
        tx.remove_budget(place, window)?;
        tx.add_entry(budget_entry(budget, Event::BudgetRemoved, by, now))?;
    }
    Ok(before)
}

pub(crate) fn pause(
    tx: &mut impl Transaction,
    scope: &Scope,
    reason: &str,
    by: &str,
    now: Timestamp,
) -> Result<Pause, Error> {
    check_text("reason", reason)?;
    check_text("by", by)?;
    if let Some(pause) = tx.pause(scope.as_str())? {
        return Ok(pause);
    }
    let (by, reason) = (by.to_owned(), reason.to_owned());
    let pause = Pause { scope: scope.clone(), since: now, by, reason };
    tx.put_pause(&pause)?;
    tx.add_entry(Entry {
        reason: Some(pause.reason.clone()),
        ..blank(Event::Paused, scope.clone(), &pause.by, now)
    })?;
    Ok(pause)
}

pub(crate) fn resume(
    tx: &mut impl Transaction,
    scope: &Scope,
    by: &str,
    now: Timestamp,
) -> Result<Option<Pause>, Error> {
    check_text("by", by)?;
    let Some(pause) = tx.pause(scope.as_str())? else { return Ok(None) };
    tx.remove_pause(scope)?;
    tx.add_entry(blank(Event::Resumed, scope.clone(), by, now))?;
    Ok(Some(pause))
}
