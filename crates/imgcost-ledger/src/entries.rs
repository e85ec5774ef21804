//! The entries that the rules write into the journal.

use jiff::Timestamp;

use crate::budget::{Budget, Cap};
use crate::hold::{Hold, State};
use crate::journal::{Entry, Event};
use crate::money::NanoUsd;
use crate::scope::Scope;

/// An entry that says only what happened where.
pub(crate) fn blank(event: Event, scope: Scope, by: &str, at: Timestamp) -> Entry {
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

/// The entry of a hold that was made or changed.
pub(crate) fn entry_of(hold: &Hold, event: Event, before: State, now: Timestamp, by: &str) -> Entry {
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

/// The entry of a budget: its cap is the amount, the rest is in the details.
pub(crate) fn budget_entry(budget: &Budget, event: Event, by: &str, now: Timestamp) -> Entry {
    let cap = if budget.cap == Cap::Unlimited { ", unlimited" } else { "" };
    let assumed = if budget.allow_assumed_ceiling { "" } else { ", proven ceilings only" };
    let details = format!("{}{cap}{assumed}, alerts {}", budget.window, budget.alerts);
    Entry {
        amount: budget.cap.limit(),
        details: Some(details),
        ..blank(event, budget.scope.clone(), by, now)
    }
}
