//! Stability AI's Stable Image API, whose path names the model and whose requests are forms.

use imgcost_core::Error;
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, input_image, text};
use crate::fields::Field::{Free, Parameter};
use crate::fields::Fields;
use crate::openai_images::parameter;
use crate::tree::Tree;

/// The fields of a body, by the description of the API (platform.stability.ai/docs/api-reference,
/// Stable Image Ultra, Core and SD3, by the clients that follow it). The width and height follow
/// from the aspect ratio and change no price.
pub(crate) const FIELDS: Fields = Fields {
    api: "Stability AI",
    path: "",
    lists: &[&[
        ("prompt", Parameter),
        ("model", Parameter),
        ("image", Parameter),
        ("mask", Parameter),
        ("output_format", Parameter),
        ("mode", Free),
        ("aspect_ratio", Free),
        ("negative_prompt", Free),
        ("seed", Free),
        ("strength", Free),
        ("style_preset", Free),
        ("cfg_scale", Free),
    ]],
};

/// What is read of a response.
pub(crate) const MEMBERS: [&str; 2] = ["artifacts", "image"];

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "prompt" => read.request.prompt = Some(measure.prompt(text(name, value)?)),
            "image" => input_image(read, measure.image(text(name, value)?)),
            "mask" => read.request.mask = true,
            name => parameter(read, &FIELDS, name, value)?,
        }
    }
    Ok(())
}

/// Whether a response is one of this API: an image as text, or a list of artifacts.
pub(crate) fn is_response(value: &Tree<'_>) -> bool {
    value.get("artifacts").is_some_and(Tree::is_array) || value.get("image").is_some_and(Tree::is_string)
}

pub(crate) fn images_of(value: &Tree<'_>) -> Option<u64> {
    match value.get("artifacts").and_then(Tree::as_array) {
        Some(artifacts) => u64::try_from(artifacts.len()).ok(),
        None => value.get("image").map(|_| 1),
    }
}

/// The model that a path names: `/v2beta/stable-image/generate/NAME`.
pub(crate) fn model_in(path: &str) -> Option<&str> {
    path.split_once("/stable-image/generate/").map(|(_, model)| model).filter(|model| !model.contains('/'))
}
