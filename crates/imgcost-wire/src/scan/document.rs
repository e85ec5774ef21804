//! A JSON document in passing: its structure is followed, and what counts of it is kept.
//!
//! A push parser: it may stop after any byte and go on with the next. Texts and brackets are
//! told apart here; which members are kept is [`members`]' business, and how they are written
//! the skeleton's. Numbers and escapes are checked when the skeleton is read.

use std::fmt;

use super::members;
use super::skeleton::Skeleton;
use super::strings::Closing;

/// The most levels of brackets: the kinds of all open ones fit in one number, and the reader
/// of the skeleton takes no more either.
const DEEPEST: u32 = 128;

/// The longest name, with every letter escaped, that is kept.
const LONGEST_NAME: usize = 6 * 32;

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Expect {
    /// The bracket that opens the document.
    #[default]
    Root,
    Value,
    /// A value, or the end of an empty list.
    ValueOrEnd,
    Name,
    /// A name, or the end of an empty object.
    NameOrEnd,
    Colon,
    CommaOrEnd,
    /// Nothing: the document is closed.
    Nothing,
    /// Anything: the document is broken and no longer looked at.
    Broken,
}

/// What the next byte is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Within {
    #[default]
    Structure,
    Name,
    Text,
    /// A number, `true`, `false` or `null`.
    Scalar,
}

/// A JSON object, or a list of them, that is being passed through.
#[derive(Default)]
pub(super) struct Document {
    expect: Expect,
    within: Within,
    closing: Closing,
    /// How many brackets are open, and which of them are braces: the innermost in bit 0.
    depth: u32,
    braces: u128,
    /// Whether the value that is next, or that is being read, is kept.
    keeps: bool,
    /// The depth outside of the bracket that is being dropped with all it holds.
    dropped: Option<u32>,
    name: Vec<u8>,
    skeleton: Skeleton,
}

/// Without what it holds of the body, which may repeat the prompt.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("expect", &self.expect)
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

impl Document {
    /// Forgets all but the memory.
    pub(super) fn clear(&mut self) {
        let mut skeleton = std::mem::take(&mut self.skeleton);
        skeleton.clear();
        let name = std::mem::take(&mut self.name);
        *self = Document { skeleton, name, ..Document::default() };
    }

    pub(super) fn is_closed(&self) -> bool {
        self.expect == Expect::Nothing
    }

    pub(super) fn is_broken(&self) -> bool {
        self.expect == Expect::Broken
    }

    /// Whether more has to come.
    pub(super) fn is_open(&self) -> bool {
        !self.is_closed() && !self.is_broken()
    }

    /// Whether more of it counts than is kept.
    pub(super) fn is_too_large(&self) -> bool {
        self.skeleton.overflowed()
    }

    /// What was kept, as JSON; whole if the document is closed and not too large.
    pub(super) fn skeleton(&self) -> &[u8] {
        self.skeleton.json()
    }

    pub(super) fn buffered(&self) -> usize {
        self.skeleton.buffered() + self.name.capacity()
    }

    /// Takes the next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() && !self.is_broken() {
            rest = match self.within {
                Within::Structure => self.structure(rest),
                Within::Name | Within::Text => self.text(rest),
                Within::Scalar => self.scalar(rest),
            };
        }
    }

    /// Says that a line of the text ends here, which it can't in the middle of a text.
    pub(super) fn end_line(&mut self) {
        match self.within {
            Within::Name | Within::Text => self.expect = Expect::Broken,
            Within::Structure | Within::Scalar => self.feed(b"\n"),
        }
    }

    /// One byte between texts and scalars.
    fn structure<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let Some((&byte, rest)) = bytes.split_first() else { return bytes };
        match (self.expect, byte) {
            (_, b' ' | b'\t' | b'\n' | b'\r') => {}
            // Around a document, not in it, the reader skips these as well.
            (Expect::Root | Expect::Nothing, 0x0b | 0x0c) => {}
            (Expect::Root, b'{' | b'[') => {
                self.keeps = true;
                self.open(byte == b'{');
            }
            (Expect::Value | Expect::ValueOrEnd, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b'a'..=b'z') => {
                return self.value(byte, bytes);
            }
            (Expect::Name | Expect::NameOrEnd, b'"') => {
                self.within = Within::Name;
                self.name.clear();
            }
            (Expect::Colon, b':') => self.expect = Expect::Value,
            (Expect::CommaOrEnd, b',') => {
                self.expect = if self.in_object() { Expect::Name } else { Expect::Value };
            }
            (Expect::CommaOrEnd | Expect::NameOrEnd, b'}') if self.in_object() => self.close(),
            (Expect::CommaOrEnd | Expect::ValueOrEnd, b']') if !self.in_object() => self.close(),
            _ => self.expect = Expect::Broken,
        }
        rest
    }

    /// The first byte of a value.
    fn value<'b>(&mut self, byte: u8, bytes: &'b [u8]) -> &'b [u8] {
        if !self.in_object() {
            self.element();
        }
        match byte {
            b'{' | b'[' => self.open(byte == b'{'),
            b'"' => {
                self.within = Within::Text;
                if self.keeps {
                    self.skeleton.open_text();
                }
            }
            _ => {
                self.within = Within::Scalar;
                return bytes;
            }
        }
        bytes.get(1..).unwrap_or_default()
    }

    /// Elements of a list that is kept are kept: how many there are is counted.
    fn element(&mut self) {
        self.keeps = self.dropped.is_none();
        if self.keeps {
            self.skeleton.separate();
        }
    }

    fn in_object(&self) -> bool {
        self.braces & 1 == 1
    }

    fn open(&mut self, brace: bool) {
        if self.depth == DEEPEST {
            self.expect = Expect::Broken;
            return;
        }
        match (self.keeps, self.dropped) {
            (true, None) => self.skeleton.push(if brace { b"{" } else { b"[" }),
            (false, None) => self.dropped = Some(self.depth),
            (_, Some(_)) => {}
        }
        self.depth += 1;
        self.braces = self.braces << 1 | u128::from(brace);
        self.expect = if brace { Expect::NameOrEnd } else { Expect::ValueOrEnd };
    }

    fn close(&mut self) {
        if self.dropped.is_none() {
            self.skeleton.push(if self.in_object() { b"}" } else { b"]" });
        }
        self.depth = self.depth.saturating_sub(1);
        self.braces >>= 1;
        if self.dropped == Some(self.depth) {
            self.dropped = None;
        }
        self.expect = if self.depth == 0 { Expect::Nothing } else { Expect::CommaOrEnd };
    }

    /// The inside of a text or a name, up to its end if that is in sight.
    fn text<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let end = self.closing.find(bytes);
        let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        if self.within == Within::Name {
            // One byte more than the longest tells that it is none that is known.
            let room = (LONGEST_NAME + 1).saturating_sub(self.name.len());
            self.name.extend_from_slice(part.get(..room).unwrap_or(part));
        } else if self.keeps {
            self.skeleton.text(part);
        }
        let Some(end) = end else { return &[] };
        if self.within == Within::Name {
            self.end_name();
        } else {
            if self.keeps {
                self.skeleton.close_text();
            }
            self.expect = Expect::CommaOrEnd;
        }
        self.within = Within::Structure;
        bytes.get(end + 1..).unwrap_or_default()
    }

    /// Decides what becomes of the member that the name names.
    fn end_name(&mut self) {
        self.expect = Expect::Colon;
        let known = self.dropped.is_none() && self.name.len() <= LONGEST_NAME;
        let member = known.then(|| member(&self.name)).flatten();
        self.keeps = member.is_some();
        if let Some(name) = member {
            self.skeleton.member(name);
        }
    }

    /// The inside of a number or word, up to its end if that is in sight.
    fn scalar<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.');
        let end = bytes.iter().position(|byte| !part(byte));
        let (scalar, rest) = bytes.split_at_checked(end.unwrap_or(bytes.len())).unwrap_or((bytes, &[]));
        if self.keeps {
            self.skeleton.push(scalar);
        }
        if end.is_some() {
            self.within = Within::Structure;
            self.expect = Expect::CommaOrEnd;
        }
        rest
    }
}

/// The member of this name, escapes undone, if it is read.
fn member(name: &[u8]) -> Option<&'static str> {
    if memchr::memchr(b'\\', name).is_none() {
        return members::known(name);
    }
    let quoted = [b"\"", name, b"\""].concat();
    let name: String = serde_json::from_slice(&quoted).ok()?;
    members::known(name.as_bytes())
}
