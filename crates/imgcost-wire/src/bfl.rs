//! Black Forest Labs, whose path names the model.

use imgcost_core::{Error, Response};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, input_images, pixels, text, whole};
use crate::fields::Field::{Free, Parameter};
use crate::fields::Fields;
use crate::openai_images::parameter;
use crate::tree::Tree;
use crate::usage;

/// The fields of a body, by the description of the API (`bfl-skill`: its list of endpoints).
pub(crate) const FIELDS: Fields = Fields {
    api: "Black Forest Labs",
    path: "",
    lists: &[&[
        ("prompt", Parameter),
        ("width", Parameter),
        ("height", Parameter),
        ("image_prompt", Parameter),
        ("image", Parameter),
        ("mask", Parameter),
        ("output_format", Parameter),
        ("aspect_ratio", Free),
        ("seed", Free),
        ("steps", Free),
        ("guidance", Free),
        ("interval", Free),
        ("raw", Free),
        ("image_prompt_strength", Free),
        ("prompt_upsampling", Free),
        ("safety_tolerance", Free),
        ("webhook_url", Free),
        ("webhook_secret", Free),
    ]],
};

/// What is read of a response.
pub(crate) const MEMBERS: [&str; 4] = ["output_mp", "polling_url", "result", "sample"];

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    let (mut width, mut height) = (None, None);
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "prompt" => read.request.prompt = Some(measure.prompt(text(name, value)?)),
            "width" => width = Some(whole(name, value)?),
            "height" => height = Some(whole(name, value)?),
            "mask" => read.request.mask = true,
            name if is_input_image(name) => input_images(read, value, measure),
            name => parameter(read, &FIELDS, name, value)?,
        }
    }
    if let Some(size) = pixels("width", width, height)? {
        read.request.size = Some(size);
    }
    Ok(())
}

/// `image`, `image_prompt`, and `input_image`, `input_image_2` and so on.
fn is_input_image(name: &str) -> bool {
    let number = name.strip_prefix("input_image").map(|rest| rest.strip_prefix('_').unwrap_or(rest));
    matches!(name, "image" | "image_prompt")
        || number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(crate) fn is_response(value: &Tree<'_>) -> bool {
    let is_result = value.get("result").is_some_and(|result| result.get("sample").is_some());
    is_result || ["output_mp", "polling_url"].iter().any(|name| value.get(name).is_some())
}

pub(crate) fn images_of(value: &Tree<'_>) -> Option<u64> {
    value.get("result")?.get("sample").map(|_| 1)
}

/// Reads a response, whose cost is in credits of a cent.
pub(crate) fn response(value: &Tree<'_>, response: &mut Response) -> Result<(), Error> {
    response.unfinished = images_of(value).is_none();
    if let Some(credits) = value.get("cost").filter(|cost| !cost.is_null()) {
        let cents = usage::usd(credits).ok().zip("0.01".parse().ok());
        match cents.and_then(|(credits, cent)| credits.checked_scale(cent)) {
            Some(stated) => response.stated = Some(stated),
            None => response.uncounted = true,
        }
    }
    Ok(())
}

/// The model that a path names: `/v1/NAME`.
pub(crate) fn model_in(path: &str) -> Option<&str> {
    let (before, model) = path.rsplit_once('/')?;
    before.ends_with("/v1").then_some(model)
}
