//! Google's `predict` of Imagen, at the Gemini API and Vertex AI.

use imgcost_core::{Error, InputImage};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, bad, class, input_image, other_field, text, whole, within};
use crate::fields::Field::{Context, Free, Parameter};
use crate::fields::Fields;
use crate::tree::Tree;

/// The fields of a body, by the reference of Imagen at Vertex AI (docs.cloud.google.com/vertex-ai,
/// "Generate images using text prompts") and the clients that are made from it (langchain4j,
/// google-genai).
pub(crate) const FIELDS: [&Fields; 3] = [&BODY, &INSTANCE, &PARAMETERS];

const BODY: Fields =
    Fields { api: "predict", path: "", lists: &[&[("instances", Parameter), ("parameters", Parameter)]] };

const INSTANCE: Fields = Fields {
    api: "an instance of predict",
    path: "instances.",
    lists: &[&[
        ("prompt", Parameter),
        ("image", Parameter),
        ("mask", Parameter),
        ("referenceImages", Context),
    ]],
};

const PARAMETERS: Fields = Fields {
    api: "parameters of predict",
    path: "parameters.",
    lists: &[&[
        ("sampleCount", Parameter),
        ("sampleImageSize", Parameter),
        ("imageSize", Parameter),
        ("aspectRatio", Free),
        ("negativePrompt", Free),
        ("seed", Free),
        ("language", Free),
        ("sampleImageStyle", Free),
        ("guidanceScale", Free),
        ("personGeneration", Free),
        ("safetySetting", Free),
        ("safetyFilterLevel", Free),
        ("addWatermark", Free),
        ("includeRaiReason", Free),
        ("includeSafetyAttributes", Free),
        ("storageUri", Free),
        ("outputOptions", Free),
        ("outputMimeType", Free),
        ("compressionQuality", Free),
        ("enhancePrompt", Free),
        ("editMode", Context),
        ("editConfig", Context),
        ("mode", Context),
        ("upscaleConfig", Context),
    ]],
};

/// What is read of a response.
pub(crate) const MEMBERS: [&str; 6] =
    ["bytesBase64Encoded", "gcsUri", "generatedImages", "image", "mimeType", "predictions"];

/// The most images of a call. Without `sampleCount` there were four in two reports, and nobody
/// says what the default is.
const MOST: u32 = 4;

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    let mut texts = Vec::new();
    let instances = body.get("instances").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if instances.len() > 1 {
        return Err(bad("instances", "instances: one instance a call is read"));
    }
    for (name, value) in instances.iter().flat_map(within) {
        match name {
            "prompt" => texts.push(text(name, value)?),
            "image" => {
                let data = value.get("bytesBase64Encoded").and_then(Value::as_str);
                input_image(read, data.map_or(InputImage::Unsized, |data| measure.image(data)));
            }
            "mask" => read.request.mask = true,
            _ => other_field(read, &INSTANCE, name, value),
        }
    }
    if !texts.is_empty() {
        read.request.prompt = Some(measure.prompt(&texts.join("\n")));
    }
    (read.request.n, read.request.least_n) = (MOST, Some(1));
    for (name, value) in body.get("parameters").into_iter().flat_map(within) {
        match name {
            "sampleCount" => (read.request.n, read.request.least_n) = (whole(name, value)?, None),
            "sampleImageSize" | "imageSize" => read.request.size = Some(class(name, value)?),
            _ => other_field(read, &PARAMETERS, name, value),
        }
    }
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        other_field(read, &BODY, name, value);
    }
    Ok(())
}

pub(crate) fn is_response(value: &Tree<'_>) -> bool {
    let has = |name: &str| value.get(name).is_some_and(Tree::is_array);
    has("predictions") || has("generatedImages")
}

/// How many images a response brings: what was filtered is listed without one, and not billed.
/// `generatedImages` is what Google's SDKs make of `predictions`.
pub(crate) fn images_of(value: &Tree<'_>) -> Option<u64> {
    if let Some(images) = value.get("generatedImages").and_then(Tree::as_array) {
        let is_image = |item: &&Tree<'_>| item.get("image").is_some_and(|image| !image.is_null());
        return u64::try_from(images.iter().filter(is_image).count()).ok();
    }
    let is_image = |item: &&Tree<'_>| {
        ["mimeType", "bytesBase64Encoded", "gcsUri"].iter().any(|name| item.get(name).is_some())
    };
    u64::try_from(value.get("predictions")?.as_array()?.iter().filter(is_image).count()).ok()
}

/// The model that a path names: `models/NAME:predict`.
pub(crate) fn model_in(path: &str) -> Option<&str> {
    let model = path.rsplit('/').next()?.strip_suffix(":predict")?;
    Some(model.split('@').next().unwrap_or(model))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    #[test]
    fn images_are_counted_as_googles_sdks_have_them() {
        let body = r#"{"generatedImages": [{"image": {"imageBytes": "aGk="}}, {"raiFilteredReason": "no"}]}"#;
        assert_eq!(crate::response(body).unwrap().usage.images, Some(1));
        let body = r#"{"predictions": [{"bytesBase64Encoded": "aGk=", "mimeType": "image/png"}]}"#;
        assert_eq!(crate::response(body).unwrap().usage.images, Some(1));
    }
}
