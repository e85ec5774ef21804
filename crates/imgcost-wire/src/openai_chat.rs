//! OpenAI's chat completions, by which some relays make images.

use imgcost_core::{Endpoint, Error};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, tier};
use crate::content::content;
use crate::dialect::Field::{Context, Free, Parameter};
use crate::dialect::Fields;
use crate::openai_images::{IMAGE_PARAMETERS, parameter};

pub(crate) const PATHS: [(&str, Endpoint); 1] = [("/chat/completions", Endpoint::Chat)];

/// The fields of a body, by the API's description (`openai-python-3-52-0`), and those of an image.
pub(crate) const FIELDS: Fields = Fields {
    api: "chat completions",
    lists: &[
        &[("messages", Parameter), ("service_tier", Parameter)],
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
            ("response_format", Free),
            ("reasoning_effort", Free),
            ("stream_options", Free),
            ("safety_identifier", Free),
            ("moderation", Free),
            ("style", Free),
            ("tool_choice", Free),
            ("tools", Context),
            ("functions", Context),
        ],
    ],
};

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
            _ => parameter(read, &FIELDS, "", name, value)?,
        }
    }
    Ok(())
}

/// Whether a response is a chat completion.
pub(crate) fn is_response(value: &Value) -> bool {
    value.get("choices").is_some()
}
