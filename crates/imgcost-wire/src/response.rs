//! One document of a response: what it reports, whichever dialect it is in.

use imgcost_core::{Code, Error, Pixels, Response, Size, Usage, printable};

use crate::dialect::Dialect;
use crate::reported::{day_of, event_type, owned, plain_name, served, text};
use crate::tree::Tree;
use crate::twice::Alternatives;
use crate::usage::stated;
use crate::{gemini, openai_images, openai_responses};

/// Reads a document or a list of them.
pub(crate) fn of_tree(value: &Tree<'_>) -> Result<Response, Error> {
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
    response.quality = text(value, "quality").and_then(|name| name.parse().ok());
    response.size = text(value, "size").and_then(|size| size.parse().ok()).and_then(exact);
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

fn exact(size: Size) -> Option<Pixels> {
    match size {
        Size::Exact(size) => Some(size),
        Size::Auto => None,
    }
}
