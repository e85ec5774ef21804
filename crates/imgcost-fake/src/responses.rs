//! Answers of the Responses API with its image tool.

use serde_json::{Value, json};

use super::behaviour::Behaviour;
use super::images;
use super::reply::{IMAGE, Image, Reply};
use super::usage::Order;

/// The response to a call of the Responses API.
pub(super) fn reply(order: &Order, behaviour: Behaviour, image: Image) -> Reply {
    let whole = whole(order, behaviour);
    if !order.request.stream {
        return Reply::json(200, &whole, image);
    }
    let mut begun = whole.clone();
    begun["status"] = "in_progress".into();
    begun["output"] = json!([]);
    begun["usage"] = Value::Null;
    if let Some(members) = begun.as_object_mut() {
        members.remove("tool_usage");
    }
    let call = |state: &str| json!({"type": format!("response.image_generation_call.{state}"), "item_id": "ig_1", "output_index": 0});
    let mut events = vec![
        json!({"type": "response.created", "response": begun}),
        json!({"type": "response.in_progress", "response": begun}),
        json!({"type": "response.output_item.added", "output_index": 0,
            "item": {"id": "ig_1", "type": "image_generation_call", "status": "in_progress"}}),
        call("in_progress"),
        call("generating"),
    ];
    for index in 0..order.request.partial_images.unwrap_or(0) {
        let mut partial = call("partial_image");
        partial["partial_image_index"] = index.into();
        partial["partial_image_b64"] = IMAGE.into();
        events.push(partial);
    }
    if behaviour == Behaviour::StreamError {
        begun["status"] = "failed".into();
        begun["error"] = json!({"code": "server_error", "message": "Something went wrong."});
        events.push(json!({"type": "response.failed", "response": begun}));
        return Reply::events(&events, image);
    }
    events.push(call("completed"));
    for item in whole["output"].as_array().into_iter().flatten() {
        events.push(json!({"type": "response.output_item.done", "output_index": 0, "item": item}));
    }
    events.push(json!({"type": "response.completed", "response": whole}));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    Reply::events(&events, image)
}

fn whole(order: &Order, behaviour: Behaviour) -> Value {
    let images = if behaviour == Behaviour::FewerImages { 0 } else { 1 };
    let item = json!({
        "id": "ig_1",
        "type": "image_generation_call",
        "status": "completed",
        "background": "opaque",
        "output_format": "png",
        "quality": order.quality,
        "size": order.size.to_string(),
        "result": IMAGE,
    });
    let (input, output) = order.responses;
    let mut document = json!({
        "id": "resp_1",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": "completed",
        "error": null,
        "model": order.request.responses_model,
        "output": vec![item; images],
    });
    let tokens = order.tokens.map(|tokens| tokens.drawn(images as u64, 1));
    if let Some(usage) = tokens.and_then(|tokens| images::usage(behaviour, tokens)) {
        document["tool_usage"] = json!({"image_gen": usage, "web_search": {"num_requests": 0}});
        document["usage"] = json!({
            "input_tokens": input,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": input + output,
        });
    }
    document
}
