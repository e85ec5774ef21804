//! What all rows come to.

use imgcost_core::{Quote, Usd};
use serde::Serialize;

/// The sums of a batch. What is unknown stays unknown: it is never added as zero.
#[derive(Debug)]
pub(super) struct Sums {
    rows: u64,
    errors: u64,
    unpriced: u64,
    no_prompt: u64,
    priced: u64,
    floor: Option<Usd>,
    expected: Option<Usd>,
    ceiling: Option<Usd>,
}

/// The sums as the last line of a batch shows them.
#[derive(Serialize)]
pub(super) struct SumsDocument {
    rows: u64,
    quoted: u64,
    errors: u64,
    unpriced: u64,
    pub(super) total: TotalDocument,
}

/// Money of all rows; null where it is unknown.
#[derive(Serialize)]
pub(super) struct TotalDocument {
    pub(super) floor: Option<Usd>,
    pub(super) expected: Option<Usd>,
    pub(super) ceiling: Option<Usd>,
    currency: &'static str,
}

impl Sums {
    /// Nothing yet.
    pub(super) fn new() -> Sums {
        let zero = Some(Usd::ZERO);
        Sums {
            rows: 0,
            errors: 0,
            unpriced: 0,
            no_prompt: 0,
            priced: 0,
            floor: zero,
            expected: zero,
            ceiling: zero,
        }
    }

    /// Counts a row in error.
    pub(super) fn error(&mut self) {
        self.rows += 1;
        self.errors += 1;
    }

    /// Counts a row whose prompt is missing, so that no cap can be held against it.
    pub(super) fn no_prompt(&mut self) {
        self.no_prompt += 1;
    }

    /// Adds a quote.
    pub(super) fn add(&mut self, quote: &Quote<'_>) {
        let total = quote.total();
        self.rows += 1;
        if quote.is_complete() {
            self.ceiling = plus(self.ceiling, total.ceiling);
        } else {
            self.unpriced += 1;
            self.ceiling = None;
        }
        self.expected = plus(self.expected, total.expected);
        if total.floor.is_some() {
            self.priced += 1;
            self.floor = plus(self.floor, total.floor);
        }
    }

    /// Whether any row is in error or has no price.
    pub(super) fn is_complete(&self) -> bool {
        self.errors == 0 && self.unpriced == 0
    }

    /// The sums, with nothing known as none.
    pub(super) fn document(&self) -> SumsDocument {
        SumsDocument {
            rows: self.rows,
            quoted: self.rows - self.errors,
            errors: self.errors,
            unpriced: self.unpriced,
            total: TotalDocument {
                floor: self.floor.filter(|_| self.priced > 0),
                expected: self.expected.filter(|_| self.priced > 0),
                ceiling: self.ceiling.filter(|_| self.priced > 0),
                currency: "USD",
            },
        }
    }

    /// The ceiling of all rows, if all of them have one.
    pub(super) fn ceiling(&self) -> Option<Usd> {
        self.ceiling.filter(|_| self.no_prompt == 0)
    }

    /// The sums in a line.
    pub(super) fn words(&self) -> String {
        let total = self.document().total;
        let rows = if self.rows == 1 { "1 row".to_owned() } else { format!("{} rows", self.rows) };
        let money = match (total.floor, total.expected, total.ceiling) {
            (Some(floor), Some(expected), Some(ceiling)) if floor == ceiling && floor == expected => {
                format!("${expected}")
            }
            (Some(floor), Some(expected), Some(ceiling)) => {
                format!("${expected} expected, ${floor} to ${ceiling}")
            }
            (Some(floor), None, Some(ceiling)) => format!("${floor} to ${ceiling}"),
            (Some(floor), _, None) => format!("at least ${floor}"),
            (None, _, _) => "no price".to_owned(),
        };
        let mut text = format!("{rows}: {money}");
        if self.unpriced > 0 {
            text.push_str(&format!(", {} unpriced", self.unpriced));
        }
        if self.errors > 0 {
            text.push_str(&format!(", {} in error", self.errors));
        }
        text
    }
}

fn plus(sum: Option<Usd>, more: Option<Usd>) -> Option<Usd> {
    sum?.plus(more?)
}
