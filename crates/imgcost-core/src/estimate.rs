//! The heart of a quote: what a count or an amount is at least, probably and at most.

use serde::{Deserialize, Serialize};

/// Whether a ceiling is sure or a labelled guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CeilingBasis {
    /// It follows from a published or measured rule.
    Proven,
    /// It rests on a guess that no document and no measurement bounds.
    Assumed,
}

impl CeilingBasis {
    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            CeilingBasis::Proven => "proven",
            CeilingBasis::Assumed => "assumed",
        }
    }
}

/// A value that is at least `floor`, probably `expected`, at most `ceiling`.
///
/// `expected` is absent where nothing supports a guess, as for quality `auto`.
/// An exact value has all three equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Estimate<T> {
    /// The least it can be.
    pub floor: T,
    /// What it will most likely be, where there is a basis for saying so.
    pub expected: Option<T>,
    /// The most it can be.
    pub ceiling: T,
    /// What the ceiling rests on.
    pub basis: CeilingBasis,
}

impl<T: Copy + Ord> Estimate<T> {
    /// A value that is known.
    pub const fn exact(value: T) -> Self {
        Estimate { floor: value, expected: Some(value), ceiling: value, basis: CeilingBasis::Proven }
    }

    /// A range whose ends are put right if they contradict each other: the ceiling is
    /// never below the expected value, the floor never above it.
    pub fn new(floor: T, expected: Option<T>, ceiling: T, basis: CeilingBasis) -> Self {
        let ceiling = ceiling.max(floor).max(expected.unwrap_or(ceiling));
        let floor = floor.min(expected.unwrap_or(floor));
        Estimate { floor, expected, ceiling, basis }
    }

    /// Whether all three are the same.
    pub fn is_exact(&self) -> bool {
        self.floor == self.ceiling && self.expected == Some(self.floor)
    }

    /// Whether a recorded value lies between floor and ceiling.
    pub fn contains(&self, value: T) -> bool {
        self.floor <= value && value <= self.ceiling
    }

    /// The same range with a guessed ceiling.
    #[must_use]
    pub fn assumed(self) -> Self {
        Estimate { basis: CeilingBasis::Assumed, ..self }
    }

    /// Applies a rising function to all three, computing once what is exact.
    pub(crate) fn try_map<U: Copy + Ord>(&self, f: impl Fn(T) -> Option<U>) -> Option<Estimate<U>> {
        let floor = f(self.floor)?;
        if self.is_exact() {
            return Some(Estimate { floor, expected: Some(floor), ceiling: floor, basis: self.basis });
        }
        let expected = match self.expected {
            Some(value) => Some(f(value)?),
            None => None,
        };
        Some(Estimate { floor, expected, ceiling: f(self.ceiling)?, basis: self.basis })
    }

    /// Joins two ranges with a rising function of both; the weaker basis holds, and no
    /// expected value comes of one that has none.
    pub(crate) fn try_join(&self, other: &Estimate<T>, f: impl Fn(T, T) -> Option<T>) -> Option<Estimate<T>> {
        let basis = self.basis.max(other.basis);
        let floor = f(self.floor, other.floor)?;
        if self.is_exact() && other.is_exact() {
            return Some(Estimate { floor, expected: Some(floor), ceiling: floor, basis });
        }
        let expected = match (self.expected, other.expected) {
            (Some(a), Some(b)) => Some(f(a, b)?),
            _ => None,
        };
        Some(Estimate { floor, expected, ceiling: f(self.ceiling, other.ceiling)?, basis })
    }
}

impl Estimate<crate::money::Usd> {
    /// The range, and an amount that is stated beside it.
    pub(crate) fn with(self, stated: crate::money::Usd) -> Self {
        let expected = self.expected.filter(|expected| *expected == stated);
        Estimate::new(self.floor.min(stated), expected, self.ceiling.max(stated), self.basis)
    }
}

impl Estimate<u64> {
    /// The sum of two counts; none if it is too large.
    #[must_use]
    pub fn checked_add(&self, other: &Estimate<u64>) -> Option<Estimate<u64>> {
        self.try_join(other, u64::checked_add)
    }

    /// The count times a whole number; none if it is too large.
    #[must_use]
    pub fn checked_mul(&self, n: u64) -> Option<Estimate<u64>> {
        self.try_map(|value| value.checked_mul(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_never_contradicts_itself() {
        let range = Estimate::new(9, Some(5), 3, CeilingBasis::Proven);
        assert_eq!((range.floor, range.expected, range.ceiling), (5, Some(5), 9));
    }

    #[test]
    fn a_sum_with_no_expected_value_has_none() {
        let open = Estimate::new(1, None, 4, CeilingBasis::Assumed);
        let sum = Estimate::exact(2_u64).checked_add(&open).unwrap();
        assert_eq!((sum.floor, sum.expected, sum.ceiling), (3, None, 6));
        assert_eq!(sum.basis, CeilingBasis::Assumed);
    }
}
