//! The day, where nobody gives one.

use imgcost_core::{Date, utc_day};

/// Today in UTC, whatever the time zone of the machine; none where there is no clock to ask, as on
/// `wasm32-unknown-unknown`.
#[must_use]
pub fn today() -> Option<Date> {
    if cfg!(all(target_family = "wasm", target_os = "unknown")) {
        return None;
    }
    Some(utc_day(jiff::Timestamp::now()))
}
