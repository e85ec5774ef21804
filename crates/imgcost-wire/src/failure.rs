//! The error that an API responds with, as far as outcome rules look at it.

use crate::tree::Tree;

/// The longest name that is kept, in characters. Known ones have up to thirty.
const LONGEST: usize = 64;

/// An error body, or an error event of a stream: its two names, without its words.
///
/// They are what an [`Outcome`](imgcost_core::Outcome) takes. The message is left out since it
/// may repeat the prompt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApiFailure {
    /// The error's `type`, such as `invalid_request_error`; at most 64 characters.
    pub error_type: Option<String>,
    /// The error's `code`, such as `moderation_blocked`; at most 64 characters.
    pub error_code: Option<String>,
}

impl ApiFailure {
    /// The error that a document holds, if it does.
    #[must_use]
    pub fn of(document: &Tree<'_>) -> Option<ApiFailure> {
        let inner = document.get("response").filter(|inner| inner.is_object()).unwrap_or(document);
        if let Some(error) = inner.get("error").filter(|error| error.is_object()) {
            return Some(ApiFailure { error_type: name(error, "type"), error_code: name(error, "code") });
        }
        // The Responses API streams an error without an object around it; its type is the event's.
        let is_event = document.get("type").and_then(Tree::as_str) == Some("error");
        is_event.then(|| ApiFailure { error_type: None, error_code: name(document, "code") })
    }
}

fn name(object: &Tree<'_>, key: &str) -> Option<String> {
    let text = match object.get(key)? {
        Tree::String(text) => text.clone().into_owned(),
        // Some relays put the status there.
        Tree::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text.chars().take(LONGEST).map(|c| if c.is_control() { '?' } else { c }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(document: &Value) -> Option<ApiFailure> {
        ApiFailure::of(&document.into())
    }

    #[test]
    fn the_names_of_an_error_are_found_wherever_the_apis_put_them() {
        let error = json!({"type": "a", "code": "b", "message": "m", "param": null});
        for (document, error_type, error_code) in [
            (json!({"error": error}), Some("a"), Some("b")),
            (json!({"type": "error", "error": error}), Some("a"), Some("b")),
            (
                json!({"type": "response.failed", "response": {"error": {"code": "server_error"}}}),
                None,
                Some("server_error"),
            ),
            (json!({"type": "error", "code": "c", "message": "m"}), None, Some("c")),
            (json!({"error": {"type": null, "code": 400}}), None, Some("400")),
        ] {
            let failure = of(&document).unwrap();
            assert_eq!(failure.error_type.as_deref(), error_type, "{document}");
            assert_eq!(failure.error_code.as_deref(), error_code, "{document}");
        }
    }

    #[test]
    fn a_document_without_an_error_has_none() {
        for document in [json!({}), json!({"error": null}), json!({"error": "x"}), json!({"code": "x"})] {
            assert_eq!(of(&document), None, "{document}");
        }
    }

    #[test]
    fn names_are_short_and_printable() {
        let failure = of(&json!({"error": {"code": format!("a\n{}", "é".repeat(999))}})).unwrap();
        let code = failure.error_code.unwrap();
        assert!(code.starts_with("a?é") && code.chars().count() == LONGEST);
    }
}
