//! Names that some servers read as others, since they do not look at case.

use imgcost_core::printable;
use serde_json::{Map, Value};

use crate::dialect::Dialect;
use crate::fields::Field;

/// Members within messages and their parts that decide what a call costs, and one of the Responses
/// API that bounds it.
const OF_MESSAGES: [&str; 6] = ["content", "image[]", "image_url", "max_output_tokens", "text", "type"];

/// The member that decides what a call costs, if a name is that of one but for case, in any
/// dialect.
fn decisive(folded: &str) -> Option<&'static str> {
    let bodies = Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::OpenAiBatch);
    let tables = bodies.flat_map(Dialect::fields);
    let fields = tables.flat_map(|fields| fields.iter()).filter(|(_, field)| *field != Field::Free);
    let names = fields.map(|(name, _)| name).chain(OF_MESSAGES);
    names.into_iter().find(|name| *name == folded)
}

/// A member that some servers read as another: Go's `encoding/json`, and so most relays, match
/// names without case. Looked at are the body itself, its tools, and its messages as far as
/// they are read; what else a client puts in, such as metadata, has names of its own.
pub(crate) fn differs_in_case(body: &Map<String, Value>) -> Option<String> {
    if let Some(slip) = slip_of(body) {
        return Some(slip);
    }
    let tools = body.get("tools").and_then(Value::as_array).into_iter().flatten();
    let slip = tools.filter_map(Value::as_object).find_map(slip_of);
    slip.or_else(|| ["input", "messages"].iter().filter_map(|name| body.get(*name)).find_map(slip_within))
}

fn slip_of(object: &Map<String, Value>) -> Option<String> {
    // Names as they should be, which are nearly all, are not looked up.
    let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    object.keys().filter(|name| !plain(name)).find_map(|name| {
        let folded = folded(name);
        let known = decisive(&folded).filter(|known| *known != name)?;
        Some(format!("some servers read {} as {known}; allowed: {known}", printable(name)))
    })
}

/// The same in a message, and in what it is made of.
fn slip_within(message: &Value) -> Option<String> {
    match message {
        Value::Array(items) => items.iter().find_map(slip_within),
        Value::Object(object) => slip_of(object).or_else(|| {
            let parts = ["content", "text", "image_url"].iter().filter_map(|name| object.get(*name));
            parts.into_iter().find_map(slip_within)
        }),
        _ => None,
    }
}

/// A name without case: also the long s and the sign of kelvin, which Go takes for s and k.
fn folded(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::object;

    #[test]
    fn names_are_compared_without_case_where_they_decide() {
        for body in [
            r#"{"n":1,"N":10}"#,
            r#"{"Quality":"high"}"#,
            "{\"\u{17f}ize\":\"1024x1024\"}",
            r#"{"tools":[{"type":"web_search","Type":"image_generation"}]}"#,
            r#"{"messages":[{"content":[{"text":"a","Text":"b"}]}]}"#,
            r#"{"input":[{"Content":"a"}]}"#,
        ] {
            assert!(differs_in_case(&object(body.as_bytes()).unwrap()).is_some(), "{body}");
        }
        for body in [
            r#"{"n":1,"metadata":{"Size":"L","size":"M"}}"#,
            r#"{"tools":[{"type":"function","parameters":{"properties":{"N":{},"n":{}}}}]}"#,
            r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Model N"}]}]}"#,
        ] {
            assert_eq!(differs_in_case(&object(body.as_bytes()).unwrap()), None, "{body}");
        }
    }
}
