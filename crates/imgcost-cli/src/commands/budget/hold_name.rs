//! Which hold is meant: ids are long, and their first characters are enough where no other begins
//! with them.

use imgcost_core::Error;
use imgcost_ledger::{Filter, HoldId, Ledger};

use super::holds;
use crate::failure::{Failure, bad_input};

/// So many holds are named where several begin alike.
const NAMED_MAX: usize = 8;

/// A hold as it was named: by its id, or by the first characters of it.
#[derive(Debug)]
pub(super) enum HoldName {
    /// The whole id.
    Whole(HoldId),
    /// How it begins.
    Start(String),
}

/// The name of a hold; which hold it is, the ledger tells ([`HoldName::of`]).
pub(super) fn hold_name(text: &str) -> Result<HoldName, Error> {
    let text = text.trim();
    let digits = text.strip_prefix("h_").filter(|digits| (1..32).contains(&digits.len()));
    if digits.is_some_and(|digits| digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))) {
        return Ok(HoldName::Start(text.to_owned()));
    }
    text.parse().map(HoldName::Whole).map_err(|error: imgcost_ledger::ParseHoldIdError| {
        bad_input("hold", error.to_string().replace(char::is_control, "?"))
    })
}

impl HoldName {
    /// The one hold of a ledger that is named so.
    pub(super) fn of(&self, ledger: &dyn Ledger) -> Result<HoldId, Failure> {
        let start = match self {
            HoldName::Whole(id) => return Ok(id.clone()),
            HoldName::Start(start) => start,
        };
        let what = Filter::default().holds().id_start(start.as_str());
        let found = holds::read(ledger, &what, NAMED_MAX)?;
        match found.as_slice() {
            [] => Err(bad_input("hold", format!("no hold begins with {start}")).into()),
            [hold] => Ok(hold.id.clone()),
            several => {
                let message = format!("several holds begin with {start}: give more of the id");
                Err(bad_input("hold", message).allowed(several.iter().map(|hold| &hold.id)).into())
            }
        }
    }
}
