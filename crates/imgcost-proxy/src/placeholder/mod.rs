//! What a dry run answers image calls with: an image of the size that was asked for, and usage at the
//! quote's ceiling.
#![allow(clippy::indexing_slicing, reason = "members are set of JSON objects that were made a line before")]

mod gemini;
mod images;
mod png;
mod responses;
mod usage;

use imgcost_core::{Pixels, Quote, Request, Size};
use imgcost_wire::Dialect;
use serde_json::Value;

use usage::Tokens;

/// The most bytes of images in one response: a request may ask for any number of them.
const MOST_BYTES: usize = 64 << 20;

/// When every placeholder was made, in seconds since 1970.
const CREATED: u64 = 1_790_000_000;

/// A response that no API has made.
#[derive(Debug)]
pub(crate) struct Placeholder {
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

/// What is asked for, as far as a response shows it.
struct Asked<'r> {
    request: &'r Request,
    size: Pixels,
    quality: Option<String>,
    images: u32,
    /// The image in base64.
    image: String,
    tokens: Option<Tokens>,
    /// The tokens of the model that runs the Responses API's image tool: input and output.
    calling: (u64, u64),
}

/// The response to a request; none in a dialect whose responses are not written here, and none that is too
/// large.
pub(crate) fn of(
    dialect: Dialect,
    address: &str,
    request: &Request,
    quote: &Quote<'_>,
) -> Option<Placeholder> {
    let size = match quote.chosen_size() {
        Size::Exact(size) => size,
        Size::Auto => Pixels::new(1024, 1024)?,
    };
    let (image, images) = (png::base64(size)?, request.n.max(1));
    let times = u64::from(images) * u64::from(1 + request.partial_images.unwrap_or(0));
    let bytes = usize::try_from(times).ok()?.checked_mul(image.len())?;
    if bytes > MOST_BYTES {
        return None;
    }
    let asked = Asked {
        request,
        size,
        quality: quote.quality().map(ToString::to_string),
        images,
        image,
        tokens: Tokens::at_ceiling(quote),
        calling: usage::calling_model(quote),
    };
    let is_stream = request.stream || address.contains(":streamGenerateContent");
    Some(match dialect {
        Dialect::OpenAiImages if is_stream => events(&images::events(&asked)),
        Dialect::OpenAiImages => json(&images::whole(&asked)),
        Dialect::OpenAiResponses if is_stream => events(&responses::events(&asked)),
        Dialect::OpenAiResponses => json(&responses::whole(&asked)),
        // Without `alt=sse` a stream of Gemini's is a list.
        Dialect::Gemini if is_stream && address.contains("alt=sse") => data(&gemini::events(&asked)),
        Dialect::Gemini if is_stream => json(&Value::Array(gemini::events(&asked))),
        Dialect::Gemini => json(&gemini::whole(&asked)),
        _ => return None,
    })
}

fn json(document: &Value) -> Placeholder {
    Placeholder { content_type: "application/json", body: document.to_string().into_bytes() }
}

/// A stream of events that are named by their types.
fn events(all: &[Value]) -> Placeholder {
    let text = all.iter().map(|event| {
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
        format!("event: {kind}\ndata: {event}\n\n")
    });
    Placeholder { content_type: "text/event-stream", body: text.collect::<String>().into_bytes() }
}

/// A stream of events without names.
fn data(all: &[Value]) -> Placeholder {
    let text: String = all.iter().map(|event| format!("data: {event}\r\n\r\n")).collect();
    Placeholder { content_type: "text/event-stream", body: text.into_bytes() }
}
