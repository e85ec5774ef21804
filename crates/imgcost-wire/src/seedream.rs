//! ByteDance's Seedream at BytePlus ModelArk, in the shape of OpenAI's images.

use imgcost_core::{Endpoint, Error};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, class, input_images, text, whole, within};
use crate::fields::Field::{Context, Free, Parameter};
use crate::fields::Fields;
use crate::openai_images::parameter;

pub(crate) const PATHS: [(&str, Endpoint); 1] = [("/images/generations", Endpoint::Generations)];

/// The most images of a group where no limit is given.
const GROUP_MAX: u32 = 15;

/// The fields of a body, by the description of the API (docs.byteplus.com/en/docs/ModelArk/1541523,
/// "Image generation API", by the examples of relays that pass it on). `tools` is its web search.
pub(crate) const FIELDS: Fields = Fields {
    api: "BytePlus ModelArk",
    path: "",
    lists: &[&[
        ("model", Parameter),
        ("prompt", Parameter),
        ("image", Parameter),
        ("size", Parameter),
        ("sequential_image_generation", Parameter),
        ("sequential_image_generation_options", Parameter),
        ("output_format", Parameter),
        // It sends the images of a group as they come, and no partial ones.
        ("stream", Free),
        ("seed", Free),
        ("guidance_scale", Free),
        ("response_format", Free),
        ("watermark", Free),
        ("optimize_prompt_options", Free),
        ("tools", Context),
    ]],
};

/// Of the options of a group.
pub(crate) const GROUP: Fields = Fields {
    api: "BytePlus ModelArk",
    path: "sequential_image_generation_options.",
    lists: &[&[("max_images", Parameter)]],
};

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    let (mut is_group, mut most) = (false, GROUP_MAX);
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "prompt" => read.request.prompt = Some(measure.prompt(text(name, value)?)),
            "image" => input_images(read, value, measure),
            "size" => read.request.size = Some(class(name, value)?),
            "sequential_image_generation" => is_group = text(name, value)? != "disabled",
            "sequential_image_generation_options" => {
                for (name, value) in within(value) {
                    match name {
                        "max_images" => most = whole(name, value)?,
                        name => parameter(read, &GROUP, name, value)?,
                    }
                }
            }
            name => parameter(read, &FIELDS, name, value)?,
        }
    }
    if is_group {
        // The model chooses how many; what is sent and made is at most 15 together.
        (read.request.least_n, read.request.n) = (Some(1), most.clamp(1, GROUP_MAX));
    }
    Ok(())
}
