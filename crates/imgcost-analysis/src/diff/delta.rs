//! Differences between amounts. They have a sign, which amounts never do.

use std::fmt;

use imgcost_core::Usd;
use serde::{Serialize, Serializer};

use crate::share::per_mille;

/// How much more or less, in USD, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delta {
    size: Usd,
    down: bool,
}

impl Delta {
    /// No difference.
    pub const NONE: Delta = Delta { size: Usd::ZERO, down: false };

    /// From one amount to another.
    ///
    /// ```
    /// use imgcost_analysis::diff::Delta;
    /// let delta = Delta::between("0.25".parse()?, "0.1".parse()?);
    /// assert_eq!(delta.to_string(), "-$0.15");
    /// assert_eq!(delta.per_mille("0.25".parse()?), Some(-600));
    /// # Ok::<(), imgcost_core::ParseDecimalError>(())
    /// ```
    #[must_use]
    pub fn between(before: Usd, after: Usd) -> Delta {
        match (after.minus(before), before.minus(after)) {
            (Some(size), _) => Delta { size, down: false },
            (None, Some(size)) => Delta { size, down: true },
            (None, None) => Delta::NONE,
        }
    }

    /// Its size without the sign, in USD.
    #[must_use]
    pub fn size(self) -> Usd {
        self.size
    }

    /// Whether there is a difference.
    #[must_use]
    pub fn is_some(self) -> bool {
        self.size != Usd::ZERO
    }

    /// Whether the second amount is the smaller one.
    #[must_use]
    pub fn is_down(self) -> bool {
        self.down
    }

    /// The same the other way round.
    #[must_use]
    pub fn mirrored(self) -> Delta {
        Delta { down: !self.down && self.is_some(), ..self }
    }

    /// The sum of two differences; none beyond exact amounts.
    #[must_use]
    pub fn plus(self, other: Delta) -> Option<Delta> {
        if self.down == other.down {
            return Some(Delta { size: self.size.plus(other.size)?, down: self.down });
        }
        let (up, down) = if self.down { (other, self) } else { (self, other) };
        Some(Delta::between(down.size, up.size))
    }

    /// Thousandths of an amount, rounded half away from zero; none of nothing.
    #[must_use]
    pub fn per_mille(self, of: Usd) -> Option<i64> {
        let share = per_mille(self.size, of)?;
        Some(if self.down { -share } else { share })
    }
}

impl fmt::Display for Delta {
    /// `+$0.5`, `-$0.5` or `±$0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if !self.is_some() {
            "±"
        } else if self.down {
            "-"
        } else {
            "+"
        };
        write!(f, "{sign}${}", self.size)
    }
}

impl Serialize for Delta {
    /// A decimal in text, below zero with a minus.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sign = if self.down && self.is_some() { "-" } else { "" };
        serializer.collect_str(&format_args!("{sign}{}", self.size))
    }
}

/// The differences of floor, expected value and ceiling; none where one of the two is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Deltas {
    /// Of what it costs at least.
    pub floor: Option<Delta>,
    /// Of what it probably costs.
    pub expected: Option<Delta>,
    /// Of what it costs at most.
    pub ceiling: Option<Delta>,
}

impl Deltas {
    /// The first that is known of expected, ceiling and floor: the one to show where there is
    /// room for one.
    #[must_use]
    pub fn main(&self) -> Option<Delta> {
        self.expected.or(self.ceiling).or(self.floor)
    }

    /// Whether anything that is known differs.
    #[must_use]
    pub fn is_some(&self) -> bool {
        [self.floor, self.expected, self.ceiling].iter().flatten().any(|delta| delta.is_some())
    }

    /// The same the other way round.
    #[must_use]
    pub fn mirrored(self) -> Deltas {
        let turned = |delta: Option<Delta>| delta.map(Delta::mirrored);
        Deltas { floor: turned(self.floor), expected: turned(self.expected), ceiling: turned(self.ceiling) }
    }
}
