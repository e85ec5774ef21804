//! Chat completions, which make no image.

use serde_json::json;

use super::reply::Reply;

/// The one thing it says.
pub(super) fn reply() -> Reply {
    let document = json!({
        "id": "chatcmpl_1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "gpt-5.1",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "It is a fake."},
            "finish_reason": "stop",
        }],
        "usage": {"prompt_tokens": 8, "completion_tokens": 5, "total_tokens": 13},
    });
    Reply::document(200, &document)
}
