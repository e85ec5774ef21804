//! Amounts of a call divided up, and differences between two.

use std::fmt;

use imgcost_core::{CeilingBasis, Total, Usd};
use serde::{Serialize, Serializer};

use crate::share::per_mille;

/// An amount in USD: at least, probably, at most. What is unknown is none, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// At least.
    pub floor: Option<Usd>,
    /// Probably.
    pub expected: Option<Usd>,
    /// At most.
    pub ceiling: Option<Usd>,
    /// What the ceiling rests on.
    pub basis: CeilingBasis,
}

impl From<&Total> for Amount {
    fn from(total: &Total) -> Amount {
        let Total { floor, expected, ceiling, basis } = *total;
        Amount { floor, expected, ceiling, basis }
    }
}

impl Amount {
    /// What it is compared by: the expected value, else the ceiling; none where something has
    /// no price.
    #[must_use]
    pub fn figure(&self) -> Option<Usd> {
        self.ceiling.and(self.expected.or(self.ceiling))
    }

    /// Whether floor, expected value and ceiling are one.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.floor.is_some() && self.floor == self.ceiling && self.expected == self.floor
    }

    /// Times `numerator / denominator`, rounded half up to 9 decimals where it can't be written
    /// shorter. A part that is beyond exact amounts is none.
    pub(super) fn times(&self, numerator: u64, denominator: u64) -> Amount {
        if numerator == denominator {
            return *self;
        }
        let part = |usd: Option<Usd>| usd.and_then(|usd| share(usd, numerator, denominator));
        if self.is_exact() {
            let one = part(self.floor);
            return Amount { floor: one, expected: one, ceiling: one, ..*self };
        }
        Amount {
            floor: part(self.floor),
            expected: part(self.expected),
            ceiling: part(self.ceiling),
            ..*self
        }
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

/// A difference between two amounts in USD, with its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Whether it is below zero.
    pub less: bool,
    /// How much.
    pub usd: Usd,
}

impl Difference {
    /// `amount` less `base`.
    #[must_use]
    pub fn new(amount: Usd, base: Usd) -> Option<Difference> {
        let less = amount < base;
        let usd = if less { base.minus(amount) } else { amount.minus(base) }?;
        Some(Difference { less, usd })
    }

    /// Tenths of a percent of `base`, rounded half away from zero; none of nothing.
    #[must_use]
    pub fn per_mille_of(&self, base: Usd) -> Option<i64> {
        let size = per_mille(self.usd, base)?;
        Some(if self.less { -size } else { size })
    }

    /// With its sign, to so many places; `0` has none.
    #[must_use]
    pub fn rounded(&self, places: u32) -> String {
        format!("{}{}", self.sign(), self.usd.rounded(places))
    }

    fn sign(&self) -> &'static str {
        match (self.usd == Usd::ZERO, self.less) {
            (true, _) => "",
            (false, true) => "-",
            (false, false) => "+",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.less && self.usd != Usd::ZERO { "-" } else { "" }, self.usd)
    }
}

impl Serialize for Difference {
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
        let fine = "0.000000001".parse::<imgcost_core::UsdPerMillion>().unwrap().times(5).unwrap();
        assert_eq!(share(fine, 1, 3), Some(Usd::ZERO));
    }

    #[test]
    fn differences_have_a_sign_and_a_share() {
        let more = Difference::new(usd("0.25"), usd("0.2")).unwrap();
        assert_eq!((more.to_string(), more.rounded(3)), ("0.05".into(), "+0.050".into()));
        assert_eq!(more.per_mille_of(usd("0.2")), Some(250));
        let less = Difference::new(usd("0.1"), usd("0.3")).unwrap();
        assert_eq!((less.to_string(), less.per_mille_of(usd("0.3"))), ("-0.2".into(), Some(-667)));
        let none = Difference::new(usd("0.1"), usd("0.10")).unwrap();
        assert_eq!((none.to_string(), none.rounded(2)), ("0".into(), "0.00".into()));
        assert_eq!(none.per_mille_of(Usd::ZERO), None);
    }
}
