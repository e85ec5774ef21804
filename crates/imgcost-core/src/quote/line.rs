//! One line of a quote: what is paid for, how many, and at what rate.

use crate::book::DatedRow;
use crate::estimate::Estimate;
use crate::evidence::Evidence;
use crate::money::{Usd, UsdPerMillion};
use crate::params::{Item, Unit};

/// Which of two lines of one item: the Responses model has input and output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinePart {
    /// Tokens that go in.
    Input,
    /// Tokens that come out.
    Output,
}

impl LinePart {
    /// Its word in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            LinePart::Input => "input",
            LinePart::Output => "output",
        }
    }
}

/// What one unit costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// USD per million tokens.
    PerMillion(UsdPerMillion),
    /// USD per image, call or megapixel.
    Each(Usd),
}

impl Rate {
    /// The exact amount for a count.
    #[must_use]
    pub fn checked_mul(self, count: u64) -> Option<Usd> {
        match self {
            Rate::PerMillion(rate) => rate.checked_mul(count),
            Rate::Each(usd) => usd.checked_mul(count),
        }
    }

    /// How many units the rate is for.
    #[must_use]
    pub const fn per(self) -> u64 {
        match self {
            Rate::PerMillion(_) => 1_000_000,
            Rate::Each(_) => 1,
        }
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rate::PerMillion(rate) => rate.fmt(f),
            Rate::Each(usd) => usd.fmt(f),
        }
    }
}

/// A rate and what it makes of the quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Price<'b> {
    /// What one unit costs.
    pub rate: Rate,
    /// Quantity times rate, in USD.
    pub amount: Estimate<Usd>,
    /// The row of the price book.
    pub row: &'b DatedRow,
}

/// One thing that a call pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuoteLine<'b> {
    /// What it is.
    pub item: Item,
    /// Which of two lines of the item.
    pub part: Option<LinePart>,
    /// What is counted.
    pub unit: Unit,
    /// How many.
    pub quantity: Estimate<u64>,
    /// What they cost; none where no price is known.
    pub price: Option<Price<'b>>,
    /// How the quantity is known.
    pub evidence: Evidence,
    /// The id of the source of the quantity.
    pub source: &'b str,
}

/// A line of images; one without a price cites `source`.
pub(super) fn image_line<'b>(n: u64, price: Option<Price<'b>>, source: &'b str) -> QuoteLine<'b> {
    let (evidence, source) = match price {
        Some(price) => (price.row.evidence, price.row.source.as_str()),
        None => (Evidence::Assumed, source),
    };
    QuoteLine {
        item: Item::Image,
        part: None,
        unit: Unit::Image,
        quantity: Estimate::exact(n),
        price,
        evidence,
        source,
    }
}
