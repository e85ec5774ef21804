//! What time it is: the day is the library's, the moment is that of the ledger's clock.
//!
//! Builds with debug assertions, and so test builds, stop it at the instant of [`VARIABLE`] where
//! that is set. The shipped command never does: what moves the day moves prices, and the windows
//! of budgets.

use std::env;
use std::ffi::OsString;
use std::sync::OnceLock;

use imgcost_core::{Date, Error, utc_day};
use imgcost_ledger::{Clock, Timestamp};

use crate::failure::bad_input;

/// The variable that stops the clock of test builds, such as `2031-08-17T09:26:53Z`.
const VARIABLE: &str = "IMGCOST_NOW";

/// Where the clock was stopped, once [`start`] has looked.
static STOPPED: OnceLock<Option<Timestamp>> = OnceLock::new();

/// Looks whether the clock is stopped; called once, before anything needs the time.
///
/// # Errors
/// The variable is not a moment.
pub(crate) fn start() -> Result<(), Error> {
    let stopped = stopped(cfg!(debug_assertions), env::var_os(VARIABLE))?;
    STOPPED.get_or_init(|| stopped);
    Ok(())
}

/// Where a variable of this value stops the clock, if this build listens to it.
fn stopped(listens: bool, value: Option<OsString>) -> Result<Option<Timestamp>, Error> {
    let Some(value) = value.filter(|value| listens && !value.is_empty()) else { return Ok(None) };
    let text = value.to_string_lossy();
    text.parse().map(Some).map_err(|_: jiff::Error| {
        let shown = crate::fields::shown(&text);
        bad_input(VARIABLE, format!("{VARIABLE} = {shown}: expected a moment"))
            .allowed(["a moment with its zone, such as 2031-08-17T09:26:53Z"])
    })
}

fn stopped_at() -> Option<Timestamp> {
    STOPPED.get().copied().flatten()
}

/// Now.
#[expect(clippy::disallowed_methods, reason = "the one look at the clock")]
pub(crate) fn now() -> Timestamp {
    stopped_at().unwrap_or_else(|| Clock::system().now())
}

/// Today in UTC, whatever the time zone of the machine.
pub(crate) fn today() -> Date {
    stopped_at().map(utc_day).or_else(imgcost::today).unwrap_or(Date::ZERO)
}

/// The same clock for a ledger in a file.
pub(crate) fn of_ledgers() -> Clock {
    Clock::of(now)
}

/// The clock for a ledger on a server, which has one of its own: only a stopped one replaces it.
#[cfg(feature = "postgres")]
pub(crate) fn of_servers() -> Option<Clock> {
    stopped_at().map(|_| of_ledgers())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shipped_build_does_not_listen() {
        for value in ["2031-08-17T09:26:53Z", "yesterday"] {
            assert_eq!(stopped(false, Some(value.into())).unwrap(), None, "{value}");
        }
    }

    #[test]
    fn a_test_build_stops_at_a_moment_and_at_nothing_else() {
        let at = "2028-02-29T23:59:59Z".parse().unwrap();
        for value in ["2028-02-29T23:59:59Z", "2028-03-01T01:59:59+02:00"] {
            assert_eq!(stopped(true, Some(value.into())).unwrap(), Some(at), "{value}");
        }
        assert_eq!(stopped(true, None).unwrap(), None);
        assert_eq!(stopped(true, Some("".into())).unwrap(), None);
        for value in ["2031-08-17", "2031-08-17T09:26:53", "2031-02-29T00:00:00Z", "now"] {
            let error = stopped(true, Some(value.into())).unwrap_err();
            assert_eq!(error.field_name(), Some(VARIABLE), "{value}");
            assert!(error.message().contains(value), "{error}");
        }
    }
}
