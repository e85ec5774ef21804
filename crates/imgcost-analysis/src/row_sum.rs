//! What many rows come to: the one sum of `batch`, `check` and `diff`.

use imgcost_core::{Quote, Total, Usd};
use serde::Serialize;

use crate::{Volume, lacks_prompt};

/// The sum of rows, with how many of them it knows nothing or too little of.
///
/// What is unknown is never added as zero: a sum with a row that has no price has no ceiling,
/// and is a floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowSum {
    /// All rows.
    pub rows: u64,
    /// Calls of the rows that have a quote.
    pub calls: Volume,
    /// Images of these calls.
    pub images: Volume,
    /// Rows in error: in none of the amounts.
    pub errors: u64,
    /// Rows that have a price and are left out, as what they are compared with is in error.
    pub left_out: u64,
    /// Rows of which something has no price: with what is priced in the floor, and no ceiling.
    pub unpriced: u64,
    /// Rows without a prompt, though it costs: in the amounts with their images only.
    pub no_prompt: u64,
    /// Rows of which something has a price.
    priced: u64,
    total: Total,
}

impl Default for RowSum {
    fn default() -> RowSum {
        RowSum {
            rows: 0,
            calls: Volume::NONE,
            images: Volume::NONE,
            errors: 0,
            left_out: 0,
            unpriced: 0,
            no_prompt: 0,
            priced: 0,
            total: Total::ZERO,
        }
    }
}

impl RowSum {
    /// Adds a row with the quote of its call, which is made so often.
    pub fn add(&mut self, quote: &Quote<'_>, calls: Volume) {
        self.calls = self.calls.plus(calls);
        self.images = self.images.plus(calls.times(quote.request().n));
        self.add_total(&calls.of(quote.total()), lacks_prompt(quote));
    }

    /// Adds a row by what it comes to.
    pub fn add_total(&mut self, total: &Total, no_prompt: bool) {
        self.rows += 1;
        self.no_prompt += u64::from(no_prompt);
        self.unpriced += u64::from(total.ceiling.is_none());
        self.priced += u64::from(total.floor.is_some());
        self.total = self.total.plus(total);
    }

    /// Adds a row in error. It may be that its prompt is missing, so that no cap can be judged.
    pub fn add_error(&mut self, no_prompt: bool) {
        self.rows += 1;
        self.errors += 1;
        self.no_prompt += u64::from(no_prompt);
    }

    /// Adds a row that is left out of the amounts.
    pub fn add_left_out(&mut self) {
        self.rows += 1;
        self.left_out += 1;
    }

    /// Adds the sum of other rows.
    pub fn merge(&mut self, other: &RowSum) {
        self.rows += other.rows;
        self.calls = self.calls.plus(other.calls);
        self.images = self.images.plus(other.images);
        self.errors += other.errors;
        self.left_out += other.left_out;
        self.unpriced += other.unpriced;
        self.no_prompt += other.no_prompt;
        self.priced += other.priced;
        // A floor that is none is too large to be exact, and so is its sum.
        let floor = self.total.floor.zip(other.total.floor).and_then(|(a, b)| a.checked_add(b));
        self.total = self.total.plus(&other.total);
        self.total.floor = floor;
    }

    /// The amounts of the rows that have any; none where no row has a price, and zero where there
    /// are no rows.
    #[must_use]
    pub fn total(&self) -> Total {
        if self.priced > 0 || self.rows == 0 { self.total } else { Total::UNKNOWN }
    }

    /// The amounts that hold for all rows: where some are missing, the floor alone.
    #[must_use]
    pub fn total_of_all(&self) -> Total {
        let total = self.total();
        if self.is_complete() { total } else { Total::new(total.floor, None, None, total.basis) }
    }

    /// Whether every row is in all of the amounts; without their prompts, some with less than
    /// they cost.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.errors == 0 && self.unpriced == 0 && self.left_out == 0
    }

    /// The most that the rows with a quote may cost, those without a prompt by their images only.
    #[must_use]
    pub fn ceiling_of_quoted(&self) -> Option<Usd> {
        self.total.ceiling
    }

    /// The most that the rows with a quote may cost, where it is known with their prompts.
    #[must_use]
    pub fn ceiling(&self) -> Option<Usd> {
        self.total.ceiling.filter(|_| self.no_prompt == 0)
    }
}

impl Serialize for RowSum {
    /// The counts and the amounts in one object.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let total = self.total();
        let mut object = serializer.serialize_struct("RowSum", 8)?;
        object.serialize_field("rows", &self.rows)?;
        object.serialize_field("errors", &self.errors)?;
        object.serialize_field("left_out", &self.left_out)?;
        object.serialize_field("unpriced", &self.unpriced)?;
        object.serialize_field("without_prompt", &self.no_prompt)?;
        object.serialize_field("floor", &total.floor)?;
        object.serialize_field("expected", &total.expected)?;
        object.serialize_field("ceiling", &total.ceiling)?;
        object.end()
    }
}
