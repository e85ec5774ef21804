//! The calendar windows of budgets, in UTC.

use std::fmt;
use std::str::FromStr;

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::{Serialize, Serializer};

/// The calendar window of a budget, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Window {
    /// All time.
    Total,
    /// From the full hour to the next.
    Hour,
    /// From midnight to midnight.
    Day,
    /// From Monday, as in ISO 8601, to the next.
    Week,
    /// From the first of the month to the next.
    Month,
}

/// A name that is not a window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a window; allowed: total, hour, day, week, month")]
pub struct ParseWindowError(String);

impl Window {
    /// All of them.
    pub const ALL: [Window; 5] = [Window::Total, Window::Hour, Window::Day, Window::Week, Window::Month];

    /// Those whose sums a ledger keeps. A week's sums are those of its days.
    pub(crate) const KEPT: [Window; 4] = [Window::Total, Window::Hour, Window::Day, Window::Month];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Window::Total => "total",
            Window::Hour => "hour",
            Window::Day => "day",
            Window::Week => "week",
            Window::Month => "month",
        }
    }

    /// The period of this window that contains a moment.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Period {
        let start = match self {
            Window::Total => Timestamp::UNIX_EPOCH,
            Window::Hour => floor(now, 3_600),
            Window::Day => floor(now, DAY),
            Window::Week => {
                let days = weekday(now);
                floor(now, DAY).checked_sub((days * 24).hours()).unwrap_or(Timestamp::MIN)
            }
            Window::Month => {
                let midnight = floor(now, DAY);
                let days = i64::from(midnight.to_zoned(TimeZone::UTC).day()) - 1;
                midnight.checked_sub((days * 24).hours()).unwrap_or(Timestamp::MIN)
            }
        };
        Period { window: self, start }
    }
}

/// The seconds of a day in UTC, by the calendar of a computer's clock.
const DAY: i64 = 86_400;

/// The days since Monday.
fn weekday(now: Timestamp) -> i64 {
    let days = floor(now, DAY).as_second().div_euclid(DAY);
    // 1970 began on a Thursday.
    (days + 3).rem_euclid(7)
}

/// The last multiple of a number of seconds at or before a moment.
fn floor(now: Timestamp, seconds: i64) -> Timestamp {
    let second = now.as_second();
    // A moment before 1970 with a fraction belongs to the second below.
    let second = if now.subsec_nanosecond() < 0 { second - 1 } else { second };
    Timestamp::from_second(second.div_euclid(seconds) * seconds).unwrap_or(Timestamp::MIN)
}

impl FromStr for Window {
    type Err = ParseWindowError;

    fn from_str(text: &str) -> Result<Self, ParseWindowError> {
        let found = Window::ALL.into_iter().find(|window| window.as_str() == text);
        found.ok_or_else(|| ParseWindowError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One hour, day, week or month, or all time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub struct Period {
    /// Its window.
    pub window: Window,
    /// Its first moment; 1970-01-01 for all time.
    pub start: Timestamp,
}

impl Period {
    /// The first moment after it; none for all time.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        match self.window {
            Window::Total => None,
            Window::Hour => self.start.checked_add(1.hour()).ok(),
            Window::Day => self.start.checked_add(24.hours()).ok(),
            Window::Week => self.start.checked_add((7 * 24).hours()).ok(),
            Window::Month => {
                let start = self.start.to_zoned(TimeZone::UTC);
                start.checked_add(1.month()).ok().map(|next| next.timestamp())
            }
        }
    }

    /// The seven days of a week.
    pub(crate) fn days(&self) -> impl Iterator<Item = Period> + use<> {
        let start = self.start;
        let day = move |number: i64| start.checked_add((number * 24).hours()).ok();
        (0..7).filter_map(day).map(|start| Period { window: Window::Day, start })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_the_calendar_in_utc() {
        let now: Timestamp = "2028-02-29T23:59:59.999999Z".parse().unwrap();
        let shown = Window::ALL.map(|window| {
            let period = window.at(now);
            let end = period.end().map_or("never".to_owned(), |end| end.to_string());
            format!("{window} {} {end}", period.start)
        });
        assert_eq!(
            shown,
            [
                "total 1970-01-01T00:00:00Z never",
                "hour 2028-02-29T23:00:00Z 2028-03-01T00:00:00Z",
                "day 2028-02-29T00:00:00Z 2028-03-01T00:00:00Z",
                "week 2028-02-28T00:00:00Z 2028-03-06T00:00:00Z",
                "month 2028-02-01T00:00:00Z 2028-03-01T00:00:00Z",
            ]
        );
    }

    #[test]
    fn weeks_begin_on_monday() {
        for (moment, monday) in [
            ("1970-01-01T00:00:00Z", "1969-12-29T00:00:00Z"),
            ("2026-11-29T23:59:59.999999Z", "2026-11-23T00:00:00Z"),
            ("2026-11-30T00:00:00Z", "2026-11-30T00:00:00Z"),
            // The first week of 2027 by ISO 8601 begins on the 4th, the last of 2026 ends on the 3rd.
            ("2027-01-03T12:00:00Z", "2026-12-28T00:00:00Z"),
            ("2027-01-04T00:00:00Z", "2027-01-04T00:00:00Z"),
        ] {
            let week = Window::Week.at(moment.parse().unwrap());
            assert_eq!(week.start.to_string(), monday, "{moment}");
            assert_eq!(week.days().count(), 7);
            assert_eq!(week.days().last().unwrap().end(), week.end());
        }
    }

    #[test]
    fn a_moment_before_1970_is_in_its_own_hour() {
        let now: Timestamp = "1969-12-31T23:30:00.5Z".parse().unwrap();
        assert_eq!(Window::Hour.at(now).start.to_string(), "1969-12-31T23:00:00Z");
        assert_eq!(Window::Month.at(now).start.to_string(), "1969-12-01T00:00:00Z");
    }
}
