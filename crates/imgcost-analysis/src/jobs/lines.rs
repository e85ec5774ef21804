//! Rows of a file, one at a time, in bounded memory.

use std::io::{self, Read};
use std::ops::Range;

use memchr::{memchr, memchr_iter};

/// The most bytes of a row.
pub(crate) const ROW_MAX: usize = 1 << 20;
/// The most bytes of a line of a Batch API file: it may carry images.
pub(crate) const LINE_MAX: usize = 64 << 20;
/// How much is read at once.
const CHUNK: usize = 1 << 18;

/// The next row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Its place in the buffer, without the line break.
    Row(Range<usize>),
    /// It is longer than it may be; the rest of its line was passed over.
    TooLong,
    /// There are no more.
    End,
}

/// Splits input into rows. A row is a line; where quotes count, a line break between quotes
/// belongs to the row.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    quoted: bool,
    ended: bool,
    /// The most bytes of a row.
    most: usize,
    /// Bytes that were read.
    read: u64,
    /// The line on which the row before began, and the line breaks since.
    line: u64,
    breaks: u64,
}

impl<R: Read> Lines<R> {
    /// The rows of an input.
    pub(crate) fn new(input: R) -> Self {
        Lines {
            input,
            buffer: vec![0; CHUNK],
            start: 0,
            end: 0,
            quoted: false,
            ended: false,
            most: ROW_MAX,
            read: 0,
            line: 1,
            breaks: 0,
        }
    }

    /// Lets quotes keep line breaks, as CSV does.
    pub(crate) fn quotes_count(&mut self) {
        self.quoted = true;
    }

    /// Lets rows be longer than [`ROW_MAX`].
    pub(crate) fn let_rows_have(&mut self, most: usize) {
        self.most = most;
    }

    /// How many bytes of the input are behind.
    pub(crate) fn passed(&self) -> u64 {
        self.read - u64::try_from(self.end - self.start).unwrap_or(self.read)
    }

    /// The line, counted from 1, on which the row began that [`next`](Lines::next) gave.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// A row's bytes.
    pub(crate) fn bytes(&self, row: Range<usize>) -> &[u8] {
        self.buffer.get(row).unwrap_or_default()
    }

    /// The first byte that is not white space, without taking anything. A byte order mark
    /// before it is taken.
    pub(crate) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let rest = self.buffer.get(self.start..self.end).unwrap_or_default();
            let rest = match rest.strip_prefix(b"\xef\xbb\xbf") {
                Some(after) => {
                    self.start += 3;
                    after
                }
                None => rest,
            };
            if let Some(byte) = rest.iter().find(|byte| !byte.is_ascii_whitespace()) {
                return Ok(Some(*byte));
            }
            if self.end - self.start > ROW_MAX || !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// What was read and not given yet, which is the beginning of a file that was only looked at.
    pub(crate) fn at_hand(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// All that is left, as text; none where it has more bytes than this, or is no UTF-8.
    pub(crate) fn rest(&mut self, most: u64) -> io::Result<Option<String>> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        while self.end - self.start <= most && self.fill()? {}
        let rest = self.buffer.get(self.start..self.end).unwrap_or_default();
        let text = std::str::from_utf8(rest).ok().filter(|text| text.len() <= most);
        Ok(text.map(str::to_owned))
    }

    /// Moves on to the next row.
    pub(crate) fn next(&mut self) -> io::Result<Next> {
        self.line += self.breaks;
        self.breaks = 0;
        let mut seen = self.start;
        let mut open = false;
        loop {
            let fresh = self.buffer.get(seen..self.end).unwrap_or_default();
            match memchr(b'\n', fresh) {
                Some(at) => {
                    let piece = fresh.get(..at).unwrap_or_default();
                    open ^= self.quoted && memchr_iter(b'"', piece).count() % 2 == 1;
                    seen += at + 1;
                    self.breaks += 1;
                    if open {
                        continue;
                    }
                    if seen - 1 - self.start > self.most {
                        return Ok(self.first_line(seen).unwrap_or_else(|| {
                            self.start = seen;
                            Next::TooLong
                        }));
                    }
                    let row = self.start..self.without_return(seen - 1);
                    self.start = seen;
                    return Ok(Next::Row(row));
                }
                None => {
                    open ^= self.quoted && memchr_iter(b'"', fresh).count() % 2 == 1;
                    seen = self.end;
                }
            }
            if seen - self.start > self.most {
                if let Some(line) = self.first_line(seen) {
                    return Ok(line);
                }
                self.skip_line()?;
                return Ok(Next::TooLong);
            }
            let before = self.start;
            if !self.fill()? {
                let row = self.start..self.without_return(self.end);
                self.start = self.end;
                return Ok(if row.is_empty() { Next::End } else { Next::Row(row) });
            }
            seen -= before - self.start;
        }
    }

    /// Of a row too long that has line breaks, its first line alone: a quote was not closed,
    /// and the lines after it are rows of their own.
    fn first_line(&mut self, seen: usize) -> Option<Next> {
        let bytes = self.buffer.get(self.start..seen.saturating_sub(1))?;
        let end = self.start + memchr(b'\n', bytes)?;
        let row = self.start..self.without_return(end);
        self.start = end + 1;
        self.breaks = 1;
        (row.len() <= self.most).then_some(Next::Row(row))
    }

    /// Goes back to the second line of the row that was given last, and gives its first. None
    /// where it has one line only.
    pub(crate) fn back_to_second_line(&mut self, row: Range<usize>) -> Option<Range<usize>> {
        let end = row.start + memchr(b'\n', self.buffer.get(row.clone())?)?;
        self.start = row.start;
        let first = row.start..self.without_return(end);
        self.start = end + 1;
        self.breaks = 1;
        Some(first)
    }

    fn without_return(&self, end: usize) -> usize {
        let before = end.saturating_sub(1);
        if before >= self.start && self.buffer.get(before) == Some(&b'\r') { before } else { end }
    }

    /// Reads more behind what is left; false at the end of the input.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        // A long row is not moved with every piece of it.
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < CHUNK / 4 {
            self.buffer.resize(self.buffer.len() + CHUNK, 0);
        } else if self.buffer.len() > ROW_MAX + CHUNK && self.end < CHUNK {
            self.buffer.truncate(2 * CHUNK);
            self.buffer.shrink_to_fit();
        }
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        let count = loop {
            match self.input.read(free) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.end += count;
        self.read += u64::try_from(count).unwrap_or(0);
        self.ended = count == 0;
        Ok(count > 0)
    }

    /// Passes over the rest of a line.
    fn skip_line(&mut self) -> io::Result<()> {
        // What was seen of the row holds its own line breaks; they were counted.
        self.start = self.end;
        loop {
            if !self.fill()? {
                return Ok(());
            }
            let rest = self.buffer.get(self.start..self.end).unwrap_or_default();
            if let Some(at) = memchr(b'\n', rest) {
                self.start += at + 1;
                self.breaks += 1;
                return Ok(());
            }
            self.start = self.end;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rows(input: &[u8], quoted: bool) -> Vec<(u64, String)> {
        let mut lines = Lines::new(input);
        lines.quoted = quoted;
        let mut rows = Vec::new();
        loop {
            let next = lines.next().unwrap();
            let text = match next {
                Next::Row(row) => String::from_utf8_lossy(lines.bytes(row)).into_owned(),
                Next::TooLong => "too long".to_owned(),
                Next::End => return rows,
            };
            rows.push((lines.line(), text));
        }
    }

    #[test]
    fn rows_are_lines_with_their_numbers() {
        let found = rows(b"a\r\n\nb", false);
        assert_eq!(found, [(1, "a".to_owned()), (2, String::new()), (3, "b".to_owned())]);
    }

    #[test]
    fn quotes_keep_line_breaks() {
        let found = rows(b"\"a\nb\",c\nd\n", true);
        assert_eq!(found, [(1, "\"a\nb\",c".to_owned()), (3, "d".to_owned())]);
    }

    #[test]
    fn a_line_too_long_is_passed_over() {
        let mut input = vec![b'x'; 3 * ROW_MAX];
        input.extend(b"\nnext\n");
        let found = rows(&input, false);
        assert_eq!(found, [(1, "too long".to_owned()), (2, "next".to_owned())]);
    }

    #[test]
    fn the_buffer_of_a_long_line_is_given_back() {
        let mut input = vec![b'x'; 4 * ROW_MAX];
        input.push(b'\n');
        input.extend(b"short\n".repeat(CHUNK));
        let mut lines = Lines::new(input.as_slice());
        lines.let_rows_have(LINE_MAX);
        assert_eq!(lines.next().unwrap(), Next::Row(0..4 * ROW_MAX));
        while lines.next().unwrap() != Next::End {}
        assert!(lines.buffer.capacity() <= 4 * CHUNK, "{}", lines.buffer.capacity());
        assert_eq!(lines.passed(), u64::try_from(input.len()).unwrap());
    }
}
