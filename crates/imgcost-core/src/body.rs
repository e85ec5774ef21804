//! An API request body as it would be sent, read as a request.

use serde_json::{Map, Value};

use crate::error::{Code, Error};
use crate::params::{Endpoint, Fidelity, Tier};
use crate::request::{InputImage, Prompt, Request};

/// The API that a body is for, by its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Images,
    Responses,
    /// The image tool of the Responses API.
    Tool,
    Chat,
}

/// What a field that is no parameter means for the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// It changes nothing, or nothing that an assumed ceiling does not cover.
    Free,
    /// It brings context that the body does not show.
    Context,
}

use Meaning::{Context, Free};

/// Parameters of an image, in every shape.
const PARAMETERS: &[&str] = &[
    "model",
    "quality",
    "size",
    "n",
    "stream",
    "partial_images",
    "background",
    "output_format",
    "output_compression",
    "input_fidelity",
];

impl Shape {
    /// The parameters that this shape has beside [`PARAMETERS`].
    const fn parameters(self) -> &'static [&'static str] {
        match self {
            Shape::Images => &["prompt", "image", "images", "mask", "service_tier"],
            Shape::Responses => &["input", "tools", "max_tool_calls", "service_tier"],
            Shape::Tool => &["type", "input_image_mask"],
            Shape::Chat => &["messages", "service_tier"],
        }
    }

    /// The other fields that the API takes, by its description (`openai-python-3-52-0`).
    const fn others(self) -> &'static [(&'static str, Meaning)] {
        match self {
            Shape::Images => {
                &[("user", Free), ("response_format", Free), ("moderation", Free), ("style", Free)]
            }
            Shape::Tool => &[("moderation", Free), ("action", Free)],
            Shape::Responses => &[
                ("user", Free),
                ("metadata", Free),
                ("store", Free),
                ("temperature", Free),
                ("top_p", Free),
                ("top_logprobs", Free),
                ("tool_choice", Free),
                ("parallel_tool_calls", Free),
                ("include", Free),
                ("background", Free),
                ("truncation", Free),
                ("text", Free),
                ("reasoning", Free),
                ("max_output_tokens", Free),
                ("stream_options", Free),
                ("safety_identifier", Free),
                ("prompt_cache_key", Free),
                ("prompt_cache_retention", Free),
                ("previous_response_id", Context),
                ("conversation", Context),
                ("instructions", Context),
                ("prompt", Context),
                ("context_management", Context),
            ],
            Shape::Chat => &[
                ("user", Free),
                ("metadata", Free),
                ("store", Free),
                ("temperature", Free),
                ("top_p", Free),
                ("max_tokens", Free),
                ("max_completion_tokens", Free),
                ("presence_penalty", Free),
                ("frequency_penalty", Free),
                ("seed", Free),
                ("stop", Free),
                ("logprobs", Free),
                ("top_logprobs", Free),
                ("logit_bias", Free),
                ("modalities", Free),
                ("response_format", Free),
                ("reasoning_effort", Free),
                ("stream_options", Free),
                ("safety_identifier", Free),
                ("moderation", Free),
                ("style", Free),
                ("tool_choice", Free),
                ("tools", Context),
                ("functions", Context),
            ],
        }
    }

    fn meaning(self, name: &str) -> Option<Meaning> {
        self.others().iter().find(|(other, _)| *other == name).map(|(_, meaning)| *meaning)
    }

    /// Every field that is known of the shape.
    fn fields(self) -> impl Iterator<Item = &'static str> {
        let others = self.others().iter().map(|(name, _)| *name);
        let shared = if self == Shape::Responses { &["model", "stream"] } else { PARAMETERS };
        self.parameters().iter().chain(shared).copied().chain(others)
    }

    /// The API's name.
    const fn as_str(self) -> &'static str {
        match self {
            Shape::Images => "the Images API",
            Shape::Responses => "the Responses API",
            Shape::Tool => "the image tool of the Responses API",
            Shape::Chat => "chat completions",
        }
    }
}

/// Turns text and image references of a body into counts and sizes: the reader's side of it,
/// since the core counts no tokens and reads no files.
pub trait Measure {
    /// Tokens and characters of a prompt.
    fn prompt(&self, text: &str) -> Prompt;
    /// The size of an image given as a data URL or base64 text, if it can be told.
    fn image(&self, reference: &str) -> InputImage;
}

/// A request, as it was read from a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedBody {
    /// The request, with what of the body is not known in [`Request::unknown_fields`] and
    /// [`Request::unseen_context`].
    pub request: Request,
    /// Whether the body names the model that draws; if not, the API chooses one.
    pub names_model: bool,
    shape: Shape,
}

fn bad(field: &str, message: impl Into<String>) -> Error {
    Error::new(Code::BadInput, message).field(field)
}

impl ParsedBody {
    /// Reads a body over the defaults in `base`: provider, day, and the model and endpoint
    /// where the body does not say.
    ///
    /// A body with `tools` or `input` is one of the Responses API, one with `messages` a chat
    /// completion, one with images an edit, anything else a generation.
    ///
    /// # Errors
    /// The body is no object, or a field is not what the API takes.
    pub fn from_value(body: &Value, base: &Request, measure: &dyn Measure) -> Result<ParsedBody, Error> {
        let Some(body) = body.as_object() else {
            return Err(bad("body", "a request body is a JSON object"));
        };
        // A line of a Batch API file wraps the body.
        if let (Some(inner), Some(url)) = (body.get("body"), body.get("url").and_then(Value::as_str)) {
            let mut base = base.clone();
            base.tier = Tier::Batch;
            base.endpoint = endpoint_of(url)?;
            return ParsedBody::from_value(inner, &base, measure);
        }
        let shape = if body.contains_key("messages") {
            Shape::Chat
        } else if body.contains_key("tools") || body.contains_key("input") {
            Shape::Responses
        } else {
            Shape::Images
        };
        let mut read = ParsedBody { request: base.clone(), names_model: false, shape };
        match shape {
            Shape::Responses | Shape::Tool => responses(&mut read, body, measure)?,
            Shape::Chat => chat(&mut read, body, measure)?,
            Shape::Images => images_api(&mut read, body, measure)?,
        }
        // A body of which nothing is the API's own is in the shape of another.
        let unknown = &read.request.unknown_fields;
        if shape == Shape::Images && !unknown.is_empty() && !body.contains_key("prompt") {
            let what = format!("a body in another shape than {}'s", shape.as_str());
            read.request.unseen_context.push(what);
        }
        Ok(read)
    }

    /// Refuses a body with fields that are in no table of its API, but for those that `ignored`
    /// names: the API would refuse them, or charge for something that is not known here.
    ///
    /// # Errors
    /// Names the first such field and the nearest known one.
    pub fn refuse_unknown(&self, ignored: &[impl AsRef<str>]) -> Result<(), Error> {
        let is_ignored = |field: &&String| ignored.iter().any(|name| name.as_ref() == field.as_str());
        let Some(field) = self.request.unknown_fields.iter().find(|field| !is_ignored(field)) else {
            return Ok(());
        };
        let (shape, name) = match field.strip_prefix(TOOL_PATH) {
            Some(name) => (Shape::Tool, name),
            None => (self.shape, field.as_str()),
        };
        let message =
            format!("{field} is not a known field of {}, and what it costs is not known", shape.as_str());
        let error = Error::new(Code::UnknownField, message).field("request");
        Err(match crate::nearest::name(name, shape.fields()) {
            Some(near) => error.nearest(near),
            None => error,
        })
    }
}

/// How the fields of the image tool are named in [`Request::unknown_fields`].
const TOOL_PATH: &str = "tools.";

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

fn images_api(read: &mut ParsedBody, body: &Map<String, Value>, measure: &dyn Measure) -> Result<(), Error> {
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
            "service_tier" => read.request.tier = tier(read.request.tier, name, value)?,
            _ => image_field(read, Shape::Images, name, value)?,
        }
    }
    Ok(())
}

/// The fields that the Images API and the Responses API's image tool have in common.
fn image_field(read: &mut ParsedBody, shape: Shape, name: &str, value: &Value) -> Result<(), Error> {
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
                    .map_err(|error: crate::params::ParseSizeError| bad(name, error.to_string()))?,
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
        name => other_field(read, shape, name, value),
    }
    Ok(())
}

/// Notes a field that is no parameter.
fn other_field(read: &mut ParsedBody, shape: Shape, name: &str, value: &Value) {
    let request = &mut read.request;
    let path = if shape == Shape::Tool { TOOL_PATH } else { "" };
    let shown = || format!("{path}{}", crate::book::printable(name));
    match shape.meaning(name) {
        Some(Free) => {}
        Some(Context) if is_empty(value) => {}
        Some(Context) => request.unseen_context.push(shown()),
        None => request.unknown_fields.push(shown()),
    }
}

/// Whether a value holds nothing that could be billed.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The price list that a `service_tier` asks for: the ordinary one where the API chooses, and in
/// a batch that of the batch.
fn tier(of_call: Tier, name: &str, value: &Value) -> Result<Tier, Error> {
    let tier = text(name, value)?;
    match (tier, of_call) {
        ("auto" | "default" | "standard", Tier::Batch) => Ok(Tier::Batch),
        ("auto", _) => Ok(of_call),
        ("default" | "standard", _) => Ok(Tier::Standard),
        ("flex" | "priority", Tier::Batch) => {
            let message = format!("service_tier {tier} does not go with the Batch API");
            Err(Error::new(Code::IllegalCombination, message).field(name))
        }
        ("flex", _) => Ok(Tier::Flex),
        ("priority", _) => Ok(Tier::Priority),
        (other, _) => {
            Err(bad(name, format!("service_tier '{}' is not known", crate::book::printable(other)))
                .allowed(["auto", "default", "flex", "priority"])
                .nearest_name(other))
        }
    }
}

fn responses(read: &mut ParsedBody, body: &Map<String, Value>, measure: &dyn Measure) -> Result<(), Error> {
    read.request.endpoint = Endpoint::Responses;
    let mut tools = 0;
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "model" => read.request.responses_model = Some(text(name, value)?.to_owned()),
            "stream" => read.request.stream = flag(name, value)?,
            "max_tool_calls" => read.request.max_tool_calls = Some(whole(name, value)?),
            "service_tier" => read.request.tier = tier(read.request.tier, name, value)?,
            "input" => content(read, value, measure),
            "tools" => {
                for tool in value.as_array().into_iter().flatten() {
                    if tool.get("type").and_then(Value::as_str) == Some("image_generation") {
                        tools += 1;
                        image_tool(read, tool)?;
                    } else {
                        let kind = tool.get("type").and_then(Value::as_str).unwrap_or("without a type");
                        let what = format!("the tool {}", crate::book::printable(kind));
                        read.request.unseen_context.push(what);
                    }
                }
            }
            name => other_field(read, Shape::Responses, name, value),
        }
    }
    if tools > 1 {
        let message = "the body has several tools of type image_generation, and nobody says which draws";
        return Err(bad("tools", message));
    }
    if tools == 0 {
        return Err(bad("tools", "the body has no tool of type image_generation: it makes no image"));
    }
    Ok(())
}

fn image_tool(read: &mut ParsedBody, tool: &Value) -> Result<(), Error> {
    for (name, value) in tool.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "type" => {}
            "input_image_mask" => read.request.mask = true,
            _ => image_field(read, Shape::Tool, name, value)?,
        }
    }
    Ok(())
}

fn chat(read: &mut ParsedBody, body: &Map<String, Value>, measure: &dyn Measure) -> Result<(), Error> {
    read.request.endpoint = Endpoint::Chat;
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "messages" => content(read, value, measure),
            "service_tier" => read.request.tier = tier(read.request.tier, name, value)?,
            _ => image_field(read, Shape::Chat, name, value)?,
        }
    }
    Ok(())
}

/// Adds up the texts of messages, and collects their images. What is no message of texts and
/// images, such as an item of an earlier turn or a file, is context that can't be counted.
fn content(read: &mut ParsedBody, value: &Value, measure: &dyn Measure) {
    let mut texts: Vec<&str> = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        let unseen = match value {
            Value::String(text) => {
                texts.push(text);
                None
            }
            Value::Array(items) => {
                open.extend(items.iter().rev());
                None
            }
            Value::Object(object) => part(object, &mut open, |url| {
                read.request.images.push(url.map_or(InputImage::Unsized, |url| measure.image(url)));
            }),
            Value::Null => None,
            _ => Some("an item that is neither text nor object".to_owned()),
        };
        let known = &mut read.request.unseen_context;
        known.extend(unseen.filter(|what| !known.contains(what)));
    }
    if !texts.is_empty() {
        read.request.prompt = Some(measure.prompt(&texts.join("\n")));
    }
}

/// Looks into a message, or a part of one; tells of what can't be counted in it.
fn part<'v>(
    object: &'v Map<String, Value>,
    open: &mut Vec<&'v Value>,
    mut image: impl FnMut(Option<&str>),
) -> Option<String> {
    let kind = object.get("type").and_then(Value::as_str);
    let is_message = object.contains_key("role") && object.contains_key("content");
    let known: &[&str] = match kind {
        Some("input_image" | "image_url") => {
            let reference = object.get("image_url");
            let reference = reference.and_then(|url| url.get("url").or(Some(url))).and_then(Value::as_str);
            image(reference);
            &["type", "image_url", "detail", "file_id"]
        }
        Some("input_text" | "output_text" | "text") => {
            open.extend(object.get("text"));
            &["type", "text", "annotations", "logprobs"]
        }
        None | Some("message") if is_message => {
            open.extend(object.get("content"));
            &["type", "role", "content", "name", "id", "status"]
        }
        // Without a type it refers to an item of an earlier turn.
        None => return Some("an item without a type".to_owned()),
        Some(kind) => return Some(format!("an item of type {}", crate::book::printable(kind))),
    };
    let other = object.iter().find(|(name, value)| !known.contains(&name.as_str()) && !is_empty(value));
    other.map(|(name, _)| format!("{} in an item", crate::book::printable(name)))
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
