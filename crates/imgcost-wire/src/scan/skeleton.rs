//! The text of what is kept of a document: JSON again, and short.

/// The most bytes of a skeleton. A response's is a few hundred; an image in a list takes two.
pub(super) const MOST: usize = 32 * 1024;

/// The longest text that is kept, in bytes as they stand in the document.
const LONGEST_TEXT: usize = 1024;

/// Writes a skeleton, with commas where they belong.
#[derive(Default)]
pub(super) struct Skeleton {
    json: Vec<u8>,
    /// Where the content of the text being written begins.
    text: usize,
    /// Whether that text was too long, and is left empty.
    elided: bool,
    overflowed: bool,
}

impl Skeleton {
    pub(super) fn clear(&mut self) {
        self.json.clear();
        self.overflowed = false;
    }

    /// Appends bytes as they are.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.json.len() + bytes.len() > MOST {
            self.overflowed = true;
        }
        if !self.overflowed {
            self.json.extend_from_slice(bytes);
        }
    }

    /// Puts a comma before all but the first member or element.
    pub(super) fn separate(&mut self) {
        if !matches!(self.json.last(), None | Some(b'{' | b'[' | b':')) {
            self.push(b",");
        }
    }

    pub(super) fn member(&mut self, name: &'static str) {
        self.separate();
        self.push(b"\"");
        self.push(name.as_bytes());
        self.push(b"\":");
    }

    pub(super) fn open_text(&mut self) {
        self.push(b"\"");
        self.text = self.json.len();
        self.elided = false;
    }

    /// Appends a part of the text, escapes as they are.
    pub(super) fn text(&mut self, bytes: &[u8]) {
        if self.json.len() - self.text + bytes.len() > LONGEST_TEXT {
            self.json.truncate(self.text);
            self.elided = true;
        }
        if !self.elided {
            self.push(bytes);
        }
    }

    pub(super) fn close_text(&mut self) {
        self.push(b"\"");
    }

    pub(super) fn json(&self) -> &[u8] {
        &self.json
    }

    /// Whether some of it did not fit.
    pub(super) fn overflowed(&self) -> bool {
        self.overflowed
    }

    pub(super) fn buffered(&self) -> usize {
        self.json.capacity()
    }
}
