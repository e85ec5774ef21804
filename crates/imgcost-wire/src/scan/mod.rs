//! Reads what an API's response reports while the response passes by.
//!
//! An image is megabytes of base64, and the few numbers that a bill is made of stand after
//! it. [`Scanner`] is fed the body in whatever chunks it arrives, skips the images, and
//! keeps a skeleton: of the whole document only what is read of it, a few hundred bytes, which at
//! the end the reader of a document reads. Memory does not grow with the body.

mod document;
mod events;
mod members;
mod skeleton;
mod strings;
mod tally;
#[cfg(test)]
mod tests;

use imgcost_core::{Code, Error, Response};

use crate::failure::ApiFailure;
use crate::tree::Tree;
use document::Document;
use events::Events;
use tally::Tally;

/// The members of responses that are kept.
#[cfg(test)]
pub(crate) fn known_members() -> &'static [&'static str] {
    &members::KNOWN
}

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

/// What a scanner found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scan {
    /// What the response reports. Of a stream that broke off, what it had reported until then,
    /// which may be less than the whole: look at [`Scan::end`].
    pub response: Option<Response>,
    /// The error that the API answered with, in the body or as an event.
    pub failure: Option<ApiFailure>,
    /// How the body ended.
    pub end: End,
    /// Why there is no response, where a document was read that is none.
    pub problem: Option<Error>,
}

impl Scan {
    /// What a whole document tells.
    pub(crate) fn of_document(document: &Tree<'_>) -> Scan {
        let mut tally = Tally::default();
        tally.take(std::slice::from_ref(document));
        tally.scan(End::Complete)
    }

    /// The response, or why there is none, where the body was all that there is: one that breaks
    /// off, or has an error among its events, is not counted whole ([`Response::uncounted`]).
    /// `name` is what errors call the body.
    ///
    /// # Errors
    /// Nothing in it reports what was used.
    pub fn response_of(self, name: &str) -> Result<Response, Error> {
        let cut = matches!(self.end, End::CutOff | End::TooLarge);
        if let Some(mut response) = self.response {
            response.uncounted |= cut || self.failure.is_some();
            return Ok(response);
        }
        let why = match self.end {
            End::Empty => "is empty",
            _ if cut => "ends before the response is complete",
            _ => "is neither a JSON response nor a stream of events with usage",
        };
        let problem = self.problem.filter(|_| self.end != End::Empty && !cut);
        let error = || Error::new(Code::BadInput, format!("{name} {why}")).field("usage");
        Err(problem.unwrap_or_else(error))
    }
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// The JSON document is closed, or the stream has said that it is over.
    Complete,
    /// The body stops before its document, or its stream, is over.
    CutOff,
    /// There is no body, or only spaces.
    Empty,
    /// It is no JSON object and no stream of events that hold one, or it is broken.
    Unreadable,
    /// More of it would count than a scanner keeps.
    TooLarge,
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

/// Whether a byte may stand around a document.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}
