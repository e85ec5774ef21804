//! OpenRouter's images, in the shape of OpenAI's, with Gemini's class and aspect ratio.

use imgcost_core::{Endpoint, Error};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, class, input_images, text};
use crate::fields::Field::{Free, Parameter};
use crate::fields::Fields;
use crate::openai_images::{IMAGE_PARAMETERS, parameter};

pub(crate) const PATHS: [(&str, Endpoint); 2] =
    [("/images/generations", Endpoint::Generations), ("/api/v1/images", Endpoint::Generations)];

/// The fields of a body, by OpenRouter's description of the API ("Image Generation" and the types of
/// its SDKs). What it passes on to one maker alone, such as `font_inputs`, is billed apart and is
/// not listed.
pub(crate) const FIELDS: Fields = Fields {
    api: "OpenRouter's images",
    path: "",
    lists: &[
        &[("prompt", Parameter), ("resolution", Parameter), ("input_references", Parameter)],
        IMAGE_PARAMETERS,
        &[
            ("aspect_ratio", Free),
            ("response_format", Free),
            ("seed", Free),
            ("user", Free),
            ("provider", Free),
        ],
    ],
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
            "input_references" => input_images(read, value, measure),
            name => parameter(read, &FIELDS, name, value)?,
        }
    }
    Ok(())
}
