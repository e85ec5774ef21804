//! Bounds on what a caller may pass.

use crate::adjustment::Adjustment;
use crate::error::Error;
use crate::hold::{Change, Job, MAX_DETAILS, MAX_EXPIRY, MAX_TAG, MAX_TAGS, MAX_TEXT};
use crate::new_hold::{LateCall, NewHold};

pub(crate) fn check_new(new: &NewHold) -> Result<(), Error> {
    if let Some(key) = &new.key {
        check_text("key", key)?;
    }
    check_text("quote", &new.quote)?;
    check_text("book", &new.book)?;
    check_text("by", &new.by)?;
    if let Some(reason) = &new.override_reason {
        check_text("override_reason", reason)?;
    }
    if let Some(id) = &new.request_id {
        check_text("request_id", id)?;
    }
    check_tags(new)?;
    if i64::try_from(new.calls).ok().is_none_or(|calls| calls < 1) {
        let why = format!("{} is not a number of calls from 1 on", new.calls);
        return Err(Error::BadInput { field: "calls", why });
    }
    check_details("request", &new.request)?;
    check_details("terms", &new.terms)?;
    if new.expires_in.is_negative() || new.expires_in > MAX_EXPIRY {
        let why = format!("{:#} is not from 0 to {:#}", new.expires_in, MAX_EXPIRY);
        return Err(Error::BadInput { field: "expires_in", why });
    }
    Ok(())
}

fn check_tags(new: &NewHold) -> Result<(), Error> {
    let bad = |why: String| Err(Error::BadInput { field: "tags", why });
    if new.tags.len() > MAX_TAGS {
        return bad(format!("there are {}; allowed: up to {MAX_TAGS}", new.tags.len()));
    }
    for (name, value) in &new.tags {
        if name.len() > MAX_TAG || value.len() > MAX_TAG {
            return bad(format!("a name or value has more than {MAX_TAG} bytes"));
        }
        check_text("tags", name)?;
        check_text("tags", value)?;
    }
    Ok(())
}

pub(crate) fn check_late(late: &LateCall) -> Result<(), Error> {
    check_new(&late.call)?;
    if let Change::Release { .. } = late.outcome {
        let why = "a call that was made is settled or presumed".to_owned();
        return Err(Error::BadInput { field: "outcome", why });
    }
    check_change(&late.outcome, &late.call.by)
}

pub(crate) fn check_job(job: &Job, by: &str) -> Result<(), Error> {
    check_text("provider", &job.provider)?;
    check_text("job", &job.id)?;
    check_text("by", by)
}

pub(crate) fn check_adjustment(adjustment: &Adjustment) -> Result<(), Error> {
    check_text("reason", &adjustment.reason)?;
    check_text("by", &adjustment.by)?;
    adjustment.key.as_deref().map_or(Ok(()), |key| check_text("key", key))
}

pub(crate) fn check_change(change: &Change, by: &str) -> Result<(), Error> {
    check_text("by", by)?;
    match change {
        Change::Settle { usage, .. } => {
            usage.as_deref().map_or(Ok(()), |usage| check_details("usage", usage))
        }
        Change::Release { reason } | Change::Presume { reason } => check_text("reason", reason),
    }
}

/// A text of 1 to 512 bytes on one line. Control characters would reach the terminals and log
/// files of those who read the journal.
pub(crate) fn check_text(field: &'static str, text: &str) -> Result<(), Error> {
    let why = if text.is_empty() || text.len() > MAX_TEXT {
        format!("it has {} bytes; allowed: 1 to {MAX_TEXT}", text.len())
    } else if let Some(control) = text.chars().find(|c| c.is_control()) {
        format!("it has the control character {control:?}; allowed: one line of plain text")
    } else {
        return Ok(());
    };
    Err(Error::BadInput { field, why })
}

fn check_details(field: &'static str, text: &str) -> Result<(), Error> {
    let why = if text.len() > MAX_DETAILS {
        format!("it has {} bytes; allowed: up to {MAX_DETAILS}", text.len())
    } else if text.contains('\0') {
        // Databases truncate a text there, or refuse it.
        "it has a zero byte".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::BadInput { field, why })
}
