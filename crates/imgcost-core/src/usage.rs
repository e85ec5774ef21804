//! What an API answer reports: tokens, pictures, and what it echoes of the request.
//!
//! One reader for all shapes: the Images API's `usage` with and without details, both
//! spellings of the output details, the streaming events `image_generation.completed` and
//! `image_edit.completed`, the Responses API's `tool_usage`, a whole answer or the `usage`
//! object alone, JSON or server-sent events.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Code, Error};
use crate::money::MAX_TOKENS;
use crate::names::{Pixels, Quality, Size};

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
    /// Picture tokens.
    pub image_output: Option<u64>,
    /// Input tokens of the model that ran the Responses API's image tool.
    pub responses_input: Option<u64>,
    /// Output tokens of that model.
    pub responses_output: Option<u64>,
    /// How many pictures came back.
    pub images: Option<u64>,
}

/// A usage with what the answer echoes of the request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The counts.
    pub usage: Usage,
    /// The model that drew, where the answer names it.
    pub model: Option<String>,
    /// The model that ran the Responses API's image tool.
    pub responses_model: Option<String>,
    /// The quality that was used.
    pub quality: Option<Quality>,
    /// The size that was used.
    pub size: Option<Pixels>,
    /// Whether a picture came that is in no count: a finished item of a Responses API stream.
    pub drew: bool,
    /// Whether a picture came without readable token counts, so that the counts are not all.
    pub uncounted: bool,
    /// Whether the call was still running when this was said: a Responses API answer that is
    /// queued or in progress.
    pub unfinished: bool,
}

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
    /// that makes the sum too low, [`Answer::uncounted`] says.
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
        }
    }

    /// Reads a `usage` object of the Images API.
    ///
    /// # Errors
    /// It is no object, or a count is no whole number, is negative or too large.
    pub fn from_object(object: &Value) -> Result<Usage, Error> {
        if !object.is_object() {
            return Err(Error::new(Code::BadInput, "usage is not an object").field("usage"));
        }
        let details =
            |names: [&str; 2]| names.iter().find_map(|name| object.get(*name)).unwrap_or(&Value::Null);
        let input = details(["input_tokens_details", "input_token_details"]);
        let output = details(["output_tokens_details", "output_token_details"]);
        Ok(Usage {
            input: count(object, "input_tokens")?,
            text_input: count(input, "text_tokens")?,
            image_input: count(input, "image_tokens")?,
            output: count(object, "output_tokens")?,
            text_output: count(output, "text_tokens")?,
            image_output: count(output, "image_tokens")?,
            ..Usage::default()
        })
    }
}

fn count(object: &Value, name: &str) -> Result<Option<u64>, Error> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64().filter(|count| *count <= MAX_TOKENS) {
            Some(count) => Ok(Some(count)),
            None => {
                let message = format!("{name} is {value}: expected a whole number up to {MAX_TOKENS}");
                Err(Error::new(Code::BadInput, message).field(format!("usage.{name}")))
            }
        },
    }
}

impl Answer {
    /// Reads an answer: a JSON document or a stream of server-sent events. Of a stream, the
    /// usage of all completed events is added up: whether a seller repeats the sum in each is
    /// not known, and a sum is never too low.
    ///
    /// # Errors
    /// It is neither, it holds an error instead of an answer, or nothing in it says what was
    /// used.
    pub fn read(text: &str) -> Result<Answer, Error> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.starts_with('{') {
            let value: Value = serde_json::from_str(text)
                .map_err(|error| Error::new(Code::BadInput, format!("not JSON: {error}")).field("usage"))?;
            return Answer::from_value(&value);
        }
        let events = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
        let mut sum: Option<Answer> = None;
        let mut failure = None;
        let mut uncounted = false;
        for event in events.filter(|event| event.starts_with('{')) {
            let Ok(value) = serde_json::from_str::<Value>(event) else { continue };
            match Answer::from_value(&value) {
                Ok(answer) => {
                    sum = Some(match sum {
                        Some(before) => before.plus(answer),
                        None => answer,
                    });
                }
                Err(error) => {
                    uncounted |= Answer::must_count(&value);
                    failure = Some(error);
                }
            }
        }
        let sum = sum.map(|sum| Answer { uncounted: sum.uncounted || uncounted, ..sum });
        sum.ok_or_else(|| {
            failure.unwrap_or_else(|| {
                Error::new(Code::BadInput, "neither a JSON answer nor a stream of events with usage")
                    .field("usage")
                    .allowed([
                        "an Images API answer",
                        "a usage object",
                        "a Responses API answer",
                        "server-sent events",
                    ])
            })
        })
    }

    /// Both, of one stream: the counts of both, everything else of the later one.
    #[must_use]
    pub fn plus(&self, later: Answer) -> Answer {
        Answer {
            usage: self.usage.plus(&later.usage),
            drew: self.drew || later.drew,
            uncounted: self.uncounted || later.uncounted,
            ..later
        }
    }

    /// Whether a document is an event that ends a picture, and so has to report its tokens. If
    /// it can't be read, the counts of its stream are not all.
    #[must_use]
    pub fn must_count(event: &Value) -> bool {
        is_completed(event) || event_type(event) == "response.completed"
    }

    /// Reads an answer from parsed JSON.
    ///
    /// # Errors
    /// It holds an error instead of an answer, a count is no whole number, or nothing in it
    /// says what was used.
    pub fn from_value(value: &Value) -> Result<Answer, Error> {
        if event_type(value) == "response.output_item.done" && value.get("item").is_some_and(is_image_call) {
            return Ok(Answer { drew: true, ..Answer::default() });
        }
        // A streaming event of the Responses API wraps the answer.
        let wrapped = value.get("response").filter(|inner| inner.is_object());
        let value = wrapped.unwrap_or(value);
        if let Some(error) = value.get("error").filter(|error| error.is_object()) {
            let message = error.get("message").and_then(Value::as_str).unwrap_or("no message");
            let message = format!("the answer is an error: {}", crate::book::printable(message));
            return Err(Error::new(Code::BadInput, message).field("error"));
        }
        let mut answer = Answer {
            model: text(value, "model"),
            quality: text(value, "quality").and_then(|name| name.parse().ok()),
            size: text(value, "size").and_then(|size| size.parse().ok()).and_then(exact),
            ..Answer::default()
        };
        let is_chat = value.get("choices").is_some_and(Value::is_array);
        let tool = value.get("tool_usage").and_then(|tools| tools.get("image_gen"));
        if tool.is_some() || wrapped.is_some() || is_responses(value) {
            // The outer usage is the calling model's: what was drawn stands in the tool's alone.
            if let Some(tool) = tool {
                answer.usage = Usage::from_object(tool)?;
            }
            let outer = value.get("usage").unwrap_or(&Value::Null);
            answer.usage.responses_input = count(outer, "input_tokens")?;
            answer.usage.responses_output = count(outer, "output_tokens")?;
            // So is the answer's model.
            answer.responses_model = answer.model.take();
            let status = value.get("status").and_then(Value::as_str);
            answer.unfinished = matches!(status, Some("queued" | "in_progress"));
        } else if value.get("choices").is_some() {
            // A chat completion: its usage is of the relay's own making, the call is what counts.
        } else if let Some(usage) = value.get("usage").filter(|usage| !usage.is_null()) {
            answer.usage = Usage::from_object(usage)?;
        } else {
            answer.usage = Usage::from_object(value)?;
        }
        answer.usage.images = pictures(value);
        let usage = &answer.usage;
        answer.uncounted =
            !is_chat && usage.images.is_some_and(|images| images > 0) && !usage.has_both_sides();
        let of_caller = usage.responses_input.is_some() || usage.responses_output.is_some();
        if usage.has_tokens() || usage.images.is_some() || is_chat || of_caller {
            return Ok(answer);
        }
        Err(Error::new(Code::BadInput, "the answer has neither usage nor pictures").field("usage"))
    }
}

fn event_type(value: &Value) -> &str {
    value.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// Whether an event of the Images API ends a picture.
fn is_completed(event: &Value) -> bool {
    matches!(event_type(event), "image_generation.completed" | "image_edit.completed")
}

fn is_image_call(item: &Value) -> bool {
    event_type(item) == "image_generation_call"
}

/// Whether a document is an answer of the Responses API.
fn is_responses(value: &Value) -> bool {
    value.get("object").and_then(Value::as_str) == Some("response")
        || value.get("output").is_some_and(Value::is_array)
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

fn exact(size: Size) -> Option<Pixels> {
    match size {
        Size::Exact(size) => Some(size),
        Size::Auto => None,
    }
}

/// How many pictures an answer carries.
fn pictures(value: &Value) -> Option<u64> {
    if let Some(data) = value.get("data").and_then(Value::as_array) {
        return u64::try_from(data.len()).ok();
    }
    if let Some(output) = value.get("output").and_then(Value::as_array) {
        let calls = output.iter().filter(|item| is_image_call(item));
        return u64::try_from(calls.count()).ok().filter(|count| *count > 0);
    }
    is_completed(value).then_some(1)
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
            let usage = Answer::read(&text).unwrap().usage;
            assert_eq!((usage.text_output, usage.image_output), (Some(446), Some(1056)), "{name}");
        }
    }

    #[test]
    fn an_images_answer_echoes_quality_and_size() {
        let text = r#"{"created":1,"quality":"low","size":"1024x1024","data":[{"b64_json":"x"},{"b64_json":"y"}],
            "usage":{"input_tokens":29,"output_tokens":544,"input_tokens_details":{"text_tokens":29,"image_tokens":0}}}"#;
        let answer = Answer::read(text).unwrap();
        assert_eq!(answer.usage.images, Some(2));
        assert_eq!(answer.quality, Some(Quality::Low));
        assert_eq!(answer.size.unwrap().to_string(), "1024x1024");
        assert_eq!(answer.usage.text_input, Some(29));
    }

    #[test]
    fn of_a_stream_the_completed_event_counts() {
        let text = "event: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"a\"}\n\n\
            event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tokens\":16,\"output_tokens\":1256}}\n\ndata: [DONE]\n";
        let usage = Answer::read(text).unwrap().usage;
        assert_eq!((usage.output, usage.images), (Some(1256), Some(1)));
    }

    #[test]
    fn of_several_completed_events_all_count() {
        let event =
            r#"data: {"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":272}}"#;
        let usage = Answer::read(&format!("{event}\n\n{event}\n")).unwrap().usage;
        assert_eq!((usage.input, usage.output, usage.images), (Some(32), Some(544), Some(2)));
    }

    #[test]
    fn the_responses_api_reports_two_models() {
        let text = r#"{"type":"response.completed","response":{"model":"gpt-5","output":[{"type":"image_generation_call"}],
            "usage":{"input_tokens":1820,"output_tokens":210},"tool_usage":{"image_gen":{"input_tokens":46,"output_tokens":2459}}}}"#;
        let answer = Answer::read(text).unwrap();
        assert_eq!(answer.usage.responses_input, Some(1820));
        assert_eq!(answer.usage.output, Some(2459));
        assert_eq!((answer.model, answer.responses_model.as_deref()), (None, Some("gpt-5")));
    }

    #[test]
    fn the_outer_usage_of_a_responses_answer_is_never_the_pictures() {
        for text in [
            r#"{"object":"response","usage":{"input_tokens":5,"output_tokens":6}}"#,
            r#"{"output":[{"type":"image_generation_call"}],"usage":{"input_tokens":5,"output_tokens":6}}"#,
            r#"{"response":{"usage":{"input_tokens":5,"output_tokens":6}}}"#,
        ] {
            let usage = Answer::read(text).unwrap().usage;
            assert!(!usage.has_tokens(), "{text}");
            assert_eq!((usage.responses_input, usage.responses_output), (Some(5), Some(6)), "{text}");
        }
    }

    #[test]
    fn an_event_without_readable_counts_leaves_its_stream_uncounted() {
        let counted = r#"{"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":272}}"#;
        let read = |other: &str| Answer::read(&format!("data: {counted}\n\ndata: {other}\n")).unwrap();
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
    fn what_is_no_answer_is_said() {
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
            assert!(Answer::read(text).is_err(), "{text}");
        }
        let error =
            Answer::read(r#"{"error":{"message":"rejected","code":"moderation_blocked"}}"#).unwrap_err();
        assert!(error.to_string().contains("rejected"));
    }
}
