//! Amounts with a sign: the difference of two amounts, and the costs and credits of a bill.

use std::fmt;
use std::str::FromStr;

use serde::de::value::StrDeserializer;
use serde::{Deserialize, Serialize, Serializer};

use crate::money::Usd;
use crate::share::PerMille;

/// The largest exponent of a JSON number, up or down.
const EXPONENT_MAX: usize = 30;

/// US dollars, exact, above or below zero.
///
/// Written `0.5`, `-0.5` or `0`; with `{:+}`, a difference above zero has its sign too.
///
/// ```
/// use imgcost_core::SignedUsd;
/// let change = SignedUsd::between("0.25".parse()?, "0.1".parse()?);
/// assert_eq!(change.to_string(), "-0.15");
/// assert_eq!(change.per_mille_of("0.25".parse()?).unwrap().to_string(), "-60.0%");
/// assert_eq!("-2.5e-3".parse::<SignedUsd>().unwrap().to_string(), "-0.0025");
/// # Ok::<(), imgcost_core::ParseDecimalError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignedUsd {
    /// The amount without its sign.
    size: Usd,
    /// Never set for zero.
    is_negative: bool,
}

/// A text that is not a JSON number, or one that is too large or too fine to be added exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseSignedUsdError;

impl fmt::Display for ParseSignedUsdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an amount, or one too large or too fine to be exact")
    }
}

impl std::error::Error for ParseSignedUsdError {}

impl SignedUsd {
    /// No money.
    pub const ZERO: SignedUsd = SignedUsd { size: Usd::ZERO, is_negative: false };

    fn new(size: Usd, is_negative: bool) -> SignedUsd {
        SignedUsd { size, is_negative: is_negative && size > Usd::ZERO }
    }

    /// What has to be added to `before` to get `after`.
    #[must_use]
    pub fn between(before: Usd, after: Usd) -> SignedUsd {
        SignedUsd::new(before.distance(after), after < before)
    }

    /// The amount without its sign.
    #[must_use]
    pub fn size(self) -> Usd {
        self.size
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.size == Usd::ZERO
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.is_negative
    }

    /// The sum; none if it can't be exact.
    #[must_use]
    pub fn checked_add(self, other: SignedUsd) -> Option<SignedUsd> {
        if self.is_negative == other.is_negative {
            return Some(SignedUsd::new(self.size.checked_add(other.size)?, self.is_negative));
        }
        let (large, small) = if self.size >= other.size { (self, other) } else { (other, self) };
        Some(SignedUsd::new(large.size.checked_sub(small.size)?, large.is_negative))
    }

    /// The difference; none if it can't be exact.
    #[must_use]
    pub fn checked_sub(self, other: SignedUsd) -> Option<SignedUsd> {
        self.checked_add(-other)
    }

    /// Its share in an amount; none of nothing.
    #[must_use]
    pub fn per_mille_of(self, whole: Usd) -> Option<PerMille> {
        let share = PerMille::of(self.size, whole)?;
        Some(if self.is_negative { -share } else { share })
    }

    /// Rounded half away from zero to `places` decimals, with its sign; zero has none.
    #[must_use]
    pub fn rounded(self, places: u32) -> String {
        let sign = match (self.is_zero(), self.is_negative) {
            (true, _) => "",
            (false, true) => "-",
            (false, false) => "+",
        };
        format!("{sign}{}", self.size.rounded(places))
    }
}

impl std::ops::Neg for SignedUsd {
    type Output = SignedUsd;

    fn neg(self) -> SignedUsd {
        SignedUsd::new(self.size, !self.is_negative)
    }
}

impl From<Usd> for SignedUsd {
    fn from(size: Usd) -> Self {
        SignedUsd { size, is_negative: false }
    }
}

impl FromStr for SignedUsd {
    type Err = ParseSignedUsdError;

    /// Reads a JSON number by its digits: no float is in between.
    fn from_str(text: &str) -> Result<Self, ParseSignedUsdError> {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().map_err(|_| ParseSignedUsdError)?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits =
            |part: &str| !part.is_empty() && part.len() <= 60 && part.bytes().all(|b| b.is_ascii_digit());
        let shift = usize::try_from(exponent.unsigned_abs()).map_err(|_| ParseSignedUsdError)?;
        if !digits(whole) || !digits(fraction) || shift > EXPONENT_MAX {
            return Err(ParseSignedUsdError);
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
        Ok(SignedUsd::new(size.map_err(|_| ParseSignedUsdError)?, is_negative))
    }
}

impl fmt::Display for SignedUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.is_negative {
            true => "-",
            false if f.sign_plus() && !self.is_zero() => "+",
            false => "",
        };
        write!(f, "{sign}{}", self.size)
    }
}

impl Serialize for SignedUsd {
    /// A decimal in text, below zero with a minus.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Usd {
        text.parse().unwrap()
    }

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
        let signed = |text: &str| text.parse::<SignedUsd>().unwrap();
        assert_eq!(signed("1").checked_sub(signed("1.5")).unwrap().to_string(), "-0.5");
        assert_eq!(signed("-0.5").checked_add(signed("0.5")).unwrap(), SignedUsd::ZERO);
        assert_eq!(signed("-0.5").checked_sub(signed("-2")).unwrap().to_string(), "1.5");
    }

    #[test]
    fn differences_have_a_sign_and_a_share() {
        let more = SignedUsd::between(usd("0.2"), usd("0.25"));
        assert_eq!((more.to_string(), more.rounded(3)), ("0.05".into(), "+0.050".into()));
        assert_eq!(format!("{more:+} {:+}", -more), "+0.05 -0.05");
        assert_eq!(more.per_mille_of(usd("0.2")).unwrap().tenths_of_percent(), 250);
        let less = SignedUsd::between(usd("0.3"), usd("0.1"));
        assert_eq!(less.to_string(), "-0.2");
        assert_eq!(less.per_mille_of(usd("0.3")).unwrap().tenths_of_percent(), -667);
        let none = SignedUsd::between(usd("0.1"), usd("0.10"));
        assert_eq!(
            (none.to_string(), none.rounded(2), format!("{none:+}")),
            ("0".into(), "0.00".into(), "0".into())
        );
        assert_eq!(none.per_mille_of(Usd::ZERO), None);
    }
}
