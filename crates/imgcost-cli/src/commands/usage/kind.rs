//! Whether a file is one response or a log of calls, by how it begins.

use std::fmt;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

use imgcost_core::Error;
use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use crate::inputs;

/// How much of a file is looked at.
const HEAD_MAX: u64 = 64 << 10;

/// Members that only a call of a log has at its top level.
const OF_CALLS: [&str; 13] = [
    "request",
    "body",
    "response",
    "at",
    "custom_id",
    "prompt_tokens",
    "tier",
    "billed",
    "tags",
    "call_type",
    "custom_llm_provider",
    "proxy_server_request",
    "spend",
];
/// Members that only a response has there, or an event of a stream.
const OF_RESPONSES: [&str; 9] =
    ["created", "created_at", "data", "object", "type", "output", "choices", "candidates", "error"];
/// Of them, those of an event: in a list, it is one of a stream.
const OF_EVENTS: [&str; 2] = ["type", "candidates"];

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Kind {
    /// One response in JSON.
    Response,
    /// One response as the events of a stream, or a list of them.
    Events,
    /// Calls, one a line.
    Log,
    /// Its beginning does not tell.
    Unknown,
}

/// A file that was looked at and can still be read from its beginning.
pub(in crate::commands) struct Input<'p> {
    path: &'p Path,
    kind: Kind,
    reader: Box<dyn BufRead>,
}

impl<'p> Input<'p> {
    /// Opens a file or standard input.
    pub(in crate::commands) fn open(path: &'p Path) -> Result<Input<'p>, Error> {
        let mut file = inputs::open("file", path)?;
        let mut head = Vec::new();
        let read = file.by_ref().take(HEAD_MAX).read_to_end(&mut head);
        read.map_err(|error| inputs::unreadable("file", path, &error))?;
        let kind = kind(&head);
        let reader = BufReader::with_capacity(1 << 16, Cursor::new(head).chain(file));
        Ok(Input { path, kind, reader: Box::new(reader) })
    }

    pub(in crate::commands) fn kind(&self) -> Kind {
        self.kind
    }

    /// The file as messages name it.
    pub(in crate::commands) fn name(&self) -> String {
        inputs::name(self.path)
    }

    /// Its path.
    pub(in crate::commands) fn path(&self) -> &'p Path {
        self.path
    }

    /// All of it.
    pub(in crate::commands) fn into_reader(self) -> impl BufRead {
        self.reader
    }
}

/// What a file is that begins so.
fn kind(head: &[u8]) -> Kind {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return Kind::Unknown };
    let is_event =
        [&b"data:"[..], b"event:", b"id:", b"retry:", b":"].iter().any(|name| first.starts_with(name));
    if is_event {
        return Kind::Events;
    }
    // Of a list the first document tells, and one document after the other is a log, even if the
    // first line is not what it should be.
    let list = head.trim_ascii_start().strip_prefix(b"[");
    let several = lines.any(|line| line.starts_with(b"{\"")) && first.ends_with(b"}");
    let mut finder = Finder(None);
    // It ends before its end, or is no JSON: what was found until then counts.
    let _ = serde_json::Deserializer::from_slice(list.unwrap_or(head)).deserialize_map(&mut finder);
    match finder.0 {
        Some(Mark::Call) => return Kind::Log,
        Some(Mark::Event) if list.is_some() => return Kind::Events,
        Some(_) if several || list.is_some() => return Kind::Log,
        Some(_) => return Kind::Response,
        None => {}
    }
    match (several, list) {
        (true, _) => Kind::Log,
        (_, Some(_)) => Kind::Response,
        _ => Kind::Unknown,
    }
}

/// What the first telling member of an object belongs to.
#[derive(Debug, Clone, Copy)]
enum Mark {
    Call,
    Event,
    Response,
}

/// Goes through the members of the first object until one tells what it is.
struct Finder(Option<Mark>);

impl<'de> Visitor<'de> for &mut Finder {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            // A response may come as an event of a stream: `type` comes before it there.
            self.0 = match name.as_str() {
                name if OF_CALLS.contains(&name) => Some(Mark::Call),
                name if OF_EVENTS.contains(&name) => Some(Mark::Event),
                name if OF_RESPONSES.contains(&name) => Some(Mark::Response),
                _ => None,
            };
            if self.0.is_some() {
                break;
            }
            members.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_how_it_begins() {
        for (head, expected) in [
            (r#"{"created": 1, "data": [{"b64_json": "{\"request\""#, Kind::Response),
            (r#"{"usage": {"request": 1}, "output": []}"#, Kind::Response),
            ("event: a\ndata: {\"request\": 1}\n", Kind::Events),
            ("\u{feff}{\"type\": \"x\", \"response\": {}}", Kind::Response),
            (r#"{"model": "x", "usage": {}}"#, Kind::Unknown),
            ("", Kind::Unknown),
            ("hello", Kind::Unknown),
            (r#"{"id": "a,\"}", "request": {}}"#, Kind::Log),
            ("\n\n{\"at\": 1, \"usage\": {}}\n", Kind::Log),
            ("{\"x\": 1}\n{\"request\": {}}\n", Kind::Log),
            ("{\n  \"model\": \"x\",\n  \"usage\": {}\n}\n", Kind::Unknown),
            ("{\"created\": 1, \"data\": []}\n{\"created\": 2, \"data\": []}\n", Kind::Log),
            ("[\n{\"request\": {}}]", Kind::Log),
            (r#"[{"created": 1, "data": []}, {"created": 2}]"#, Kind::Log),
            (r#"[{"candidates": []}, {"candidates": []}]"#, Kind::Events),
            (r#"{"request_id": "x", "call_type": "aimage_generation"}"#, Kind::Log),
        ] {
            assert_eq!(kind(head.as_bytes()), expected, "{head}");
        }
    }
}
