//! What one image spends, and how far two spends are apart.

use imgcost_core::{Estimate, Item, Quote, SignedUsd, Total, Unit, Usd};

/// What one image spends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spend {
    /// Image output tokens, where the call is counted in them.
    pub tokens: Option<Estimate<u64>>,
    /// What the call costs, in USD.
    pub usd: Total,
}

/// What two spends are compared in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpendUnit {
    /// Image output tokens.
    Tokens,
    /// US dollars.
    Money,
}

impl SpendUnit {
    /// Its word in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            SpendUnit::Tokens => "tokens",
            SpendUnit::Money => "money",
        }
    }

    /// Whether both spends are known in it.
    pub(super) fn compares(self, a: &Spend, b: &Spend) -> bool {
        self.distance(a, b).is_some()
    }

    /// How far two spends may be apart at most; none where either is not known in the measure.
    pub(super) fn distance(self, a: &Spend, b: &Spend) -> Option<Distance> {
        match self {
            SpendUnit::Tokens => {
                let (a, b) = (ends(a.tokens?), ends(b.tokens?));
                Some(Distance::Tokens(a.1.abs_diff(b.0).max(b.1.abs_diff(a.0))))
            }
            SpendUnit::Money => {
                let (a, b) = (a.usd_ends()?, b.usd_ends()?);
                Some(Distance::Money(
                    SignedUsd::between(a.1, b.0).size().max(SignedUsd::between(b.1, a.0).size()),
                ))
            }
        }
    }

    /// Whether both spends are known to the last token or digit, and equal.
    pub(super) fn same(self, a: &Spend, b: &Spend) -> bool {
        match self {
            SpendUnit::Tokens => a.tokens_difference(b) == Some(0),
            SpendUnit::Money => a.usd_difference(b).is_some_and(SignedUsd::is_zero),
        }
    }
}

/// How far two spends are apart at most. Only distances of one measure are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Distance {
    Tokens(u64),
    Money(Usd),
}

/// The expected value at both ends, else the range.
fn ends<T: Copy>(range: Estimate<T>) -> (T, T) {
    range.expected.map_or((range.floor, range.ceiling), |expected| (expected, expected))
}

impl Spend {
    /// What a quote of one image spends.
    #[must_use]
    pub fn of(quote: &Quote<'_>) -> Spend {
        let images =
            |line: &&imgcost_core::QuoteLine<'_>| line.item == Item::ImageOutput && line.unit == Unit::Token;
        let tokens = quote.lines().iter().find(images).map(|line| line.quantity);
        Spend { tokens, usd: *quote.total() }
    }

    /// Expected money at both ends, else floor and ceiling; none where something is unpriced.
    fn usd_ends(&self) -> Option<(Usd, Usd)> {
        match (self.usd.expected, self.usd.floor, self.usd.ceiling) {
            (Some(expected), _, _) => Some((expected, expected)),
            (None, Some(floor), Some(ceiling)) => Some((floor, ceiling)),
            _ => None,
        }
    }

    /// Its expected tokens less another spend's; none where either has none.
    #[must_use]
    pub fn tokens_difference(&self, other: &Spend) -> Option<i64> {
        let count = |spend: &Spend| i64::try_from(spend.tokens?.expected?).ok();
        count(self)?.checked_sub(count(other)?)
    }

    /// Its expected money less another spend's, in USD; none where either has none.
    #[must_use]
    pub fn usd_difference(&self, other: &Spend) -> Option<SignedUsd> {
        Some(SignedUsd::between(other.usd.expected?, self.usd.expected?))
    }

    /// The money in words, never a zero for what is unknown.
    #[must_use]
    pub fn usd_words(&self) -> String {
        match (self.usd.expected, self.usd.floor, self.usd.ceiling) {
            (Some(expected), _, _) => format!("${expected}"),
            (None, Some(floor), Some(ceiling)) => format!("${floor} to ${ceiling}"),
            (None, Some(floor), None) => format!("at least ${floor}"),
            _ => "no price".to_owned(),
        }
    }
}
