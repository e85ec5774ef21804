//! The documents in a stream of server-sent events.

use serde::de::IgnoredAny;

/// The documents of an event stream. A document on one line is one by itself; else the lines of
/// an event are joined, as the format has it.
pub(super) fn documents(text: &str) -> Vec<String> {
    let is_whole = |data: &str| serde_json::from_str::<IgnoredAny>(data).is_ok();
    let mut events = Vec::new();
    let mut open = String::new();
    for line in text.replace("\r\n", "\n").split(['\n', '\r']).chain([""]) {
        let data = line.strip_prefix("data:").map(str::trim);
        match data {
            Some(data) if data.starts_with('{') && is_whole(data) => {
                events.extend([std::mem::take(&mut open), data.to_owned()]);
            }
            Some("" | "[DONE]") if open.is_empty() => {}
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
