//! An API request body as it would be sent, read as a request.

use imgcost_core::{
    Code, Endpoint, Error, InputImage, Note, ParseSizeError, Pixels, Prompt, Request, Size, Tier, printable,
};
use serde_json::Value;

use crate::dialect::Dialect;
use crate::fields::{Field, Fields};

/// Turns text and image references of a body into counts and sizes: the caller's part,
/// since nothing is counted or opened here.
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
    /// Whose fields these are.
    pub(crate) dialect: Dialect,
}

impl ParsedBody {
    /// That the body leaves the model to the API, where settings name the one that is quoted.
    #[must_use]
    pub fn model_note(&self) -> Option<Note> {
        let model = Some(&self.request.model).filter(|model| !self.names_model && !model.is_empty())?;
        let message = format!(
            "the body names no model that draws, and the API chooses one: quoted as {model}, from the settings"
        );
        Some(Note::new("model-assumed", message))
    }

    /// The dialect that the body was read in.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }
}

pub(crate) fn bad(field: &str, message: impl Into<String>) -> Error {
    Error::new(Code::BadInput, message).field(field)
}

/// The members of an object within a body that say something.
pub(crate) fn within(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = value.as_object().into_iter().flatten();
    members.filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.as_str(), value))
}

/// Notes a field that is no parameter.
pub(crate) fn other_field(read: &mut ParsedBody, fields: &Fields, name: &str, value: &Value) {
    let request = &mut read.request;
    let shown = || format!("{}{}", fields.path, printable(name));
    match fields.get(name) {
        Some(Field::Parameter | Field::Free) => {}
        Some(Field::Choice) => {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            request.options.push((name.to_owned(), value));
        }
        Some(Field::Context) if is_empty(value) => {}
        Some(Field::Context) => request.unseen_context.push(shown()),
        None => request.unknown_fields.push(shown()),
    }
}

/// One more input image, which makes a generation an edit.
pub(crate) fn input_image(read: &mut ParsedBody, image: InputImage) {
    let request = &mut read.request;
    if request.endpoint == Endpoint::Generations {
        request.endpoint = Endpoint::Edits;
    }
    request.images.push(image);
}

/// The images that a field gives, one or a list: each as text, or as an object with an address; the
/// size of a file by its id is not known.
pub(crate) fn images(value: &Value, measure: &dyn Measure) -> Vec<InputImage> {
    let one = |value: &Value| reference(value).map_or(InputImage::Unsized, |address| measure.image(address));
    match value {
        Value::Array(items) => items.iter().map(one).collect(),
        value => vec![one(value)],
    }
}

/// The address of an image, or the image itself in base64.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    let address = value.get("image_url").unwrap_or(value);
    address.get("url").unwrap_or(address).as_str()
}

/// Adds the images that a field gives, which make a generation an edit.
pub(crate) fn input_images(read: &mut ParsedBody, value: &Value, measure: &dyn Measure) {
    images(value, measure).into_iter().for_each(|image| input_image(read, image));
}

/// A size in a field of this name: a class such as `2K`, or pixels.
pub(crate) fn size(name: &str, value: &Value) -> Result<Size, Error> {
    let sent = text(name, value)?;
    sent.parse().map_err(|error: ParseSizeError| bad(name, error.to_string()))
}

/// A size in a field that takes classes beside those of [`Size`], or pixels: `512` or `0.5K`, `1.5K`
/// and `3K`, as squares of so many thousands of pixels.
pub(crate) fn class(name: &str, value: &Value) -> Result<Size, Error> {
    let sent = text(name, value)?;
    let edge = match sent {
        "512" | "512px" | "0.5K" | "0.5k" => 512,
        "1.5K" | "1.5k" => 1536,
        "3K" | "3k" => 3072,
        _ => return size(name, value),
    };
    pixels(name, Some(edge), Some(edge))?.ok_or_else(|| bad(name, format!("{name}: expected a size")))
}

/// A width and a height; none where either is left out.
pub(crate) fn pixels(name: &str, width: Option<u32>, height: Option<u32>) -> Result<Option<Size>, Error> {
    let (Some(width), Some(height)) = (width, height) else { return Ok(None) };
    let size = Pixels::new(width, height).map(Size::Exact);
    size.map(Some).ok_or_else(|| bad(name, format!("{name}: {width}x{height} is not the size of an image")))
}

/// Whether a value holds nothing that could be billed.
pub(crate) fn is_empty(value: &Value) -> bool {
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
pub(crate) fn tier(of_call: Tier, name: &str, value: &Value) -> Result<Tier, Error> {
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
        (other, _) => Err(bad(name, format!("service_tier '{}' is not known", printable(other)))
            .allowed(["auto", "default", "flex", "priority"])
            .nearest_name(other)),
    }
}

pub(crate) fn text<'v>(name: &str, value: &'v Value) -> Result<&'v str, Error> {
    value.as_str().ok_or_else(|| bad(name, format!("{name}: expected text")))
}

pub(crate) fn flag(name: &str, value: &Value) -> Result<bool, Error> {
    value.as_bool().ok_or_else(|| bad(name, format!("{name}: expected true or false")))
}

pub(crate) fn whole(name: &str, value: &Value) -> Result<u32, Error> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| bad(name, format!("{name}: expected a whole number")))
}
