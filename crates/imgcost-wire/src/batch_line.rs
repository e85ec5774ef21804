//! A line of a file for OpenAI's Batch API, held to the letter.

use imgcost_core::{Code, Endpoint, Error, printable};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::body::bad;
use crate::dialect::Dialect;
use crate::json::Unique;
use crate::openai_batch::FIELDS;

/// A line as it is written, to be held to the letter. All keys are needed; what is missing is
/// told by [`BatchLine::call`].
#[derive(Debug, Deserialize)]
pub struct BatchLine {
    /// The line's own name.
    pub custom_id: Option<String>,
    method: Option<String>,
    url: Option<String>,
    body: Option<Unique>,
    /// Keys that such a line does not have.
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl BatchLine {
    /// The endpoint that the line sends its body to, and the body.
    ///
    /// # Errors
    /// A key is missing or unknown, or its value is not what a batch takes.
    pub fn call(&self) -> Result<(Endpoint, &Value), Error> {
        if let Some(key) = self.others.keys().next() {
            let shown = printable(key);
            let message = format!("there is no key '{shown}' in a line of a Batch API file");
            let error = bad(&shown, message).allowed(keys());
            return Err(if key == "id" { error.nearest("custom_id") } else { error.nearest_name(key) });
        }
        needed("custom_id", self.custom_id.as_deref())?;
        let method = needed("method", self.method.as_deref())?;
        if method != "POST" {
            let message = format!("method = {}: a batch takes no other", printable(method));
            return Err(bad("method", message).allowed(["POST"]).nearest("POST"));
        }
        let url = needed("url", self.url.as_deref())?;
        let known = urls().find(|(known, _)| known == url);
        let (_, endpoint) = known.ok_or_else(|| {
            let message = format!("url = {}: not where a batch makes images", printable(url));
            bad("url", message).allowed(urls().map(|(url, _)| url)).nearest_name(url)
        })?;
        let Unique(body) = self.body.as_ref().ok_or_else(|| missing("body"))?;
        Ok((endpoint, body))
    }

    /// Checks that the body is one for the endpoint that the line sends it to; `read` is the
    /// endpoint of the body by its own members.
    ///
    /// # Errors
    /// It is for another endpoint.
    pub fn check_endpoint(&self, read: Endpoint) -> Result<(), Error> {
        let (endpoint, body) = self.call()?;
        // A body without the keys that tell its kind would pass for one of the Images API.
        let asked = match endpoint {
            Endpoint::Responses if body.get("input").or(body.get("tools")).is_none() => Endpoint::Generations,
            Endpoint::Chat if body.get("messages").is_none() => Endpoint::Generations,
            _ => read,
        };
        if asked == endpoint {
            return Ok(());
        }
        let url = printable(self.url.as_deref().unwrap_or_default());
        let nearest = urls().find(|(_, known)| *known == asked).map_or_else(String::new, |(url, _)| url);
        let message = format!("the body is one for {asked}, and url sends it to {url}");
        Err(bad("url", message).allowed(urls().map(|(url, _)| url)).nearest(nearest))
    }
}

fn needed<'v>(key: &str, value: Option<&'v str>) -> Result<&'v str, Error> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| missing(key))
}

fn missing(key: &str) -> Error {
    let message = format!("{key} is missing: a line of a Batch API file has {}", keys().join(", "));
    Error::new(Code::BadInput, message).field(key)
}

fn keys() -> Vec<&'static str> {
    FIELDS.iter().map(|(key, _)| key).collect()
}

/// Where a batch may send its calls, as far as they can make images.
fn urls() -> impl Iterator<Item = (String, Endpoint)> {
    let paths = Dialect::OPENAI.into_iter().rev().flat_map(|dialect| dialect.paths());
    let taken = paths.filter(|(_, endpoint)| *endpoint != Endpoint::Variations);
    taken.map(|(path, endpoint)| (format!("/v1{path}"), *endpoint))
}
