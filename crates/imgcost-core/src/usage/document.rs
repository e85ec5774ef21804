//! One JSON document of a response: which of its members are counts, and of what.

use jiff::civil::Date;
use serde_json::Value;

use super::readings::{self, Readings};
use super::{Response, ServedTier, Usage};
use crate::error::{Code, Error};
use crate::money::Usd;
use crate::params::{Pixels, Size};

impl Response {
    /// Reads a response from parsed JSON.
    ///
    /// # Errors
    /// It holds an error instead of a response, a count is no whole number, or nothing in it
    /// says what was used.
    pub fn from_value(value: &Value) -> Result<Response, Error> {
        let item = value.get("item").is_some_and(is_image_call);
        let of_item = matches!(event_type(value), "response.output_item.added" | "response.output_item.done");
        if event_type(value).starts_with("response.image_generation_call.") || (of_item && item) {
            return Ok(Response { drew: true, ..Response::default() });
        }
        // A streaming event of the Responses API wraps the response.
        let wrapped = value.get("response").filter(|inner| inner.is_object());
        let value = wrapped.unwrap_or(value);
        let nothing = |error: &Value| error.is_null() || error.as_str() == Some("");
        let error = value.get("error").filter(|error| !nothing(error));
        let response = Response::of_document(value, wrapped.is_some());
        let Some(error) = error else { return response };
        // A call that failed may have been billed for what it reports all the same.
        if let Ok(response) = response
            && response.usage.has_tokens()
        {
            return Ok(Response { failed: true, uncounted: true, ..response });
        }
        let message = error.get("message").unwrap_or(error).as_str().unwrap_or("no message");
        let message = format!("the response is an error: {}", crate::book::printable(message));
        Err(Error::new(Code::BadInput, message).field("error"))
    }

    fn of_document(value: &Value, wrapped: bool) -> Result<Response, Error> {
        let mut response = Response {
            model: text(value, "model"),
            quality: text(value, "quality").and_then(|name| name.parse().ok()),
            size: text(value, "size").and_then(|size| size.parse().ok()).and_then(exact),
            tier: value.get("service_tier").and_then(served),
            day: value.get("created").or_else(|| value.get("created_at")).and_then(utc_day),
            streamed_images: is_completed(value).then_some(1),
            ..Response::default()
        };
        let is_chat = value.get("choices").is_some_and(Value::is_array);
        let tool = value.get("tool_usage").and_then(|tools| tools.get("image_gen"));
        if tool.is_some() || wrapped || is_responses(value) {
            response.of_responses = true;
            // The outer usage is the calling model's: what was drawn stands in the tool's alone.
            if let Some(tool) = tool {
                response.count(Readings::of(tool)?);
            }
            if let Some(outer) = value.get("usage").filter(|usage| !usage.is_null()) {
                response.count_caller(Readings::of(outer)?);
            }
            // So is the response's model; the one that drew is named by the tool.
            response.responses_model = response.model.take();
            let mut models = tool_models(value);
            response.model = models.pop();
            let last = response.model.as_deref().map(plain_name);
            if models.iter().any(|model| Some(plain_name(model)) != last) {
                response.uncounted = true;
                response.contradiction.get_or_insert("its tools name several models that draw");
            }
            let status = value.get("status").and_then(Value::as_str);
            response.unfinished = matches!(status, Some("queued" | "in_progress"));
            response.failed = matches!(status, Some("failed" | "cancelled"));
        } else if value.get("choices").is_some() {
            // A chat completion: its usage is of the relay's own making, the call is what counts.
        } else if let Some(usage) = value.get("usage").filter(|usage| !usage.is_null()) {
            response.count(Readings::of(usage)?);
        } else {
            response.count(Readings::of(value)?);
        }
        match value.get("usage").map_or(Ok(None), stated) {
            Ok(stated) => response.stated = stated,
            // A bill that can't be read may be more than the rates make of the usage.
            Err(()) => response.uncounted = true,
        }
        let images = images(value);
        response.usage.images = images;
        response.other_readings.iter_mut().for_each(|usage| usage.images = images);
        let usage = &response.usage;
        response.uncounted |=
            !is_chat && usage.images.is_some_and(|images| images > 0) && !usage.has_both_sides();
        let of_caller = usage.responses_input.is_some() || usage.responses_output.is_some();
        let images = usage.images.filter(|images| *images > 0 || !response.of_responses);
        if usage.has_tokens() || images.is_some() || is_chat || of_caller {
            return Ok(response);
        }
        Err(Error::new(Code::BadInput, "the response has neither usage nor images").field("usage"))
    }
}

impl Response {
    fn count(&mut self, readings: Readings) {
        let Readings { usage, others, contradiction } = readings;
        (self.usage, self.other_readings, self.contradiction) = (usage, others, contradiction);
    }

    /// Adds every reading of the calling model's counts to every reading of the image tool's.
    fn count_caller(&mut self, readings: Readings) {
        let Readings { usage, others, contradiction } = readings;
        let of_tool: Vec<Usage> = self.readings().copied().collect();
        let with = |caller: &Usage, tool: &Usage| Usage {
            responses_input: caller.input,
            responses_output: caller.output,
            responses_cached: caller.cached_input.min(caller.input),
            ..*tool
        };
        let callers = std::iter::once(&usage).chain(&others);
        let mut all = callers.flat_map(|caller| of_tool.iter().map(move |tool| with(caller, tool)));
        self.usage = all.next().unwrap_or_default();
        self.other_readings = all.collect();
        self.contradiction = self.contradiction.or(contradiction);
    }
}

/// The bill that a provider states in its usage, in USD: `cost_in_usd_ticks` of xAI, 10^10 a
/// dollar, and `cost` of OpenRouter.
///
/// # Errors
/// It states one that is no amount.
fn stated(usage: &Value) -> Result<Option<Usd>, ()> {
    let reported = |name: &str| usage.get(name).filter(|value| !value.is_null());
    if let Some(ticks) = reported("cost_in_usd_ticks") {
        // Rounded up to the nano-dollar.
        return Ok(Some(Usd::from_nanos(readings::whole(ticks).ok_or(())?.div_ceil(10))));
    }
    let Some(cost) = reported("cost") else { return Ok(None) };
    let cost = cost.as_str().map_or_else(|| cost.to_string(), str::to_owned);
    cost.parse().map(Some).map_err(|_| ())
}

/// A model's name as it compares with another response's: without its maker and its day.
pub(super) fn plain_name(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    crate::book::without_date(last).unwrap_or(last).to_ascii_lowercase()
}

/// The price list that a response names; none for the ordinary one.
fn served(tier: &Value) -> Option<ServedTier> {
    let Some(tier) = tier.as_str() else {
        return (!tier.is_null()).then(|| ServedTier::Other(crate::book::printable(&tier.to_string())));
    };
    match tier {
        "auto" | "default" | "standard" => None,
        tier => Some(match tier.parse() {
            Ok(tier) => ServedTier::Known(tier),
            Err(_) => ServedTier::Other(crate::book::printable(tier)),
        }),
    }
}

/// The UTC day of a time in seconds since 1970.
fn utc_day(seconds: &Value) -> Option<Date> {
    let time = jiff::Timestamp::from_second(seconds.as_i64()?).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// The models of the image tools that a Responses API response lists.
fn tool_models(value: &Value) -> Vec<String> {
    let tools = value.get("tools").and_then(Value::as_array).into_iter().flatten();
    let draws = tools.filter(|tool| event_type(tool) == "image_generation");
    draws.filter_map(|tool| text(tool, "model")).collect()
}

pub(super) fn event_type(value: &Value) -> &str {
    value.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// Whether an event of the Images API ends an image.
pub(super) fn is_completed(event: &Value) -> bool {
    matches!(event_type(event), "image_generation.completed" | "image_edit.completed")
}

fn is_image_call(item: &Value) -> bool {
    event_type(item) == "image_generation_call"
}

/// Whether a document is a response of the Responses API.
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

/// How many images a response carries.
fn images(value: &Value) -> Option<u64> {
    if let Some(data) = value.get("data").and_then(Value::as_array) {
        return u64::try_from(data.len()).ok();
    }
    if let Some(output) = value.get("output").and_then(Value::as_array) {
        let calls = output.iter().filter(|item| is_image_call(item));
        return u64::try_from(calls.count()).ok();
    }
    is_completed(value).then_some(1)
}
