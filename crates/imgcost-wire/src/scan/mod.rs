//! Reads what an API's response reports while the response passes by.
//!
//! An image is megabytes of base64, and the few numbers that a bill is made of stand after
//! it. [`Scanner`] is fed the body in whatever chunks it arrives, skips the images, and
//! keeps a skeleton: of the whole document only what is read of it, a few hundred bytes, which at
//! the end the reader of a document reads. Memory does not grow with the body.

mod document;
mod events;
mod found;
mod members;
mod skeleton;
mod strings;
mod tally;
#[cfg(test)]
mod tests;

use imgcost_core::{Error, Response};

use crate::failure::ApiFailure;
use crate::response::of_tree;
use crate::tree::Tree;
use document::Document;
use events::Events;
use strings::is_space;
use tally::Tally;

pub use found::{End, Scan};

/// Reads a response in passing: a JSON document or a stream of server-sent events.
///
/// Which of the two it is shows in the first byte that is no space: a response is a JSON object, or
/// a list of them, and no field of an event begins with a bracket. Content types are not asked, since
/// relays mislabel both.
///
/// What it finds is what a reader of the whole text would, but for three points: texts above
/// 1,024 bytes in the fields that are read count as empty; what is skipped is not checked beyond
/// its brackets, so that a response or event with a broken text beside its usage still counts;
/// and the format of events is followed to the letter, where a document may go on over several
/// data lines and a carriage return alone ends a line.
///
/// ```
/// use imgcost_wire::{End, Scanner};
/// let mut scanner = Scanner::new();
/// scanner.feed(br#"{"data":[{"b64_json":"iVBORw0KGgo"#);
/// scanner.feed(br#"AAAANSUhEUg=="}],"usage":{"input_tokens":29,"output_tokens":272}}"#);
/// assert!(scanner.is_complete());
/// let scan = scanner.finish();
/// assert_eq!(scan.end, End::Complete);
/// let usage = scan.response.unwrap_or_default().usage;
/// assert_eq!((usage.input, usage.output, usage.images), (Some(29), Some(272), Some(1)));
/// ```
#[derive(Debug, Default)]
pub struct Scanner {
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// Nothing but spaces so far, and so many bytes of a byte order mark.
    Blank {
        mark: usize,
    },
    Json(Box<Document>),
    Events(Box<Events>),
}

impl Default for Body {
    fn default() -> Self {
        Body::Blank { mark: 0 }
    }
}

/// UTF-8's byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

impl Scanner {
    /// The most bytes that a scanner ever holds on the heap, whatever it is fed.
    pub const MOST_BUFFERED: usize = 4 * skeleton::MOST + 8 * 1024;

    /// A scanner that has seen nothing yet.
    #[must_use]
    pub fn new() -> Scanner {
        Scanner::default()
    }

    /// Takes the next bytes of the body, after any content encoding was undone.
    pub fn feed(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        if let Body::Blank { .. } = self.body {
            rest = self.begin(chunk);
        }
        match &mut self.body {
            Body::Blank { .. } => {}
            Body::Json(document) => document.feed(rest),
            Body::Events(events) => events.feed(rest),
        }
    }

    /// Skips what may precede a body, and tells by the first other byte what the body is.
    fn begin<'c>(&mut self, chunk: &'c [u8]) -> &'c [u8] {
        let mut rest = chunk;
        while let (Body::Blank { mark }, Some((&byte, tail))) = (&mut self.body, rest.split_first()) {
            match byte {
                byte if MARK.get(*mark) == Some(&byte) => *mark = (*mark + 1) % MARK.len(),
                _ if *mark > 0 => self.body = Body::Events(Box::default()),
                byte if is_space(byte) => {}
                b'{' | b'[' => self.body = Body::Json(Box::default()),
                _ => self.body = Body::Events(Box::default()),
            }
            if let Body::Blank { .. } = self.body {
                rest = tail;
            }
        }
        rest
    }

    /// Whether the body has said all it has to say: its JSON document is closed, or its stream
    /// has ended by `[DONE]`, by a completed event or by an error, and no further event has
    /// begun. It is known at the closing byte, since the reader of a body of known length may
    /// not ask for its end; of a stream, at the end of the event's line.
    ///
    /// A stream of several images completes each of them: compare
    /// [`Usage::images`](imgcost_core::Usage) with what was asked for.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match &self.body {
            Body::Blank { .. } => false,
            Body::Json(document) => document.is_closed(),
            Body::Events(events) => events.is_complete(),
        }
    }

    /// Whether nothing can come that would change what was found: a closed JSON document, or a
    /// stream's `[DONE]`. A completed event is not enough, since a further one may follow.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match &self.body {
            Body::Blank { .. } => false,
            Body::Json(document) => document.is_closed(),
            Body::Events(events) => events.is_done(),
        }
    }

    /// How many bytes the scanner holds on the heap: at most [`Scanner::MOST_BUFFERED`].
    #[must_use]
    pub fn buffered(&self) -> usize {
        match &self.body {
            Body::Blank { .. } => 0,
            Body::Json(document) => size_of::<Document>() + document.buffered(),
            Body::Events(events) => size_of::<Events>() + events.buffered(),
        }
    }

    /// Says what was found. To be called when the body ends, and as well when nobody reads it
    /// any further: what was seen by then counts.
    #[must_use]
    pub fn finish(self) -> Scan {
        match self.body {
            Body::Blank { .. } => Tally::default().scan(End::Empty),
            Body::Json(document) => {
                let mut tally = Tally::default();
                tally.read(&document);
                let end = match &document {
                    document if document.is_too_large() => End::TooLarge,
                    document if document.is_closed() => End::Complete,
                    document if document.is_broken() => End::Unreadable,
                    _ => End::CutOff,
                };
                tally.scan(end)
            }
            Body::Events(events) => events.finish(),
        }
    }
}

/// Reads a whole response: a JSON document or a stream of server-sent events. Of a stream, the
/// usage of all completed events is added up: whether a provider repeats the sum in each is
/// not known, and a sum is never too low. A body that breaks off, an event that can't be read, or
/// an error among them, leaves the counts incomplete: [`Response::uncounted`].
///
/// ```
/// let stream = r#"data: {"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":272}}"#;
/// assert_eq!(imgcost_wire::response(stream)?.usage.output, Some(272));
/// # Ok::<(), imgcost_core::Error>(())
/// ```
///
/// # Errors
/// It is neither, it holds an error instead of a response, or nothing in it reports what was
/// used.
pub fn response(body: impl AsRef<[u8]>) -> Result<Response, Error> {
    scan(body.as_ref()).response_of("the response")
}

/// The longest body that is read at once: no text in it is longer than a scanner keeps.
const AT_ONCE: usize = 1024;

fn scan(body: &[u8]) -> Scan {
    // Without images a response is short, and passing through it would take longer than reading it.
    if body.len() <= AT_ONCE
        && body.first() == Some(&b'{')
        && let Ok(document) = serde_json::from_slice::<Tree<'_>>(body)
        && !document.has_twice()
    {
        let mut tally = Tally::default();
        tally.take(&[document]);
        return tally.scan(End::Complete);
    }
    let mut scanner = Scanner::new();
    scanner.feed(body);
    scanner.finish()
}

/// Reads a response from parsed JSON: a whole response, an event, a usage object alone, or a list
/// of events. Of a member that is given twice, the last counts.
///
/// # Errors
/// It holds an error instead of a response, a count is no whole number, or nothing in it
/// says what was used.
pub fn response_of_tree(value: &Tree<'_>) -> Result<Response, Error> {
    let mut response = of_tree(value)?;
    response.uncounted |= ApiFailure::of(value).is_some();
    Ok(response)
}
