//! What becomes of a hold.

use jiff::Timestamp;

use super::entries::{blank, entry_of};
use super::{Transaction, book, path, replace};
use crate::checks::{check_change, check_job};
use crate::error::Error;
use crate::hold::{Change, Changed, Hold, HoldId, Job, State};
use crate::journal::{Entry, Event};

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
    replace(&mut path, Some(&before), &after)?;
    tx.put_hold(&after)?;
    let event = match after.state {
        State::Settled => Event::Settled,
        State::Released => Event::Released,
        State::Presumed | State::Held => Event::Presumed,
    };
    tx.add_entry(entry_of(&after, event, before.state, now, by))?;
    let alerts = book(tx, &mut path, Some(id), now, by)?;
    Ok(Changed { hold: after, before: before.state, repeated: false, alerts })
}

/// Records the job that a call was accepted as.
pub(crate) fn set_job(
    tx: &mut impl Transaction,
    id: &HoldId,
    job: &Job,
    by: &str,
    now: Timestamp,
) -> Result<Hold, Error> {
    check_job(job, by)?;
    let Some(hold) = tx.hold_of_id(id)? else { return Err(Error::NoHold(id.clone())) };
    match &hold.job {
        Some(earlier) if earlier == job => return Ok(hold),
        Some(earlier) => return Err(other_job(&hold.id, earlier, job)),
        None => {}
    }
    if let Some(other) = tx.hold_of_job(job)? {
        return Err(job_of_another(job, other));
    }
    tx.put_job(id, job)?;
    let details = Some(job.to_string());
    tx.add_entry(Entry {
        hold: Some(id.clone()),
        details,
        ..blank(Event::JobSet, hold.scope.clone(), by, now)
    })?;
    Ok(Hold { job: Some(job.clone()), ..hold })
}

pub(crate) fn other_job(hold: &HoldId, job: &Job, wanted: &Job) -> Error {
    let (job, wanted) = (Box::new(job.clone()), Box::new(wanted.clone()));
    Error::OtherJob { hold: hold.clone(), job, wanted }
}

pub(crate) fn job_of_another(job: &Job, other: Hold) -> Error {
    Error::OtherCall { what: format!("the job {job}"), hold: other.id, quote: other.quote }
}

/// A hold after a change.
pub(super) fn changed(before: &Hold, change: &Change) -> Hold {
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
