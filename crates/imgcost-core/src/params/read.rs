//! Values as they are written: one reading for flags, settings, rows and bodies, so that all of
//! them refuse the same things with the same words.

use jiff::civil::Date;

use crate::error::{Code, Error};
use crate::money::{MAX_TOKENS, Ratio, Usd};

/// Whether a character does something to a terminal instead of being shown: control characters,
/// those of 8 bits too, and those that change the direction of what follows.
#[must_use]
pub fn is_active(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A value as messages show it: without control characters, cut to 64 characters.
#[must_use]
pub fn shown(value: &str) -> String {
    if value.is_empty() {
        return "''".to_owned();
    }
    if value.len() <= 64 && !value.chars().any(is_active) {
        return value.to_owned();
    }
    let mut text: String = value.chars().take(64).map(|c| if is_active(c) { '?' } else { c }).collect();
    if value.chars().nth(64).is_some() {
        text.push('…');
    }
    text
}

/// A value that is not what its field takes. The value is shown shortened.
#[must_use]
pub fn illegal(field: &str, value: &str, expected: &str) -> Error {
    Error::new(Code::IllegalValue, format!("{field} = {}: {expected}", shown(value))).field(field)
}

/// A whole number that fits 32 bits.
///
/// # Errors
/// It is none.
pub fn whole(field: &str, text: &str) -> Result<u32, Error> {
    digits(text)
        .and_then(|value| u32::try_from(value).ok())
        .ok_or_else(|| illegal(field, text, "expected a whole number"))
}

/// A count of tokens.
///
/// # Errors
/// It is none, or more than [`MAX_TOKENS`].
pub fn tokens(field: &str, text: &str) -> Result<u64, Error> {
    digits(text).filter(|count| *count <= MAX_TOKENS).ok_or_else(|| {
        illegal(field, text, "expected a whole number of tokens").allowed([format!("0 to {MAX_TOKENS}")])
    })
}

/// A whole number, which spreadsheets write as `2.0`; none where it is none.
#[must_use]
pub fn digits(text: &str) -> Option<u64> {
    let is_zeros = |places: &str| !places.is_empty() && places.bytes().all(|b| b == b'0');
    let text = text.split_once('.').filter(|(_, places)| is_zeros(places)).map_or(text, |(whole, _)| whole);
    let plain = !text.is_empty() && text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.bytes().fold(0_u64, |sum, b| sum.wrapping_mul(10).wrapping_add(u64::from(b - b'0'))))
}

/// A day as it is written in files and flags: exactly `2026-11-21`.
///
/// # Errors
/// It is none.
pub fn date(field: &str, text: &str) -> Result<Date, Error> {
    let part = |from: usize, to: usize| {
        text.get(from..to).and_then(digits).and_then(|part| i16::try_from(part).ok())
    };
    let plain = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    plain
        .then(|| {
            let (month, day) = (i8::try_from(part(5, 7)?).ok()?, i8::try_from(part(8, 10)?).ok()?);
            Date::new(part(0, 4)?, month, day).ok()
        })
        .flatten()
        .ok_or_else(|| illegal(field, text, "expected a date such as 2026-11-21"))
}

/// An amount in US dollars; a leading `$` is taken.
///
/// # Errors
/// It is none, negative, too large or too fine.
pub fn usd(field: &str, text: &str) -> Result<Usd, Error> {
    text.strip_prefix('$').unwrap_or(text).parse().map_err(|_| {
        illegal(
            field,
            text,
            "expected an amount in US dollars from 0 to 1000000 with at most 9 decimals, such as 0.25",
        )
    })
}

/// A ratio.
///
/// # Errors
/// It is none.
pub fn ratio(field: &str, text: &str) -> Result<Ratio, Error> {
    text.parse().map_err(|_| illegal(field, text, "expected a plain decimal such as 0.8"))
}

/// Yes or no, as rows write it.
///
/// # Errors
/// It is neither.
pub fn flag(field: &str, text: &str) -> Result<bool, Error> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match (is(["true", "1", "yes"]), is(["false", "0", "no"])) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(illegal(field, text, "expected true or false").allowed(["true", "false"])),
    }
}

/// One of a closed set of names.
pub(super) fn word<T: std::str::FromStr>(field: &str, text: &str, names: &[&str]) -> Result<T, Error> {
    text.parse().map_err(|_| {
        Error::new(Code::IllegalValue, format!("{field} '{}' is not one of its values", shown(text)))
            .field(field)
            .allowed(names)
            .nearest_name(text)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn dates_are_written_one_way() {
        assert_eq!(date("as_of", "2026-11-21").unwrap(), Date::constant(2026, 11, 21));
        for text in [
            "",
            "today",
            "2026-2-1",
            "2026-02-30",
            "20261121",
            "2026-11-21T00:00",
            "2026/11/21",
            "+026-11-21",
        ] {
            assert!(date("as_of", text).is_err(), "{text}");
        }
    }

    #[test]
    fn whole_numbers_are_plain_digits() {
        assert_eq!(whole("n", "10").unwrap(), 10);
        // As spreadsheets write them.
        assert_eq!(whole("n", "10.00").unwrap(), 10);
        for text in [
            "",
            "-1",
            "+1",
            "1.5",
            "1.",
            ".0",
            "1.0.0",
            "1e3",
            "abc",
            "4294967296",
            "99999999999999999999999",
        ] {
            assert!(whole("n", text).unwrap_err().message().starts_with("n = "), "{text}");
        }
    }
}
