//! Reading input that others opened: always bounded, always with a message that names it.

use std::io::{self, Read};

use imgcost_core::{Code, Date, Error};

/// An input that is not what it should be.
pub(crate) fn bad_input(field: &str, message: impl Into<String>) -> Error {
    Error::new(Code::BadInput, message).field(field)
}

/// An error with the place of what is wrong before its words.
pub(crate) fn placed(error: Error, place: &str) -> Error {
    let mut placed = Error::new(error.code(), format!("{place}: {}", error.message()));
    if let Some(field) = error.field_name() {
        placed = placed.field(field);
    }
    if let Some(nearest) = error.nearest_value() {
        placed = placed.nearest(nearest);
    }
    placed.allowed(error.allowed_values().iter())
}

/// That an input can't be read.
#[must_use]
pub fn unreadable(field: &str, name: &str, error: &io::Error) -> Error {
    bad_input(field, format!("can't read {name}: {error}"))
}

/// All bytes of an input.
///
/// # Errors
/// It can't be read, or has more than `most` bytes.
pub fn bytes(field: &str, name: &str, input: impl Read, most: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut input = input.take(most.saturating_add(1));
    input.read_to_end(&mut bytes).map_err(|error| unreadable(field, name, &error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(bad_input(field, format!("{name} has more than {}", size_words(most))));
    }
    Ok(bytes)
}

/// The text of an input.
///
/// # Errors
/// It can't be read, has more than `most` bytes, or is not UTF-8.
pub fn text(field: &str, name: &str, input: impl Read, most: u64) -> Result<String, Error> {
    String::from_utf8(bytes(field, name, input, most)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("{name} is not UTF-8: the byte at offset {at} is not part of a character");
        bad_input(field, message)
    })
}

/// A bound in words.
#[must_use]
pub fn size_words(bytes: impl TryInto<u64>) -> String {
    let bytes = bytes.try_into().unwrap_or(u64::MAX);
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}

/// The UTC day of a moment in seconds since 1970; none where it is too far off.
pub(crate) fn utc_day(seconds: i64) -> Option<Date> {
    jiff::Timestamp::from_second(seconds).ok().map(imgcost_core::utc_day)
}
