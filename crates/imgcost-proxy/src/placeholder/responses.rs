//! Responses of OpenAI's Responses API, whose image tool was called once.

use serde_json::{Value, json};

use super::{Asked, CREATED};

pub(super) fn whole(asked: &Asked<'_>) -> Value {
    let item = json!({
        "id": "ig_placeholder", "type": "image_generation_call", "status": "completed", "background": "opaque",
        "output_format": "png", "quality": asked.quality, "size": asked.size.to_string(), "result": asked.image,
    });
    let (input, output) = asked.calling;
    let mut document = json!({
        "id": "resp_placeholder", "object": "response", "created_at": CREATED, "status": "completed",
        "error": null, "incomplete_details": null, "instructions": null, "metadata": {},
        "model": asked.request.responses_model, "output": [item], "parallel_tool_calls": true,
        "tool_choice": "auto", "tools": [],
        "usage": {
            "input_tokens": input, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": input + output,
        },
    });
    if let Some(tokens) = asked.tokens {
        document["tool_usage"] = json!({"image_gen": tokens.json()});
    }
    document
}

pub(super) fn events(asked: &Asked<'_>) -> Vec<Value> {
    let whole = whole(asked);
    let mut begun = whole.clone();
    begun["status"] = "in_progress".into();
    begun["output"] = json!([]);
    begun["usage"] = Value::Null;
    if let Some(members) = begun.as_object_mut() {
        members.remove("tool_usage");
    }
    let call = |state: &str| json!({"type": format!("response.image_generation_call.{state}"), "item_id": "ig_placeholder", "output_index": 0});
    let item = json!({"id": "ig_placeholder", "type": "image_generation_call", "status": "in_progress", "result": null});
    let mut events = vec![
        json!({"type": "response.created", "response": begun}),
        json!({"type": "response.in_progress", "response": begun}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
        call("in_progress"),
        call("generating"),
    ];
    for index in 0..asked.request.partial_images.unwrap_or(0) {
        let mut partial = call("partial_image");
        partial["partial_image_index"] = index.into();
        partial["partial_image_b64"] = asked.image.as_str().into();
        events.push(partial);
    }
    events.push(call("completed"));
    events.push(json!({"type": "response.output_item.done", "output_index": 0, "item": whole["output"][0]}));
    events.push(json!({"type": "response.completed", "response": whole}));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    events
}
