//! What a request asks for, read from its bytes.

use imgcost_core::{Endpoint, InputImage, Measure, ParsedBody, Request};
use serde_json::{Map, Value};

use super::printable::printable;
use super::route::{Route, shown};
use super::{json, multipart};
use crate::error::Error;
use crate::guard::Guard;
use crate::images::image_size;
use crate::meter::Meter;

/// Reads a request; none if it is no image call after all.
pub(super) fn read(
    guard: &Guard,
    path: &str,
    route: &Route,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Option<Request>, Error> {
    let unreadable = |why: String| Error::Unreadable { path: shown(path), why };
    if body.len() > guard.shared.body_limit {
        return Err(Error::BodyTooLarge { limit: guard.shared.body_limit });
    }
    let form = content_type.filter(|kind| is_form(kind));
    let (value, images) = match form {
        Some(kind) => form_fields(kind, body).map_err(unreadable)?,
        None => (json::object(body).map_err(unreadable)?, None),
    };
    if let Some(slip) = json::differs_in_case(&value) {
        return Err(unreadable(slip));
    }
    let reader = Reader { guard, route };
    let Some(value) = reader.is_image_call(value) else { return Ok(None) };
    let request = reader.read(value).map_err(|error| match error {
        Why::Fields(error) => Error::NotQuotable(error),
        Why::Words(why) => unreadable(why),
    })?;
    Ok(Some(with_images(request, images)))
}

fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// The images of a form, and whether it has a mask.
struct Files {
    images: Vec<InputImage>,
    mask: bool,
}

fn with_images(mut request: Request, files: Option<Files>) -> Request {
    if let Some(files) = files {
        if !files.images.is_empty() && request.endpoint == Endpoint::Generations {
            request.endpoint = Endpoint::Edits;
        }
        request.images.extend(files.images);
        request.mask |= files.mask;
    }
    request
}

/// Fields of a form that are numbers or yes and no in JSON.
const NUMBERS: [&str; 3] = ["n", "partial_images", "output_compression"];
const FLAGS: [&str; 1] = ["stream"];

/// A form's texts as the JSON that would say the same, and its files. Of a file only the
/// header is looked at.
fn form_fields(content_type: &str, body: &[u8]) -> Result<(Map<String, Value>, Option<Files>), String> {
    let mut fields = Map::new();
    let mut files = Files { images: Vec::new(), mask: false };
    let twice = |name: &str| format!("{} is given twice", printable(name));
    for part in multipart::parts(content_type, body)? {
        // Clients number the images of a list in several ways.
        let name = part.name.split('[').next().unwrap_or_default();
        match name {
            "image" | "images" => files.images.push(match part.is_file {
                true => image_size(part.content)
                    .map_or(InputImage::Unsized, |found| InputImage::Sized(found.size)),
                false => Meter.image(&String::from_utf8_lossy(part.content)),
            }),
            "mask" => files.mask = true,
            _ if part.is_file => {
                let shown = twice(name);
                if fields.insert(part.name, Value::Bool(true)).is_some() {
                    return Err(shown);
                }
            }
            _ => {
                let text = std::str::from_utf8(part.content)
                    .map_err(|_| format!("{} is not UTF-8", printable(name)))?;
                let value = match text.parse::<u64>() {
                    Ok(number) if NUMBERS.contains(&name) => Value::from(number),
                    _ if FLAGS.contains(&name) => {
                        Value::Bool(flag(text).ok_or_else(|| format!("{name} is neither true nor false"))?)
                    }
                    _ => Value::from(text),
                };
                if fields.insert(part.name.clone(), value).is_some() {
                    return Err(twice(name));
                }
            }
        }
    }
    Ok((fields, Some(files)))
}

/// A yes or no, where no server can read it otherwise.
fn flag(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// How many models an error names.
const MODELS_SHOWN: usize = 8;

/// Why a body could not be read.
enum Why {
    Fields(imgcost_core::Error),
    Words(String),
}

struct Reader<'g> {
    guard: &'g Guard,
    route: &'g Route,
}

impl Reader<'_> {
    /// Gives the body back if it is an image call.
    fn is_image_call(&self, body: Map<String, Value>) -> Option<Map<String, Value>> {
        match self.route.endpoint {
            Endpoint::Responses => {
                let tools = body.get("tools").and_then(Value::as_array)?;
                let draws =
                    |tool: &Value| tool.get("type").and_then(Value::as_str) == Some("image_generation");
                tools.iter().any(draws).then_some(body)
            }
            Endpoint::Chat => {
                let deployment = self.route.deployment.as_deref();
                let model = deployment.or_else(|| body.get("model").and_then(Value::as_str))?;
                let model = self.model_of(model);
                let shared = &self.guard.shared;
                let provider = shared.book.provider(&shared.provider).ok();
                let draws = provider.is_some_and(|provider| provider.model(model).is_some());
                if !draws && !shared.policy.unpriced.contains_key(model) {
                    return None;
                }
                Some(body)
            }
            _ => Some(body),
        }
    }

    /// That a request names no model, with those that it is likely to be for.
    fn no_model(&self, request: &Request) -> String {
        let provider = self.guard.shared.book.provider(&request.provider);
        let current = provider.map(|provider| provider.current_models(request.as_of)).unwrap_or_default();
        let names: Vec<&str> = current.iter().take(MODELS_SHOWN).map(|model| model.id.as_str()).collect();
        format!(
            "it names no model, and the guard has no default_model for such requests; it may be one of {}",
            names.join(", ")
        )
    }

    fn model_of<'m>(&'m self, name: &'m str) -> &'m str {
        self.guard.shared.deployments.get(name).map_or(name, String::as_str)
    }

    fn read(&self, mut body: Map<String, Value>) -> Result<Request, Why> {
        // The shape of a line of the Batch API, which no endpoint takes and which costs half.
        if body.contains_key("body") && body.contains_key("url") {
            return Err(Why::Words("it is a line of a Batch API file".to_owned()));
        }
        let endpoint = self.route.endpoint;
        // A chat may have tools too, which would make it look like the Responses API.
        let mut apart = |name: &str| {
            endpoint == Endpoint::Chat && body.remove(name).is_some_and(|value| !value.is_null())
        };
        let (tools, input) = (apart("tools"), apart("input"));
        let deployment = self.route.deployment.as_deref();
        // Of the Responses API a path names the calling model, the tool the one that draws.
        let (calling, deployment) =
            if endpoint == Endpoint::Responses { (deployment, None) } else { (None, deployment) };
        let default = deployment.or(self.guard.shared.default_model.as_deref());
        let mut base = self.guard.request(default.unwrap_or_default());
        base.endpoint = endpoint;
        let read = ParsedBody::from_value(&Value::Object(body), &base, &Meter).map_err(Why::Fields)?;
        let mut request = read.request;
        if !is_same_api(endpoint, request.endpoint) {
            return Err(Why::Words(format!("its fields are those of {}", request.endpoint)));
        }
        // Azure's path goes before the body's model.
        if let Some(deployment) = deployment {
            request.model = deployment.to_owned();
        } else if !read.names_model && default.is_none() {
            return Err(Why::Words(self.no_model(&request)));
        }
        request.model = self.model_of(&request.model).to_owned();
        let calling = calling.or(request.responses_model.as_deref());
        request.responses_model = calling.map(|model| self.model_of(model).to_owned());
        request.unseen_context.extend(tools.then(|| "tools".to_owned()));
        request.unknown_fields.extend(input.then(|| "input".to_owned()));
        Ok(request)
    }
}

fn is_same_api(path: Endpoint, body: Endpoint) -> bool {
    let is_images = |endpoint| !matches!(endpoint, Endpoint::Responses | Endpoint::Chat);
    path == body || (is_images(path) && is_images(body))
}
