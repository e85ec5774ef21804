//! Sums of a log, of usage pages and of cost pages, by day, model and size.

use std::collections::{BTreeMap, BTreeSet};

use imgcost_core::{Date, SignedUsd};
use serde::{Serialize, Serializer};

/// What is compared. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Measure {
    /// Calls.
    Requests,
    /// Images.
    Images,
    /// Tokens sent.
    InputTokens,
    /// Tokens made.
    OutputTokens,
    /// Money, in US dollars.
    Usd,
}

impl Measure {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Measure::Requests => "requests",
            Measure::Images => "images",
            Measure::InputTokens => "input_tokens",
            Measure::OutputTokens => "output_tokens",
            Measure::Usd => "usd",
        }
    }
}

/// A count or a sum of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Calls, images or tokens.
    Count(u64),
    /// US dollars.
    Usd(SignedUsd),
}

impl Amount {
    /// The sum of two amounts of a kind; none if it can't be exact.
    pub(super) fn checked_add(self, other: Amount) -> Option<Amount> {
        match (self, other) {
            (Amount::Count(a), Amount::Count(b)) => a.checked_add(b).map(Amount::Count),
            (Amount::Usd(a), Amount::Usd(b)) => a.checked_add(b).map(Amount::Usd),
            _ => None,
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        matches!(self, Amount::Count(0)) || self == Amount::Usd(SignedUsd::ZERO)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Amount::Count(count) => serializer.serialize_u64(*count),
            Amount::Usd(usd) => usd.serialize(serializer),
        }
    }
}

/// Of what a usage result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum UsageKind {
    /// `organization.usage.images.result`: requests and images.
    Images,
    /// `organization.usage.completions.result`: tokens.
    Completions,
}

/// A result of a usage page. What is none was not reported.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsageResult {
    /// Of what it is.
    pub kind: UsageKind,
    /// The day of its bucket, by UTC.
    pub day: Date,
    /// The model, where the page is grouped by it.
    pub model: Option<String>,
    /// The size, where the page is grouped by it.
    pub size: Option<String>,
    /// Requests.
    pub requests: Option<u64>,
    /// Images.
    pub images: Option<u64>,
    /// Tokens sent.
    pub input: Option<u64>,
    /// Tokens made.
    pub output: Option<u64>,
}

impl UsageResult {
    /// A result of a day that reports nothing yet.
    #[must_use]
    pub fn new(kind: UsageKind, day: Date) -> UsageResult {
        UsageResult {
            kind,
            day,
            model: None,
            size: None,
            requests: None,
            images: None,
            input: None,
            output: None,
        }
    }
}

/// A result of a cost page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CostResult {
    /// The day of its bucket, by UTC.
    pub day: Date,
    /// The line item, where the page is grouped by it.
    pub line_item: Option<String>,
    /// The amount.
    pub amount: SignedUsd,
}

impl CostResult {
    /// The amount of a line item on a day.
    #[must_use]
    pub fn new(day: Date, line_item: Option<String>, amount: SignedUsd) -> CostResult {
        CostResult { day, line_item, amount }
    }
}

/// Where a sum belongs. What is empty is not told apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub(super) day: Date,
    pub(super) model: String,
    pub(super) size: String,
}

/// Sums by measure and cell; none where a sum can't be exact.
pub(super) type Sums = BTreeMap<Measure, BTreeMap<Cell, Option<Amount>>>;

/// Days of which results were left out, though they may be of the calls: what an export has of
/// them is not all.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    days: BTreeSet<Date>,
    span: Option<(Date, Date)>,
}

impl LeftOut {
    pub(super) fn add(&mut self, first: Date, last: Date) {
        if first == last {
            self.days.insert(first);
        } else {
            // One span over all: a hostile file may have many of them.
            let (from, to) = self.span.unwrap_or((first, last));
            self.span = Some((from.min(first), to.max(last)));
        }
    }

    /// Whether it is about a day.
    pub(super) fn has(&self, day: Date) -> bool {
        self.days.contains(&day) || self.span.is_some_and(|(first, last)| first <= day && day <= last)
    }

    /// Whether there is none of it.
    pub(super) fn is_empty(&self) -> bool {
        self.days.is_empty() && self.span.is_none()
    }
}

/// Adds to a sum.
pub(super) fn add(sums: &mut Sums, measure: Measure, cell: Cell, amount: Amount) {
    let none = match amount {
        Amount::Count(_) => Amount::Count(0),
        Amount::Usd(_) => Amount::Usd(SignedUsd::ZERO),
    };
    let sum = sums.entry(measure).or_default().entry(cell).or_insert(Some(none));
    *sum = sum.and_then(|sum| sum.checked_add(amount));
}
