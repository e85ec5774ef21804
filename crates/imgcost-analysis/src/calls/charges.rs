//! What many calls cost: running sums by group.

use imgcost_core::{Charge, Usd};
use serde::Serialize;

use super::{Call, Paid};
use crate::groups::Groups;
use crate::row_sum::RowSum;

/// Sums of charges by group. Their memory is bounded by the number of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charges(Groups<ChargeSum>);

/// What the calls of a group cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChargeSum {
    /// The calls, their images, and what they cost by what was reported of them.
    #[serde(flatten)]
    pub sum: RowSum,
    /// Images that came back, where that is reported.
    pub images: u64,
    /// Calls of which a bill is stated: by the record, the provider or a gateway.
    pub billed_calls: u64,
    /// The sum of those bills; none where it can't be added up exactly.
    pub billed: Option<Usd>,
}

impl Default for ChargeSum {
    fn default() -> ChargeSum {
        ChargeSum { sum: RowSum::default(), images: 0, billed_calls: 0, billed: Some(Usd::ZERO) }
    }
}

impl ChargeSum {
    fn add(&mut self, call: &Call, charge: &Charge) {
        self.sum.add_total(&charge.known_total(), false);
        self.images += call.response.usage.images.unwrap_or(0);
        let of_record = match &call.paid {
            Paid::Amount(usd) => Some(*usd),
            Paid::NotSaid | Paid::Terms(_) => None,
        };
        if let Some(bill) = of_record.or(charge.billed).or(call.stated) {
            self.billed_calls += 1;
            self.billed = self.billed.and_then(|sum| sum.checked_add(bill));
        }
    }

    fn merge(&mut self, other: &ChargeSum) {
        self.sum.merge(&other.sum);
        self.images += other.images;
        self.billed_calls += other.billed_calls;
        self.billed = self.billed.zip(other.billed).and_then(|(sum, more)| sum.checked_add(more));
    }
}

impl Charges {
    /// No calls yet. Up to `most` groups are kept apart; what comes after them is summed under
    /// [`OTHERS`](crate::accuracy::OTHERS).
    #[must_use]
    pub fn new(most: usize) -> Charges {
        Charges(Groups::new(most))
    }

    /// Adds a call with what it cost.
    pub fn add(&mut self, keys: &[String], call: &Call, charge: &Charge) {
        self.0.add(keys, |sum| sum.add(call, charge));
    }

    /// Adds a call whose cost is not known.
    pub fn add_error(&mut self, keys: &[String]) {
        self.0.add(keys, |sum| sum.sum.add_error(false));
    }

    /// The sums of each group, sorted by what its calls have in common.
    pub fn groups(&self) -> impl Iterator<Item = (&[String], &ChargeSum)> {
        self.0.iter()
    }

    /// The sum of all groups.
    #[must_use]
    pub fn all(&self) -> ChargeSum {
        let mut all = ChargeSum::default();
        self.0.iter().for_each(|(_, sum)| all.merge(sum));
        all
    }
}
