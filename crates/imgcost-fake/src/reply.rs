//! A reply before it is sent: JSON with places for images, and how it is to be sent.

use std::time::Duration;

use imgcost_core::Pixels;
use serde_json::{Value, json};

use super::image;

/// Stands in a document where an image's base64 belongs. No prompt or header reaches a reply,
/// so that nothing else can contain it.
pub(super) const IMAGE: &str = "@image@";

/// A part of a body.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Text(String),
    /// So many bytes of base64, made while they are sent.
    Filler(u64),
}

impl Piece {
    pub(super) fn len(&self) -> u64 {
        match self {
            Piece::Text(text) => text.len() as u64,
            Piece::Filler(length) => *length,
        }
    }
}

/// How a body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    AtOnce,
    /// Half of it at once, and nothing after that.
    Half,
    /// In so many parts with a pause before each.
    Parts(u64, Duration),
}

/// A reply.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) retry_after: Option<u32>,
    pub(super) pieces: Vec<Piece>,
    /// Whether the body's length is said beforehand.
    pub(super) has_length: bool,
    pub(super) pace: Pace,
    /// Whether the connection breaks in the middle of the body.
    pub(super) torn: bool,
}

impl Reply {
    fn new(status: u16, content_type: &'static str, pieces: Vec<Piece>) -> Reply {
        let (has_length, pace) = (true, Pace::AtOnce);
        Reply { status, content_type, retry_after: None, pieces, has_length, pace, torn: false }
    }

    /// A JSON document with its images.
    pub(super) fn json(status: u16, document: &Value, image: Image) -> Reply {
        Reply::new(status, "application/json", pieces(&document.to_string(), image))
    }

    /// A stream of events, each named as its document's type.
    pub(super) fn events(documents: &[Value], image: Image) -> Reply {
        let event = |document: &Value| {
            let name = document.get("type").and_then(Value::as_str).unwrap_or_default();
            pieces(&format!("event: {name}\ndata: {document}\n\n"), image)
        };
        let pieces = documents.iter().flat_map(event).collect();
        Reply { has_length: false, ..Reply::new(200, "text/event-stream; charset=utf-8", pieces) }
    }

    /// An error.
    pub(super) fn error(status: u16, error_type: &str, code: Option<&str>, message: &str) -> Reply {
        let error = json!({"message": message, "type": error_type, "param": null, "code": code});
        Reply::document(status, &json!({ "error": error }))
    }

    /// A document without images.
    pub(super) fn document(status: u16, document: &Value) -> Reply {
        Reply::new(status, "application/json", vec![Piece::Text(document.to_string())])
    }

    /// A page that no API sent.
    pub(super) fn page(status: u16) -> Reply {
        let page = format!("<html><head><title>{status}</title></head><body>{status}</body></html>\n");
        Reply::new(status, "text/html", vec![Piece::Text(page)])
    }

    pub(super) fn length(&self) -> u64 {
        self.pieces.iter().map(Piece::len).sum()
    }
}

/// What the images of a reply are like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image {
    pub(super) size: Pixels,
    /// The length in base64.
    pub(super) bytes: u64,
}

/// Cuts a text at the places for images and puts images there.
fn pieces(text: &str, image: Image) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, part) in text.split(IMAGE).enumerate() {
        if index > 0 {
            pieces.push(Piece::Text(image::header(image.size)));
            // Base64 comes in fours.
            pieces.push(Piece::Filler(image.bytes.saturating_sub(image::HEADER_BASE64) / 4 * 4));
        }
        pieces.push(Piece::Text(part.to_owned()));
    }
    pieces
}
