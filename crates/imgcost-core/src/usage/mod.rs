//! What an API response reports: tokens, images, and what it echoes of the request.
//!
//! One reader for all shapes: the Images API's `usage` with and without details, both
//! spellings of the output details, the streaming events `image_generation.completed` and
//! `image_edit.completed`, the Responses API's `tool_usage`, a whole response or the `usage`
//! object alone, JSON or server-sent events.

mod document;
mod events;
mod readings;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Code, Error};
use crate::money::Usd;
use crate::params::{Pixels, Quality, Tier};
use crate::twice::Alternatives;
use document::{event_type, is_completed, plain_name};
use readings::Readings;

/// Reported token counts. What was not reported is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Usage {
    /// All input tokens.
    pub input: Option<u64>,
    /// Prompt tokens.
    pub text_input: Option<u64>,
    /// Input image tokens.
    pub image_input: Option<u64>,
    /// All output tokens.
    pub output: Option<u64>,
    /// Text tokens of the output.
    pub text_output: Option<u64>,
    /// Image tokens of the output.
    pub image_output: Option<u64>,
    /// Input tokens of the model that ran the Responses API's image tool.
    pub responses_input: Option<u64>,
    /// Output tokens of that model.
    pub responses_output: Option<u64>,
    /// How many images came back.
    pub images: Option<u64>,
    /// Input tokens that were cached, whether text or image; they are among the input tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<u64>,
    /// Cached input image tokens, where they are told from the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_image_input: Option<u64>,
    /// Cached input tokens of the model that ran the Responses API's image tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responses_cached: Option<u64>,
}

/// A usage with what the response echoes of the request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The counts, as their parts have them.
    pub usage: Usage,
    /// Other readings of the same counts, where they contradict each other: parts that exceed
    /// their total, a total beyond its parts, a member that is given twice.
    pub other_readings: Vec<Usage>,
    /// How the counts contradict each other, in words.
    pub contradiction: Option<&'static str>,
    /// The price list that the call was served by, where the response names one other than the
    /// ordinary.
    pub tier: Option<ServedTier>,
    /// The UTC day on which the response says that it was made.
    pub day: Option<Date>,
    /// How many images a stream of the Images API completed.
    pub streamed_images: Option<u64>,
    /// What the provider states that the call cost, in USD.
    pub stated: Option<Usd>,
    /// Whether it is a response of the Responses API, whose calling model is billed too.
    pub of_responses: bool,
    /// Whether the call failed, or was cancelled, after it had used what is reported.
    pub failed: bool,
    /// The model that drew, where the response names it.
    pub model: Option<String>,
    /// The model that ran the Responses API's image tool.
    pub responses_model: Option<String>,
    /// The quality that was used.
    pub quality: Option<Quality>,
    /// The size that was used.
    pub size: Option<Pixels>,
    /// Whether an image came that is in no count: a finished item of a Responses API stream.
    pub drew: bool,
    /// Whether an image came without readable token counts, so that the counts are not all.
    pub uncounted: bool,
    /// Whether the call was still running when this was said: a Responses API response that is
    /// queued or in progress.
    pub unfinished: bool,
}

/// The price list that a response names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServedTier {
    /// One of those that the book tells apart.
    Known(Tier),
    /// One that it does not know.
    Other(String),
}

/// The most readings of contradicting counts that are kept; a response with more is not counted.
const MOST_READINGS: usize = 64;

impl Usage {
    /// Whether any tokens were reported.
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        [self.input, self.text_input, self.image_input, self.output, self.text_output, self.image_output]
            .iter()
            .any(Option::is_some)
    }

    /// Whether tokens of the input and of the output were reported.
    pub(crate) fn has_both_sides(&self) -> bool {
        let input = self.input.is_some() || self.text_input.is_some();
        input && (self.output.is_some() || self.image_output.is_some())
    }

    /// The counts of both. A count that only one of them reports stands for itself; whether
    /// that makes the sum too low, [`Response::uncounted`] says.
    #[must_use]
    pub fn plus(&self, other: &Usage) -> Usage {
        let add = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
        Usage {
            input: add(self.input, other.input),
            text_input: add(self.text_input, other.text_input),
            image_input: add(self.image_input, other.image_input),
            output: add(self.output, other.output),
            text_output: add(self.text_output, other.text_output),
            image_output: add(self.image_output, other.image_output),
            responses_input: add(self.responses_input, other.responses_input),
            responses_output: add(self.responses_output, other.responses_output),
            images: add(self.images, other.images),
            cached_input: add(self.cached_input, other.cached_input),
            cached_image_input: add(self.cached_image_input, other.cached_image_input),
            responses_cached: add(self.responses_cached, other.responses_cached),
        }
    }

    /// Reads a `usage` object of the Images API: the counts as their parts have them.
    ///
    /// # Errors
    /// It is no object, or a count is no whole number, is negative or too large.
    pub fn from_object(object: &Value) -> Result<Usage, Error> {
        Ok(Readings::of(object)?.usage)
    }
}

impl Response {
    /// Reads a response: a JSON document or a stream of server-sent events. Of a stream, the
    /// usage of all completed events is added up: whether a provider repeats the sum in each is
    /// not known, and a sum is never too low. An event that can't be read, or an error among
    /// them, leaves the counts incomplete: [`Response::uncounted`].
    ///
    /// # Errors
    /// It is neither, it holds an error instead of a response, or nothing in it reports what was
    /// used.
    pub fn read(text: &str) -> Result<Response, Error> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.starts_with('{') {
            return Response::from_json(text.as_bytes());
        }
        let mut sum: Option<Response> = None;
        let mut failure = None;
        let mut uncounted = false;
        for event in events::documents(text) {
            match Response::from_json(event.as_bytes()) {
                Ok(response) => {
                    sum = Some(match sum {
                        Some(before) => before.plus(response),
                        None => response,
                    });
                }
                Err(error) => {
                    uncounted |= Response::must_count_json(event.as_bytes());
                    failure = Some(error);
                }
            }
        }
        let sum = sum.map(|sum| Response { uncounted: sum.uncounted || uncounted, ..sum });
        sum.ok_or_else(|| {
            failure.unwrap_or_else(|| {
                Error::new(Code::BadInput, "neither a JSON response nor a stream of events with usage")
                    .field("usage")
                    .allowed([
                        "an Images API response",
                        "a usage object",
                        "a Responses API response",
                        "server-sent events",
                    ])
            })
        })
    }

    /// Reads a response from the bytes of one JSON document. Of a member that is given twice,
    /// both values are readings.
    ///
    /// # Errors
    /// It is not JSON, or as [`Response::from_value`].
    pub fn from_json(json: &[u8]) -> Result<Response, Error> {
        let Alternatives(documents) = serde_json::from_slice(json)
            .map_err(|error| Error::new(Code::BadInput, format!("not JSON: {error}")).field("usage"))?;
        let mut readings = documents.iter().map(Response::from_value);
        let first = readings.next().unwrap_or_else(|| Response::from_value(&Value::Null))?;
        Ok(readings.fold(first, Response::or))
    }

    /// The same response by another reading of it.
    fn or(mut self, other: Result<Response, Error>) -> Response {
        const TWICE: &str = "a member is given twice";
        let other = match other {
            Ok(other) if other.names() == self.names() => other,
            // What can't be read, or names another model, is not told by its counts.
            other => {
                self.uncounted = true;
                self.contradiction.get_or_insert(TWICE);
                let Ok(other) = other else { return self };
                other
            }
        };
        for reading in std::iter::once(other.usage).chain(other.other_readings) {
            // What is given twice may be nothing that counts.
            if reading != self.usage && !self.other_readings.contains(&reading) {
                self.other_readings.push(reading);
                self.contradiction.get_or_insert(TWICE);
            }
        }
        self.uncounted |= other.uncounted;
        self.stated = self.stated.max(other.stated);
        self
    }

    /// What it reports beside its counts, as far as the price depends on it.
    fn names(&self) -> impl PartialEq + use<'_> {
        let of_models = (&self.model, &self.responses_model, &self.tier, self.of_responses);
        (of_models, &self.quality, self.size, self.unfinished, self.failed, self.drew)
    }

    /// Every reading of the counts.
    pub fn readings(&self) -> impl Iterator<Item = &Usage> {
        std::iter::once(&self.usage).chain(&self.other_readings)
    }

    /// Both, of one stream: the counts of both, everything else of the later one.
    #[must_use]
    pub fn plus(&self, later: Response) -> Response {
        let sums = self.readings().flat_map(|one| later.readings().map(|other| one.plus(other)));
        let mut sums: Vec<Usage> = sums.take(MOST_READINGS + 1).collect();
        let too_many = sums.len() > MOST_READINGS;
        let usage = if sums.is_empty() { Usage::default() } else { sums.remove(0) };
        let streamed = match (self.streamed_images, later.streamed_images) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        // Of two names nobody knows which of the counts are whose.
        let differs = |one: &Option<String>, other: &Option<String>| {
            let both = one.as_deref().zip(other.as_deref());
            both.is_some_and(|(one, other)| plain_name(one) != plain_name(other))
        };
        let models =
            differs(&self.model, &later.model) || differs(&self.responses_model, &later.responses_model);
        let both_counted = self.usage.has_tokens() && later.usage.has_tokens();
        let mixed = models || (both_counted && self.tier != later.tier);
        let mixed_words = mixed.then_some("its events name different models or tiers");
        Response {
            usage,
            other_readings: sums,
            contradiction: self.contradiction.or(later.contradiction).or(mixed_words),
            streamed_images: streamed,
            stated: self.stated.max(later.stated),
            model: later.model.or_else(|| self.model.clone()),
            responses_model: later.responses_model.or_else(|| self.responses_model.clone()),
            tier: later.tier.or_else(|| self.tier.clone()),
            day: later.day.or(self.day),
            of_responses: self.of_responses || later.of_responses,
            failed: self.failed || later.failed,
            drew: self.drew || later.drew,
            uncounted: self.uncounted || later.uncounted || too_many || mixed,
            ..later
        }
    }

    /// Whether a document is an event that ends an image, and so has to report its tokens, or an
    /// error in the place of one. If it can't be read, the counts of its stream are not all.
    #[must_use]
    pub fn must_count(event: &Value) -> bool {
        let ends = matches!(
            event_type(event),
            "response.completed"
                | "response.incomplete"
                | "response.failed"
                | "image_generation.failed"
                | "image_edit.failed"
                | "error"
        );
        let reports = |name: &str| event.get(name).is_some_and(|value| !value.is_null());
        ends || is_completed(event) || reports("error") || reports("usage")
    }

    /// The same of an event's bytes. One that is no JSON object may have been any event.
    #[must_use]
    pub fn must_count_json(event: &[u8]) -> bool {
        let event = serde_json::from_slice::<Value>(event).ok().filter(Value::is_object);
        event.is_none_or(|event| Response::must_count(&event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_the_output_details() {
        for name in ["output_tokens_details", "output_token_details"] {
            let text = format!(
                r#"{{"input_tokens":25,"output_tokens":1502,"{name}":{{"text_tokens":446,"image_tokens":1056}}}}"#
            );
            let usage = Response::read(&text).unwrap().usage;
            assert_eq!((usage.text_output, usage.image_output), (Some(446), Some(1056)), "{name}");
        }
    }

    #[test]
    fn an_images_response_echoes_quality_and_size() {
        let text = r#"{"created":1,"quality":"low","size":"1024x1024","data":[{"b64_json":"x"},{"b64_json":"y"}],
            "usage":{"input_tokens":29,"output_tokens":544,"input_tokens_details":{"text_tokens":29,"image_tokens":0}}}"#;
        let response = Response::read(text).unwrap();
        assert_eq!(response.usage.images, Some(2));
        assert_eq!(response.quality, Some(Quality::Low));
        assert_eq!(response.size.unwrap().to_string(), "1024x1024");
        assert_eq!(response.usage.text_input, Some(29));
    }

    #[test]
    fn of_a_stream_the_completed_event_counts() {
        let text = "event: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"a\"}\n\n\
            event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tokens\":16,\"output_tokens\":1256}}\n\ndata: [DONE]\n";
        let usage = Response::read(text).unwrap().usage;
        assert_eq!((usage.output, usage.images), (Some(1256), Some(1)));
    }

    #[test]
    fn of_several_completed_events_all_count() {
        let event =
            r#"data: {"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":272}}"#;
        let usage = Response::read(&format!("{event}\n\n{event}\n")).unwrap().usage;
        assert_eq!((usage.input, usage.output, usage.images), (Some(32), Some(544), Some(2)));
    }

    #[test]
    fn the_responses_api_reports_two_models() {
        let text = r#"{"type":"response.completed","response":{"model":"gpt-5","output":[{"type":"image_generation_call"}],
            "usage":{"input_tokens":1820,"output_tokens":210},"tool_usage":{"image_gen":{"input_tokens":46,"output_tokens":2459}}}}"#;
        let response = Response::read(text).unwrap();
        assert_eq!(response.usage.responses_input, Some(1820));
        assert_eq!(response.usage.output, Some(2459));
        assert_eq!((response.model, response.responses_model.as_deref()), (None, Some("gpt-5")));
    }

    #[test]
    fn the_outer_usage_of_a_responses_response_is_never_the_images() {
        for text in [
            r#"{"object":"response","usage":{"input_tokens":5,"output_tokens":6}}"#,
            r#"{"output":[{"type":"image_generation_call"}],"usage":{"input_tokens":5,"output_tokens":6}}"#,
            r#"{"response":{"usage":{"input_tokens":5,"output_tokens":6}}}"#,
        ] {
            let usage = Response::read(text).unwrap().usage;
            assert!(!usage.has_tokens(), "{text}");
            assert_eq!((usage.responses_input, usage.responses_output), (Some(5), Some(6)), "{text}");
        }
    }

    #[test]
    fn an_event_without_readable_counts_leaves_its_stream_uncounted() {
        let counted = r#"{"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":272}}"#;
        let read = |other: &str| Response::read(&format!("data: {counted}\n\ndata: {other}\n")).unwrap();
        assert!(!read(counted).uncounted);
        for other in [
            r#"{"type":"image_edit.completed","usage":null}"#,
            r#"{"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":-1}}"#,
            r#"{"type":"image_edit.completed","usage":{"output_tokens":272}}"#,
        ] {
            assert!(read(other).uncounted, "{other}");
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
            assert!(Response::read(text).is_err(), "{text}");
        }
        let error =
            Response::read(r#"{"error":{"message":"rejected","code":"moderation_blocked"}}"#).unwrap_err();
        assert!(error.to_string().contains("rejected"));
    }
}
