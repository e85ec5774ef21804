//! What is booked afterwards: corrections, and calls that were made while the ledger could not
//! answer.

use jiff::Timestamp;

use super::change::{change, changed};
use super::entries::{blank, entry_of};
use super::hold::{earlier, later, other_call};
use super::{Transaction, book, path, replace};
use crate::adjustment::{Adjusted, Adjustment, Correction};
use crate::checks::{check_adjustment, check_late};
use crate::error::Error;
use crate::hold::{Change, Changed, Hold, State};
use crate::journal::{Entry, Event};
use crate::money::NanoUsd;
use crate::new_hold::LateCall;
use crate::shares::{ShareError, corrected, too_much};
use crate::window::{Period, Window};

/// Corrects what a scope has spent.
pub(crate) fn adjust(
    tx: &mut impl Transaction,
    adjustment: &Adjustment,
    now: Timestamp,
) -> Result<Adjusted, Error> {
    check_adjustment(adjustment)?;
    let Adjustment { scope, correction, amount, at, reason, key, by } = adjustment;
    if let Some(key) = key
        && let Some(entry) = tx.entry_of_step(key)?
    {
        return repeated(adjustment, key, &entry);
    }
    let counts_at = at.map_or(now, |at| whole(at).min(now));
    let mut path = path(tx, scope, counts_at)?;
    for account in &mut path {
        account.sums = corrected(account.sums, *correction, *amount).map_err(|error| {
            let why = match error {
                ShareError::TooMuch => too_much(account.scope),
                ShareError::Short => {
                    let Period { window, start } = account.period;
                    too_little(account.scope, window, start, account.sums.settled)
                }
            };
            Error::BadInput { field: "amount", why }
        })?;
    }
    let event = match correction {
        Correction::Charge => Event::Charged,
        Correction::Credit => Event::Credited,
    };
    tx.add_entry(Entry {
        amount: Some(*amount),
        reason: Some(reason.clone()),
        counts_at: Some(counts_at),
        step: key.clone(),
        ..blank(event, scope.clone(), by, now)
    })?;
    let alerts = book(tx, &mut path, None, now, by)?;
    Ok(Adjusted { counts_at, repeated: false, alerts })
}

fn repeated(adjustment: &Adjustment, key: &str, entry: &Entry) -> Result<Adjusted, Error> {
    let event = match adjustment.correction {
        Correction::Charge => Event::Charged,
        Correction::Credit => Event::Credited,
    };
    let is_same =
        entry.event == event && entry.scope == adjustment.scope && entry.amount == Some(adjustment.amount);
    match entry.counts_at {
        Some(counts_at) if is_same => Ok(Adjusted { counts_at, repeated: true, alerts: Vec::new() }),
        _ => Err(key_of_another(key)),
    }
}

/// Why a credit is too large.
pub(crate) fn too_little(scope: &str, window: Window, start: Timestamp, settled: NanoUsd) -> String {
    format!("only ${settled} is settled for {scope} in the {window} from {start}")
}

/// A key that was used for another correction.
pub(crate) fn key_of_another(key: &str) -> Error {
    let why = format!("'{key}' was used before, for another correction");
    Error::BadInput { field: "key", why }
}

/// Books a call that was made while the ledger could not answer.
pub(crate) fn book_late(
    tx: &mut impl Transaction,
    late: &LateCall,
    now: Timestamp,
) -> Result<Changed, Error> {
    check_late(late)?;
    let LateCall { call, made_at, outcome } = late;
    if let Some(hold) = earlier(tx, call)? {
        // The ledger had written the hold, and only its answer was lost.
        return match other_call(call, &hold) {
            Some(error) => Err(error),
            None => change(tx, &hold.id, outcome, &call.by, now),
        };
    }
    let made_at = whole(*made_at).min(now);
    let held = call.made(made_at, later(made_at, call.expires_in));
    let hold = Hold { late: true, ..changed(&held, outcome) };
    let mut path = path(tx, &hold.scope, made_at)?;
    replace(&mut path, None, &hold)?;
    tx.add_hold(&hold)?;
    let event = match outcome {
        Change::Settle { .. } => Event::LateSettled,
        Change::Presume { .. } | Change::Release { .. } => Event::LatePresumed,
    };
    let reason = call.override_reason.clone().or_else(|| hold.reason.clone());
    tx.add_entry(Entry {
        reason,
        counts_at: Some(made_at),
        ..entry_of(&hold, event, State::Held, now, &call.by)
    })?;
    let alerts = book(tx, &mut path, Some(&hold.id), now, &call.by)?;
    Ok(Changed { hold, before: State::Held, repeated: false, alerts })
}

/// A moment in whole microseconds, as stores record it.
pub(crate) fn whole(at: Timestamp) -> Timestamp {
    let micros = at.as_nanosecond().div_euclid(1_000);
    i64::try_from(micros).ok().and_then(|micros| Timestamp::from_microsecond(micros).ok()).unwrap_or(at)
}
