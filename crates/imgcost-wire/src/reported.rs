//! What the responses of all dialects have in common: names, days, tiers and counts.

use imgcost_core::{Date, Response, ServedTier, Usage, printable, without_date};

use crate::tree::Tree;
use crate::usage::{Readings, whole};

/// What is read of a response in every dialect.
pub(crate) const MEMBERS: [&str; 16] = [
    "code",
    "created",
    "created_at",
    "error",
    "id",
    "item",
    "message",
    "model",
    "quality",
    "response",
    "responseId",
    "service_tier",
    "size",
    "status",
    "type",
    "usage",
];

pub(crate) fn count(response: &mut Response, readings: Readings) {
    let Readings { usage, others, contradiction } = readings;
    (response.usage, response.other_readings, response.contradiction) = (usage, others, contradiction);
}

/// Adds every reading of a calling model's counts to every reading of the images'.
pub(crate) fn count_caller(response: &mut Response, readings: Readings) {
    let Readings { usage, others, contradiction } = readings;
    let of_tool: Vec<Usage> = response.readings().copied().collect();
    let with = |caller: &Usage, tool: &Usage| {
        let mut usage = *tool;
        usage.responses_input = caller.input;
        usage.responses_output = caller.output;
        usage.responses_cached = caller.cached_input.min(caller.input);
        usage
    };
    let callers = std::iter::once(&usage).chain(&others);
    let mut all = callers.flat_map(|caller| of_tool.iter().map(move |tool| with(caller, tool)));
    response.usage = all.next().unwrap_or_default();
    response.other_readings = all.collect();
    response.contradiction = response.contradiction.or(contradiction);
}

/// A model's name as it compares with another response's: without its maker and its day.
pub(crate) fn plain_name(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    without_date(last).unwrap_or(last).to_ascii_lowercase()
}

/// The price list that a response names; none for the ordinary one.
pub(crate) fn served(tier: &Tree<'_>) -> Option<ServedTier> {
    let Some(tier) = tier.as_str() else {
        return (!tier.is_null()).then(|| ServedTier::Other("that is no text".to_owned()));
    };
    match tier {
        "auto" | "default" | "standard" => None,
        tier => Some(match tier.parse() {
            Ok(tier) => ServedTier::Known(tier),
            Err(_) => ServedTier::Other(printable(tier)),
        }),
    }
}

/// The UTC day of a time: seconds or milliseconds since 1970, or a text such as
/// `2026-11-30T14:00:00Z`; none if it is neither.
///
/// ```
/// use imgcost_wire::day_of;
/// let day_of = |time: serde_json::Value| day_of(&(&time).into());
/// let day = day_of(1_788_000_000.into());
/// assert_eq!(day.map(|day| day.to_string()).as_deref(), Some("2026-08-29"));
/// assert_eq!(day_of(1_788_000_000_000_i64.into()), day);
/// assert_eq!(day_of("2026-08-29T09:20:00Z".into()), day);
/// ```
#[must_use]
pub fn day_of(time: &Tree<'_>) -> Option<Date> {
    /// Seconds up to the year 5138: what is more are milliseconds.
    const MOST_SECONDS: i64 = 100_000_000_000;
    let time = match time {
        Tree::String(text) => text.parse().ok()?,
        time => match time.as_i64().or_else(|| whole(time).and_then(|time| i64::try_from(time).ok()))? {
            time if time > MOST_SECONDS => jiff::Timestamp::from_millisecond(time).ok()?,
            time => jiff::Timestamp::from_second(time).ok()?,
        },
    };
    Some(imgcost_core::utc_day(time))
}

/// The `type` of an event, an item or a tool.
pub(crate) fn event_type<'t>(value: &'t Tree<'_>) -> &'t str {
    value.get("type").and_then(Tree::as_str).unwrap_or_default()
}

/// The text of a member.
pub(crate) fn text<'t>(value: &'t Tree<'_>, name: &str) -> Option<&'t str> {
    value.get(name)?.as_str()
}

pub(crate) fn owned(value: &Tree<'_>, name: &str) -> Option<String> {
    text(value, name).map(str::to_owned)
}
