//! Server-sent events in passing: lines, and the documents in their data.
//!
//! Every provider puts an event's document on one `data:` line, and a document that closes on
//! its line is read there. One that does not may go on in the event's next data lines, as the
//! format allows: then the lines are joined, and at the same time read one by one in case
//! they turn out not to belong together.

use std::fmt;

use super::document::Document;
use super::found::{End, Scan};
use super::strings::is_space;
use super::tally::Tally;

/// The field that is read. Names, ids and comments are not.
const DATA: &[u8] = b"data:";

/// What ends a stream of the Chat and Images APIs.
const DONE: &[u8] = b"[DONE]";

/// What relays send as data to keep a connection open, in any case.
const KEEP_ALIVES: [&[u8]; 6] = [b"ping", b"pong", b"keep-alive", b"keepalive", b"keep_alive", b"heartbeat"];

/// The most bytes that are kept of data that is no object: enough to know those words.
const WORD: usize = 16;

/// What of its line the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The field's name, of which so many bytes are those of [`DATA`].
    Field(usize),
    /// Spaces before the data.
    Indent,
    /// Data that begins with a brace.
    Object,
    /// Other data.
    Word,
    /// What is not read.
    Other,
}

/// A stream of events that is being passed through.
pub(super) struct Events {
    part: Part,
    /// Whether any line was one of an event stream.
    recognised: bool,
    /// Whether a carriage return ended the chunk before: a line feed belongs to it.
    after_return: bool,
    line: Document,
    word: Vec<u8>,
    /// The event's data lines as one document, if the first did not close it.
    joined: Option<Document>,
    tally: Tally,
    /// What the lines that are being joined say one by one.
    aside: Tally,
}

/// Without what it holds of the body, which may repeat the prompt.
impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("part", &self.part).field("line", &self.line).finish_non_exhaustive()
    }
}

impl Default for Events {
    fn default() -> Self {
        Events {
            part: Part::Field(0),
            recognised: false,
            after_return: false,
            line: Document::default(),
            word: Vec::new(),
            joined: None,
            tally: Tally::default(),
            aside: Tally::default(),
        }
    }
}

impl Events {
    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        while !rest.is_empty() {
            if std::mem::take(&mut self.after_return) {
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.within_line(rest);
                return;
            };
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            self.within_line(line);
            self.end_line();
            self.after_return = after.first() == Some(&b'\r');
            rest = after.get(1..).unwrap_or_default();
        }
    }

    /// A part of a line, without its end.
    fn within_line(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            match self.part {
                Part::Field(matched) if DATA.get(matched) == Some(&byte) => {
                    self.part = Part::Field(matched + 1);
                    if matched + 1 == DATA.len() {
                        self.part = Part::Indent;
                        self.recognised = true;
                    }
                    rest = tail;
                }
                Part::Field(matched) => {
                    // A line that begins with a colon is a comment.
                    self.recognised |= matched == 0 && byte == b':';
                    self.part = Part::Other;
                }
                Part::Indent if is_space(byte) => rest = tail,
                Part::Indent if byte == b'{' => {
                    self.part = Part::Object;
                    self.line.clear();
                }
                Part::Indent => {
                    self.part = Part::Word;
                    self.word.clear();
                }
                Part::Object | Part::Word => return self.data(rest),
                Part::Other => return,
            }
        }
    }

    fn data(&mut self, bytes: &[u8]) {
        if let Some(joined) = &mut self.joined {
            joined.feed(bytes);
        }
        if self.part == Part::Object {
            self.line.feed(bytes);
        } else {
            let room = WORD.saturating_sub(self.word.len());
            self.word.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        }
    }

    fn end_line(&mut self) {
        match std::mem::replace(&mut self.part, Part::Field(0)) {
            // An empty line ends the event.
            Part::Field(0) => self.part_lines(),
            Part::Object => {
                self.end_joined_line();
                self.end_object();
            }
            Part::Word => {
                self.end_joined_line();
                match self.word.trim_ascii() {
                    DONE => self.tally.end(),
                    word if KEEP_ALIVES.iter().any(|known| known.eq_ignore_ascii_case(word)) => {}
                    // It may have been an event that counts.
                    _ if self.joined.is_none() => self.tally.miss(),
                    _ => {}
                }
            }
            Part::Indent => self.end_joined_line(),
            Part::Field(_) | Part::Other => {}
        }
        self.settle_joined();
    }

    fn end_joined_line(&mut self) {
        if let Some(joined) = &mut self.joined {
            joined.end_line();
        }
    }

    fn end_object(&mut self) {
        self.line.end_line();
        let tally = if self.joined.is_some() { &mut self.aside } else { &mut self.tally };
        tally.read(&self.line);
        if self.line.is_open() && self.joined.is_none() {
            self.joined = Some(std::mem::take(&mut self.line));
        }
    }

    /// Reads the joined lines once they are a document, and gives up on them once they can't
    /// become one.
    fn settle_joined(&mut self) {
        let Some(joined) = &self.joined else { return };
        if joined.is_closed() && self.tally.read(joined) {
            self.joined = None;
            self.aside = Tally::default();
        } else if joined.is_closed() || joined.is_broken() {
            self.part_lines();
        }
    }

    /// Counts joined lines as the lines they are.
    fn part_lines(&mut self) {
        if self.joined.take().is_some() {
            self.tally.miss();
        }
        self.tally.merge(std::mem::take(&mut self.aside));
    }

    pub(super) fn is_complete(&self) -> bool {
        let is_between = matches!(self.part, Part::Field(_) | Part::Other) && self.joined.is_none();
        is_between && self.tally.is_over()
    }

    /// Whether a `[DONE]` came, after which nothing does.
    pub(super) fn is_done(&self) -> bool {
        self.is_complete() && self.tally.is_done()
    }

    pub(super) fn buffered(&self) -> usize {
        let joined = self.joined.as_ref().map_or(0, Document::buffered);
        self.line.buffered() + self.word.capacity() + joined
    }

    pub(super) fn finish(mut self) -> Scan {
        let cut = (self.part == Part::Object && self.line.is_open())
            || self.joined.as_ref().is_some_and(Document::is_open);
        // The last line may lack its end, and the last event the empty line after it.
        self.end_line();
        self.part_lines();
        let end = match &self.tally {
            tally if tally.is_too_large() => End::TooLarge,
            tally if tally.is_over() && !cut => End::Complete,
            _ if !self.recognised => End::Unreadable,
            _ => End::CutOff,
        };
        self.tally.scan(end)
    }
}
