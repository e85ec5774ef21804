//! fal's models, whose path names the model.

use imgcost_core::{Error, Pixels, Response, Size};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, bad, class, input_images, pixels, text, whole};
use crate::fields::Field::{Free, Parameter};
use crate::fields::Fields;
use crate::openai_images::parameter;
use crate::reported::owned;
use crate::tree::Tree;

/// The fields of a body, by the schemas of fal's models (fal.ai/docs/model-api-reference and
/// fal.ai/models/…/api: FLUX.1, FLUX.2, GPT Image, Nano Banana, Seedream). Models that are billed by
/// the image or the megapixel are the ones with prices: to them steps are free.
pub(crate) const FIELDS: Fields = Fields {
    api: "fal",
    path: "",
    lists: &[&[
        ("prompt", Parameter),
        ("image_size", Parameter),
        ("resolution", Parameter),
        ("num_images", Parameter),
        ("max_images", Parameter),
        ("image_url", Parameter),
        ("image_urls", Parameter),
        ("mask_url", Parameter),
        ("mask_image_url", Parameter),
        ("quality", Parameter),
        ("background", Parameter),
        ("output_format", Parameter),
        ("input_fidelity", Parameter),
        ("aspect_ratio", Free),
        ("negative_prompt", Free),
        ("seed", Free),
        ("guidance_scale", Free),
        ("num_inference_steps", Free),
        ("strength", Free),
        ("acceleration", Free),
        ("enable_safety_checker", Free),
        ("safety_tolerance", Free),
        ("enable_prompt_expansion", Free),
        ("enhance_prompt", Free),
        ("enhance_prompt_mode", Free),
        ("raw", Free),
        ("sync_mode", Free),
        ("limit_generations", Free),
    ]],
};

/// What is read of a response.
pub(crate) const MEMBERS: [&str; 4] = ["image", "images", "request_id", "response_url"];

/// The sizes that fal has names for.
const PRESETS: [(&str, u32, u32); 6] = [
    ("square_hd", 1024, 1024),
    ("square", 512, 512),
    ("portrait_4_3", 768, 1024),
    ("portrait_16_9", 576, 1024),
    ("landscape_4_3", 1024, 768),
    ("landscape_16_9", 1024, 576),
];

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    let mut most = None;
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "prompt" => read.request.prompt = Some(measure.prompt(text(name, value)?)),
            "num_images" => read.request.n = whole(name, value)?,
            "max_images" => most = Some(whole(name, value)?),
            "image_size" => read.request.size = Some(image_size(name, value)?),
            "resolution" => read.request.size = Some(class(name, value)?),
            "image_url" | "image_urls" => input_images(read, value, measure),
            "mask_url" | "mask_image_url" => read.request.mask = true,
            name => parameter(read, &FIELDS, name, value)?,
        }
    }
    // Seedream makes up to so many images each time.
    if let Some(most) = most.filter(|most| *most > 1) {
        let least = read.request.n;
        read.request.n = least.saturating_mul(most);
        read.request.least_n = Some(least);
    }
    Ok(())
}

/// A name that fal has for a size, or a width and a height.
fn image_size(name: &str, value: &Value) -> Result<Size, Error> {
    let Some(text) = value.as_str() else {
        let edge = |edge: &str| value.get(edge).map(|value| whole(edge, value)).transpose();
        let size = pixels(name, edge("width")?, edge("height")?)?;
        return size.ok_or_else(|| bad(name, "image_size: expected a name, or a width and a height"));
    };
    let preset = PRESETS.iter().find(|(preset, ..)| *preset == text);
    let size = preset.and_then(|(_, width, height)| Pixels::new(*width, *height)).map(Size::Exact);
    // `auto_2K` is of that class, in the shape of the prompt or of the input image.
    let of_class = || class(name, &Value::from(text.strip_prefix("auto_").unwrap_or(text))).ok();
    size.or_else(of_class).ok_or_else(|| {
        bad(name, format!("image_size '{}' is not known", imgcost_core::printable(text)))
            .allowed(PRESETS.map(|(preset, ..)| preset))
            .nearest_name(text)
    })
}

/// The model that a path names: all of it.
pub(crate) fn model_in(path: &str) -> Option<&str> {
    Some(path.trim_matches('/')).filter(|path| path.contains('/') && !path.contains("/requests/"))
}

/// Whether a response is one of fal: a list of images, or a place in the queue.
pub(crate) fn is_response(value: &Tree<'_>) -> bool {
    let images = value.get("images").and_then(Tree::as_array);
    images.is_some_and(|images| images.iter().all(Tree::is_object))
        || value.get("image").is_some_and(Tree::is_object)
        || value.get("response_url").is_some()
}

pub(crate) fn images_of(value: &Tree<'_>) -> Option<u64> {
    match value.get("images").and_then(Tree::as_array) {
        Some(images) => u64::try_from(images.len()).ok(),
        None => value.get("image").map(|_| 1),
    }
}

pub(crate) fn response(value: &Tree<'_>, response: &mut Response) {
    // Its results have no id of their own.
    response.id = owned(value, "request_id").or_else(|| response.id.take());
    response.unfinished = value.get("response_url").is_some() && images_of(value).is_none();
}
