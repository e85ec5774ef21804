//! What calls that went wrong cost: a provider's rules on it.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;
use crate::params::closed_names;

closed_names! {
    /// How far a call got.
    Event {
        /// It never left: no connection, no address, no TLS.
        NotSent = "not-sent",
        /// An HTTP status came back.
        Response = "response",
        /// It was sent, and no response came: reset, timeout, disconnect.
        NoResponse = "no-response",
    }
}

closed_names! {
    /// What a call that went wrong costs.
    OutcomeResult {
        /// Nothing.
        Free = "free",
        /// As if it had succeeded.
        Billed = "billed",
        /// Not known; counts as spent at the ceiling until it is.
        Unknown = "unknown",
    }
}

/// A provider's rule on calls that went wrong. The first that matches decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutcomeRule {
    /// How far the call got.
    pub event: Event,
    /// HTTP statuses from first to last; empty means any.
    pub status: Vec<(u16, u16)>,
    /// The error body's `type`, if it matters.
    pub error_type: Option<String>,
    /// The error body's `code`, if it matters.
    pub error_code: Option<String>,
    /// What it costs.
    pub result: OutcomeResult,
    /// How that is known.
    pub evidence: Evidence,
    /// The id of the source, unless assumed.
    pub source: Option<String>,
    /// Anything to know about it.
    pub note: Option<String>,
}

/// What happened to a call, as far as the outcome rules look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome<'a> {
    /// How far the call got.
    pub event: Event,
    /// The HTTP status, if one came.
    pub status: Option<u16>,
    /// The error body's `type`.
    pub error_type: Option<&'a str>,
    /// The error body's `code`.
    pub error_code: Option<&'a str>,
}

impl<'a> Outcome<'a> {
    /// What happened: how far the call got, the status, and the error body's `type` and `code`.
    #[must_use]
    pub const fn new(
        event: Event,
        status: Option<u16>,
        error_type: Option<&'a str>,
        error_code: Option<&'a str>,
    ) -> Outcome<'a> {
        Outcome { event, status, error_type, error_code }
    }
}

impl OutcomeRule {
    pub(super) fn covers(&self, outcome: &Outcome<'_>) -> bool {
        let status = self.status.is_empty()
            || outcome
                .status
                .is_some_and(|status| self.status.iter().any(|&(a, b)| a <= status && status <= b));
        let same = |rule: &Option<String>, met: Option<&str>| rule.is_none() || rule.as_deref() == met;
        self.event == outcome.event
            && status
            && same(&self.error_type, outcome.error_type)
            && same(&self.error_code, outcome.error_code)
    }
}
