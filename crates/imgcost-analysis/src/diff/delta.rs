//! The differences between two totals.

use imgcost_core::{PerMille, SignedUsd, Total, Usd};
use serde::Serialize;

/// The differences of floor, expected value and ceiling; none where one of the two is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Deltas {
    /// Of what it costs at least.
    pub floor: Option<SignedUsd>,
    /// Of what it probably costs.
    pub expected: Option<SignedUsd>,
    /// Of what it costs at most.
    pub ceiling: Option<SignedUsd>,
}

/// Differences with the share of the main one in what was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The differences.
    #[serde(flatten)]
    pub deltas: Deltas,
    /// The share; none where one of the two is unknown, or there was nothing.
    pub per_mille: Option<PerMille>,
}

impl Deltas {
    /// Where nothing is known of one of the two.
    pub(super) const UNKNOWN: Deltas = Deltas { floor: None, expected: None, ceiling: None };

    /// From one total to another.
    #[must_use]
    pub fn between(before: &Total, after: &Total) -> Deltas {
        let delta = |before: Option<Usd>, after: Option<Usd>| Some(SignedUsd::between(before?, after?));
        Deltas {
            floor: delta(before.floor, after.floor),
            expected: delta(before.expected, after.expected),
            ceiling: delta(before.ceiling, after.ceiling),
        }
    }

    /// The share of the main difference in what was there before.
    #[must_use]
    pub fn per_mille(&self, before: &Total) -> Option<PerMille> {
        let pairs = [
            self.expected.zip(before.expected),
            self.ceiling.zip(before.ceiling),
            self.floor.zip(before.floor),
        ];
        let (delta, amount) = pairs.into_iter().flatten().next()?;
        delta.per_mille_of(amount)
    }

    /// The first that is known of expected, ceiling and floor: the one to show where there is
    /// room for one.
    #[must_use]
    pub fn main(&self) -> Option<SignedUsd> {
        self.expected.or(self.ceiling).or(self.floor)
    }

    /// Whether anything that is known differs.
    #[must_use]
    pub fn is_some(&self) -> bool {
        [self.floor, self.expected, self.ceiling].iter().flatten().any(|delta| !delta.is_zero())
    }

    /// The same the other way round.
    #[must_use]
    pub fn mirrored(self) -> Deltas {
        let turned = |delta: Option<SignedUsd>| delta.map(|delta| -delta);
        Deltas { floor: turned(self.floor), expected: turned(self.expected), ceiling: turned(self.ceiling) }
    }
}
