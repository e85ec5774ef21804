//! A log of calls: a line each, each line bounded.

use std::io::{self, BufRead, Read as _};

use imgcost_core::{Code, Error};

use super::line::Line;
use super::{Defaults, Read, Take};
use crate::commands::usage::kind::Input;
use crate::failure::{Failure, bad_input};
use crate::inputs;

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

/// Reads a log of calls.
pub(super) fn read(
    input: &mut Input<'_>,
    defaults: &Defaults,
    read: &mut Read,
    take: &mut Take<'_>,
) -> Result<(), Failure> {
    let path = input.path();
    let reader = input.reader();
    let mut buffer = Vec::new();
    let mut number: u64 = 0;
    loop {
        let next = next(reader, &mut buffer).map_err(|error| inputs::unreadable("file", path, &error))?;
        number += 1;
        let place = format!("line {number}");
        let bytes = match next {
            Next::End => return Ok(()),
            Next::TooLong => {
                let message = format!("the line has more than {}", inputs::size_words(LINE_MAX as u64));
                take(Err((place, Error::new(Code::TooLarge, message))), read)?;
                continue;
            }
            Next::Line => buffer.as_slice(),
        };
        let bytes = if number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<Line>(bytes) {
            Ok(line) => {
                let room = KEYS_MAX.saturating_sub(read.unknown_keys.len());
                read.unknown_keys.extend(line.unknown.iter().take(room).cloned());
                let place = line.id.clone().unwrap_or(place);
                take(line.call(&place, defaults).map_err(|error| (place, error)), read)?;
            }
            Err(error) => {
                // What the parser says may repeat a text of the line, and that may be a prompt.
                let message = match error.classify() {
                    serde_json::error::Category::Data => {
                        "a field is not what it should be, or is given twice"
                    }
                    _ => "not JSON",
                };
                let message = format!("{message}, at column {}", error.column());
                take(Err((place, bad_input("log", message))), read)?;
            }
        }
    }
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
