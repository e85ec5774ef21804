//! Amounts of which something may be unknown: totals, their sums and their parts.

use serde::Serialize;

use crate::estimate::{CeilingBasis, Estimate};
use crate::money::Usd;

/// An amount in USD that may have gaps: what is unknown is none, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Total {
    /// At least this much: the sum of what is priced, or none where nothing is.
    pub floor: Option<Usd>,
    /// Probably this much, where every part has an expected value and a price.
    pub expected: Option<Usd>,
    /// At most this much, where every part has a price.
    pub ceiling: Option<Usd>,
    /// What the ceiling rests on: the weakest of the parts.
    #[serde(skip)]
    pub basis: CeilingBasis,
}

impl From<Estimate<Usd>> for Total {
    fn from(estimate: Estimate<Usd>) -> Total {
        let Estimate { floor, expected, ceiling, basis } = estimate;
        Total { floor: Some(floor), expected, ceiling: Some(ceiling), basis }
    }
}

impl Total {
    /// A total of what is known of it.
    #[must_use]
    pub const fn new(
        floor: Option<Usd>,
        expected: Option<Usd>,
        ceiling: Option<Usd>,
        basis: CeilingBasis,
    ) -> Total {
        Total { floor, expected, ceiling, basis }
    }

    /// The total of what has no price at all.
    pub const UNKNOWN: Total =
        Total { floor: None, expected: None, ceiling: None, basis: CeilingBasis::Proven };

    /// The total of nothing: it costs nothing.
    pub const ZERO: Total = Total {
        floor: Some(Usd::ZERO),
        expected: Some(Usd::ZERO),
        ceiling: Some(Usd::ZERO),
        basis: CeilingBasis::Proven,
    };

    /// Floor, expected value and ceiling.
    #[must_use]
    pub const fn amounts(&self) -> [Option<Usd>; 3] {
        [self.floor, self.expected, self.ceiling]
    }

    /// The one figure that it is compared by: the expected value, else the ceiling; none where
    /// something has no price.
    #[must_use]
    pub fn figure(&self) -> Option<Usd> {
        self.ceiling.and(self.expected.or(self.ceiling))
    }

    /// Whether floor, expected value and ceiling are one.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.floor.is_some() && self.floor == self.ceiling && self.expected == self.floor
    }

    /// Whether there is a ceiling, and it is proven.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.ceiling.is_some() && self.basis == CeilingBasis::Proven
    }

    /// The sum with another part. Where one of the two has no expected value or no ceiling, the
    /// sum has none; a part without any price adds nothing to the floor. What is beyond exact
    /// amounts is none. Sums start from [`Total::ZERO`].
    #[must_use]
    pub fn plus(&self, part: &Total) -> Total {
        let both = |a: Option<Usd>, b: Option<Usd>| a?.checked_add(b?);
        Total {
            floor: both(self.floor, Some(part.floor.unwrap_or(Usd::ZERO))),
            expected: both(self.expected, part.expected),
            ceiling: both(self.ceiling, part.ceiling),
            basis: self.basis.max(part.basis),
        }
    }

    /// So many millionths of it, exact: what a number of calls comes to. A part that is beyond exact
    /// amounts is none, as is one that is unknown, however often.
    #[must_use]
    pub fn millionths(&self, millionths: u128) -> Total {
        let part = |usd: Option<Usd>| usd.and_then(|usd| usd.checked_millionths(millionths));
        if self.is_exact() {
            let one = part(self.floor);
            return Total { floor: one, expected: one, ceiling: one, ..*self };
        }
        Total { floor: part(self.floor), expected: part(self.expected), ceiling: part(self.ceiling), ..*self }
    }

    /// Times `numerator / denominator`, rounded half up to 9 decimals where it can't be written
    /// shorter. A part that is beyond exact amounts is none.
    #[must_use]
    pub fn share(&self, numerator: u64, denominator: u64) -> Total {
        if numerator == denominator {
            return *self;
        }
        let part = |usd: Option<Usd>| usd.and_then(|usd| share(usd, numerator, denominator));
        if self.is_exact() {
            let one = part(self.floor);
            return Total { floor: one, expected: one, ceiling: one, ..*self };
        }
        Total { floor: part(self.floor), expected: part(self.expected), ceiling: part(self.ceiling), ..*self }
    }
}

/// An amount times `numerator / denominator` in billionths of a dollar, rounded half up.
fn share(usd: Usd, numerator: u64, denominator: u64) -> Option<Usd> {
    let decimal = usd.decimal().normalize();
    let power = |places: u32| 10_i128.checked_pow(places);
    let (up, down) = match decimal.scale() {
        scale @ 0..=9 => (power(9 - scale)?, 1),
        scale => (1, power(scale - 9)?),
    };
    let above = decimal.mantissa().checked_mul(up)?.checked_mul(numerator.into())?;
    let below = i128::from(denominator).checked_mul(down)?;
    let nano = above.checked_mul(2)?.checked_add(below)?.checked_div(below.checked_mul(2)?)?;
    u64::try_from(nano).ok().map(Usd::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Usd {
        text.parse().unwrap()
    }

    #[test]
    fn shares_are_rounded_half_up_to_the_nano_dollar() {
        for (amount, numerator, denominator, expected) in [
            ("0.1664", 1, 4, "0.0416"),
            ("1", 1, 3, "0.333333333"),
            ("2", 1, 3, "0.666666667"),
            ("0.000000001", 1, 2, "0.000000001"),
            ("0.211", 1_000_000, 1_048_576, "0.201225281"),
            ("0", 1, 7, "0"),
        ] {
            assert_eq!(share(usd(amount), numerator, denominator), Some(usd(expected)), "{amount}");
        }
        assert_eq!(share(usd("1"), 1, 0), None);
        let fine = "0.000000001".parse::<crate::UsdPerMillion>().unwrap().checked_mul(5).unwrap();
        assert_eq!(share(fine, 1, 3), Some(Usd::ZERO));
    }

    #[test]
    fn a_sum_with_a_gap_is_a_floor() {
        let whole = Total::from(Estimate::exact(usd("1")));
        let open = Total { expected: None, ..Total::from(Estimate::exact(usd("2"))) };
        let sum = whole.plus(&open);
        assert_eq!(sum.amounts(), [Some(usd("3")), None, Some(usd("3"))]);
        assert_eq!(sum.plus(&Total::UNKNOWN).amounts(), [Some(usd("3")), None, None]);
    }
}
