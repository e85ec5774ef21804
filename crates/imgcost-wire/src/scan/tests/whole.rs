//! A reader of whole texts, plain and slow: what the scanner finds must be what it finds.

use imgcost_core::{Code, Error, Response};
use serde::de::IgnoredAny;

use crate::response::{each_reading, must_count, response_of_documents, sum};
use crate::tree::Tree;

/// Reads a text as a response.
pub(super) fn read(text: &str) -> Result<Response, Error> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let read = |json: &str| each_reading(json.as_bytes(), response_of_documents).flatten();
    if text.starts_with(['{', '[']) {
        return read(text);
    }
    let mut all: Option<Response> = None;
    let mut uncounted = false;
    for event in documents(text) {
        match read(&event) {
            Ok(response) => {
                all = Some(match all {
                    Some(before) => sum(&before, response),
                    None => response,
                });
            }
            Err(_) => uncounted |= counts(&event),
        }
    }
    let mut all = all.ok_or_else(|| Error::new(Code::BadInput, "no response"))?;
    all.uncounted |= uncounted;
    Ok(all)
}

/// Whether an event that can't be read may have been one that counts.
fn counts(event: &str) -> bool {
    let event = serde_json::from_str::<Tree<'_>>(event).ok().filter(Tree::is_object);
    event.is_none_or(|event| must_count(&event))
}

/// The documents of an event stream. A document on one line is one by itself; else the lines of
/// an event are joined, as the format has it.
fn documents(text: &str) -> Vec<String> {
    let is_whole = |data: &str| serde_json::from_str::<IgnoredAny>(data).is_ok();
    let mut events = Vec::new();
    let mut open = String::new();
    for line in text.replace("\r\n", "\n").split(['\n', '\r']).chain([""]) {
        let data = line.strip_prefix("data:").map(str::trim);
        match data {
            Some(data) if data.starts_with('{') && is_whole(data) => {
                events.extend([std::mem::take(&mut open), data.to_owned()]);
            }
            Some("" | "[DONE]" | "ping" | "keep-alive") if open.is_empty() => {}
            Some(data) => {
                open.push_str(data);
                open.push('\n');
            }
            None if line.is_empty() => events.push(std::mem::take(&mut open)),
            // Names, ids and comments say nothing of the price.
            None => {}
        }
    }
    events.retain(|event| !event.is_empty());
    events
}
