//! Texts of the command line as the ledger's types, and the ledger's types as people read
//! them.

use std::collections::BTreeMap;
use std::env;

use imgcost_core::Error;
use imgcost_ledger::{
    Budget, Cap, Job, MAX_EXPIRY, NanoUsd, Scope, SignedDuration, TagFilter, Timestamp, Window,
};
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo};

use crate::args::ByArgs;
use crate::failure::bad_input;
use crate::fields::{self, illegal};
use crate::settings::{Key, Settings};

/// A scope; what is none comes with the nearest path that is one.
pub(super) fn scope(text: &str) -> Result<Scope, Error> {
    text.parse().map_err(|error: imgcost_ledger::ParseScopeError| {
        let message = error.to_string().replace(char::is_control, "?");
        let error = bad_input("scope", message);
        match nearest_scope(text) {
            Some(nearest) => error.nearest(nearest),
            None => error,
        }
    })
}

/// The path that a text was probably meant to be: lower case, `-` for what is not allowed.
fn nearest_scope(text: &str) -> Option<Scope> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(c);
    let lower = text.to_ascii_lowercase();
    let plain: String = lower.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    let names: Vec<&str> =
        plain.split('/').map(|name| name.trim_matches('-')).filter(|name| !name.is_empty()).collect();
    names.join("/").parse().ok()
}

/// Where a budget is: a scope, or that of the default of its children, as in `team/*`.
pub(super) fn place(text: &str) -> Result<(Scope, bool), Error> {
    match text.strip_suffix("/*") {
        Some(parent) => Ok((scope(parent)?, true)),
        None => Ok((scope(text)?, false)),
    }
}

/// A scope that may be left out.
pub(super) fn some_scope(text: Option<&str>) -> Result<Option<Scope>, Error> {
    text.map(scope).transpose()
}

/// A window; the parser has seen to it that it is one.
pub(super) fn window(text: &str) -> Result<Window, Error> {
    text.parse().map_err(|error: imgcost_ledger::ParseWindowError| bad_input("per", error.to_string()))
}

/// Tags: `NAME=VALUE`, each name once.
pub(super) fn tags(texts: &[String]) -> Result<BTreeMap<String, String>, Error> {
    let mut tags = BTreeMap::new();
    for text in texts {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| illegal("tag", text, "expected NAME=VALUE, such as order=17"))?;
        if tags.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(bad_input("tag", format!("the tag {} is given twice", fields::shown(name))));
        }
    }
    Ok(tags)
}

/// A tag to look for: `NAME=VALUE`, or `NAME` for any value.
pub(super) fn tag(text: &str) -> Result<TagFilter, Error> {
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    if name.is_empty() {
        return Err(illegal("tag", text, "expected NAME or NAME=VALUE, such as order=17"));
    }
    Ok(TagFilter::new(name).value(value.map(str::to_owned)))
}

/// Tags as a cell has them: `order=17, run=w47`; none without any.
pub(super) fn tag_list(tags: &BTreeMap<String, String>) -> Option<String> {
    let tags: Vec<String> = tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    (!tags.is_empty()).then(|| tags.join(", "))
}

/// A provider's job: `PROVIDER:ID`.
pub(super) fn job(text: &str) -> Result<Job, Error> {
    let parts = text.split_once(':').filter(|(provider, id)| !provider.is_empty() && !id.is_empty());
    let (provider, id) =
        parts.ok_or_else(|| illegal("job", text, "expected PROVIDER:ID, such as openai:batch_68a1"))?;
    Ok(Job::new(provider, id))
}

/// An amount that a ledger can book: whole nano-dollars, rounded up.
pub(super) fn amount(field: &str, text: &str) -> Result<NanoUsd, Error> {
    let usd = fields::usd(field, text)?;
    NanoUsd::from_usd(usd).ok_or_else(|| illegal(field, text, "more than a ledger can book"))
}

/// A time such as `30m`, `2h` or `1d 12h`, up to a year.
pub(super) fn duration(field: &str, text: &str) -> Result<SignedDuration, Error> {
    let span: Option<Span> = text.parse().ok();
    span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok())
        .filter(|time| !time.is_negative() && *time <= MAX_EXPIRY)
        .ok_or_else(|| illegal(field, text, "expected a time from 0s to 366d, such as 30m, 2h or 1d"))
}

/// A moment: a day from its midnight in UTC, or a timestamp.
pub(super) fn moment(field: &str, text: &str) -> Result<Timestamp, Error> {
    if let Ok(day) = fields::date(field, text) {
        let midnight = day.to_zoned(TimeZone::UTC).ok();
        return midnight.map(|midnight| midnight.timestamp()).ok_or_else(|| illegal(field, text, "too far"));
    }
    text.parse().map_err(|_| {
        illegal(field, text, "expected a day or a timestamp").allowed(["2026-11-21", "2026-11-21T14:00:00Z"])
    })
}

/// Who acts, by the flag, the settings, or the name of the user.
pub(super) fn by(args: &ByArgs, settings: &Settings) -> String {
    let set = args.by.clone().or_else(|| settings.get(Key::By).map(str::to_owned));
    let user = || {
        let names = ["USER", "LOGNAME"].into_iter().filter_map(env::var_os);
        names.map(|name| name.to_string_lossy().into_owned()).find(|name| !name.is_empty())
    };
    set.or_else(user).unwrap_or_else(|| "unknown".to_owned())
}

/// A moment as tables show it, in UTC.
pub(super) fn clock(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// How long it is until a moment, in its largest unit.
pub(super) fn until(at: Timestamp, now: Timestamp) -> String {
    match age(now, at) {
        less if less == "0 min" => "in < 1 min".to_owned(),
        time => format!("in {time}"),
    }
}

/// How long ago a moment was, in its largest unit.
pub(super) fn age(at: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(at).as_mins().max(0);
    match minutes {
        0..=119 => format!("{minutes} min"),
        120..=2879 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

/// A budget's cap with its window: `$25 per month`.
pub(super) fn cap(budget: &Budget) -> String {
    let per = per(budget.window);
    match budget.cap {
        Cap::Usd(limit) => format!("${limit}{per}"),
        Cap::Unlimited => format!("unlimited{per}"),
    }
}

/// ` per month`; nothing for all time.
pub(super) fn per(window: Window) -> String {
    if window == Window::Total { String::new() } else { format!(" per {window}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_scope_comes_with_one_that_is() {
        for (text, nearest) in
            [("Team/Alice", "team/alice"), ("a b//c/", "a-b/c"), ("/x", "x"), ("tëam", "t-am")]
        {
            let error = scope(text).unwrap_err();
            assert_eq!(error.nearest_value(), Some(nearest), "{text}");
        }
        assert_eq!(scope("//").unwrap_err().nearest_value(), None);
    }

    #[test]
    fn times_are_friendly_and_bounded() {
        for (text, seconds) in
            [("30m", 1800), ("1h", 3600), ("1d 12h", 129_600), ("90 minutes", 5400), ("0s", 0)]
        {
            assert_eq!(duration("expires_in", text).unwrap().as_secs(), seconds, "{text}");
        }
        for text in ["", "soon", "-1h", "367d", "1 month", "5"] {
            assert!(duration("expires_in", text).is_err(), "{text}");
        }
    }

    #[test]
    fn days_begin_at_midnight_in_utc() {
        let midnight = moment("since", "2026-11-21").unwrap();
        assert_eq!(midnight, "2026-11-21T00:00:00Z".parse().unwrap());
        assert_eq!(moment("since", "2026-11-21T01:00:00+01:00").unwrap(), midnight);
        assert!(moment("since", "yesterday").is_err());
    }
}
