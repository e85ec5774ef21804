//! A record of a log: a request with its response, a response alone, or a row of a gateway's log.
//!
//! The request is kept whole until it is read, as its prompt is counted and its images are
//! measured; of a response long texts are dropped while it is parsed.

use std::fmt;

use imgcost_core::read::{self, shown};
use imgcost_core::{Code, Date, Endpoint, Error, InputImage, Prompt, Response, Tier, Usd};
use imgcost_wire::{Meter, ParsedBody, Slim, batch_response, day_of};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Call, Defaults, Paid};
use crate::input::bad_input;

/// What a line may say.
#[derive(Default)]
pub(super) struct LogLine {
    /// The record's own name.
    pub(super) id: Option<String>,
    /// Keys that are not known.
    pub(super) unknown: Vec<String>,
    request: Option<Value>,
    response: Option<Reported>,
    usage: Option<Value>,
    provider: Option<String>,
    model: Option<String>,
    endpoint: Option<String>,
    at: Option<Value>,
    prompt_tokens: Option<Value>,
    images: Option<Value>,
    tier: Option<Tier>,
    group_ratio: Option<String>,
    billed: Option<Value>,
    tags: Vec<(String, String)>,
    /// What a gateway computed for the call.
    spend: Option<Value>,
    /// The id that a gateway or the Batch API gave the call.
    request_id: Option<String>,
    /// Whether it is one of a file of the Batch API.
    of_batch: bool,
    /// Whether it is a row of LiteLLM's spend log, whose `prompt_tokens` are all of the input.
    of_litellm: bool,
}

/// Keys of gateways' rows that tell nothing of the price.
const PASSED_OVER: [&str; 23] = [
    "api_base",
    "api_key",
    "cache_hit",
    "cache_key",
    "call_type",
    "completion_tokens",
    "completionStartTime",
    "end_user",
    "endTime",
    "error",
    "messages",
    "method",
    "model_group",
    "model_id",
    "organization_id",
    "request_tags",
    "requester_ip_address",
    "session_id",
    "status",
    "team_id",
    "total_tokens",
    "type",
    "user",
];

/// A response: an object, or the text of a stream.
enum Reported {
    Object(Value),
    Text(String),
}

impl<'de> Deserialize<'de> for LogLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = LogLine;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a request and a response")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<LogLine, A::Error> {
        let mut line = LogLine::default();
        let mut seen: Vec<String> = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(A::Error::custom("a key is given twice"));
            }
            match key.as_str() {
                "request" | "body" | "proxy_server_request" => match line.request {
                    Some(_) => return Err(A::Error::custom("a request is given twice")),
                    None => line.take_request(entries.next_value::<Option<Value>>()?),
                },
                "response" => line.response = entries.next_value::<Option<Reported>>()?,
                "usage" => line.usage = entries.next_value::<Option<Slim>>()?.map(|Slim(value)| value),
                "metadata" => {
                    let Slim(mut metadata) = entries.next_value()?;
                    let usage = metadata.get_mut("usage_object").map(Value::take);
                    line.usage = line.usage.or(usage.filter(Value::is_object));
                }
                "spend" => line.spend = Some(entries.next_value::<Slim>()?.0),
                "request_id" => line.request_id = entries.next_value()?,
                "custom_llm_provider" => {
                    line.of_litellm = true;
                    line.provider = entries.next_value::<Option<_>>()?.or(line.provider);
                }
                "provider" => line.provider = entries.next_value()?,
                "model" => line.model = entries.next_value()?,
                "endpoint" | "url" => line.endpoint = entries.next_value::<Option<_>>()?.or(line.endpoint),
                "id" => {
                    let Slim(value) = entries.next_value()?;
                    line.request_id = line.request_id.or(value.as_str().map(str::to_owned));
                    line.id = line.id.or(name(&value));
                }
                "custom_id" => {
                    let Slim(value) = entries.next_value()?;
                    line.of_batch = true;
                    line.id = name(&value).or(line.id);
                }
                "startTime" | "timestamp" => line.at = line.at.or(Some(entries.next_value::<Slim>()?.0)),
                "at" => line.at = Some(entries.next_value::<Slim>()?.0),
                "prompt_tokens" => line.prompt_tokens = Some(entries.next_value::<Slim>()?.0),
                "images" => line.images = Some(entries.next_value::<Slim>()?.0),
                "tier" => line.tier = entries.next_value()?,
                "batch_api" => return Err(A::Error::custom("batch_api is now \"tier\": \"batch\"")),
                "group_ratio" => line.group_ratio = entries.next_value()?,
                "billed" => line.billed = Some(entries.next_value::<Slim>()?.0),
                "tags" => line.tags = tags(&entries.next_value::<Slim>()?.0),
                _ => {
                    entries.next_value::<serde::de::IgnoredAny>()?;
                    if line.unknown.len() < 8 && !PASSED_OVER.contains(&key.as_str()) {
                        line.unknown.push(shown(&key));
                    }
                }
            }
            // A line of a few keys: the names of a hostile one are not kept.
            if seen.len() < 32 {
                seen.push(key);
            }
        }
        Ok(line)
    }
}

/// A record's name: a short text or a number.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(shown(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn tags(value: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => shown(text),
        Value::Null => String::new(),
        other => shown(&other.to_string()),
    };
    value.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
}

impl<'de> Deserialize<'de> for Reported {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReportedVisitor)
    }
}

struct ReportedVisitor;

impl<'de> Visitor<'de> for ReportedVisitor {
    type Value = Reported;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a response: an object, a list of events, or the text of a stream")
    }

    fn visit_str<E>(self, text: &str) -> Result<Reported, E> {
        Ok(Reported::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Reported, A::Error> {
        let mut events = String::new();
        while let Some(Slim(event)) = items.next_element()? {
            events.push_str("data: ");
            events.push_str(&event.to_string());
            events.push('\n');
        }
        Ok(Reported::Text(events))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Reported, A::Error> {
        let mut map = serde_json::Map::new();
        while let Some((key, Slim(value))) = entries.next_entry::<String, Slim>()? {
            map.insert(key, value);
        }
        Ok(Reported::Object(Value::Object(map)))
    }
}

impl LogLine {
    /// Takes a request: an object, the same as text, or what wraps it with its address.
    fn take_request(&mut self, request: Option<Value>) {
        let request = match request {
            Some(Value::String(text)) => serde_json::from_str(&text).ok().or(Some(Value::String(text))),
            request => request,
        };
        self.request = match request {
            Some(Value::Object(mut wrap)) if wrap.get("body").is_some_and(Value::is_object) => {
                self.endpoint = wrap.get("url").and_then(Value::as_str).map(str::to_owned);
                wrap.remove("body")
            }
            Some(Value::Object(empty)) if empty.is_empty() => None,
            request => request,
        };
    }

    /// Whether it is a response itself, with nothing around it.
    pub(super) fn is_response(&self) -> bool {
        self.request.is_none() && self.response.is_none() && !self.of_litellm
    }

    /// Understands the record, whose bytes are given.
    pub(super) fn call(self, place: &str, bytes: &[u8], defaults: &Defaults<'_>) -> Result<Call, Error> {
        let is_response = self.is_response();
        let (mut response, is_wrapped) = match is_response {
            true => (imgcost_wire::response(bytes).map_err(no_words)?, false),
            false => response(self.response, self.usage)?,
        };
        let of_batch = self.of_batch && is_wrapped;
        if of_batch || self.of_litellm {
            response.id = self.request_id.or(response.id);
        }
        let at = match self.at.as_ref().filter(|at| !at.is_null()) {
            Some(at) => Some(day(at)?),
            None => None,
        };
        let provider = self.provider.as_deref().filter(|name| defaults.book.provider(name).is_ok());
        let provider = if self.of_litellm { provider } else { self.provider.as_deref() };
        let mut base = defaults.base(provider, at.or(response.day));
        base.tier = if of_batch { Tier::Batch } else { base.tier };
        let described = self.request.is_some();
        let (mut request, names_model) = match &self.request {
            Some(body) => {
                let read = ParsedBody::of_any(&defaults.meant(&base.provider), body, &base, &Meter)?;
                let names_model = read.names_model;
                (read.request, names_model)
            }
            None => (base, false),
        };
        if !names_model {
            let named = self.model.filter(|_| !is_response).or_else(|| response.model.clone());
            request.model = named.or_else(|| defaults.model.clone()).ok_or_else(|| {
                bad_input("model", "neither the request nor the response names a model; --model does")
            })?;
        }
        defaults.take_provider(&mut request, provider);
        if !described {
            request.take_echo(&response);
            if at.is_none() && defaults.book.offer(&request.provider, &request.model, request.as_of).is_err()
            {
                // A day without a price is none that the response was made on.
                request.as_of = defaults.as_of;
            }
        }
        let mut endpoint_known = request.endpoint != Endpoint::Generations;
        if let Some(text) = &self.endpoint {
            request.endpoint = imgcost_wire::endpoint(text)?;
            endpoint_known = true;
        }
        let tokens = self.prompt_tokens.as_ref().filter(|tokens| !tokens.is_null() && !self.of_litellm);
        if let Some(tokens) = tokens {
            let text = tokens.to_string();
            request.prompt = Some(Prompt::of_tokens(read::tokens("prompt_tokens", &text)?));
        }
        if let Some(list) = self.images.as_ref().filter(|list| !list.is_null()) {
            request.images = images(list)?;
        }
        request.tier = self.tier.unwrap_or(request.tier);
        if let Some(text) = &self.group_ratio {
            request.group_ratio = Some(read::ratio("group_ratio", text)?);
        }
        let paid = match self.billed.as_ref().filter(|billed| !billed.is_null()) {
            Some(billed) => Paid::Amount(amount("billed", billed)?),
            None => Paid::NotSaid,
        };
        let stated = self.spend.as_ref().filter(|spend| !spend.is_null());
        Ok(Call {
            place: place.to_owned(),
            day: at.or(response.day),
            request,
            described,
            endpoint_known,
            response,
            paid,
            tags: self.tags,
            scope: None,
            stated: stated.map(|spend| amount("spend", spend)).transpose()?,
        })
    }
}

/// The response, and whether a line of a batch's result wraps it.
fn response(response: Option<Reported>, usage: Option<Value>) -> Result<(Response, bool), Error> {
    let mut is_wrapped = false;
    let read = match (response, usage) {
        (None, None) => return Err(bad_input("response", "the line has neither a response nor its usage")),
        (None, Some(usage)) => imgcost_wire::response_of_value(&usage),
        (Some(Reported::Text(text)), usage) => {
            if usage.is_some() {
                return Err(bad_input("usage", "a stream has its own usage: give one of the two"));
            }
            imgcost_wire::response(&text)
        }
        (Some(Reported::Object(value)), usage) => {
            is_wrapped = value.get("status_code").is_some();
            let mut value = batch_response(value);
            if let (Some(object), Some(usage)) = (value.as_object_mut(), usage) {
                let own = object.entry("usage").or_insert_with(|| usage.clone());
                if own.is_null() {
                    *own = usage;
                } else if *own != usage {
                    return Err(bad_input("usage", "the line's usage and its response's differ"));
                }
            }
            imgcost_wire::response_of_value(&value)
        }
    };
    Ok((read.map_err(no_words)?, is_wrapped))
}

/// The words of a response may repeat those of its request.
fn no_words(error: Error) -> Error {
    match error.field_name() {
        Some("error") => bad_input("response", "the response is an error and reports no usage"),
        _ => error,
    }
}

/// A day, a timestamp, or seconds or milliseconds since 1970.
fn day(value: &Value) -> Result<Date, Error> {
    let text = value.as_str();
    let found = text.and_then(|text| read::date("at", text).ok()).or_else(|| day_of(value));
    // As SQL writes it, without a zone: UTC.
    let found = found.or_else(|| Some(text?.parse::<jiff::civil::DateTime>().ok()?.date()));
    found.ok_or_else(|| {
        let message = format!("at = {}: neither a day nor a timestamp", shown(&value.to_string()));
        Error::new(Code::IllegalValue, message).field("at").allowed([
            "2026-11-21",
            "2026-11-21T14:00:00Z",
            "seconds since 1970",
        ])
    })
}

/// The sizes of input images; null for one that is not known.
fn images(value: &Value) -> Result<Vec<InputImage>, Error> {
    let bad = || {
        let message = "images: expected a list of sizes such as 1024x768, null where one is not known";
        Error::new(Code::IllegalValue, message).field("images")
    };
    let one = |value: &Value| match value {
        Value::Null => Ok(InputImage::Unsized),
        Value::String(size) => size.parse().map(InputImage::Sized).map_err(|_| bad()),
        _ => Err(bad()),
    };
    value.as_array().ok_or_else(bad)?.iter().map(one).collect()
}

/// US dollars: a decimal as text, or a number by its shortest decimal.
fn amount(field: &str, value: &Value) -> Result<Usd, Error> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map_or_else(String::new, |number| number.to_string()),
        _ => String::new(),
    };
    let text = text.strip_prefix('$').unwrap_or(&text);
    serde::Deserialize::deserialize(serde::de::value::StrDeserializer::<serde_json::Error>::new(text))
        .map_err(|_| read::illegal(field, text, "expected an amount in US dollars such as \"0.21072\""))
}
