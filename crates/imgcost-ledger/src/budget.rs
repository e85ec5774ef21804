//! Budgets, and what counts against them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::money::NanoUsd;
use crate::scope::{ParseScopeError, Scope};
use crate::window::{Period, Window};

/// How much a budget allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// At most this much in the window. Zero refuses every call that costs anything.
    Usd(NanoUsd),
    /// No limit. It registers the path and caps nothing.
    Unlimited,
}

impl Cap {
    /// A limit in US dollars, such as `"0.10"`.
    ///
    /// ```
    /// use imgcost_ledger::{Cap, Window};
    /// assert_eq!(Cap::usd("0.10")?.per_day().1, Window::Day);
    /// assert!(Cap::usd("ten").is_err() && Cap::usd("-1").is_err());
    /// # Ok::<(), imgcost_ledger::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadInput`](crate::Error::BadInput): it is no amount, negative, or more than a
    /// ledger can book.
    pub fn usd(amount: &str) -> Result<Cap, crate::Error> {
        let usd = amount.parse::<imgcost_core::Usd>().ok().and_then(NanoUsd::from_usd);
        usd.map(Cap::Usd).ok_or_else(|| crate::Error::BadInput {
            field: "cap",
            why: format!("'{}' is no amount in US dollars, such as 0.10", imgcost_core::printable(amount)),
        })
    }

    /// For each hour.
    #[must_use]
    pub const fn per_hour(self) -> (Cap, Window) {
        (self, Window::Hour)
    }

    /// For each day in UTC.
    #[must_use]
    pub const fn per_day(self) -> (Cap, Window) {
        (self, Window::Day)
    }

    /// For each ISO week.
    #[must_use]
    pub const fn per_week(self) -> (Cap, Window) {
        (self, Window::Week)
    }

    /// For each month.
    #[must_use]
    pub const fn per_month(self) -> (Cap, Window) {
        (self, Window::Month)
    }

    /// For all time: it never resets.
    #[must_use]
    pub const fn in_total(self) -> (Cap, Window) {
        (self, Window::Total)
    }

    /// The limit, if there is one.
    #[must_use]
    pub const fn limit(self) -> Option<NanoUsd> {
        match self {
            Cap::Usd(limit) => Some(limit),
            Cap::Unlimited => None,
        }
    }
}

/// The members of its budget: `unlimited`, and `cap` where there is a limit.
impl Serialize for Cap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let limit = self.limit();
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("unlimited", &limit.is_none())?;
        limit.map_or(Ok(()), |limit| members.serialize_entry("cap", &limit))?;
        members.end()
    }
}

/// The shares of its cap at which a budget alerts: ascending percentages from 1 to 100.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds(Vec<u8>);

/// A text that is not a list of thresholds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a list of alert thresholds: expected percentages from 1 to 100, such as 50,80,100, or none"
)]
pub struct ParseThresholdsError(String);

impl Thresholds {
    /// No alerts.
    #[must_use]
    pub const fn none() -> Self {
        Thresholds(Vec::new())
    }

    /// The highest threshold of `cap` that `used` has reached.
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
    type Err = ParseThresholdsError;

    fn from_str(text: &str) -> Result<Self, ParseThresholdsError> {
        let bad = || ParseThresholdsError(text.chars().take(40).collect());
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
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// The scope. Calls of the scopes below it count too.
    pub scope: Scope,
    /// Whether it is the default of every child of that scope, one level below it, rather than the
    /// budget of the scope itself. A child with a budget of its own for the window has that one.
    pub each_child: bool,
    /// The window.
    pub window: Window,
    /// The cap.
    pub cap: Cap,
    /// Whether holds with assumed ceilings are accepted.
    pub allow_assumed_ceiling: bool,
    /// When to alert.
    pub alerts: Thresholds,
}

impl Budget {
    /// A budget that accepts assumed ceilings and alerts at 80 and 100 percent.
    #[must_use]
    pub fn new(scope: Scope, window: Window, cap: Cap) -> Self {
        let alerts = Thresholds::default();
        Budget { scope, each_child: false, window, cap, allow_assumed_ceiling: true, alerts }
    }

    /// Makes it the default of every child of the scope.
    ///
    /// ```
    /// use imgcost_ledger::{Budget, Cap, Ledger, MemoryLedger, NanoUsd, NewHold, Window};
    /// let ledger = MemoryLedger::new();
    /// let dollars = |number: u64| NanoUsd::new(number * 1_000_000_000).unwrap();
    /// let each = Budget::new("studio".parse()?, Window::Day, Cap::Usd(dollars(2))).each_child();
    /// ledger.set_budget(&each, "ops")?;
    /// let held = ledger.hold(&NewHold::new("studio/alice".parse()?, dollars(1), "app"))?;
    /// assert_eq!(held.left, Some(dollars(1)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn each_child(mut self) -> Self {
        self.each_child = true;
        self
    }

    /// Where it is set, as text: the scope, or `scope/*` for the default of its children.
    #[must_use]
    pub fn place(&self) -> String {
        if self.each_child { default_place(self.scope.as_str()) } else { self.scope.as_str().to_owned() }
    }

    /// A default as the budget of one of the children.
    pub(crate) fn of_child(self, scope: Scope) -> Budget {
        Budget { scope, each_child: false, ..self }
    }

    /// Sets whether holds with assumed ceilings are accepted.
    #[must_use]
    pub const fn allow_assumed_ceiling(mut self, allow: bool) -> Self {
        self.allow_assumed_ceiling = allow;
        self
    }

    /// Sets when to alert.
    #[must_use]
    pub fn alerts(mut self, alerts: Thresholds) -> Self {
        self.alerts = alerts;
        self
    }
}

/// The members of a budget: `scope` is where it is set, such as `studio/*` for a default.
impl Serialize for Budget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Members<'b> {
            scope: String,
            window: Window,
            #[serde(flatten)]
            cap: Cap,
            allow_assumed_ceiling: bool,
            alerts: &'b Thresholds,
        }
        let Budget { window, cap, allow_assumed_ceiling, alerts, .. } = self;
        let (scope, window, cap) = (self.place(), *window, *cap);
        let allow_assumed_ceiling = *allow_assumed_ceiling;
        Members { scope, window, cap, allow_assumed_ceiling, alerts }.serialize(serializer)
    }
}

/// Where the default of the children of a scope is kept.
pub(crate) fn default_place(scope: &str) -> String {
    format!("{scope}/*")
}

/// Where the default that a scope may have is kept, if it is below another.
pub(crate) fn default_place_of(scope: &str) -> Option<String> {
    scope.rsplit_once('/').map(|(above, _)| default_place(above))
}

/// The scope of a place, and whether it is that of a default.
pub(crate) fn scope_of_place(place: &str) -> Result<(Scope, bool), ParseScopeError> {
    match place.strip_suffix("/*") {
        Some(scope) => Ok((Scope::stored(scope)?, true)),
        None => Ok((Scope::stored(place)?, false)),
    }
}

/// What a scope has held and booked in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Sums {
    /// Open holds, at their ceilings.
    pub held: NanoUsd,
    /// The part of `held` with assumed ceilings.
    pub held_assumed: NanoUsd,
    /// The part of `held` above what the calls are expected to cost.
    pub held_over: NanoUsd,
    /// Calls presumed to have cost their ceilings.
    pub presumed: NanoUsd,
    /// Settled calls, at their costs, and corrections.
    pub settled: NanoUsd,
    /// The part of `settled` above the ceilings that were held.
    pub overrun: NanoUsd,
    /// The number of open holds.
    pub open: u64,
    /// The highest threshold alerted in the period, in percent.
    pub alerted: u8,
}

impl Sums {
    /// The amount that counts against a cap; saturates at [`NanoUsd::MAX`].
    #[must_use]
    pub fn used(&self) -> NanoUsd {
        let sum = self.held.checked_add(self.presumed).and_then(|sum| sum.checked_add(self.settled));
        sum.unwrap_or(NanoUsd::MAX)
    }

    /// The sums of several periods together, without what was alerted.
    pub(crate) fn together(all: impl IntoIterator<Item = Sums>) -> Sums {
        let add = |a: NanoUsd, b: NanoUsd| a.checked_add(b).unwrap_or(NanoUsd::MAX);
        all.into_iter().fold(Sums::default(), |a, b| Sums {
            held: add(a.held, b.held),
            held_assumed: add(a.held_assumed, b.held_assumed),
            held_over: add(a.held_over, b.held_over),
            presumed: add(a.presumed, b.presumed),
            settled: add(a.settled, b.settled),
            overrun: add(a.overrun, b.overrun),
            open: a.open.saturating_add(b.open),
            alerted: 0,
        })
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
    /// Its sums.
    #[serde(flatten)]
    pub sums: Sums,
}

/// A budget and the sums of its current period.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The budget.
    pub budget: Budget,
    /// The current period.
    pub period: Period,
    /// Its sums.
    pub sums: Sums,
    /// Whether it is the default of the children of the scope above it, not a budget of its own.
    pub is_default: bool,
}

impl Status {
    /// A budget with the sums of one of its periods.
    #[must_use]
    pub const fn new(budget: Budget, period: Period, sums: Sums) -> Self {
        Status { budget, period, sums, is_default: false }
    }

    /// What is left, zero if the cap is reached or exceeded; none without a limit.
    #[must_use]
    pub fn left(&self) -> Option<NanoUsd> {
        self.budget.cap.limit().map(|limit| limit.less(self.sums.used()))
    }

    /// How far the cap is exceeded: by a bill above its ceiling, or because the cap was lowered.
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

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Members<'s> {
            #[serde(flatten)]
            budget: &'s Budget,
            #[serde(flatten)]
            sums: &'s Sums,
            used: NanoUsd,
            #[serde(skip_serializing_if = "Option::is_none")]
            left: Option<NanoUsd>,
            over: NanoUsd,
            #[serde(skip_serializing_if = "Option::is_none")]
            since: Option<Timestamp>,
            #[serde(skip_serializing_if = "Option::is_none")]
            resets_at: Option<Timestamp>,
            /// Where the default is set.
            #[serde(skip_serializing_if = "Option::is_none")]
            default: Option<String>,
        }
        let Status { budget, period, sums, is_default } = self;
        let (used, left, over, resets_at) = (sums.used(), self.left(), self.over(), self.resets_at());
        let since = resets_at.map(|_| period.start);
        let default = default_place_of(budget.scope.as_str()).filter(|_| *is_default);
        Members { budget, sums, used, left, over, since, resets_at, default }.serialize(serializer)
    }
}

/// A budget reached one of its thresholds. Each is reported once per period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Alert {
    /// The budget's scope.
    pub scope: Scope,
    /// The budget's window.
    pub window: Window,
    /// The highest threshold reached, in percent of the cap.
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
