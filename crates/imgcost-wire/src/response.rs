//! One document of a response: what it reports, whichever dialect it is in.

use imgcost_core::{Code, Date, Error, Pixels, Response, ServedTier, Size, Usage, printable, without_date};

use crate::dialect::Dialect;
use crate::scan::{Scan, Scanner};
use crate::tree::Tree;
use crate::twice::Alternatives;
use crate::usage::{Readings, stated, whole};
use crate::{gemini, openai_images, openai_responses};

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

/// Reads a whole response: a JSON document or a stream of server-sent events. Of a stream, the
/// usage of all completed events is added up: whether a provider repeats the sum in each is
/// not known, and a sum is never too low. A body that breaks off, an event that can't be read, or
/// an error among them, leaves the counts incomplete: [`Response::uncounted`].
///
/// ```
/// let stream = r#"data: {"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":272}}"#;
/// assert_eq!(imgcost_wire::response(stream)?.usage.output, Some(272));
/// # Ok::<(), imgcost_core::Error>(())
/// ```
///
/// # Errors
/// It is neither, it holds an error instead of a response, or nothing in it reports what was
/// used.
pub fn response(body: impl AsRef<[u8]>) -> Result<Response, Error> {
    scan(body.as_ref()).response_of("the response")
}

/// The longest body that is read at once: no text in it is longer than a scanner keeps.
const AT_ONCE: usize = 1024;

fn scan(body: &[u8]) -> Scan {
    // Without images a response is short, and passing through it would take longer than reading it.
    if body.len() <= AT_ONCE
        && body.first() == Some(&b'{')
        && let Ok(document) = serde_json::from_slice::<Tree<'_>>(body)
        && !document.has_twice()
    {
        return Scan::of_document(&document);
    }
    let mut scanner = Scanner::new();
    scanner.feed(body);
    scanner.finish()
}

/// Reads a response from parsed JSON: a whole response, an event, a usage object alone, or a list
/// of events. Of a member that is given twice, the last counts.
///
/// # Errors
/// It holds an error instead of a response, a count is no whole number, or nothing in it
/// says what was used.
pub fn response_of_tree(value: &Tree<'_>) -> Result<Response, Error> {
    Scan::of_document(value).response_of("the response")
}

/// Reads a document or a list of them.
fn of_tree(value: &Tree<'_>) -> Result<Response, Error> {
    let Some(events) = value.as_array() else { return response_of_document(value) };
    let mut all: Option<Response> = None;
    let (mut failure, mut missed) = (None, false);
    for event in events {
        match response_of_document(event) {
            Ok(response) => {
                all = Some(match all {
                    Some(before) => sum(&before, response),
                    None => response,
                });
            }
            Err(error) => {
                missed |= must_count(event);
                failure = Some(error);
            }
        }
    }
    match (all, failure) {
        (Some(mut all), _) => {
            all.uncounted |= missed;
            Ok(all)
        }
        (None, Some(error)) => Err(error),
        (None, None) => Err(nothing_reported()),
    }
}

fn response_of_document(value: &Tree<'_>) -> Result<Response, Error> {
    if openai_responses::is_drawing(value) {
        let mut drawn = Response::default();
        drawn.drew = true;
        return Ok(drawn);
    }
    // A streaming event of the Responses API wraps the response.
    let wrapped = value.get("response").filter(|inner| inner.is_object());
    let value = wrapped.unwrap_or(value);
    let nothing = |error: &Tree<'_>| error.is_null() || error.as_str() == Some("");
    let error = value.get("error").filter(|error| !nothing(error));
    let response = of_document(value, wrapped.is_some());
    let Some(error) = error else { return response };
    // A call that failed may have been billed for what it reports all the same.
    if let Ok(mut response) = response
        && response.usage.has_tokens()
    {
        (response.failed, response.uncounted) = (true, true);
        return Ok(response);
    }
    let message = error.get("message").unwrap_or(error).as_str().unwrap_or("no message");
    let message = format!("the response is an error: {}", printable(message));
    Err(Error::new(Code::BadInput, message).field("error"))
}

/// Takes every reading of the bytes of one JSON document: one, unless a member is given twice.
pub(crate) fn each_reading<T>(json: &[u8], take: impl FnOnce(&[Tree<'_>]) -> T) -> Result<T, Error> {
    let bad = |error| Error::new(Code::BadInput, format!("not JSON: {error}")).field("usage");
    let document: Tree<'_> = serde_json::from_slice(json).map_err(bad)?;
    if !document.has_twice() {
        return Ok(take(std::slice::from_ref(&document)));
    }
    let Alternatives(documents) = serde_json::from_slice(json).map_err(bad)?;
    Ok(take(&documents.iter().map(Tree::from).collect::<Vec<_>>()))
}

/// Reads a response from all readings of its document.
pub(crate) fn response_of_documents(documents: &[Tree<'_>]) -> Result<Response, Error> {
    let mut readings = documents.iter().map(of_tree);
    let first = readings.next().unwrap_or_else(|| Err(nothing_reported()))?;
    Ok(readings.fold(first, either))
}

fn nothing_reported() -> Error {
    Error::new(Code::BadInput, "the response has neither usage nor images").field("usage")
}

fn of_document(value: &Tree<'_>, wrapped: bool) -> Result<Response, Error> {
    let completed = openai_images::is_completed(value).then_some(1);
    let mut response = Response::default();
    response.id = owned(value, "id").or_else(|| owned(value, "responseId"));
    response.model = owned(value, "model");
    response.quality = owned(value, "quality").and_then(|name| name.parse().ok());
    response.size = owned(value, "size").and_then(|size| size.parse().ok()).and_then(exact);
    response.tier = value.get("service_tier").and_then(served);
    response.day = value.get("created").or_else(|| value.get("created_at")).and_then(day_of);
    response.streamed_images = completed;
    // Of the Responses API alone, a stream wraps its responses.
    let dialect = if wrapped { Dialect::OpenAiResponses } else { Dialect::of_response(value) };
    dialect.response(value, &mut response)?;
    match value.get("usage").map_or(Ok(None), stated) {
        Ok(stated) => response.stated = response.stated.max(stated),
        // A bill that can't be read may be more than the rates make of the usage.
        Err(()) => response.uncounted = true,
    }
    let images = dialect.images(value).or(completed);
    response.usage.images = images;
    response.other_readings.iter_mut().for_each(|usage| usage.images = images);
    let usage = &response.usage;
    let is_chat = dialect == Dialect::OpenAiChat;
    let untold = usage.images.is_some_and(|images| images > 0) && !usage.has_both_sides();
    response.uncounted |= untold && !is_chat && response.stated.is_none();
    let of_caller = usage.responses_input.is_some() || usage.responses_output.is_some();
    let images = usage.images.filter(|images| *images > 0 || !response.of_responses);
    let reports = usage.has_tokens() || images.is_some() || of_caller || response.stated.is_some();
    if reports || is_chat || response.unfinished {
        return Ok(response);
    }
    Err(nothing_reported())
}

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

/// The same response by another reading of it.
fn either(mut one: Response, other: Result<Response, Error>) -> Response {
    const TWICE: &str = "a member is given twice";
    let other = match other {
        Ok(other) if names(&other) == names(&one) => other,
        // What can't be read, or names another model, is not told by its counts.
        other => {
            one.uncounted = true;
            one.contradiction.get_or_insert(TWICE);
            let Ok(other) = other else { return one };
            other
        }
    };
    for reading in std::iter::once(other.usage).chain(other.other_readings) {
        // What is given twice may be nothing that counts.
        if reading != one.usage && !one.other_readings.contains(&reading) {
            one.other_readings.push(reading);
            one.contradiction.get_or_insert(TWICE);
        }
    }
    one.uncounted |= other.uncounted;
    one.stated = one.stated.max(other.stated);
    one
}

/// What a response reports beside its counts, as far as the price depends on it.
fn names(response: &Response) -> impl PartialEq + use<'_> {
    let Response { model, responses_model, tier, quality, size, .. } = response;
    let states = (response.of_responses, response.unfinished, response.failed, response.drew);
    (model, responses_model, tier, quality, size, states)
}

/// The most readings of contradicting counts that are kept; a response with more is not counted.
const MOST_READINGS: usize = 64;

/// Two documents of one stream: the counts of both, everything else of the later one.
pub(crate) fn sum(one: &Response, later: Response) -> Response {
    let add = if later.cumulative { Usage::renewed_by } else { Usage::plus };
    let sums = one.readings().flat_map(|first| later.readings().map(move |second| add(first, second)));
    let mut sums: Vec<Usage> = sums.take(MOST_READINGS + 1).collect();
    let too_many = sums.len() > MOST_READINGS;
    let usage = if sums.is_empty() { Usage::default() } else { sums.remove(0) };
    let streamed = match (one.streamed_images, later.streamed_images) {
        (Some(first), Some(second)) => Some(first.saturating_add(second)),
        (first, second) => first.or(second),
    };
    // Of two names nobody knows which of the counts are whose.
    let differs = |first: &Option<String>, second: &Option<String>| {
        let both = first.as_deref().zip(second.as_deref());
        both.is_some_and(|(first, second)| plain_name(first) != plain_name(second))
    };
    let models = differs(&one.model, &later.model) || differs(&one.responses_model, &later.responses_model);
    let both_counted = one.usage.has_tokens() && later.usage.has_tokens();
    let mixed = models || (both_counted && one.tier != later.tier);
    let mixed_words = mixed.then_some("its events name different models or tiers");
    let mut sum = later;
    sum.usage = usage;
    sum.other_readings = sums;
    sum.contradiction = one.contradiction.or(sum.contradiction).or(mixed_words);
    sum.streamed_images = streamed;
    sum.stated = sum.stated.max(one.stated);
    sum.id = sum.id.or_else(|| one.id.clone());
    sum.model = sum.model.or_else(|| one.model.clone());
    sum.responses_model = sum.responses_model.or_else(|| one.responses_model.clone());
    sum.tier = sum.tier.or_else(|| one.tier.clone());
    sum.day = sum.day.or(one.day);
    sum.of_responses |= one.of_responses;
    sum.failed |= one.failed;
    sum.drew |= one.drew;
    sum.uncounted |= one.uncounted || too_many || mixed;
    sum
}

/// Whether a document ends an image, and so has to report its tokens, or is an error in the place
/// of one. If it can't be read, the counts of its stream are not all.
pub(crate) fn must_count(event: &Tree<'_>) -> bool {
    let reports = |name: &str| event.get(name).is_some_and(|value| !value.is_null());
    let counts = ["error", "usage", "usageMetadata", "usage_metadata"].into_iter().any(reports);
    is_last(event) || openai_images::is_failed(event) || counts
}

/// Whether an event may be the last of its stream, which has nothing more to report then.
pub(crate) fn is_last(event: &Tree<'_>) -> bool {
    openai_images::is_completed(event)
        || openai_responses::is_last(event)
        || gemini::is_last(event)
        || event_type(event) == "error"
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

pub(crate) fn owned(value: &Tree<'_>, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

fn exact(size: Size) -> Option<Pixels> {
    match size {
        Size::Exact(size) => Some(size),
        Size::Auto => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgcost_core::Quality;

    #[test]
    fn both_spellings_of_the_output_details() {
        for name in ["output_tokens_details", "output_token_details"] {
            let text = format!(
                r#"{{"input_tokens":25,"output_tokens":1502,"{name}":{{"text_tokens":446,"image_tokens":1056}}}}"#
            );
            let usage = response(&text).unwrap().usage;
            assert_eq!((usage.text_output, usage.image_output), (Some(446), Some(1056)), "{name}");
        }
    }

    #[test]
    fn an_images_response_echoes_quality_and_size() {
        let text = r#"{"created":1,"quality":"low","size":"1024x1024","data":[{"b64_json":"x"},{"b64_json":"y"}],
            "usage":{"input_tokens":29,"output_tokens":544,"input_tokens_details":{"text_tokens":29,"image_tokens":0}}}"#;
        let read = response(text).unwrap();
        assert_eq!(read.usage.images, Some(2));
        assert_eq!(read.quality, Some(Quality::Low));
        assert_eq!(read.size.unwrap().to_string(), "1024x1024");
        assert_eq!(read.usage.text_input, Some(29));
    }

    #[test]
    fn of_a_stream_the_completed_event_counts() {
        let text = "event: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"a\"}\n\n\
            event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tokens\":16,\"output_tokens\":1256}}\n\ndata: [DONE]\n";
        let usage = response(text).unwrap().usage;
        assert_eq!((usage.output, usage.images), (Some(1256), Some(1)));
    }

    #[test]
    fn of_several_completed_events_all_count() {
        let event =
            r#"data: {"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":272}}"#;
        let usage = response(format!("{event}\n\n{event}\n")).unwrap().usage;
        assert_eq!((usage.input, usage.output, usage.images), (Some(32), Some(544), Some(2)));
    }

    #[test]
    fn the_responses_api_reports_two_models() {
        let text = r#"{"type":"response.completed","response":{"model":"gpt-5","output":[{"type":"image_generation_call"}],
            "usage":{"input_tokens":1820,"output_tokens":210},"tool_usage":{"image_gen":{"input_tokens":46,"output_tokens":2459}}}}"#;
        let read = response(text).unwrap();
        assert_eq!(read.usage.responses_input, Some(1820));
        assert_eq!(read.usage.output, Some(2459));
        assert_eq!((read.model, read.responses_model.as_deref()), (None, Some("gpt-5")));
    }

    #[test]
    fn the_outer_usage_of_a_responses_response_is_never_the_images() {
        for text in [
            r#"{"object":"response","usage":{"input_tokens":5,"output_tokens":6}}"#,
            r#"{"output":[{"type":"image_generation_call"}],"usage":{"input_tokens":5,"output_tokens":6}}"#,
            r#"{"response":{"usage":{"input_tokens":5,"output_tokens":6}}}"#,
        ] {
            let usage = response(text).unwrap().usage;
            assert!(!usage.has_tokens(), "{text}");
            assert_eq!((usage.responses_input, usage.responses_output), (Some(5), Some(6)), "{text}");
        }
    }

    #[test]
    fn an_event_without_readable_counts_leaves_its_stream_uncounted() {
        let counted = r#"{"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":272}}"#;
        let with = |other: &str| response(format!("data: {counted}\n\ndata: {other}\n")).unwrap();
        assert!(!with(counted).uncounted);
        for other in [
            r#"{"type":"image_edit.completed","usage":null}"#,
            r#"{"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":-1}}"#,
            r#"{"type":"image_edit.completed","usage":{"output_tokens":272}}"#,
        ] {
            assert!(with(other).uncounted, "{other}");
        }
    }

    #[test]
    fn what_is_no_response_is_said() {
        for text in [
            "",
            "hello",
            "{",
            "[]",
            "{}",
            r#"{"usage":{"input_tokens":-1}}"#,
            r#"{"usage":{"input_tokens":1.5}}"#,
            r#"{"usage":7}"#,
        ] {
            assert!(response(text).is_err(), "{text}");
        }
        let error = response(r#"{"error":{"message":"rejected","code":"moderation_blocked"}}"#).unwrap_err();
        assert!(error.to_string().contains("rejected"));
    }
}
