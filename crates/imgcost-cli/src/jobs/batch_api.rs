//! Lines of the files that OpenAI's Batch API takes: `custom_id`, `method`, `url` and `body`.

use imgcost_core::{Code, Endpoint, Error, ParsedBody, Request, Tier};
use imgcost_guard::{Meter, Unique};
use serde::Deserialize;
use serde_json::Value;

use super::row::Row;
use crate::fields::shown;
use crate::request;

/// The keys of a line.
const KEYS: [&str; 4] = ["custom_id", "method", "url", "body"];
/// Where a batch may send its calls, as far as they can make images.
const URLS: [(&str, Endpoint); 4] = [
    ("/v1/images/generations", Endpoint::Generations),
    ("/v1/images/edits", Endpoint::Edits),
    ("/v1/responses", Endpoint::Responses),
    ("/v1/chat/completions", Endpoint::Chat),
];

/// A line as it is written. All keys are needed; that is told in our own words.
#[derive(Deserialize)]
struct Line {
    custom_id: Option<String>,
    method: Option<String>,
    url: Option<String>,
    body: Option<Unique>,
    /// Keys that such a line does not have.
    #[serde(flatten)]
    others: serde_json::Map<String, Value>,
}

/// Reads a line into a row; what is wrong with it ends up in the row.
pub(crate) fn read(line: &[u8], row: &mut Row, defaults: &Request) {
    row.reset(defaults, row.line);
    row.batch_line = true;
    let Ok(line) = std::str::from_utf8(line) else {
        return row.fail_unread(Error::new(Code::BadInput, "the row is not UTF-8"));
    };
    let line: Line = match serde_json::from_str(line) {
        Ok(line) => line,
        Err(error) => {
            let message = format!("not a line of a Batch API file: {error}");
            return row.fail_unread(Error::new(Code::BadInput, message));
        }
    };
    // Until its body is read.
    row.unread = true;
    if let Some(id) = &line.custom_id {
        row.id.push_str(id);
    }
    if let Err(error) = understand(&line, row, defaults) {
        row.fail(error);
    }
}

fn understand(line: &Line, row: &mut Row, defaults: &Request) -> Result<(), Error> {
    if let Some(key) = line.others.keys().next() {
        let message = format!("there is no key '{}' in a line of a Batch API file", shown(key));
        let error = bad(&shown(key), message).allowed(KEYS);
        return Err(if key == "id" { error.nearest("custom_id") } else { error.nearest_name(key) });
    }
    needed("custom_id", line.custom_id.as_deref())?;
    let method = needed("method", line.method.as_deref())?;
    if method != "POST" {
        let message = format!("method = {}: a batch takes no other", shown(method));
        return Err(bad("method", message).allowed(["POST"]).nearest("POST"));
    }
    let url = needed("url", line.url.as_deref())?;
    let endpoint = URLS.iter().find(|(known, _)| *known == url).map(|(_, endpoint)| *endpoint);
    let endpoint = endpoint.ok_or_else(|| {
        let message = format!("url = {}: not where a batch makes images", shown(url));
        bad("url", message).allowed(URLS.map(|(url, _)| url)).nearest_name(url)
    })?;
    let Unique(body) = line.body.as_ref().ok_or_else(|| missing("body"))?;
    // A body says all of its call itself; what it leaves out is the API's default.
    let mut base = Request::new(&*defaults.provider, &*defaults.model, defaults.as_of);
    base.tier = Tier::Batch;
    base.endpoint = endpoint;
    base.group_ratio = defaults.group_ratio;
    row.endpoint_known = true;
    let read = ParsedBody::from_value(body, &base, &Meter).inspect_err(|_| {
        // What else is known of it still says to which sums it belongs.
        if let Some(model) = body.get("model").and_then(Value::as_str)
            && endpoint != Endpoint::Responses
        {
            base.model = model.to_owned();
            row.request = base.clone();
            row.unread = false;
        }
    })?;
    row.unread = false;
    read.refuse_unknown(&[] as &[&str])?;
    if !read.names_model {
        row.remarks.extend(request::model_chosen(&read.request));
    }
    // A body without the keys that tell its kind would pass for one of the Images API.
    let asked = match endpoint {
        Endpoint::Responses if body.get("input").or(body.get("tools")).is_none() => Endpoint::Generations,
        Endpoint::Chat if body.get("messages").is_none() => Endpoint::Generations,
        _ => read.request.endpoint,
    };
    row.request = read.request;
    if asked != endpoint {
        let message = format!("the body is one for {asked}, and url sends it to {url}");
        return Err(bad("url", message).allowed(URLS.map(|(url, _)| url)).nearest(url_of(asked)));
    }
    Ok(())
}

fn url_of(endpoint: Endpoint) -> &'static str {
    URLS.iter().find(|(_, known)| *known == endpoint).map_or("", |(url, _)| url)
}

fn needed<'v>(key: &str, value: Option<&'v str>) -> Result<&'v str, Error> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| missing(key))
}

fn missing(key: &str) -> Error {
    bad(key, format!("{key} is missing: a line of a Batch API file has {}", KEYS.join(", ")))
}

fn bad(field: &str, message: impl Into<String>) -> Error {
    Error::new(Code::BadInput, message).field(field)
}
