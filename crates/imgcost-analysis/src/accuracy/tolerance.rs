//! When a group is too far off.

use imgcost_core::{Ratio, Usd};
use serde::Serialize;

use super::summary::Summary;

/// What is tolerated, in percent. Without any, nothing may lie outside its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Tolerance {
    /// Money over and under together, in percent of what was paid.
    pub money: Option<Ratio>,
    /// Findings outside their range, in percent of those that were compared.
    pub outside: Option<Ratio>,
}

impl Tolerance {
    /// What is tolerated of the money, and of the findings.
    #[must_use]
    pub const fn new(money: Option<Ratio>, outside: Option<Ratio>) -> Tolerance {
        Tolerance { money, outside }
    }
}

/// How a group breaks the tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breach {
    /// More findings lie outside their ranges than is tolerated.
    Outside,
    /// More money is over and under than is tolerated, or it can't be added up exactly.
    Money,
    /// Findings lie outside their ranges, and by how much money is not known: none of it can be
    /// said to be tolerated.
    MoneyUnknown,
}

impl Breach {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Breach::Outside => "outside",
            Breach::Money => "money",
            Breach::MoneyUnknown => "money-unknown",
        }
    }
}

impl Tolerance {
    /// How sums break it, if they do.
    #[must_use]
    pub fn broken_by(&self, summary: &Summary) -> Option<Breach> {
        // Whole numbers: above the product is above what is left of it rounded down.
        let most = match (self.outside, self.money) {
            (Some(percent), _) => Some(percent.of(summary.compared()).map_or(0, |(whole, _)| whole)),
            (None, None) => Some(0),
            (None, Some(_)) => None,
        };
        if most.is_some_and(|most| summary.outside().saturating_mul(100) > most) {
            return Some(Breach::Outside);
        }
        let percent = self.money?;
        if summary.outside_without_money > 0 {
            return Some(Breach::MoneyUnknown);
        }
        let is_within = || {
            let money = summary.money?;
            let off = money.over.checked_add(money.under)?.checked_mul(100)?;
            let most: Usd = money.paid.checked_scale(percent)?;
            Some(off <= most)
        };
        (is_within() != Some(true)).then_some(Breach::Money)
    }
}
