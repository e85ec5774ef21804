//! A record of a log: a request with its response, a response alone, or a row of a gateway's log.
//!
//! A record is read once. Its request is kept whole, as its prompt is counted and its images are
//! measured; of the rest long texts are dropped while it is parsed.

use std::borrow::Cow;
use std::fmt;

use imgcost_core::read::{self, shown};
use imgcost_core::{Code, Date, Endpoint, Error, InputImage, Prompt, Response, Tier, Usd};
use imgcost_wire::{Dialect, Meter, Name, ParsedBody, Route, Tree, batch_response, day_of, response_of_tree};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Call, Defaults, Paid};
use crate::input::bad_input;

/// The longest record that is kept whole, but for its long texts. Of a longer one, only what a row
/// has is kept, and if it is a response it is passed through.
const WHOLE_MAX: usize = 8 << 10;

/// A record as it was parsed.
pub(super) struct LogLine<'l> {
    request: Option<Value>,
    /// Where a request that is wrapped with its address went.
    url: Option<String>,
    response: Option<Reported<'l>>,
    /// All other members, or those that a row has.
    members: Tree<'l>,
    /// Whether they are all.
    is_whole: bool,
    /// Keys that are not known, the first few: of members that are not kept.
    unknown: Vec<String>,
}

/// What a row has of a call besides its request and response.
#[derive(Default)]
struct Row<'t> {
    usage: Option<&'t Tree<'t>>,
    provider: Option<&'t str>,
    model: Option<&'t str>,
    endpoint: Option<&'t str>,
    at: Option<&'t Tree<'t>>,
    prompt_tokens: Option<&'t Tree<'t>>,
    images: Option<&'t Tree<'t>>,
    tier: Option<Tier>,
    group_ratio: Option<&'t str>,
    billed: Option<&'t Tree<'t>>,
    tags: Vec<(String, String)>,
    /// What a gateway computed for the call.
    spend: Option<&'t Tree<'t>>,
    /// The id that a gateway or the Batch API gave the call.
    request_id: Option<&'t str>,
    /// Whether it is one of a file of the Batch API.
    of_batch: bool,
    /// Whether it is a row of LiteLLM's spend log, whose `prompt_tokens` are all of the input.
    of_litellm: bool,
}

/// Keys that a row may have.
const ROW: [&str; 20] = [
    "at",
    "batch_api",
    "billed",
    "custom_id",
    "custom_llm_provider",
    "endpoint",
    "group_ratio",
    "id",
    "images",
    "metadata",
    "model",
    "prompt_tokens",
    "provider",
    "request_id",
    "spend",
    "startTime",
    "tags",
    "tier",
    "timestamp",
    "url",
];

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

/// So many unknown keys are named.
const UNKNOWN_MAX: usize = 8;

/// A response: an object, or the text of a stream.
enum Reported<'l> {
    Object(Tree<'l>),
    Text(Cow<'l, str>),
}

/// Reads a record, whole or only what a row has.
struct LineVisitor {
    is_whole: bool,
}

impl LineVisitor {
    fn read<'de, R: serde_json::de::Read<'de>>(
        self,
        mut from: serde_json::Deserializer<R>,
    ) -> Result<LogLine<'de>, serde_json::Error> {
        let line = from.deserialize_map(self)?;
        from.end()?;
        Ok(line)
    }
}

impl<'de> Visitor<'de> for LineVisitor {
    type Value = LogLine<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a request and a response")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<LogLine<'de>, A::Error> {
        let (mut request, mut url, mut response) = (None, None, None);
        let (mut members, mut unknown): (Vec<(Cow<'de, str>, Tree<'de>)>, _) =
            (Vec::with_capacity(8), Vec::new());
        let mut is_whole = self.is_whole;
        while let Some(Name(key)) = entries.next_key()? {
            // Only a short record keeps all of its keys; of a long one there are no more than a row has.
            if members.iter().any(|(known, _)| *known == key) {
                return Err(A::Error::custom("a key is given twice"));
            }
            match &*key {
                "request" | "body" | "proxy_server_request" if request.is_some() => {
                    return Err(A::Error::custom("a request is given twice"));
                }
                "request" | "body" | "proxy_server_request" => {
                    (request, url) = unwrapped(entries.next_value()?);
                }
                "response" if response.is_some() => return Err(A::Error::custom("a key is given twice")),
                "response" => response = entries.next_value()?,
                name if self.is_whole || name == "usage" || ROW.contains(&name) => {
                    let value = entries.next_value()?;
                    members.push((key, value));
                }
                name => {
                    is_whole = false;
                    entries.next_value::<IgnoredAny>()?;
                    if unknown.len() < UNKNOWN_MAX && !PASSED_OVER.contains(&name) {
                        unknown.push(shown(name));
                    }
                }
            }
        }
        Ok(LogLine { request, url, response, members: Tree::Object(members), is_whole, unknown })
    }
}

/// A request: an object, the same as text, or what wraps it with its address.
fn unwrapped(request: Option<Value>) -> (Option<Value>, Option<String>) {
    let request = match request {
        Some(Value::String(text)) => serde_json::from_str(&text).ok().or(Some(Value::String(text))),
        request => request,
    };
    match request {
        Some(Value::Object(mut wrap)) if wrap.get("body").is_some_and(Value::is_object) => {
            let url = wrap.get("url").and_then(Value::as_str).map(str::to_owned);
            (wrap.remove("body"), url)
        }
        Some(Value::Object(empty)) if empty.is_empty() => (None, None),
        request => (request, None),
    }
}

/// A record's name: a short text or a number.
fn name(value: &Tree<'_>) -> Option<String> {
    match value {
        Tree::String(text) if !text.is_empty() => Some(shown(text)),
        Tree::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn tags(value: &Tree<'_>) -> Vec<(String, String)> {
    let text = |value: &Tree<'_>| match value {
        Tree::String(text) => shown(text),
        Tree::Null => String::new(),
        other => shown(&other.to_string()),
    };
    let members = value.as_object().into_iter().flatten();
    let mut tags: Vec<_> = members.map(|(name, value)| (name.clone().into_owned(), text(value))).collect();
    tags.sort();
    tags
}

impl<'de> Deserialize<'de> for Reported<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReportedVisitor)
    }
}

struct ReportedVisitor;

impl<'de> Visitor<'de> for ReportedVisitor {
    type Value = Reported<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a response: an object, a list of events, or the text of a stream")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Reported<'de>, E> {
        Ok(Reported::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Reported<'de>, E> {
        Ok(Reported::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Reported<'de>, A::Error> {
        let mut events = String::new();
        while let Some(event) = items.next_element::<Tree<'de>>()? {
            events.push_str("data: ");
            events.push_str(&event.to_string());
            events.push('\n');
        }
        Ok(Reported::Text(events.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Reported<'de>, A::Error> {
        Tree::deserialize(MapAccessDeserializer::new(entries)).map(Reported::Object)
    }
}

impl<'l> LogLine<'l> {
    /// A response alone, as a stream of events.
    pub(super) const EVENTS: LogLine<'l> = LogLine {
        request: None,
        url: None,
        response: None,
        members: Tree::Null,
        is_whole: false,
        unknown: Vec::new(),
    };

    /// Parses a record.
    ///
    /// # Errors
    /// It is no JSON object, or has a member twice.
    pub(super) fn parse(bytes: &'l [u8]) -> Result<LogLine<'l>, serde_json::Error> {
        let line = LineVisitor { is_whole: bytes.len() <= WHOLE_MAX };
        // Checked as a whole, text is UTF-8 at a fraction of the cost of a string at a time.
        match std::str::from_utf8(bytes) {
            Ok(text) => line.read(serde_json::Deserializer::from_str(text)),
            Err(_) => line.read(serde_json::Deserializer::from_slice(bytes)),
        }
    }

    /// Whether it is a response itself, with nothing around it.
    pub(super) fn is_response(&self) -> bool {
        self.request.is_none() && self.response.is_none() && self.members.get("custom_llm_provider").is_none()
    }

    /// The record's own name.
    pub(super) fn id(&self) -> Option<String> {
        let named = |key: &str| self.members.get(key).and_then(name);
        named("custom_id").or_else(|| named("id"))
    }

    /// Keys that are not known, the first few.
    pub(super) fn unknown(&self) -> impl Iterator<Item = String> {
        let members = self.members.as_object().into_iter().flatten().map(|(key, _)| &**key);
        let unknown =
            members.filter(|key| *key != "usage" && !ROW.contains(key) && !PASSED_OVER.contains(key));
        unknown.map(shown).chain(self.unknown.iter().cloned()).take(UNKNOWN_MAX)
    }

    /// Understands the record, whose bytes are given.
    pub(super) fn call(self, place: String, bytes: &[u8], defaults: &Defaults<'_>) -> Result<Call, Error> {
        let is_response = self.is_response();
        let row = Row::of(&self.members)?;
        let (mut response, is_wrapped) = match self.response {
            // Of a member that is given twice, every value counts.
            None if is_response && self.is_whole && !self.members.has_twice() => {
                (response_of_tree(&self.members).map_err(no_words)?, false)
            }
            None if is_response => (imgcost_wire::response(bytes).map_err(no_words)?, false),
            response => reported(response, row.usage)?,
        };
        let of_batch = row.of_batch && is_wrapped;
        if of_batch || row.of_litellm {
            response.id = row.request_id.map(str::to_owned).or(response.id);
        }
        let at = row.at.filter(|at| !at.is_null()).map(day).transpose()?;
        let provider = match row.of_litellm {
            true => row.provider.filter(|name| defaults.book.provider(name).is_ok()),
            false => row.provider,
        };
        let address = row.endpoint.or(self.url.as_deref());
        let at_host = || Some(&*defaults.book.provider_at(imgcost_wire::host(address?)?)?.id);
        let provider = provider.or_else(at_host);
        let mut base = defaults.base(provider, at.or(response.day));
        base.tier = if of_batch { Tier::Batch } else { base.tier };
        let described = self.request.is_some();
        // Its address tells the dialect, and in some of them the model.
        let route = address.and_then(|address| {
            let taken = defaults.book.provider(&base.provider).map(Dialect::taken_by).unwrap_or_default();
            Route::of(&taken, address)
        });
        let (mut request, mut names_model) = (base, false);
        if let Some(body) = &self.request {
            let mut meant = defaults.meant(&request.provider);
            meant.splice(0..0, route.as_ref().map(|route| route.dialect));
            let read = ParsedBody::of_any(&meant, body, &request, &Meter)?;
            (request, names_model) = (read.request, read.names_model);
        }
        if !names_model {
            let named = row.model.filter(|_| !is_response).or(response.model.as_deref());
            let of_path = route.as_ref().and_then(|route| route.model.as_deref());
            let named = named.or(of_path).map(str::to_owned);
            let of_provider = || {
                defaults.book.provider(&request.provider).ok()?.default_model.clone().filter(|_| described)
            };
            request.model =
                named.or_else(|| defaults.model.clone()).or_else(of_provider).ok_or_else(|| {
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
        if let Some(text) = address {
            request.endpoint = match &route {
                Some(route) if !route.dialect.paths().is_empty() => route.endpoint,
                // A path that names a model is one for edits as well.
                Some(_) => request.endpoint,
                None => imgcost_wire::endpoint(text)?,
            };
            endpoint_known = true;
        }
        let tokens = row.prompt_tokens.filter(|tokens| !tokens.is_null() && !row.of_litellm);
        if let Some(tokens) = tokens {
            let text = tokens.to_string();
            request.prompt = Some(Prompt::of_tokens(read::tokens("prompt_tokens", &text)?));
        }
        if let Some(list) = row.images.filter(|list| !list.is_null()) {
            request.images = images(list)?;
        }
        request.tier = row.tier.unwrap_or(request.tier);
        if let Some(text) = row.group_ratio {
            request.group_ratio = Some(read::ratio("group_ratio", text)?);
        }
        let paid = match row.billed.filter(|billed| !billed.is_null()) {
            Some(billed) => Paid::Amount(amount("billed", billed)?),
            None => Paid::NotSaid,
        };
        let stated = row.spend.filter(|spend| !spend.is_null());
        Ok(Call {
            place,
            day: at.or(response.day),
            request,
            described,
            endpoint_known,
            response,
            paid,
            tags: row.tags,
            scope: None,
            stated: stated.map(|spend| amount("spend", spend)).transpose()?,
        })
    }
}

impl<'t> Row<'t> {
    /// What is known of these members. Where one is given by several names, the row's own counts.
    ///
    /// # Errors
    /// One of them is not what it should be.
    fn of(members: &'t Tree<'t>) -> Result<Row<'t>, Error> {
        let mut row = Row::default();
        for (key, value) in members.as_object().into_iter().flatten() {
            match &**key {
                "usage" => row.usage = Some(value).filter(|usage| !usage.is_null()),
                "metadata" => {
                    row.usage = row.usage.or(value.get("usage_object").filter(|usage| usage.is_object()));
                }
                "spend" => row.spend = Some(value),
                "request_id" => row.request_id = text(key, value)?,
                "custom_llm_provider" => {
                    row.of_litellm = true;
                    row.provider = text(key, value)?.or(row.provider);
                }
                "provider" => row.provider = text(key, value)?,
                "model" => row.model = text(key, value)?,
                "endpoint" | "url" => row.endpoint = text(key, value)?.or(row.endpoint),
                "id" => row.request_id = row.request_id.or(value.as_str()),
                "custom_id" => row.of_batch = true,
                "startTime" | "timestamp" => row.at = row.at.or(Some(value)),
                "at" => row.at = Some(value),
                "prompt_tokens" => row.prompt_tokens = Some(value),
                "images" => row.images = Some(value),
                "tier" => row.tier = text(key, value)?.map(tier).transpose()?,
                "batch_api" => return Err(bad_input(key, "batch_api is now \"tier\": \"batch\"")),
                "group_ratio" => row.group_ratio = text(key, value)?,
                "billed" => row.billed = Some(value),
                "tags" => row.tags = tags(value),
                _ => {}
            }
        }
        Ok(row)
    }
}

/// A text; none for null.
fn text<'t>(key: &str, value: &'t Tree<'_>) -> Result<Option<&'t str>, Error> {
    match value {
        Tree::Null => Ok(None),
        Tree::String(text) => Ok(Some(text)),
        _ => Err(bad_input(key, format!("{key}: expected text"))),
    }
}

fn tier(text: &str) -> Result<Tier, Error> {
    text.parse().map_err(|_| read::illegal("tier", text, "expected a tier").allowed(Tier::NAMES))
}

/// The response, and whether a line of a batch's result wraps it.
fn reported(response: Option<Reported<'_>>, usage: Option<&Tree<'_>>) -> Result<(Response, bool), Error> {
    let mut is_wrapped = false;
    let read = match (response, usage) {
        (None, None) => return Err(bad_input("response", "the line has neither a response nor its usage")),
        (None, Some(usage)) => response_of_tree(usage),
        (Some(Reported::Text(text)), usage) => {
            if usage.is_some() {
                return Err(bad_input("usage", "a stream has its own usage: give one of the two"));
            }
            imgcost_wire::response(text.as_bytes())
        }
        (Some(Reported::Object(value)), usage) => {
            is_wrapped = value.get("status_code").is_some();
            let document = batch_response(&value);
            match (usage, document.get("usage").filter(|own| !own.is_null())) {
                (Some(usage), Some(own)) if own != usage => {
                    return Err(bad_input("usage", "the line's usage and its response's differ"));
                }
                (Some(usage), None) => response_of_tree(&document.clone().with("usage", usage.clone())),
                _ => response_of_tree(document),
            }
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
fn day(value: &Tree<'_>) -> Result<Date, Error> {
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
fn images(value: &Tree<'_>) -> Result<Vec<InputImage>, Error> {
    let bad = || {
        let message = "images: expected a list of sizes such as 1024x768, null where one is not known";
        Error::new(Code::IllegalValue, message).field("images")
    };
    let one = |value: &Tree<'_>| match value {
        Tree::Null => Ok(InputImage::Unsized),
        Tree::String(size) => size.parse().map(InputImage::Sized).map_err(|_| bad()),
        _ => Err(bad()),
    };
    value.as_array().ok_or_else(bad)?.iter().map(one).collect()
}

/// US dollars: a decimal as text, or a number by its shortest decimal.
fn amount(field: &str, value: &Tree<'_>) -> Result<Usd, Error> {
    let text = match value {
        Tree::String(text) => text.clone().into_owned(),
        Tree::Number(number) => number.as_f64().map_or_else(String::new, |number| number.to_string()),
        _ => String::new(),
    };
    let text = text.strip_prefix('$').unwrap_or(&text);
    serde::Deserialize::deserialize(StrDeserializer::<serde_json::Error>::new(text))
        .map_err(|_| read::illegal(field, text, "expected an amount in US dollars such as \"0.21072\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_given_twice_is_found_behind_however_many() {
        let keys: String = (0..100).map(|number| format!(r#""k{number}":1,"#)).collect();
        for padding in ["", &" ".repeat(WHOLE_MAX)] {
            let line = |more: &str| format!(r#"{{{keys}"billed":"1"{more}{padding}}}"#);
            assert!(LogLine::parse(line("").as_bytes()).is_ok());
            let line = line(r#","billed":"2""#);
            let twice = LogLine::parse(line.as_bytes());
            assert!(twice.is_err_and(|error| error.to_string().contains("given twice")), "{}", padding.len());
        }
    }
}
