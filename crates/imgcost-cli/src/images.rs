//! Pixel sizes of input images: `1024x768`, or the header of a PNG, JPEG or WebP file.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;

use imgcost_core::Error;
use imgcost_wire::{HEADER_MAX, Measured, file_facts, image_size};

use crate::failure::bad_input;
use crate::inputs;

/// What the bytes of a file show that an API may refuse, as rules name it.
type Facts = Vec<(String, String)>;

/// The size that `--image` names: a size in pixels, else a file's. `./1x1` is a file.
pub(crate) fn measure(field: &str, given: &OsStr) -> Result<Measured, Error> {
    look_at(field, given).map(|(measured, _)| measured)
}

/// The same, and what else a file's beginning shows; of a size in pixels, nothing.
pub(crate) fn look_at(field: &str, given: &OsStr) -> Result<(Measured, Facts), Error> {
    if let Some(size) = given.to_str().and_then(|text| text.parse().ok()) {
        return Ok((Measured { size, turned: false }, Facts::new()));
    }
    let path = Path::new(given);
    let file = inputs::open_file(field, path).map_err(|error| match given.to_str() {
        Some(text) if looks_like_a_size(text) => bad_input(
            field,
            format!("{}; and it is no size: expected WIDTHxHEIGHT, each from 1 to 65535", error.message()),
        ),
        _ => error,
    })?;
    let length = file.metadata().map_or(0, |file| file.len());
    let mut header = Vec::new();
    file.take(u64::try_from(HEADER_MAX).unwrap_or(u64::MAX))
        .read_to_end(&mut header)
        .map_err(|error| inputs::unreadable(field, path, &error))?;
    let measured = image_size(&header)
        .map_err(|why| bad_input(field, format!("can't read the size of {}: {why}", inputs::name(path))))?;
    Ok((measured, file_facts(field, &header, length).collect()))
}

/// Whether digits stand on both sides of an x, as in `0x0` or `1024x99999`.
fn looks_like_a_size(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once(['x', 'X', '*']).is_some_and(|(width, height)| digits(width) && digits(height))
}
