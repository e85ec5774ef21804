//! A log of calls, one record at a time.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::BufRead;

use imgcost_core::{Code, Error};

use super::documents::{Documents, Next};
use super::line::LogLine;
use super::{Call, Defaults, Unused};
use crate::input::{bad_input, size_words, unreadable};

/// The most bytes of a record: responses carry their images, requests theirs.
const LINE_MAX: usize = 64 << 20;
/// The most names of unknown keys that are kept.
const KEYS_MAX: usize = 8;

/// A log of calls that is being read: JSON Lines, a JSON list or objects one after the other, each
/// bounded.
#[derive(Debug)]
pub struct Log<R> {
    name: String,
    documents: Documents<R>,
    buffer: Vec<u8>,
    unknown_keys: BTreeSet<String>,
    /// The responses that were seen, by their ids in 16 bytes; none where each counts.
    seen: Option<HashSet<u128>>,
    duplicates: u64,
}

impl<R: BufRead> Log<R> {
    /// Reads a log, by its name in messages.
    #[must_use]
    pub fn new(name: &str, reader: R) -> Log<R> {
        Log {
            name: name.to_owned(),
            documents: Documents::new(reader, LINE_MAX),
            buffer: Vec::new(),
            unknown_keys: BTreeSet::new(),
            seen: Some(HashSet::new()),
            duplicates: 0,
        }
    }

    /// Goes on with another log: a response that was in the ones before counts once.
    #[must_use]
    pub fn followed_by(self, name: &str, reader: R) -> Log<R> {
        Log { name: name.to_owned(), documents: Documents::new(reader, LINE_MAX), ..self }
    }

    /// Takes all of the log that is read next for one response: a stream of events, whose lines are no
    /// records.
    #[must_use]
    pub fn of_events(self) -> Log<R> {
        Log { documents: self.documents.whole(), ..self }
    }

    /// Counts a response that is there twice as two.
    #[must_use]
    pub fn with_duplicates(self) -> Log<R> {
        Log { seen: None, ..self }
    }

    /// The next call, or a line that can't be used; none at the end.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn next(&mut self, defaults: &Defaults<'_>) -> Result<Option<Result<Call, Unused>>, Error> {
        loop {
            let next = self.documents.next(&mut self.buffer);
            let next = next.map_err(|error| unreadable("file", &self.name, &error))?;
            let line = self.documents.line;
            let record = || format!("line {line}");
            match next {
                Next::End => return Ok(None),
                Next::TooLong => {
                    let message = format!("the record has more than {}", size_words(LINE_MAX));
                    return Ok(Some(Err(Unused::new(record(), Error::new(Code::TooLarge, message)))));
                }
                Next::Document => {}
            }
            let bytes = self.buffer.as_slice();
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let parsed = if self.documents.is_whole() { Ok(LogLine::EVENTS) } else { LogLine::parse(bytes) };
            let line = match parsed {
                Ok(line) => line,
                Err(error) => return Ok(Some(Err(Unused::new(record(), unreadable_line(&error))))),
            };
            if !line.is_response() {
                let room = KEYS_MAX.saturating_sub(self.unknown_keys.len());
                self.unknown_keys.extend(line.unknown().take(room));
            }
            let place = line.id().unwrap_or_else(record);
            let call = match line.call(place.clone(), bytes, defaults) {
                Ok(call) => call,
                Err(error) => return Ok(Some(Err(Unused::new(place, error)))),
            };
            let is_new = match (&mut self.seen, &call.response.id) {
                (Some(seen), Some(id)) => seen.insert(sixteen_bytes(id)),
                _ => true,
            };
            if is_new {
                return Ok(Some(Ok(call)));
            }
            self.duplicates += 1;
        }
    }

    /// How many records were passed over, since the response of another has the same id.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// The keys of its lines that are not known, the first few.
    #[must_use]
    pub fn into_unknown_keys(self) -> BTreeSet<String> {
        self.unknown_keys
    }
}

/// An id in few bytes: two that differ are the same in them once in 2^64 logs of 2^32 records.
fn sixteen_bytes(id: &str) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, id).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

/// What the parser says may repeat a text of the line, and that may be a prompt.
fn unreadable_line(error: &serde_json::Error) -> Error {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a field is not what it should be, or is given twice",
        _ => "not JSON",
    };
    bad_input("log", format!("{what}, at column {}", error.column()))
}
