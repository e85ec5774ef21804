//! Answers of the Images API.

use imgcost_core::Endpoint;
use serde_json::{Value, json};

use super::behaviour::Behaviour;
use super::reply::{IMAGE, Image, Reply};
use super::usage::{Order, Tokens};

/// When every image was made.
const CREATED: u64 = 1_790_000_000;

/// The response to a call of the Images API.
pub(super) fn reply(order: &Order, behaviour: Behaviour, image: Image) -> Reply {
    let asked = u64::from(order.request.n);
    let images = match behaviour {
        Behaviour::FewerImages => asked.saturating_sub(1),
        _ => asked,
    };
    let tokens = order.tokens.map(|tokens| tokens.drawn(images, asked));
    if order.request.stream {
        stream(order, behaviour, image, images, tokens)
    } else {
        Reply::json(200, &whole(order, behaviour, images, tokens), image)
    }
}

fn whole(order: &Order, behaviour: Behaviour, images: u64, tokens: Option<Tokens>) -> Value {
    let data: Vec<Value> = (0..images).map(|_| json!({"b64_json": IMAGE})).collect();
    let mut document = echoes(order);
    document["created"] = CREATED.into();
    document["data"] = data.into();
    add_usage(&mut document, behaviour, tokens);
    document
}

fn stream(order: &Order, behaviour: Behaviour, image: Image, images: u64, tokens: Option<Tokens>) -> Reply {
    let kind = if order.request.endpoint == Endpoint::Edits { "image_edit" } else { "image_generation" };
    let event = |name: &str| {
        let mut document = echoes(order);
        document["type"] = format!("{kind}.{name}").into();
        document["created_at"] = CREATED.into();
        document["b64_json"] = IMAGE.into();
        document
    };
    let mut events = Vec::new();
    for index in 0..images {
        for partial in 0..order.request.partial_images.unwrap_or(0) {
            let mut document = event("partial_image");
            document["partial_image_index"] = partial.into();
            events.push(document);
        }
        if behaviour == Behaviour::StreamError {
            events.push(failure());
            break;
        }
        let mut document = event("completed");
        add_usage(&mut document, behaviour, tokens.map(|tokens| tokens.share(index, images)));
        events.push(document);
    }
    Reply::events(&events, image)
}

/// What a response says of the request.
fn echoes(order: &Order) -> Value {
    let request = &order.request;
    let mut document = json!({
        "background": request.background.as_deref().unwrap_or("opaque"),
        "output_format": request.output_format.as_deref().unwrap_or("png"),
        "size": order.size.to_string(),
    });
    if let Some(quality) = &order.quality {
        document["quality"] = quality.as_str().into();
    }
    document
}

/// The event that a blocked image ends a stream with.
pub(super) fn failure() -> Value {
    let (kind, code) = ("image_generation_user_error", "moderation_blocked");
    json!({"type": "error", "error": {"type": kind, "code": code, "message": "The safety system said no."}})
}

fn add_usage(document: &mut Value, behaviour: Behaviour, tokens: Option<Tokens>) {
    if let Some(usage) = tokens.and_then(|tokens| usage(behaviour, tokens)) {
        document["usage"] = usage;
    }
}

/// The usage object, as far as the behaviour lets it be whole.
pub(super) fn usage(behaviour: Behaviour, tokens: Tokens) -> Option<Value> {
    let mut usage = tokens.json();
    let members = usage.as_object_mut()?;
    match behaviour {
        Behaviour::NoUsage => return None,
        Behaviour::NoSplit => members.retain(|name, _| !name.ends_with("_details")),
        Behaviour::TokenDetails => {
            let details = members.remove("output_tokens_details")?;
            members.insert("output_token_details".to_owned(), details);
        }
        _ => {}
    }
    Some(usage)
}
