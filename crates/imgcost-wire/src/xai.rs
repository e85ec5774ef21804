//! xAI's images, in the shape of OpenAI's, with a resolution in place of a size.

use imgcost_core::{Endpoint, Error};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, class, input_images, text};
use crate::fields::Field::{Free, Parameter};
use crate::fields::Fields;
use crate::openai_images::parameter;

pub(crate) const PATHS: [(&str, Endpoint); 2] =
    [("/images/generations", Endpoint::Generations), ("/images/edits", Endpoint::Edits)];

/// The fields of a body, by xAI's guide (docs.x.ai, "Image Generation" and "Image Editing"), and
/// `quality`, which prices of grok-imagine-image-2.0 depend on.
pub(crate) const FIELDS: Fields = Fields {
    api: "xAI's images",
    path: "",
    lists: &[&[
        ("prompt", Parameter),
        ("model", Parameter),
        ("n", Parameter),
        ("quality", Parameter),
        ("resolution", Parameter),
        ("image", Parameter),
        ("images", Parameter),
        ("image_url", Parameter),
        ("aspect_ratio", Free),
        ("response_format", Free),
        ("user", Free),
    ]],
};

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "prompt" => read.request.prompt = Some(measure.prompt(text(name, value)?)),
            "resolution" => read.request.size = Some(class(name, value)?),
            "image" | "images" | "image_url" => input_images(read, value, measure),
            name => parameter(read, &FIELDS, name, value)?,
        }
    }
    Ok(())
}
