//! Exact money: amounts in USD, rates in USD per million tokens, and plain ratios.
//!
//! All three wrap a decimal, never a float. Rates and ratios are bounded when they are
//! made, so that `rate x tokens` and the sum of a quote's lines are exact.
//!
//! Rounding happens at the edges only, in one way each: an amount that is shown is rounded half
//! up ([`Usd::rounded`]), a limit that is shown is rounded to its own side
//! ([`Usd::rounded_up_to`], [`Usd::rounded_down_to`]), what a ledger books is rounded up to the
//! billionth of a dollar ([`Usd::nano_rounded_up`]), a part of an amount half up to the same
//! ([`Total::share`](crate::Total::share)), and a percentage half away from zero to its first
//! decimal ([`PerMille`](crate::PerMille)).

use std::fmt;
use std::str::FromStr;

use crate::from_text::from_text;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most decimal places a price or ratio may have.
const MAX_SCALE: u32 = 9;
/// The largest price or ratio, as a whole number.
const MAX_VALUE: u64 = 1_000_000;
/// The largest number of tokens that one item of a call may count.
pub const MAX_TOKENS: u64 = 10_000_000_000;

/// A price or ratio that is not a plain decimal, is negative, or is too large or too fine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseDecimalError {
    text: String,
}

impl fmt::Display for ParseDecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is not a price: expected a plain decimal from 0 to {MAX_VALUE} with at most {MAX_SCALE} places, such as 0.042",
            self.text
        )
    }
}

impl std::error::Error for ParseDecimalError {}

fn plain_decimal(text: &str) -> Result<Decimal, ParseDecimalError> {
    let bad = || ParseDecimalError { text: text.chars().take(40).collect() };
    let plain = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit());
    if !plain {
        return Err(bad());
    }
    let value = Decimal::from_str_exact(text).map_err(|_| bad())?;
    if value.scale() > MAX_SCALE || value > Decimal::from(MAX_VALUE) {
        return Err(bad());
    }
    Ok(value)
}

macro_rules! decimal_type {
    ($name:ident) => {
        impl FromStr for $name {
            type Err = ParseDecimalError;
            fn from_str(text: &str) -> Result<Self, ParseDecimalError> {
                plain_decimal(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            /// The plain decimal without trailing zeros, such as `0.2484` or `40`.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.normalize(), f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

/// An amount of money in US dollars, exact.
///
/// ```
/// use imgcost_core::Usd;
/// let a: Usd = "0.2484".parse()?;
/// assert_eq!(a.to_string(), "0.2484");
/// assert!("1e3".parse::<Usd>().is_err());
/// # Ok::<(), imgcost_core::ParseDecimalError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Usd(Decimal);

/// A price in US dollars per million tokens.
///
/// ```
/// use imgcost_core::UsdPerMillion;
/// let rate: UsdPerMillion = "40.00".parse()?;
/// assert_eq!(rate.checked_mul(4160).unwrap().to_string(), "0.1664");
/// # Ok::<(), imgcost_core::ParseDecimalError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsdPerMillion(Decimal);

/// A multiplier without a unit, such as a gateway's group ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio(Decimal);

decimal_type!(Usd);
decimal_type!(UsdPerMillion);
decimal_type!(Ratio);

macro_rules! deserialize_text {
    ($name:ident) => {
        impl<'de> Deserialize<'de> for $name {
            /// Accepts a decimal string only: a number would have passed through a float.
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                from_text(deserializer, str::parse)
            }
        }
    };
}
deserialize_text!(UsdPerMillion);
deserialize_text!(Ratio);

impl<'de> Deserialize<'de> for Usd {
    /// Accepts a decimal string only; amounts may be finer and larger than prices are.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| {
            let value = Decimal::from_str_exact(text).ok();
            let value = value.filter(|value| !value.is_sign_negative() || value.is_zero());
            value.map(Usd).ok_or_else(|| ParseDecimalError { text: text.to_owned() })
        })
    }
}

impl Usd {
    /// No money.
    pub const ZERO: Usd = Usd(Decimal::ZERO);

    /// The sum, or nothing if it leaves the range of exact amounts.
    #[must_use]
    pub fn checked_add(self, other: Usd) -> Option<Usd> {
        // On whole digits at the finer scale: the decimal's own addition rounds silently when
        // the digits do not fit, this says so.
        let scale = self.0.scale().max(other.0.scale());
        let digits = |value: Decimal| match scale - value.scale() {
            0 => Some(value.mantissa()),
            places => value.mantissa().checked_mul(10_i128.checked_pow(places)?),
        };
        let sum = digits(self.0)?.checked_add(digits(other.0)?)?;
        Decimal::try_from_i128_with_scale(sum, scale).ok().map(Usd)
    }

    /// The difference, or nothing if `other` is more than `self`.
    #[must_use]
    pub fn checked_sub(self, other: Usd) -> Option<Usd> {
        let rest = self.0.checked_sub(other.0)?;
        (!rest.is_sign_negative() || rest.is_zero()).then_some(Usd(rest))
    }

    /// The amount times a whole number, or nothing if it leaves the range of exact amounts.
    #[must_use]
    pub fn checked_mul(self, count: u64) -> Option<Usd> {
        exact_product(self.0, Decimal::from(count)).map(Usd)
    }

    /// So many millionths of the amount, or nothing if that leaves the range of exact amounts.
    pub(crate) fn checked_millionths(self, millionths: u128) -> Option<Usd> {
        let millionths = i128::try_from(millionths).ok()?;
        exact_product(self.0, Decimal::try_from_i128_with_scale(millionths, 6).ok()?.normalize()).map(Usd)
    }

    /// The amount times a ratio, or nothing if it leaves the range of exact amounts.
    #[must_use]
    pub fn checked_scale(self, ratio: Ratio) -> Option<Usd> {
        exact_product(self.0, ratio.0).map(Usd)
    }

    /// The smallest multiple of `1/units_per_usd` that is not below the amount.
    #[must_use]
    pub fn rounded_up_to(self, units_per_usd: u32) -> Option<Usd> {
        self.rounded_to(units_per_usd, |units| units.ceil())
    }

    /// The greatest multiple of `1/units_per_usd` that is not above the amount.
    #[must_use]
    pub fn rounded_down_to(self, units_per_usd: u32) -> Option<Usd> {
        self.rounded_to(units_per_usd, |units| units.floor())
    }

    fn rounded_to(self, units_per_usd: u32, round: impl Fn(Decimal) -> Decimal) -> Option<Usd> {
        let units = Decimal::from(units_per_usd);
        let whole = round(exact_product(self.0, units)?);
        let amount = whole.checked_div(units)?.normalize();
        (exact_product(amount, units)? == whole).then_some(Usd(amount))
    }

    /// The amount in billionths of a dollar, rounded up: the unit that ledgers book in.
    #[must_use]
    pub fn nano_rounded_up(self) -> Option<i64> {
        let nano = exact_product(self.0, Decimal::from(1_000_000_000_u64))?;
        i64::try_from(nano.ceil().normalize().mantissa()).ok()
    }

    /// So many billionths of a dollar.
    #[must_use]
    pub fn from_nanos(nano: u64) -> Usd {
        Usd(Decimal::from_i128_with_scale(nano.into(), 9))
    }

    /// The amount rounded half up to `places` decimals with trailing zeros kept, for tables.
    #[must_use]
    pub fn rounded(self, places: u32) -> String {
        let rounded = self.0.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        format!("{rounded:.*}", usize::try_from(places).unwrap_or(9))
    }

    /// How many decimal places the amount needs to be written exactly.
    #[must_use]
    pub fn places(self) -> u32 {
        self.0.normalize().scale()
    }

    /// One unit in the last written place: the most that the rounding of a published price
    /// can hide. `0.25` gives `0.01`, `0.011` gives `0.001`.
    pub(crate) fn last_place(self) -> Usd {
        Usd(Decimal::new(1, self.0.scale()))
    }

    /// The distance between two amounts.
    pub(crate) fn distance(self, other: Usd) -> Usd {
        if self > other { Usd(self.0 - other.0) } else { Usd(other.0 - self.0) }
    }

    /// The amount as a decimal number.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        self.0
    }
}

fn exact_product(a: Decimal, b: Decimal) -> Option<Decimal> {
    let product = a.checked_mul(b)?;
    // checked_mul rounds silently when the digits do not fit; exactness shows in the scale.
    (product.scale() == a.scale() + b.scale() || product.is_zero()).then_some(product)
}

impl UsdPerMillion {
    /// The price of `tokens` tokens, exact, or nothing above [`MAX_TOKENS`].
    #[must_use]
    pub fn checked_mul(self, tokens: u64) -> Option<Usd> {
        if tokens > MAX_TOKENS {
            return None;
        }
        // A rate has at most 15 digits and a count 10, so that the product is exact; dividing
        // it by 1,000,000 is six places more and needs no division.
        let digits = self.0.mantissa().checked_mul(tokens.into())?;
        Decimal::try_from_i128_with_scale(digits, self.0.scale() + 6).ok().map(Usd)
    }

    /// The rate as a decimal number.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// The rate times a ratio, or nothing if it leaves the bounds of a rate.
    #[must_use]
    pub fn checked_scale(self, ratio: Ratio) -> Option<UsdPerMillion> {
        let product = exact_product(self.0, ratio.0)?.normalize();
        (product.scale() <= MAX_SCALE && product <= Decimal::from(MAX_VALUE))
            .then_some(UsdPerMillion(product))
    }
}

impl Ratio {
    /// The ratio that changes nothing.
    pub const ONE: Ratio = Ratio(Decimal::ONE);

    /// `count` times the ratio, rounded down and rounded up to whole numbers.
    #[must_use]
    pub fn of(self, count: u64) -> Option<(u64, u64)> {
        let product = exact_product(self.0, Decimal::from(count))?;
        let whole = |value: Decimal| u64::try_from(value.normalize().mantissa()).ok();
        Some((whole(product.floor())?, whole(product.ceil())?))
    }

    /// The product, or nothing if it leaves the range of exact ratios.
    #[must_use]
    pub fn checked_mul(self, other: Ratio) -> Option<Ratio> {
        exact_product(self.0, other.0).map(|product| Ratio(product.normalize()))
    }

    /// The ratio as a decimal number.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// Whether `long / short` is greater than the ratio.
    pub(crate) fn is_exceeded_by(self, long: u32, short: u32) -> bool {
        exact_product(self.0, Decimal::from(short)).is_some_and(|edge| Decimal::from(long) > edge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_are_prices() {
        for text in ["0", "5.00", "0.011", "1000000", "0.000000001"] {
            assert!(text.parse::<Usd>().is_ok(), "{text}");
        }
        for text in ["", "1e3", "1_000", "+1", "-1", "1.", ".5", "1000000.1", "0.0000000001", "NaN", "１"] {
            assert!(text.parse::<Usd>().is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_print_without_trailing_zeros() {
        let rate: UsdPerMillion = "40.00".parse().unwrap();
        assert_eq!(rate.to_string(), "40");
        assert_eq!(rate.checked_mul(6208).unwrap().to_string(), "0.24832");
        assert_eq!(rate.checked_mul(6208).unwrap().rounded(3), "0.248");
        assert_eq!("0.5".parse::<Usd>().unwrap().rounded(2), "0.50");
    }

    #[test]
    fn booking_rounds_up_to_the_nano_dollar() {
        let rate: UsdPerMillion = "0.0005".parse().unwrap();
        assert_eq!(rate.checked_mul(1).unwrap().nano_rounded_up(), Some(1));
        assert_eq!("0.25".parse::<Usd>().unwrap().nano_rounded_up(), Some(250_000_000));
        assert_eq!(Usd::ZERO.nano_rounded_up(), Some(0));
        assert_eq!(Usd::from_nanos(250_000_001).to_string(), "0.250000001");
        assert_eq!(Usd::from_nanos(u64::MAX).nano_rounded_up(), None);
    }

    #[test]
    fn what_cannot_be_exact_is_refused() {
        let most: UsdPerMillion = "1000000".parse().unwrap();
        assert!(most.checked_mul(MAX_TOKENS).is_some());
        assert!(most.checked_mul(MAX_TOKENS + 1).is_none());
        let fine: Ratio = "0.000000001".parse().unwrap();
        assert!("0.1".parse::<UsdPerMillion>().unwrap().checked_scale(fine).is_none());
    }
}
