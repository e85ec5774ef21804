//! Responses of Gemini's `generateContent`.

use serde_json::{Value, json};

use super::Asked;

pub(super) fn whole(asked: &Asked<'_>) -> Value {
    let image = json!({"inlineData": {"mimeType": "image/png", "data": asked.image}});
    let parts: Vec<Value> = (0..asked.images).map(|_| image.clone()).collect();
    let mut document = json!({
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "modelVersion": asked.request.model, "responseId": "placeholder",
    });
    if let Some(tokens) = asked.tokens {
        let mut input = vec![json!({"modality": "TEXT", "tokenCount": tokens.text_input})];
        if tokens.image_input > 0 {
            input.push(json!({"modality": "IMAGE", "tokenCount": tokens.image_input}));
        }
        document["usageMetadata"] = json!({
            "promptTokenCount": tokens.input(), "promptTokensDetails": input,
            "candidatesTokenCount": tokens.output(),
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": tokens.image_output}],
            "totalTokenCount": tokens.input() + tokens.output(),
        });
    }
    document
}

/// A stream says it all at once.
pub(super) fn events(asked: &Asked<'_>) -> Vec<Value> {
    vec![whole(asked)]
}
