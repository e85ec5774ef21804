//! Alibaba Cloud's Model Studio (DashScope), plain and as a task that is asked after.

use imgcost_core::{Error, Response};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, bad, input_images, other_field, text, whole, within};
use crate::fields::Field::{Free, Parameter};
use crate::fields::Fields;
use crate::reported::owned;
use crate::tree::Tree;
use crate::usage;

/// The fields of a body, by Model Studio's references (alibabacloud.com/help/en/model-studio:
/// "Qwen image generation and editing API reference", "Wan text-to-image V2 API reference" and
/// "Wan2.6 - image generation and editing"). How many images interleaved output has is not listed:
/// with it there is no ceiling.
pub(crate) const FIELDS: [&Fields; 3] = [&BODY, &INPUT, &PARAMETERS];

const BODY: Fields = Fields {
    api: "DashScope",
    path: "",
    lists: &[&[("model", Parameter), ("input", Parameter), ("parameters", Parameter)]],
};

const INPUT: Fields = Fields {
    api: "the input of DashScope",
    path: "input.",
    lists: &[&[
        ("messages", Parameter),
        ("prompt", Parameter),
        ("images", Parameter),
        ("base_image_url", Parameter),
        ("ref_img", Parameter),
        ("mask_image_url", Parameter),
        ("negative_prompt", Free),
        ("function", Free),
    ]],
};

const PARAMETERS: Fields = Fields {
    api: "the parameters of DashScope",
    path: "parameters.",
    lists: &[&[
        ("n", Parameter),
        ("size", Parameter),
        ("negative_prompt", Free),
        ("prompt_extend", Free),
        ("watermark", Free),
        ("seed", Free),
        ("style", Free),
        ("strength", Free),
        ("ref_mode", Free),
        ("ref_strength", Free),
    ]],
};

/// The most images of a call of the Wan models.
const MOST: u32 = 4;

/// What is read of a response.
pub(crate) const MEMBERS: [&str; 9] =
    ["choices", "content", "image", "image_count", "message", "output", "results", "task_id", "task_status"];

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    let mut texts = Vec::new();
    let mut has_n = false;
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "model" => {
                text(name, value)?.clone_into(&mut read.request.model);
                read.names_model = true;
            }
            "input" => {
                for (name, value) in within(value) {
                    match name {
                        "prompt" => texts.push(text(name, value)?),
                        "messages" => messages(read, value, &mut texts, measure),
                        "images" | "base_image_url" | "ref_img" => input_images(read, value, measure),
                        "mask_image_url" => read.request.mask = true,
                        name => other_field(read, &INPUT, name, value),
                    }
                }
            }
            "parameters" => {
                for (name, value) in within(value) {
                    match name {
                        "n" => (read.request.n, has_n) = (whole(name, value)?, true),
                        "size" => read.request.size = Some(size(name, value)?),
                        name => other_field(read, &PARAMETERS, name, value),
                    }
                }
            }
            name => other_field(read, &BODY, name, value),
        }
    }
    if !texts.is_empty() {
        read.request.prompt = Some(measure.prompt(&texts.join("\n")));
    }
    // Qwen makes one image where no number is given; Wan's own number is not known here.
    if !has_n && read.request.model.starts_with("wan") {
        (read.request.n, read.request.least_n) = (MOST, Some(1));
    }
    Ok(())
}

/// The texts and images of messages: parts with a `text` or an `image`.
fn messages<'v>(read: &mut ParsedBody, value: &'v Value, texts: &mut Vec<&'v str>, measure: &dyn Measure) {
    for message in value.as_array().into_iter().flatten() {
        match message.get("content") {
            Some(Value::String(text)) => texts.push(text),
            content => {
                for part in content.and_then(Value::as_array).into_iter().flatten() {
                    texts.extend(part.get("text").and_then(Value::as_str));
                    if let Some(value) = part.get("image") {
                        input_images(read, value, measure);
                    }
                }
            }
        }
    }
}

/// A size as `1328*1328`, or a class.
fn size(name: &str, value: &Value) -> Result<imgcost_core::Size, Error> {
    let sent = text(name, value)?;
    let size = sent.replace('*', "x").parse();
    size.map_err(|error: imgcost_core::ParseSizeError| bad(name, error.to_string()))
}

pub(crate) fn is_response(value: &Tree<'_>) -> bool {
    value.get("output").is_some_and(|output| {
        ["choices", "results", "task_status", "task_id"].iter().any(|name| output.get(name).is_some())
    })
}

/// How many images a response brings: as many as its usage says, else as many as it lists.
pub(crate) fn images_of(value: &Tree<'_>) -> Option<u64> {
    if let Some(count) = value.get("usage").and_then(|usage| usage.get("image_count")) {
        return usage::whole(count);
    }
    let output = value.get("output")?;
    if let Some(results) = output.get("results").and_then(Tree::as_array) {
        return u64::try_from(results.len()).ok();
    }
    let choices = output.get("choices")?.as_array()?;
    let contents = choices.iter().filter_map(|choice| choice.get("message")?.get("content")?.as_array());
    u64::try_from(contents.flatten().filter(|part| part.get("image").is_some()).count()).ok()
}

pub(crate) fn response(value: &Tree<'_>, response: &mut Response) -> Result<(), Error> {
    let status = value.get("output").and_then(|output| output.get("task_status")?.as_str());
    let task = value.get("output").and_then(|output| owned(output, "task_id"));
    response.id = task.or_else(|| response.id.take());
    response.unfinished = matches!(status, Some("PENDING" | "RUNNING" | "SUSPENDED"));
    response.failed = matches!(status, Some("FAILED" | "CANCELED"));
    Ok(())
}

/// Whether a path makes images; the body names the model.
pub(crate) fn model_in(path: &str) -> Option<&str> {
    let ends = ["/multimodal-generation/generation", "/image-synthesis", "/image-generation/generation"];
    ends.iter().any(|end| path.ends_with(end)).then_some("")
}
