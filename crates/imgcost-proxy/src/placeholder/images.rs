//! Responses of OpenAI's Images API.

use imgcost_core::Endpoint;
use serde_json::{Value, json};

use super::usage::Tokens;
use super::{Asked, CREATED};

pub(super) fn whole(asked: &Asked<'_>) -> Value {
    let mut document = echoes(asked, "created");
    document["data"] = (0..asked.images).map(|_| json!({"b64_json": asked.image})).collect();
    add_usage(&mut document, asked.tokens);
    document
}

pub(super) fn events(asked: &Asked<'_>) -> Vec<Value> {
    let kind = if asked.request.endpoint == Endpoint::Edits { "image_edit" } else { "image_generation" };
    let event = |name: &str| {
        let mut document = echoes(asked, "created_at");
        document["type"] = format!("{kind}.{name}").into();
        document["b64_json"] = asked.image.as_str().into();
        document
    };
    let mut events = Vec::new();
    for index in 0..asked.images {
        for partial in 0..asked.request.partial_images.unwrap_or(0) {
            let mut document = event("partial_image");
            document["partial_image_index"] = partial.into();
            events.push(document);
        }
        let mut document = event("completed");
        add_usage(&mut document, asked.tokens.map(|tokens| tokens.share(index, asked.images)));
        events.push(document);
    }
    events
}

/// What a response says of the request.
fn echoes(asked: &Asked<'_>, created: &str) -> Value {
    let background = asked.request.background.as_deref().unwrap_or("opaque");
    let mut document =
        json!({"background": background, "output_format": "png", "size": asked.size.to_string()});
    document[created] = CREATED.into();
    if let Some(quality) = &asked.quality {
        document["quality"] = quality.as_str().into();
    }
    document
}

fn add_usage(document: &mut Value, tokens: Option<Tokens>) {
    if let Some(tokens) = tokens {
        document["usage"] = tokens.json();
    }
}
