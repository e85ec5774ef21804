//! OpenAI's Responses API, as far as its image tool is concerned, plain and streamed.

use imgcost_core::{Endpoint, Error, Response, printable};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, bad, flag, other_field, text, tier, whole};
use crate::content::content;
use crate::fields::Field::{Context, Free, Parameter};
use crate::fields::Fields;
use crate::openai_images::{IMAGE_PARAMETERS, parameter};
use crate::reported::{count, count_caller, event_type, owned, plain_name};
use crate::tree::Tree;
use crate::usage::Readings;

pub(crate) const PATHS: [(&str, Endpoint); 1] = [("/responses", Endpoint::Responses)];

/// The type of the tool that draws.
const IMAGE_TOOL: &str = "image_generation";

/// What is read of a response.
pub(crate) const MEMBERS: [&str; 5] = ["image_gen", "object", "output", "tool_usage", "tools"];

/// The fields of a body, by the API's description (`openai-python-3-52-0`).
pub(crate) const FIELDS: Fields = Fields {
    api: "the Responses API",
    path: "",
    lists: &[&[
        ("input", Parameter),
        ("tools", Parameter),
        ("max_tool_calls", Parameter),
        ("service_tier", Parameter),
        ("model", Parameter),
        ("stream", Parameter),
        ("user", Free),
        ("metadata", Free),
        ("store", Free),
        ("temperature", Free),
        ("top_p", Free),
        ("top_logprobs", Free),
        ("tool_choice", Free),
        ("parallel_tool_calls", Free),
        ("include", Free),
        ("background", Free),
        ("truncation", Free),
        ("text", Free),
        ("reasoning", Free),
        ("max_output_tokens", Free),
        ("stream_options", Free),
        ("safety_identifier", Free),
        ("prompt_cache_key", Free),
        ("prompt_cache_retention", Free),
        ("previous_response_id", Context),
        ("conversation", Context),
        ("instructions", Context),
        ("prompt", Context),
        ("context_management", Context),
    ]],
};

/// The fields of the image tool.
pub(crate) const TOOL_FIELDS: Fields = Fields {
    api: "the image tool of the Responses API",
    path: "tools.",
    lists: &[&[("type", Parameter), ("input_image_mask", Parameter)], IMAGE_PARAMETERS, &[("action", Free)]],
};

/// Whether a body has the image tool: without it, it makes no image.
#[must_use]
pub fn has_image_tool(body: &Map<String, Value>) -> bool {
    let tools = body.get("tools").and_then(Value::as_array);
    tools.into_iter().flatten().any(is_image_tool)
}

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    read.request.endpoint = Endpoint::Responses;
    let mut tools = 0;
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "model" => read.request.responses_model = Some(text(name, value)?.to_owned()),
            "stream" => read.request.stream = flag(name, value)?,
            "max_tool_calls" => read.request.max_tool_calls = Some(whole(name, value)?),
            "service_tier" => read.request.tier = tier(read.request.tier, name, value)?,
            "input" => content(read, value, measure),
            "tools" => {
                for tool in value.as_array().into_iter().flatten() {
                    if is_image_tool(tool) {
                        tools += 1;
                        image_tool(read, tool)?;
                    } else {
                        let kind = tool.get("type").and_then(Value::as_str).unwrap_or("without a type");
                        let what = format!("the tool {}", printable(kind));
                        read.request.unseen_context.push(what);
                    }
                }
            }
            name => other_field(read, &FIELDS, name, value),
        }
    }
    if tools > 1 {
        let message = "the body has several tools of type image_generation, and nobody says which draws";
        return Err(bad("tools", message));
    }
    if tools == 0 {
        return Err(bad("tools", "the body has no tool of type image_generation: it makes no image"));
    }
    Ok(())
}

fn is_image_tool(tool: &Value) -> bool {
    tool.get("type").and_then(Value::as_str) == Some(IMAGE_TOOL)
}

fn image_tool(read: &mut ParsedBody, tool: &Value) -> Result<(), Error> {
    for (name, value) in tool.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "type" => {}
            "input_image_mask" => read.request.mask = true,
            _ => parameter(read, &TOOL_FIELDS, name, value)?,
        }
    }
    Ok(())
}

/// Whether a document of a stream tells that an image is coming, or has come, without any count.
pub(crate) fn is_drawing(event: &Tree<'_>) -> bool {
    let of_item = matches!(event_type(event), "response.output_item.added" | "response.output_item.done");
    event_type(event).starts_with("response.image_generation_call.")
        || (of_item && event.get("item").is_some_and(is_image_call))
}

/// Whether an event is the last of its stream.
pub(crate) fn is_last(event: &Tree<'_>) -> bool {
    matches!(event_type(event), "response.completed" | "response.incomplete" | "response.failed")
}

fn is_image_call(item: &Tree<'_>) -> bool {
    event_type(item) == "image_generation_call"
}

/// The image tool's usage in a response.
fn tool_usage<'t, 'd>(value: &'t Tree<'d>) -> Option<&'t Tree<'d>> {
    value.get("tool_usage")?.get("image_gen")
}

/// Whether a document is a response of this API.
pub(crate) fn is_response(value: &Tree<'_>) -> bool {
    tool_usage(value).is_some()
        || value.get("object").and_then(Tree::as_str) == Some("response")
        || value.get("output").and_then(Tree::as_array).is_some_and(|items| items.iter().all(Tree::is_object))
}

/// How many images a response brings.
pub(crate) fn images_of(value: &Tree<'_>) -> Option<u64> {
    let output = value.get("output").and_then(Tree::as_array)?;
    u64::try_from(output.iter().filter(|item| is_image_call(item)).count()).ok()
}

/// Reads a response, which has the calling model's usage, and beside it the tool's.
pub(crate) fn response(value: &Tree<'_>, response: &mut Response) -> Result<(), Error> {
    response.of_responses = true;
    // The outer usage is the calling model's: what was drawn is in the tool's alone.
    if let Some(tool) = tool_usage(value) {
        count(response, Readings::of(tool)?);
    }
    if let Some(outer) = value.get("usage").filter(|usage| !usage.is_null()) {
        count_caller(response, Readings::of(outer)?);
    }
    // So is the response's model; the one that drew is named by the tool.
    response.responses_model = response.model.take();
    let mut models = tool_models(value);
    response.model = models.pop();
    let last = response.model.as_deref().map(plain_name);
    if models.iter().any(|model| Some(plain_name(model)) != last) {
        response.uncounted = true;
        response.contradiction.get_or_insert("its tools name several models that draw");
    }
    let status = value.get("status").and_then(Tree::as_str);
    response.unfinished = matches!(status, Some("queued" | "in_progress"));
    response.failed = matches!(status, Some("failed" | "cancelled"));
    Ok(())
}

/// The models of the image tools that a response lists.
fn tool_models(value: &Tree<'_>) -> Vec<String> {
    let tools = value.get("tools").and_then(Tree::as_array).into_iter().flatten();
    tools.filter(|tool| event_type(tool) == IMAGE_TOOL).filter_map(|tool| owned(tool, "model")).collect()
}
