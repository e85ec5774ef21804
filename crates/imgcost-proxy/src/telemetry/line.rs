//! One request as a line.

use std::fmt;

use imgcost_ledger::{SignedDuration, Timestamp};
use jiff::Unit;
use serde::Serialize;

/// The longest text of others in a line, in characters.
const LONGEST: usize = 300;

/// What a line shows of a request: no key, no prompt, no body, no query.
#[derive(Serialize)]
pub(crate) struct RequestLine<'r> {
    pub(crate) time: &'r str,
    pub(crate) kind: &'static str,
    pub(crate) id: &'r str,
    pub(crate) method: &'r str,
    pub(crate) path: &'r str,
    pub(crate) outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upstream: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quote: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hold: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) held: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settled: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'r str>,
    pub(crate) ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) added_ms: Option<f64>,
}

impl fmt::Display for RequestLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RequestLine { time, id, method, path, outcome, .. } = self;
        write!(f, "{time} {method} {path} ")?;
        match self.status {
            Some(status) => write!(f, "{status} {outcome}")?,
            None => write!(f, "- {outcome}")?,
        }
        let named = [
            ("upstream", self.upstream),
            ("key", self.key),
            ("scope", self.scope),
            ("model", self.model),
            ("held", self.held),
            (self.state.unwrap_or("settled"), self.settled),
            ("code", self.code),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                write!(f, " {name}={value}")?;
            }
        }
        write!(f, " {:.1}ms", self.ms)?;
        if let Some(added) = self.added_ms {
            write!(f, " (+{added:.2})")?;
        }
        write!(f, " id={id}")?;
        self.reason.map_or(Ok(()), |reason| write!(f, ": {reason}"))
    }
}

/// The time, to the millisecond, in UTC.
pub(crate) fn now() -> String {
    shown(Timestamp::now())
}

/// A time, to the millisecond, in UTC.
pub(crate) fn shown(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// How long it is from one time to another, in the one or two largest units.
pub(crate) fn span(from: Timestamp, to: Timestamp) -> String {
    let time: SignedDuration = to.duration_since(from).round(Unit::Second).unwrap_or_default();
    let (days, hours, minutes) = (time.as_hours() / 24, time.as_hours() % 24, time.as_mins() % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{} s", time.as_secs()),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// A text of others on one line, and not too long.
pub(crate) fn clean(text: &str) -> String {
    text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_others_is_on_one_line_and_not_too_long() {
        assert_eq!(clean("a\nb\u{1b}[31m"), "a b [31m");
        assert_eq!(clean(&"x".repeat(1000)).len(), LONGEST);
    }

    #[test]
    fn a_span_is_in_its_largest_units() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        for (seconds, text) in [(5, "5 s"), (150, "2 min"), (3_900, "1 h 5 min"), (90_000, "1 d 1 h")] {
            assert_eq!(span(at(0), at(seconds)), text);
        }
    }
}
