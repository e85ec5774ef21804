//! Replicate's predictions, whose path names the model, or whose body names its version.

use imgcost_core::{Error, Response};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, class, input_images, other_field, pixels, text, whole, within};
use crate::fields::Field::{Free, Parameter};
use crate::fields::Fields;
use crate::openai_images::parameter;
use crate::tree::Tree;

/// The fields of a body, by the description of the API, and of its input, by the models' schemas
/// (replicate.com/OWNER/NAME/api: FLUX.1, FLUX.2, GPT Image, Imagen, Nano Banana, Stable Diffusion).
pub(crate) const FIELDS: [&Fields; 2] = [&BODY, &INPUT];

const BODY: Fields = Fields {
    api: "Replicate's predictions",
    path: "",
    lists: &[&[
        ("input", Parameter),
        ("model", Parameter),
        ("version", Parameter),
        ("stream", Free),
        ("webhook", Free),
        ("webhook_events_filter", Free),
    ]],
};

const INPUT: Fields = Fields {
    api: "the input of Replicate's image models",
    path: "input.",
    lists: &[&[
        ("prompt", Parameter),
        ("num_outputs", Parameter),
        ("number_of_images", Parameter),
        ("num_images", Parameter),
        ("width", Parameter),
        ("height", Parameter),
        ("size", Parameter),
        ("resolution", Parameter),
        ("megapixels", Parameter),
        ("quality", Parameter),
        ("background", Parameter),
        ("output_format", Parameter),
        ("output_compression", Parameter),
        ("input_fidelity", Parameter),
        ("image", Parameter),
        ("image_prompt", Parameter),
        ("input_image", Parameter),
        ("input_images", Parameter),
        ("image_input", Parameter),
        ("mask", Parameter),
        ("aspect_ratio", Free),
        ("negative_prompt", Free),
        ("seed", Free),
        ("guidance", Free),
        ("guidance_scale", Free),
        ("num_inference_steps", Free),
        ("steps", Free),
        ("go_fast", Free),
        ("output_quality", Free),
        ("prompt_strength", Free),
        ("prompt_upsampling", Free),
        ("safety_tolerance", Free),
        ("safety_filter_level", Free),
        ("disable_safety_checker", Free),
        ("moderation", Free),
        ("raw", Free),
    ]],
};

/// What is read of a response.
pub(crate) const MEMBERS: [&str; 3] = ["output", "completed_at", "metrics"];

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "input" => input(read, value, measure)?,
            "model" => {
                text(name, value)?.clone_into(&mut read.request.model);
                read.names_model = true;
            }
            // An official model is a version by its name; of others it is a digest, which names none.
            "version" if !read.names_model => {
                let version = text(name, value)?.split(':').next().unwrap_or_default();
                if version.contains('/') {
                    version.clone_into(&mut read.request.model);
                    read.names_model = true;
                }
            }
            name => other_field(read, &BODY, name, value),
        }
    }
    Ok(())
}

fn input(read: &mut ParsedBody, input: &Value, measure: &dyn Measure) -> Result<(), Error> {
    let (mut width, mut height) = (None, None);
    for (name, value) in within(input) {
        match name {
            "prompt" => read.request.prompt = Some(measure.prompt(text(name, value)?)),
            "num_outputs" | "number_of_images" | "num_images" => read.request.n = whole(name, value)?,
            "width" => width = Some(whole(name, value)?),
            "height" => height = Some(whole(name, value)?),
            "resolution" | "megapixels" => match megapixels(value) {
                Some(size) => read.request.size = Some(size),
                None if text(name, value)? == "match_input_image" => {
                    read.request.unseen_context.push(format!("{}{name}", INPUT.path));
                }
                None => read.request.size = Some(class(name, value)?),
            },
            "mask" => read.request.mask = true,
            "image" | "image_prompt" | "input_image" | "input_images" | "image_input" => {
                input_images(read, value, measure);
            }
            // Without a dot some models take it as a count of steps or a name of their own.
            name => parameter(read, &INPUT, name, value)?,
        }
    }
    if let Some(size) = pixels("input.width", width, height)? {
        read.request.size = Some(size);
    }
    Ok(())
}

/// The square of so many megapixels, which some models take in place of a size: `1`, `0.25` or
/// `2 MP`. None of a class, such as `2K`, or of another word.
fn megapixels(value: &Value) -> Option<imgcost_core::Size> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let edges = match text.strip_suffix("MP").unwrap_or(&text).trim() {
        "0.25" => (512, 512),
        "0.5" => (1024, 512),
        "1" => (1024, 1024),
        "2" => (2048, 1024),
        "4" => (2048, 2048),
        _ => return None,
    };
    pixels("megapixels", Some(edges.0), Some(edges.1)).ok()?
}

pub(crate) fn is_response(value: &Tree<'_>) -> bool {
    let status = value.get("status").and_then(Tree::as_str);
    let of_its_own = matches!(status, Some("starting" | "processing" | "succeeded" | "canceled" | "aborted"));
    of_its_own || images_of(value).is_some()
}

/// How many images a response brings: one address, or a list of them.
pub(crate) fn images_of(value: &Tree<'_>) -> Option<u64> {
    match value.get("output")? {
        Tree::String(_) => Some(1),
        Tree::Array(items) if !items.is_empty() && items.iter().all(Tree::is_string) => {
            u64::try_from(items.len()).ok()
        }
        _ => None,
    }
}

pub(crate) fn response(value: &Tree<'_>, response: &mut Response) -> Result<(), Error> {
    let status = value.get("status").and_then(Tree::as_str);
    response.unfinished = matches!(status, Some("starting" | "processing"));
    response.failed = matches!(status, Some("failed" | "canceled" | "aborted"));
    Ok(())
}

/// The model that a path names, `/v1/models/OWNER/NAME/predictions`; empty where the body names it.
pub(crate) fn model_in(path: &str) -> Option<&str> {
    let before = path.strip_suffix("/predictions")?;
    Some(before.split_once("/models/").map_or("", |(_, model)| model))
}
