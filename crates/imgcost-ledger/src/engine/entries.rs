//! The journal's entries of each step.

use jiff::Timestamp;

use crate::budget::{Budget, Cap};
use crate::hold::{Hold, State};
use crate::journal::{Entry, Event};
use crate::money::NanoUsd;
use crate::scope::Scope;

pub(super) fn blank(event: Event, scope: Scope, by: &str, at: Timestamp) -> Entry {
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
        counts_at: None,
        step: None,
    }
}

pub(super) fn entry_of(hold: &Hold, event: Event, before: State, now: Timestamp, by: &str) -> Entry {
    let is_new = matches!(event, Event::Held | Event::LateSettled | Event::LatePresumed);
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

/// The entry of a budget: its cap is the amount, the rest is in the details.
pub(super) fn budget_entry(budget: &Budget, event: Event, by: &str, now: Timestamp) -> Entry {
    let each = if budget.each_child { " of each child" } else { "" };
    let cap = if budget.cap == Cap::Unlimited { ", unlimited" } else { "" };
    let assumed = if budget.allow_assumed_ceiling { "" } else { ", proven ceilings only" };
    let details = format!("{}{each}{cap}{assumed}, alerts {}", budget.window, budget.alerts);
    Entry {
        amount: budget.cap.limit(),
        details: Some(details),
        ..blank(event, budget.scope.clone(), by, now)
    }
}
