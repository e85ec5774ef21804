//! OpenAI's Images API: generations, edits and variations, as JSON, as a form and as a stream.

use imgcost_core::{Endpoint, Error, Fidelity, InputImage, Response, printable};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, bad, flag, images, other_field, reference, size, text, tier, whole};
use crate::fields::Field::{Choice, Context, Free, Parameter};
use crate::fields::{Field, Fields};
use crate::images::{mask_fact, referenced_facts, referenced_image};
use crate::reported::{count, count_caller, event_type, owned};
use crate::tree::Tree;
use crate::usage::Readings;

pub(crate) const PATHS: [(&str, Endpoint); 3] = [
    ("/images/generations", Endpoint::Generations),
    ("/images/edits", Endpoint::Edits),
    ("/images/variations", Endpoint::Variations),
];

/// What is read of a response.
pub(crate) const MEMBERS: [&str; 2] = ["data", "svg_usage"];

/// The parameters of an image, which other dialects take as well.
pub(crate) const IMAGE_PARAMETERS: &[(&str, Field)] = &[
    ("model", Parameter),
    ("quality", Parameter),
    ("size", Parameter),
    ("n", Parameter),
    ("stream", Parameter),
    ("partial_images", Parameter),
    ("background", Parameter),
    ("output_format", Parameter),
    ("output_compression", Parameter),
    ("input_fidelity", Parameter),
    ("moderation", Choice),
    ("complexity", Choice),
    ("frame_count", Choice),
    ("frame_duration_ms", Choice),
    // It names the text model that writes an image in SVG, and how hard that thinks.
    ("svg", Context),
];

/// The fields of a body, by the API's description (`openai-python-3-52-0`, `openai-python-3-57-0`).
pub(crate) const FIELDS: Fields = Fields {
    api: "the Images API",
    path: "",
    lists: &[
        &[
            ("prompt", Parameter),
            ("image", Parameter),
            ("images", Parameter),
            ("mask", Parameter),
            ("service_tier", Parameter),
        ],
        IMAGE_PARAMETERS,
        &[
            ("response_format", Choice),
            ("style", Choice),
            ("user", Free),
            // An image over the input image, whose tokens nobody has measured.
            ("markup", Context),
        ],
    ],
};

/// Fields that are numbers, or yes and no, in JSON, and text in a form.
pub(crate) const NUMBERS: [&str; 4] = ["n", "num_images", "partial_images", "output_compression"];
pub(crate) const FLAGS: [&str; 1] = ["stream"];

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    let (mut has_images, mut image, mut mask) = (false, None, None);
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "prompt" => read.request.prompt = Some(measure.prompt(text(name, value)?)),
            "image" | "image[]" | "images" => {
                // All that are given are sent, under whichever names; those of the defaults are not.
                if !std::mem::replace(&mut has_images, true) {
                    read.request.images.clear();
                }
                read.request.images.extend(images(value, measure));
                let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                image = image.or(items.first().and_then(reference));
                let facts =
                    items.iter().filter_map(reference).flat_map(|image| referenced_facts("image", image));
                read.request.files.extend(facts);
                read.request.endpoint = match read.request.endpoint {
                    Endpoint::Generations => Endpoint::Edits,
                    other => other,
                };
            }
            "mask" => {
                read.request.mask = true;
                mask = reference(value);
                read.request.files.extend(mask.into_iter().flat_map(|mask| referenced_facts("mask", mask)));
            }
            "service_tier" => read.request.tier = tier(read.request.tier, name, value)?,
            _ => parameter(read, &FIELDS, name, value)?,
        }
    }
    let sizes = (image.map(referenced_image), mask.map(referenced_image));
    if let (Some(InputImage::Sized(image)), Some(InputImage::Sized(mask))) = sizes {
        read.request.files.push(mask_fact(image, mask));
    }
    // A body of which nothing is the API's own is in the shape of another.
    if !read.request.unknown_fields.is_empty() && !body.contains_key("prompt") {
        let what = format!("a body in another shape than {}'s", FIELDS.api);
        read.request.unseen_context.push(what);
    }
    Ok(())
}

/// Reads a parameter of an image, which is among these fields.
pub(crate) fn parameter(
    read: &mut ParsedBody,
    fields: &Fields,
    name: &str,
    value: &Value,
) -> Result<(), Error> {
    let request = &mut read.request;
    let owned = || text(name, value).map(str::to_owned);
    match name {
        "model" => {
            request.model = owned()?;
            read.names_model = true;
        }
        "quality" => request.quality = text(name, value)?.parse().ok(),
        "size" => request.size = Some(size(name, value)?),
        "n" => request.n = whole(name, value)?,
        "stream" => request.stream = flag(name, value)?,
        "partial_images" => request.partial_images = Some(whole(name, value)?),
        "background" => request.background = Some(owned()?),
        "output_format" => request.output_format = Some(owned()?),
        "output_compression" => request.output_compression = Some(whole(name, value)?),
        "input_fidelity" => {
            let fidelity = text(name, value)?;
            request.input_fidelity = Some(fidelity.parse().map_err(|_| {
                bad(name, format!("input_fidelity '{}'", printable(fidelity))).allowed(Fidelity::NAMES)
            })?);
        }
        name => other_field(read, fields, name, value),
    }
    Ok(())
}

/// Whether an event ends an image.
pub(crate) fn is_completed(event: &Tree<'_>) -> bool {
    matches!(event_type(event), "image_generation.completed" | "image_edit.completed")
}

/// Whether an event says that an image failed, which may have been billed.
pub(crate) fn is_failed(event: &Tree<'_>) -> bool {
    matches!(event_type(event), "image_generation.failed" | "image_edit.failed")
}

/// Reads a response, or a usage object alone.
pub(crate) fn response(value: &Tree<'_>, response: &mut Response) -> Result<(), Error> {
    let usage = value.get("usage").filter(|usage| !usage.is_null());
    count(response, Readings::of(usage.unwrap_or(value))?);
    // An image in SVG is written by a text model, which is billed beside the image.
    if let Some(svg) = value.get("svg_usage").filter(|usage| !usage.is_null()) {
        count_caller(response, Readings::of(svg)?);
        response.responses_model = owned(svg, "model");
    }
    Ok(())
}

/// How many images a response brings.
pub(crate) fn images_of(value: &Tree<'_>) -> Option<u64> {
    u64::try_from(value.get("data")?.as_array()?.len()).ok()
}
