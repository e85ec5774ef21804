//! What one image spends, and how far two spends are apart.

use std::fmt;

use imgcost_core::{Estimate, Item, Quote, Total, Unit, Usd};

/// What one image spends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spend {
    /// Image output tokens, where the call is counted in them.
    pub tokens: Option<Estimate<u64>>,
    /// What the call costs, in USD.
    pub usd: Total,
}

/// What two spends are compared in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Image output tokens.
    Tokens,
    /// US dollars.
    Money,
}

impl Measure {
    /// The word that stands for it in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Measure::Tokens => "tokens",
            Measure::Money => "money",
        }
    }

    /// Whether both spends are known in it.
    pub(super) fn compares(self, a: &Spend, b: &Spend) -> bool {
        self.distance(a, b).is_some()
    }

    /// How far two spends may be apart at most; none where either is not known in the measure.
    pub(super) fn distance(self, a: &Spend, b: &Spend) -> Option<Distance> {
        match self {
            Measure::Tokens => {
                let (a, b) = (ends(a.tokens?), ends(b.tokens?));
                Some(Distance::Tokens(a.1.abs_diff(b.0).max(b.1.abs_diff(a.0))))
            }
            Measure::Money => {
                let (a, b) = (a.usd_ends()?, b.usd_ends()?);
                Some(Distance::Money(apart(a.1, b.0).max(apart(b.1, a.0))))
            }
        }
    }

    /// Whether both spends are known to the last token or digit, and equal.
    pub(super) fn same(self, a: &Spend, b: &Spend) -> bool {
        match self {
            Measure::Tokens => matches!(a.tokens_difference(b), Some(Difference::Same)),
            Measure::Money => matches!(a.usd_difference(b), Some(Difference::Same)),
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

/// The distance between two amounts.
fn apart(a: Usd, b: Usd) -> Usd {
    a.minus(b).or_else(|| b.minus(a)).unwrap_or(Usd::ZERO)
}

/// How one value stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference<T> {
    /// Both are equal.
    Same,
    /// The first is more by this much.
    More(T),
    /// The first is less by this much.
    Less(T),
}

impl<T: fmt::Display> fmt::Display for Difference<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Same => f.write_str("0"),
            Difference::More(by) => write!(f, "+{by}"),
            Difference::Less(by) => write!(f, "-{by}"),
        }
    }
}

impl Spend {
    /// What a quote of one image spends.
    #[must_use]
    pub fn of(quote: &Quote<'_>) -> Spend {
        let images =
            |line: &&imgcost_core::Line<'_>| line.item == Item::ImageOutput && line.unit == Unit::Token;
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

    /// How the expected tokens stand to another spend's; none where either has none.
    #[must_use]
    pub fn tokens_difference(&self, other: &Spend) -> Option<Difference<u64>> {
        let (a, b) = (self.tokens?.expected?, other.tokens?.expected?);
        Some(match a.cmp(&b) {
            std::cmp::Ordering::Equal => Difference::Same,
            std::cmp::Ordering::Greater => Difference::More(a.abs_diff(b)),
            std::cmp::Ordering::Less => Difference::Less(a.abs_diff(b)),
        })
    }

    /// How the expected money stands to another spend's, in USD; none where either has none.
    #[must_use]
    pub fn usd_difference(&self, other: &Spend) -> Option<Difference<Usd>> {
        let (a, b) = (self.usd.expected?, other.usd.expected?);
        Some(match a.cmp(&b) {
            std::cmp::Ordering::Equal => Difference::Same,
            std::cmp::Ordering::Greater => Difference::More(apart(a, b)),
            std::cmp::Ordering::Less => Difference::Less(apart(a, b)),
        })
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
