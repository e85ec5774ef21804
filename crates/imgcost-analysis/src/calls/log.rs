//! A log of calls: one a line.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Read as _};

use imgcost_core::{Code, Error};

use super::line::LogLine;
use super::{Call, Defaults, Unused};
use crate::input::{bad_input, size_words, unreadable};

/// The most bytes of a line: answers carry their images, requests theirs.
const LINE_MAX: usize = 64 << 20;
/// The most names of unknown keys that are kept.
const KEYS_MAX: usize = 8;

/// A step of reading.
enum Next {
    Line,
    TooLong,
    End,
}

/// A log of calls that is being read: JSON Lines, each line bounded.
#[derive(Debug)]
pub struct Log<R> {
    name: String,
    reader: R,
    buffer: Vec<u8>,
    number: u64,
    unknown_keys: BTreeSet<String>,
}

impl<R: BufRead> Log<R> {
    /// Reads a log, by its name in messages.
    #[must_use]
    pub fn new(name: &str, reader: R) -> Log<R> {
        let (name, buffer, unknown_keys) = (name.to_owned(), Vec::new(), BTreeSet::new());
        Log { name, reader, buffer, number: 0, unknown_keys }
    }

    /// The next call, or a line that can't be used; none at the end.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn next(&mut self, defaults: &Defaults<'_>) -> Result<Option<Result<Call, Unused>>, Error> {
        loop {
            let next = next(&mut self.reader, &mut self.buffer)
                .map_err(|error| unreadable("file", &self.name, &error))?;
            self.number += 1;
            let record = format!("line {}", self.number);
            match next {
                Next::End => return Ok(None),
                Next::TooLong => {
                    let message = format!("the line has more than {}", size_words(LINE_MAX));
                    return Ok(Some(Err(Unused { record, error: Error::new(Code::TooLarge, message) })));
                }
                Next::Line => {}
            }
            let bytes = self.buffer.as_slice();
            let bytes =
                if self.number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let line: LogLine = match serde_json::from_slice(bytes) {
                Ok(line) => line,
                Err(error) => return Ok(Some(Err(Unused { record, error: unreadable_line(&error) }))),
            };
            let room = KEYS_MAX.saturating_sub(self.unknown_keys.len());
            self.unknown_keys.extend(line.unknown.iter().take(room).cloned());
            let record = line.id.clone().unwrap_or(record);
            return Ok(Some(line.call(&record, defaults).map_err(|error| Unused { record, error })));
        }
    }

    /// The keys of its lines that are not known, the first few.
    #[must_use]
    pub fn into_unknown_keys(self) -> BTreeSet<String> {
        self.unknown_keys
    }
}

/// What the parser says may repeat a text of the line, and that may be a prompt.
fn unreadable_line(error: &serde_json::Error) -> Error {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a field is not what it should be, or is given twice",
        _ => "not JSON",
    };
    bad_input("log", format!("{what}, at column {}", error.column()))
}

/// Reads the next line into the buffer; of one that is too long nothing is kept.
fn next(reader: &mut impl BufRead, buffer: &mut Vec<u8>) -> io::Result<Next> {
    buffer.clear();
    let most = u64::try_from(LINE_MAX).unwrap_or(u64::MAX).saturating_add(1);
    if reader.by_ref().take(most).read_until(b'\n', buffer)? == 0 {
        return Ok(Next::End);
    }
    if buffer.len() > LINE_MAX && buffer.last() != Some(&b'\n') {
        *buffer = Vec::new();
        reader.skip_until(b'\n')?;
        return Ok(Next::TooLong);
    }
    Ok(Next::Line)
}
