//! Bounds on what a caller may pass.

use crate::error::Error;
use crate::hold::{Change, MAX_DETAILS, MAX_EXPIRY, MAX_TEXT, NewHold};

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
    check_details("request", &new.request)?;
    check_details("terms", &new.terms)?;
    if new.expires_in.is_negative() || new.expires_in > MAX_EXPIRY {
        let why = format!("{:#} is not from 0 to {:#}", new.expires_in, MAX_EXPIRY);
        return Err(Error::BadInput { field: "expires_in", why });
    }
    Ok(())
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
