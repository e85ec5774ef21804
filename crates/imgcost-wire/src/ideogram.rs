//! Ideogram, whose path names the model and whose rendering speed is the quality that is billed.

use imgcost_core::Error;
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, input_image, text, whole};
use crate::fields::Field::{Context, Free, Parameter};
use crate::fields::Fields;
use crate::openai_images::parameter;

/// What its paths of 3.0 and 4.0 do with a model, each at the same price.
const TASKS: [&str; 5] = ["generate", "remix", "edit", "reframe", "replace-background"];

/// The fields of a body, a form or JSON, by the description of the API (developer.ideogram.ai,
/// "Generate with Ideogram 3.0" and "4.0"). With a reference to a character the price is another.
pub(crate) const FIELDS: Fields = Fields {
    api: "Ideogram",
    path: "",
    lists: &[&[
        ("prompt", Parameter),
        ("text_prompt", Parameter),
        ("json_prompt", Parameter),
        ("rendering_speed", Parameter),
        ("num_images", Parameter),
        ("image", Parameter),
        ("mask", Parameter),
        // The price is the same at every resolution.
        ("resolution", Free),
        ("aspect_ratio", Free),
        ("seed", Free),
        ("magic_prompt", Free),
        ("negative_prompt", Free),
        ("color_palette", Free),
        ("style_codes", Free),
        ("style_type", Free),
        ("style_preset", Free),
        ("style_reference_images", Free),
        ("image_weight", Free),
        ("custom_model_uri", Context),
        ("character_reference_images", Context),
        ("character_reference_images_mask", Context),
    ]],
};

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "prompt" | "text_prompt" => read.request.prompt = Some(measure.prompt(text(name, value)?)),
            "json_prompt" => read.request.prompt = Some(measure.prompt(&value.to_string())),
            "rendering_speed" => read.request.quality = text(name, value)?.to_lowercase().parse().ok(),
            "num_images" => read.request.n = whole(name, value)?,
            "image" => input_image(read, measure.image(text(name, value)?)),
            "mask" => read.request.mask = true,
            name => parameter(read, &FIELDS, name, value)?,
        }
    }
    Ok(())
}

/// The model that a path names: `/v1/ideogram-v3/generate`.
pub(crate) fn model_in(path: &str) -> Option<&str> {
    let (before, task) = path.rsplit_once('/')?;
    let (before, model) = before.rsplit_once('/')?;
    let is_ours = before.ends_with("/v1") && model.starts_with("ideogram-");
    (is_ours && TASKS.contains(&task)).then_some(model)
}
