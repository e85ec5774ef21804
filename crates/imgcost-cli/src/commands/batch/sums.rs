//! What all rows come to.

use imgcost_analysis::currency::Exchange;
use imgcost_analysis::lacks_prompt;
use imgcost_core::{Quote, Usd};
use serde::Serialize;

use crate::render::currency::{ConvertedDocument, converted};
use crate::render::{Sum, grouped};

/// The sums of some rows. What is unknown stays unknown: it is never added as zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sums {
    rows: u64,
    images: u64,
    errors: u64,
    unpriced: u64,
    no_prompt: u64,
    priced: u64,
    floor: Option<Usd>,
    expected: Option<Usd>,
    ceiling: Option<Usd>,
}

/// The sums as the last line of a batch shows them.
#[derive(Debug, Serialize)]
pub(super) struct SumsDocument<'x> {
    pub(super) rows: u64,
    quoted: u64,
    pub(super) images: u64,
    pub(super) errors: u64,
    pub(super) unpriced: u64,
    /// Rows without a prompt, though it costs: in the sums with their images only.
    without_prompt: u64,
    pub(super) total: TotalDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedDocument<'x>>,
}

/// Money of all rows; null where it is unknown.
#[derive(Debug, Serialize)]
pub(super) struct TotalDocument {
    pub(super) floor: Option<Usd>,
    pub(super) expected: Option<Usd>,
    pub(super) ceiling: Option<Usd>,
    currency: &'static str,
}

impl Default for Sums {
    fn default() -> Sums {
        let zero = Some(Usd::ZERO);
        Sums {
            rows: 0,
            images: 0,
            errors: 0,
            unpriced: 0,
            no_prompt: 0,
            priced: 0,
            floor: zero,
            expected: zero,
            ceiling: zero,
        }
    }
}

impl Sums {
    /// Counts a row in error, which may be that its prompt is missing, so that no cap can be held
    /// against it.
    pub(super) fn error(&mut self, lacks_prompt: bool) {
        self.rows += 1;
        self.errors += 1;
        self.no_prompt += u64::from(lacks_prompt);
    }

    /// Adds a quote.
    pub(super) fn add(&mut self, quote: &Quote<'_>) {
        let total = quote.total();
        self.rows += 1;
        self.images += u64::from(quote.request().n);
        self.no_prompt += u64::from(lacks_prompt(quote));
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

    /// Adds the sums of other rows.
    pub(super) fn merge(&mut self, other: &Sums) {
        self.rows += other.rows;
        self.images += other.images;
        self.errors += other.errors;
        self.unpriced += other.unpriced;
        self.no_prompt += other.no_prompt;
        self.priced += other.priced;
        self.floor = plus(self.floor, other.floor);
        self.expected = plus(self.expected, other.expected);
        self.ceiling = plus(self.ceiling, other.ceiling);
    }

    /// How many rows were added.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether any row is in error or has no price.
    pub(super) fn is_complete(&self) -> bool {
        self.errors == 0 && self.unpriced == 0
    }

    /// The sums, with nothing known as none; converted too if a currency is given.
    pub(super) fn document<'x>(&self, exchange: Option<&'x Exchange>) -> SumsDocument<'x> {
        let known = |usd: Option<Usd>| usd.filter(|_| self.priced > 0);
        let (floor, expected, ceiling) = (known(self.floor), known(self.expected), known(self.ceiling));
        SumsDocument {
            rows: self.rows,
            quoted: self.rows - self.errors,
            images: self.images,
            errors: self.errors,
            unpriced: self.unpriced,
            without_prompt: self.no_prompt,
            total: TotalDocument { floor, expected, ceiling, currency: "USD" },
            converted: exchange.map(|exchange| converted(exchange, [floor, expected, ceiling])),
        }
    }

    /// The ceiling of all rows, if all of them have one.
    pub(super) fn ceiling(&self) -> Option<Usd> {
        self.ceiling.filter(|_| self.no_prompt == 0)
    }

    /// What the rows may cost, as far as it is known: to tell dear from cheap.
    pub(super) fn weight(&self) -> Usd {
        self.ceiling.or(self.expected).or(self.floor).unwrap_or(Usd::ZERO)
    }

    /// The sums in a line, with another currency beside if one is given.
    pub(super) fn words(&self, exchange: Option<&Exchange>) -> String {
        let SumsDocument { unpriced, errors, total, .. } = self.document(None);
        let rows = if self.rows == 1 { "1 row".to_owned() } else { format!("{} rows", grouped(self.rows)) };
        if self.rows == 0 {
            return rows;
        }
        let amounts = [total.floor, total.expected, total.ceiling];
        let sum = Sum { amounts, unpriced, errors, no_prompt: self.no_prompt, ..Sum::default() };
        format!("{rows}: {}", sum.words(exchange))
    }
}

fn plus(sum: Option<Usd>, more: Option<Usd>) -> Option<Usd> {
    sum?.plus(more?)
}
