//! The share of one amount in another: the one place where a percentage is rounded and written.

use std::fmt;

use serde::Serialize;

use crate::money::Usd;

/// A share in thousandths, which are tenths of a percent, rounded half away from zero.
///
/// Written as a percentage with one decimal; with `{:+}`, it has a sign: `+0.1%`, `-44.8%`, and
/// `±0.0%` for what rounds to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PerMille(i64);

impl PerMille {
    /// The share of `part` in `whole`; none of nothing, and none beyond exact decimals.
    ///
    /// $0.0001 of $0.2 is half a thousandth, and counts as one.
    #[must_use]
    pub fn of(part: Usd, whole: Usd) -> Option<PerMille> {
        let (part, whole) = (part.decimal(), whole.decimal());
        // Both at one scale: their digits have the same ratio.
        let scale = part.scale().max(whole.scale());
        let digits = |mantissa: i128, own: u32| mantissa.checked_mul(10_i128.checked_pow(scale - own)?);
        let above = digits(part.mantissa(), part.scale())?.checked_mul(2000)?;
        let below = digits(whole.mantissa(), whole.scale())?;
        let rounded = above.checked_add(below)?.checked_div(below.checked_mul(2)?)?;
        i64::try_from(rounded).ok().map(PerMille)
    }

    /// The number: thousandths, or tenths of a percent.
    #[must_use]
    pub const fn tenths_of_percent(self) -> i64 {
        self.0
    }
}

impl From<i64> for PerMille {
    fn from(thousandths: i64) -> PerMille {
        PerMille(thousandths)
    }
}

impl std::ops::Neg for PerMille {
    type Output = PerMille;

    fn neg(self) -> PerMille {
        PerMille(self.0.saturating_neg())
    }
}

impl fmt::Display for PerMille {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match (self.0, f.sign_plus()) {
            (..0, _) => "-",
            (0, true) => "±",
            (1.., true) => "+",
            (_, false) => "",
        };
        let size = self.0.unsigned_abs();
        write!(f, "{sign}{}.{}%", size / 10, size % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(part: &str, whole: &str) -> Option<i64> {
        PerMille::of(part.parse().unwrap(), whole.parse().unwrap()).map(PerMille::tenths_of_percent)
    }

    #[test]
    fn a_share_is_rounded_half_away_from_zero() {
        for (part, whole, expected) in [
            ("0.0001", "0.2", 1),
            ("0.00009999", "0.2", 0),
            ("0.0003", "0.2", 2),
            ("0.0005", "0.2", 3),
            ("0.05", "0.2", 250),
            ("0.2", "0.3", 667),
            ("0", "0.3", 0),
            ("1000000", "0.000000001", 1_000_000_000_000_000_000),
        ] {
            assert_eq!(share(part, whole), Some(expected), "{part} of {whole}");
        }
    }

    #[test]
    fn nothing_has_no_shares() {
        assert_eq!(share("0.1", "0"), None);
        assert_eq!(share("0", "0"), None);
    }

    #[test]
    fn a_share_has_one_decimal_and_a_sign_where_asked() {
        for (thousandths, plain, signed) in [
            (1, "0.1%", "+0.1%"),
            (-448, "-44.8%", "-44.8%"),
            (0, "0.0%", "±0.0%"),
            (1500, "150.0%", "+150.0%"),
            (i64::MIN, "-922337203685477580.8%", "-922337203685477580.8%"),
        ] {
            let share = PerMille::from(thousandths);
            assert_eq!((share.to_string(), format!("{share:+}")), (plain.to_owned(), signed.to_owned()));
        }
    }
}
