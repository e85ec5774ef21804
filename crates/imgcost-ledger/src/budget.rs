//! What may be spent where, over which window, and what has been.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::money::NanoUsd;
use crate::scope::Scope;
use crate::window::{Period, Window};

/// How much a budget allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cap {
    /// At most this much in the window. Zero allows nothing that costs.
    Usd(NanoUsd),
    /// Said on purpose: no limit. It makes a path known, and caps nothing.
    Unlimited,
}

impl Cap {
    /// The limit, if there is one.
    #[must_use]
    pub const fn limit(self) -> Option<NanoUsd> {
        match self {
            Cap::Usd(limit) => Some(limit),
            Cap::Unlimited => None,
        }
    }
}

/// At which shares of its cap a budget alerts, in percent, rising, each from 1 to 100.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds(Vec<u8>);

/// Thresholds that are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' are no alert thresholds: expected percentages from 1 to 100, such as 50,80,100, or none")]
pub struct BadThresholds(String);

impl Thresholds {
    /// No alerts.
    #[must_use]
    pub const fn none() -> Self {
        Thresholds(Vec::new())
    }

    /// The highest threshold that `used` has reached of `cap`.
    pub(crate) fn reached(&self, used: NanoUsd, cap: NanoUsd) -> Option<u8> {
        let (used, cap) = (u128::from(used.nano()), u128::from(cap.nano()));
        let reached = |percent: &&u8| cap > 0 && used * 100 >= cap * u128::from(**percent);
        self.0.iter().rev().find(reached).copied()
    }
}

impl Default for Thresholds {
    /// 80 and 100 percent.
    fn default() -> Self {
        Thresholds(vec![80, 100])
    }
}

impl FromStr for Thresholds {
    type Err = BadThresholds;

    fn from_str(text: &str) -> Result<Self, BadThresholds> {
        let bad = || BadThresholds(text.chars().take(40).collect());
        if text == "none" || text.is_empty() {
            return Ok(Thresholds::none());
        }
        let mut all = Vec::new();
        for part in text.split(',') {
            let percent: u8 = part.trim().trim_end_matches('%').parse().map_err(|_| bad())?;
            if !(1..=100).contains(&percent) {
                return Err(bad());
            }
            all.push(percent);
        }
        all.sort_unstable();
        all.dedup();
        Ok(Thresholds(all))
    }
}

impl fmt::Display for Thresholds {
    /// `50,80,100`, or `none`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (index, percent) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write!(f, "{percent}")?;
        }
        Ok(())
    }
}

impl Serialize for Thresholds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A cap on what a scope may spend in a window. A scope may have one for each window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// Where it counts: there and below.
    pub scope: Scope,
    /// Over which time.
    pub window: Window,
    /// How much.
    pub cap: Cap,
    /// Whether holds are let in whose ceiling is assumed and not proven.
    pub allow_assumed_ceiling: bool,
    /// When to alert.
    pub alerts: Thresholds,
}

impl Budget {
    /// A budget that takes assumed ceilings and alerts at 80 and 100 percent.
    #[must_use]
    pub fn new(scope: Scope, window: Window, cap: Cap) -> Self {
        Budget { scope, window, cap, allow_assumed_ceiling: true, alerts: Thresholds::default() }
    }
}

/// What a scope has held and booked in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Sums {
    /// Holds of calls whose outcome is not known yet, at their ceilings.
    pub held: NanoUsd,
    /// The part of `held` whose ceilings are assumed and not proven.
    pub held_assumed: NanoUsd,
    /// Calls presumed to have cost their ceilings.
    pub presumed: NanoUsd,
    /// Calls settled by their usage.
    pub settled: NanoUsd,
    /// The part of `settled` that went beyond the ceilings that were held for it.
    pub overrun: NanoUsd,
    /// How many holds are open.
    pub open: u64,
    /// The highest threshold that was alerted in the period, in percent.
    pub alerted: u8,
}

impl Sums {
    /// All that counts against a cap; saturates at what a ledger can book.
    #[must_use]
    pub fn used(&self) -> NanoUsd {
        let sum = self.held.checked_add(self.presumed).and_then(|sum| sum.checked_add(self.settled));
        sum.unwrap_or(NanoUsd::MAX)
    }
}

/// What one scope has held and booked in one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counter {
    /// The scope.
    pub scope: Scope,
    /// The period.
    #[serde(flatten)]
    pub period: Period,
    /// What it has come to.
    #[serde(flatten)]
    pub sums: Sums,
}

/// A budget with what the period that is open now has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The budget.
    pub budget: Budget,
    /// The period that is open now.
    pub period: Period,
    /// What it has come to.
    pub sums: Sums,
}

impl Status {
    /// What is left, nothing where the cap is reached or passed; none without a limit.
    #[must_use]
    pub fn left(&self) -> Option<NanoUsd> {
        self.budget.cap.limit().map(|limit| limit.less(self.sums.used()))
    }

    /// How far the cap is passed: by a bill above its ceiling, or by lowering the cap.
    #[must_use]
    pub fn over(&self) -> NanoUsd {
        self.budget.cap.limit().map_or(NanoUsd::ZERO, |limit| self.sums.used().less(limit))
    }

    /// When the next period begins; none for all time.
    #[must_use]
    pub fn resets_at(&self) -> Option<Timestamp> {
        self.period.end()
    }
}

/// A budget reached one of its thresholds. Each is told once a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// The budget's scope.
    pub scope: Scope,
    /// The budget's window.
    pub window: Window,
    /// The highest threshold that was reached, in percent of the cap.
    pub percent: u8,
    /// What is held and booked.
    pub used: NanoUsd,
    /// The cap.
    pub cap: NanoUsd,
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Alert { scope, window, percent, used, cap } = self;
        let per = if *window == Window::Total { String::new() } else { format!(" per {window}") };
        write!(f, "{scope} has reached {percent} % of its budget: ${used} of ${cap}{per} is held or spent")
    }
}
