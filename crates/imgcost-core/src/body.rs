//! An API request body as it would be sent, read as a request.

use serde_json::{Map, Value};

use crate::error::{Code, Error};
use crate::names::{Endpoint, Fidelity};
use crate::request::{InputImage, Prompt, Request};

/// Fields that the API takes and that change nothing about the price.
const FREE_OF_CHARGE: &[&str] = &[
    "user",
    "response_format",
    "moderation",
    "style",
    "metadata",
    "store",
    "temperature",
    "top_p",
    "tool_choice",
    "parallel_tool_calls",
    "include",
    "action",
];

/// Turns text and image references of a body into counts and sizes: the reader's side of it,
/// since the core counts no tokens and reads no files.
pub trait Measure {
    /// Tokens and characters of a prompt.
    fn prompt(&self, text: &str) -> Prompt;
    /// The size of an image given as a data URL or base64 text, if it can be told.
    fn image(&self, reference: &str) -> InputImage;
}

/// A request, and what of the body was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBody {
    /// The request.
    pub request: Request,
    /// Fields that this version does not know, or whose price it does not (`instructions` and
    /// other text for the model that calls the image tool): noted, not fatal.
    pub unknown_fields: Vec<String>,
    /// Whether the body names the model that draws; if not, the API chooses one.
    pub names_model: bool,
}

fn bad(field: &str, message: impl Into<String>) -> Error {
    Error::new(Code::BadInput, message).field(field)
}

impl ReadBody {
    /// Reads a body over the defaults in `base`: provider, day, and the model and endpoint
    /// where the body does not say.
    ///
    /// A body with `tools` or `input` is one of the Responses API, one with `messages` a chat
    /// completion, one with images an edit, anything else a generation.
    ///
    /// # Errors
    /// The body is no object, or a field is not what the API takes.
    pub fn from_value(body: &Value, base: &Request, measure: &dyn Measure) -> Result<ReadBody, Error> {
        let Some(body) = body.as_object() else {
            return Err(bad("body", "a request body is a JSON object"));
        };
        // A line of a Batch API file wraps the body.
        if let (Some(inner), Some(url)) = (body.get("body"), body.get("url").and_then(Value::as_str)) {
            let mut base = base.clone();
            base.tier = crate::names::Tier::Batch;
            base.endpoint = endpoint_of(url)?;
            return ReadBody::from_value(inner, &base, measure);
        }
        let mut read = ReadBody { request: base.clone(), unknown_fields: Vec::new(), names_model: false };
        if body.contains_key("tools") || body.contains_key("input") {
            responses(&mut read, body, measure)?;
        } else if body.contains_key("messages") {
            chat(&mut read, body, measure)?;
        } else {
            images_api(&mut read, body, measure)?;
        }
        Ok(read)
    }
}

fn endpoint_of(url: &str) -> Result<Endpoint, Error> {
    let path = url.trim_end_matches('/');
    let ends = [
        ("/images/generations", Endpoint::Generations),
        ("/images/edits", Endpoint::Edits),
        ("/images/variations", Endpoint::Variations),
        ("/responses", Endpoint::Responses),
        ("/chat/completions", Endpoint::Chat),
    ];
    let found = ends.iter().find(|(end, _)| path.ends_with(end)).map(|(_, endpoint)| *endpoint);
    found.ok_or_else(|| {
        bad("url", format!("'{}' is no image endpoint", crate::book::printable(url)))
            .allowed(ends.iter().map(|(end, _)| end))
    })
}

fn images_api(read: &mut ReadBody, body: &Map<String, Value>, measure: &dyn Measure) -> Result<(), Error> {
    let mut has_images = false;
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "prompt" => read.request.prompt = Some(measure.prompt(text(name, value)?)),
            "image" | "image[]" | "images" => {
                // All that are given are sent, under whichever names; those of the defaults are not.
                if !std::mem::replace(&mut has_images, true) {
                    read.request.images.clear();
                }
                read.request.images.extend(images(value, measure));
                read.request.endpoint = match read.request.endpoint {
                    Endpoint::Generations => Endpoint::Edits,
                    other => other,
                };
            }
            "mask" => read.request.mask = true,
            _ => picture_field(read, name, value, "")?,
        }
    }
    Ok(())
}

/// The fields that the Images API and the Responses API's image tool have in common.
fn picture_field(read: &mut ReadBody, name: &str, value: &Value, path: &str) -> Result<(), Error> {
    let request = &mut read.request;
    let owned = || text(name, value).map(str::to_owned);
    match name {
        "model" => {
            request.model = owned()?;
            read.names_model = true;
        }
        "quality" => request.quality = text(name, value)?.parse().ok(),
        "size" => {
            request.size = Some(
                text(name, value)?
                    .parse()
                    .map_err(|error: crate::names::BadSize| bad(name, error.to_string()))?,
            )
        }
        "n" => request.n = whole(name, value)?,
        "stream" => request.stream = flag(name, value)?,
        "partial_images" => request.partial_images = Some(whole(name, value)?),
        "background" => request.background = Some(owned()?),
        "output_format" => request.output_format = Some(owned()?),
        "output_compression" => request.output_compression = Some(whole(name, value)?),
        "input_fidelity" => {
            let fidelity = text(name, value)?;
            request.input_fidelity = Some(fidelity.parse().map_err(|_| {
                bad(name, format!("input_fidelity '{}'", crate::book::printable(fidelity)))
                    .allowed(Fidelity::NAMES)
            })?);
        }
        name if FREE_OF_CHARGE.contains(&name) => {}
        name => read.unknown_fields.push(format!("{path}{}", crate::book::printable(name))),
    }
    Ok(())
}

fn responses(read: &mut ReadBody, body: &Map<String, Value>, measure: &dyn Measure) -> Result<(), Error> {
    read.request.endpoint = Endpoint::Responses;
    let mut tools = 0;
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "model" => read.request.responses_model = Some(text(name, value)?.to_owned()),
            "stream" => read.request.stream = flag(name, value)?,
            "input" => content(read, value, measure),
            "tools" => {
                for tool in value.as_array().into_iter().flatten() {
                    if tool.get("type").and_then(Value::as_str) == Some("image_generation") {
                        tools += 1;
                        image_tool(read, tool)?;
                    } else {
                        read.unknown_fields.push("tools: a tool that is not image_generation".to_owned());
                    }
                }
            }
            name if FREE_OF_CHARGE.contains(&name) => {}
            name => read.unknown_fields.push(crate::book::printable(name)),
        }
    }
    if tools > 1 {
        let message = "the body has several tools of type image_generation, and nobody says which draws";
        return Err(bad("tools", message));
    }
    if tools == 0 {
        return Err(bad("tools", "the body has no tool of type image_generation: it makes no picture"));
    }
    Ok(())
}

fn image_tool(read: &mut ReadBody, tool: &Value) -> Result<(), Error> {
    for (name, value) in tool.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "type" => {}
            "input_image_mask" => read.request.mask = true,
            _ => picture_field(read, name, value, "tools.")?,
        }
    }
    Ok(())
}

fn chat(read: &mut ReadBody, body: &Map<String, Value>, measure: &dyn Measure) -> Result<(), Error> {
    read.request.endpoint = Endpoint::Chat;
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "messages" => content(read, value, measure),
            _ => picture_field(read, name, value, "")?,
        }
    }
    Ok(())
}

/// Adds up the texts of messages, and collects their images.
fn content(read: &mut ReadBody, value: &Value, measure: &dyn Measure) {
    let mut texts: Vec<&str> = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => texts.push(text),
            Value::Array(items) => open.extend(items.iter().rev()),
            Value::Object(object) => match object.get("type").and_then(Value::as_str) {
                Some("input_image" | "image_url" | "input_file") => {
                    let reference = object.get("image_url");
                    let reference =
                        reference.and_then(|url| url.get("url").or(Some(url))).and_then(Value::as_str);
                    read.request.images.push(reference.map_or(InputImage::Unsized, |url| measure.image(url)));
                }
                _ => open.extend(object.get("content").or_else(|| object.get("text"))),
            },
            _ => {}
        }
    }
    if !texts.is_empty() {
        read.request.prompt = Some(measure.prompt(&texts.join("\n")));
    }
}

/// The images of an edit: texts, or objects with an address or a file id.
fn images(value: &Value, measure: &dyn Measure) -> Vec<InputImage> {
    let one = |value: &Value| {
        let reference = value.get("image_url").unwrap_or(value).as_str();
        reference.map_or(InputImage::Unsized, |reference| measure.image(reference))
    };
    match value {
        Value::Array(items) => items.iter().map(one).collect(),
        value => vec![one(value)],
    }
}

fn text<'v>(name: &str, value: &'v Value) -> Result<&'v str, Error> {
    value.as_str().ok_or_else(|| bad(name, format!("{name}: expected text")))
}

fn flag(name: &str, value: &Value) -> Result<bool, Error> {
    value.as_bool().ok_or_else(|| bad(name, format!("{name}: expected true or false")))
}

fn whole(name: &str, value: &Value) -> Result<u32, Error> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| bad(name, format!("{name}: expected a whole number")))
}
