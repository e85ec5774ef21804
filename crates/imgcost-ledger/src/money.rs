//! Amounts in whole billionths of a dollar, which ledgers add and compare.

use std::fmt;

use imgcost_core::Usd;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount in billionths of a US dollar, from 0 to about 9.2 billion dollars.
///
/// Quotes and charges are exact decimals. When they are booked they are rounded up to whole
/// nano-dollars, once, so that a database can compare and add them.
///
/// ```
/// use imgcost_ledger::NanoUsd;
/// let amount = NanoUsd::from_usd("0.21072".parse()?).unwrap();
/// assert_eq!(amount.nano(), 210_720_000);
/// assert_eq!(amount.to_string(), "0.21072");
/// # Ok::<(), imgcost_core::ParseDecimalError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NanoUsd(u64);

impl NanoUsd {
    /// Zero.
    pub const ZERO: NanoUsd = NanoUsd(0);
    /// The most a ledger can book: the largest signed 64-bit integer of a database.
    pub const MAX: NanoUsd = NanoUsd(i64::MAX.unsigned_abs());

    /// An amount in billionths of a dollar; none above [`NanoUsd::MAX`].
    #[must_use]
    pub const fn new(nano: u64) -> Option<Self> {
        if nano <= NanoUsd::MAX.0 { Some(NanoUsd(nano)) } else { None }
    }

    /// The amount in a database column; none if it is negative.
    #[must_use]
    pub fn from_column(nano: i64) -> Option<Self> {
        u64::try_from(nano).ok().map(NanoUsd)
    }

    /// The amount in whole nano-dollars, rounded up; none if it is too large.
    #[must_use]
    pub fn from_usd(usd: Usd) -> Option<Self> {
        usd.nano_rounded_up().and_then(NanoUsd::from_column)
    }

    /// The amount in billionths of a dollar.
    #[must_use]
    pub const fn nano(self) -> u64 {
        self.0
    }

    /// The amount for a database column.
    #[must_use]
    pub const fn column(self) -> i64 {
        self.0.cast_signed()
    }

    /// The same amount as a decimal.
    #[must_use]
    pub fn usd(self) -> Usd {
        Usd::from_nanos(self.0)
    }

    /// The sum; none above [`NanoUsd::MAX`].
    #[must_use]
    pub fn checked_add(self, other: NanoUsd) -> Option<NanoUsd> {
        self.0.checked_add(other.0).and_then(NanoUsd::new)
    }

    /// The difference; none if it is negative.
    #[must_use]
    pub fn checked_sub(self, other: NanoUsd) -> Option<NanoUsd> {
        self.0.checked_sub(other.0).map(NanoUsd)
    }

    /// The difference, or zero if it is negative.
    #[must_use]
    pub const fn less(self, other: NanoUsd) -> NanoUsd {
        NanoUsd(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for NanoUsd {
    /// A plain decimal in USD, such as `0.21072`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.usd(), f)
    }
}

impl Serialize for NanoUsd {
    /// A decimal string in USD.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.usd().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NanoUsd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let usd = Usd::deserialize(deserializer)?;
        NanoUsd::from_usd(usd).ok_or_else(|| serde::de::Error::custom("the amount is too large to be booked"))
    }
}
