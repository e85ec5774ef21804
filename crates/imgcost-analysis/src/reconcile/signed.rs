//! Amounts as cost pages give them: JSON numbers, also below zero, also with an exponent.

use std::fmt;
use std::str::FromStr;

use imgcost_core::Usd;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Serialize, Serializer};

/// The largest exponent, up or down.
const EXPONENT_MAX: usize = 30;

/// US dollars, exact, above or below zero: credits are costs below zero.
///
/// ```
/// use imgcost_analysis::reconcile::SignedUsd;
/// let float: SignedUsd = "0.30000000000000004".parse()?;
/// assert_eq!(float.to_string(), "0.30000000000000004");
/// assert_eq!("-2.5e-3".parse::<SignedUsd>()?.to_string(), "-0.0025");
/// # Ok::<(), imgcost_analysis::reconcile::BadAmount>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignedUsd {
    /// The amount without its sign.
    size: Usd,
    /// Never set for zero.
    below_zero: bool,
}

/// A text that is no amount, or one that is too large or too fine to be added exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadAmount;

impl fmt::Display for BadAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an amount, or one too large or too fine to be exact")
    }
}

impl std::error::Error for BadAmount {}

impl SignedUsd {
    /// No money.
    pub const ZERO: SignedUsd = SignedUsd { size: Usd::ZERO, below_zero: false };

    fn new(size: Usd, below_zero: bool) -> SignedUsd {
        SignedUsd { size, below_zero: below_zero && size > Usd::ZERO }
    }

    /// The amount without its sign.
    #[must_use]
    pub fn size(self) -> Usd {
        self.size
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_below_zero(self) -> bool {
        self.below_zero
    }

    /// The sum; none if it can't be exact.
    #[must_use]
    pub fn plus(self, other: SignedUsd) -> Option<SignedUsd> {
        if self.below_zero == other.below_zero {
            return Some(SignedUsd::new(self.size.plus(other.size)?, self.below_zero));
        }
        let (large, small) = if self.size >= other.size { (self, other) } else { (other, self) };
        Some(SignedUsd::new(large.size.minus(small.size)?, large.below_zero))
    }

    /// The difference; none if it can't be exact.
    #[must_use]
    pub fn minus(self, other: SignedUsd) -> Option<SignedUsd> {
        self.plus(SignedUsd::new(other.size, !other.below_zero))
    }
}

impl From<Usd> for SignedUsd {
    fn from(size: Usd) -> Self {
        SignedUsd { size, below_zero: false }
    }
}

impl FromStr for SignedUsd {
    type Err = BadAmount;

    /// Reads a JSON number by its digits: no float is in between.
    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let (below_zero, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().map_err(|_| BadAmount)?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits =
            |part: &str| !part.is_empty() && part.len() <= 60 && part.bytes().all(|b| b.is_ascii_digit());
        let shift = usize::try_from(exponent.unsigned_abs()).map_err(|_| BadAmount)?;
        if !digits(whole) || !digits(fraction) || shift > EXPONENT_MAX {
            return Err(BadAmount);
        }
        let plain = if exponent < 0 {
            let padded = format!("{}{whole}", "0".repeat(shift));
            let (whole, moved) = padded.split_at(padded.len() - shift);
            format!("{whole}.{moved}{fraction}")
        } else {
            let padded = format!("{fraction}{}", "0".repeat(shift));
            let (moved, fraction) = padded.split_at(shift);
            format!("{whole}{moved}.{fraction}0")
        };
        let plain = plain.trim_end_matches('0').trim_end_matches('.').trim_start_matches('0');
        let plain =
            if plain.is_empty() || plain.starts_with('.') { format!("0{plain}") } else { plain.to_owned() };
        let size = Usd::deserialize(StrDeserializer::<serde::de::value::Error>::new(&plain));
        Ok(SignedUsd::new(size.map_err(|_| BadAmount)?, below_zero))
    }
}

impl fmt::Display for SignedUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.below_zero { "-" } else { "" }, self.size)
    }
}

impl Serialize for SignedUsd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_are_read_by_their_digits() {
        for (text, exact) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("0.06", "0.06"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("1e-05", "0.00001"),
            ("1.5E2", "150"),
            ("1e+2", "100"),
            ("12.5e-1", "1.25"),
            ("100", "100"),
            ("-0.01", "-0.01"),
            ("1.10000000000000000000000000000000", "1.1"),
        ] {
            assert_eq!(text.parse::<SignedUsd>().unwrap().to_string(), exact, "{text}");
        }
        for text in
            ["", "-", ".5", "1.", "1e", "1e99", "1e-29", "NaN", "1,5", "0x1", "1e1.5", "9e30", "--1", " 1"]
        {
            assert!(text.parse::<SignedUsd>().is_err(), "{text}");
        }
    }

    #[test]
    fn sums_go_below_zero_and_back() {
        let usd = |text: &str| text.parse::<SignedUsd>().unwrap();
        assert_eq!(usd("1").minus(usd("1.5")).unwrap().to_string(), "-0.5");
        assert_eq!(usd("-0.5").plus(usd("0.5")).unwrap(), SignedUsd::ZERO);
        assert_eq!(usd("-0.5").minus(usd("-2")).unwrap().to_string(), "1.5");
    }
}
