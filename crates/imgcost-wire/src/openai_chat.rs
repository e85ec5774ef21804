//! OpenAI's chat completions, by which some relays make images.

use imgcost_core::{Endpoint, Error, Response};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, class, tier, within};
use crate::content::content;
use crate::fields::Field::{Choice, Context, Free, Parameter};
use crate::fields::Fields;
use crate::openai_images::{IMAGE_PARAMETERS, parameter};
use crate::reported::count;
use crate::tree::Tree;
use crate::usage::Readings;

pub(crate) const PATHS: [(&str, Endpoint); 1] = [("/chat/completions", Endpoint::Chat)];

/// The fields of a body, by the API's description (`openai-python-3-52-0`), and those of an image.
pub(crate) const FIELDS: Fields = Fields {
    api: "chat completions",
    path: "",
    lists: &[
        &[("messages", Parameter), ("service_tier", Parameter), ("image_config", Parameter)],
        IMAGE_PARAMETERS,
        &[
            ("user", Free),
            ("metadata", Free),
            ("store", Free),
            ("temperature", Free),
            ("top_p", Free),
            ("max_tokens", Free),
            ("max_completion_tokens", Free),
            ("presence_penalty", Free),
            ("frequency_penalty", Free),
            ("seed", Free),
            ("stop", Free),
            ("logprobs", Free),
            ("top_logprobs", Free),
            ("logit_bias", Free),
            ("modalities", Free),
            ("usage", Free),
            ("provider", Free),
            ("transforms", Free),
            ("response_format", Free),
            ("reasoning_effort", Free),
            ("stream_options", Free),
            ("safety_identifier", Free),
            ("style", Free),
            ("tool_choice", Free),
            ("tools", Context),
            ("functions", Context),
            // A search is billed apart, and its results are input.
            ("plugins", Context),
            ("web_search_options", Context),
        ],
    ],
};

/// The fields of `image_config`, by which OpenRouter and other relays pass on what an image API takes
/// (openrouter.ai/docs, "Image Generation" and `ImageGenerationServerToolConfig`).
pub(crate) const IMAGE_CONFIG: Fields = Fields {
    api: "image_config of chat completions",
    path: "image_config.",
    lists: &[&[
        ("image_size", Parameter),
        ("quality", Parameter),
        ("size", Parameter),
        ("background", Parameter),
        ("output_format", Parameter),
        ("output_compression", Parameter),
        ("aspect_ratio", Free),
        ("moderation", Choice),
        // Each has a price of its own beside the image's, which is not in the price book.
        ("font_inputs", Context),
        ("super_resolution_references", Context),
    ]],
};

/// What is read of a response.
pub(crate) const MEMBERS: [&str; 4] = ["choices", "delta", "images", "message"];

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    read.request.endpoint = Endpoint::Chat;
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "messages" => content(read, value, measure),
            "service_tier" => read.request.tier = tier(read.request.tier, name, value)?,
            "image_config" => {
                for (name, value) in within(value) {
                    match name {
                        "image_size" => read.request.size = Some(class(name, value)?),
                        _ => parameter(read, &IMAGE_CONFIG, name, value)?,
                    }
                }
            }
            _ => parameter(read, &FIELDS, name, value)?,
        }
    }
    Ok(())
}

/// Whether a response is a chat completion.
pub(crate) fn is_response(value: &Tree<'_>) -> bool {
    value.get("choices").is_some()
}

/// Reads the usage of a response. A relay that bills by the call counts as it likes, which its
/// terms pass over.
pub(crate) fn response(value: &Tree<'_>, response: &mut Response) -> Result<(), Error> {
    if let Some(usage) = value.get("usage").filter(|usage| !usage.is_null()) {
        count(response, Readings::of(usage)?);
    }
    Ok(())
}

/// How many images a response lists beside its text; none where it lists none, since some relays
/// put them into the text.
pub(crate) fn images_of(value: &Tree<'_>) -> Option<u64> {
    let choices = value.get("choices")?.as_array()?;
    let messages = choices.iter().filter_map(|choice| choice.get("message").or_else(|| choice.get("delta")));
    let lists = messages.filter_map(|message| message.get("images").and_then(Tree::as_array));
    let count: usize = lists.map(<[_]>::len).sum();
    u64::try_from(count).ok().filter(|count| *count > 0)
}
