//! Messages of texts and images, as the Responses API and chat completions have them.

use imgcost_core::{InputImage, printable};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, is_empty};

/// Adds up the texts of messages, and collects their images. What is no message of texts and
/// images, such as an item of an earlier turn or a file, is context that can't be counted.
pub(crate) fn content(read: &mut ParsedBody, value: &Value, measure: &dyn Measure) {
    let mut texts: Vec<&str> = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        let unseen = match value {
            Value::String(text) => {
                texts.push(text);
                None
            }
            Value::Array(items) => {
                open.extend(items.iter().rev());
                None
            }
            Value::Object(object) => part(object, &mut open, |url| {
                read.request.images.push(url.map_or(InputImage::Unsized, |url| measure.image(url)));
            }),
            Value::Null => None,
            _ => Some("an item that is neither text nor object".to_owned()),
        };
        let known = &mut read.request.unseen_context;
        known.extend(unseen.filter(|what| !known.contains(what)));
    }
    if !texts.is_empty() {
        read.request.prompt = Some(measure.prompt(&texts.join("\n")));
    }
}

/// Looks into a message, or a part of one; tells of what can't be counted in it.
fn part<'v>(
    object: &'v Map<String, Value>,
    open: &mut Vec<&'v Value>,
    mut image: impl FnMut(Option<&str>),
) -> Option<String> {
    let kind = object.get("type").and_then(Value::as_str);
    let is_message = object.contains_key("role") && object.contains_key("content");
    let known: &[&str] = match kind {
        Some("input_image" | "image_url") => {
            let reference = object.get("image_url");
            let reference = reference.and_then(|url| url.get("url").or(Some(url))).and_then(Value::as_str);
            image(reference);
            &["type", "image_url", "detail", "file_id"]
        }
        Some("input_text" | "output_text" | "text") => {
            open.extend(object.get("text"));
            &["type", "text", "annotations", "logprobs"]
        }
        None | Some("message") if is_message => {
            open.extend(object.get("content"));
            &["type", "role", "content", "name", "id", "status"]
        }
        // Without a type it refers to an item of an earlier turn.
        None => return Some("an item without a type".to_owned()),
        Some(kind) => return Some(format!("an item of type {}", printable(kind))),
    };
    let other = object.iter().find(|(name, value)| !known.contains(&name.as_str()) && !is_empty(value));
    other.map(|(name, _)| format!("{} in an item", printable(name)))
}
