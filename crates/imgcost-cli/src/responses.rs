//! Reading an API response of any size in little memory.
//!
//! A response carries its images as base64, megabytes of text that say nothing about the price.
//! It is read by the scanner that the guard reads responses with, which keeps the few hundred
//! bytes that count.

use std::io::Read;
use std::path::Path;

use imgcost_core::{Error, Response};
use imgcost_wire::Scanner;

use crate::failure::bad_input;
use crate::inputs;

/// The most bytes of a response.
const RESPONSE_MAX: u64 = 512 << 20;
/// How much of it is read at once.
const CHUNK: usize = 1 << 16;

/// Reads a response from a file or standard input: JSON, or server-sent events. One that breaks
/// off, or has an error among its events, is not counted whole: [`Response::uncounted`].
pub(crate) fn read(path: &Path) -> Result<Response, Error> {
    read_from(path, &mut inputs::open("file", path)?)
}

/// The same of a file that is open.
pub(crate) fn read_from(path: &Path, input: &mut impl Read) -> Result<Response, Error> {
    let mut scanner = Scanner::new();
    let mut chunk = vec![0; CHUNK];
    let mut left = RESPONSE_MAX;
    loop {
        let count = input.read(&mut chunk).map_err(|error| inputs::unreadable("file", path, &error))?;
        if count == 0 {
            break;
        }
        left = left.checked_sub(u64::try_from(count).unwrap_or(u64::MAX)).ok_or_else(|| {
            let most = inputs::size_words(RESPONSE_MAX);
            bad_input("file", format!("{} has more than {most}", inputs::name(path)))
        })?;
        scanner.feed(chunk.get(..count).unwrap_or_default());
    }
    scanner.finish().response_of(&inputs::name(path))
}
