//! Scopes that are paused.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::scope::Scope;

/// A scope whose holds are refused until it is resumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pause {
    /// The scope. The scopes below it are paused too.
    pub scope: Scope,
    /// Since when, by the store's clock.
    pub since: Timestamp,
    /// Who paused it.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Pause { scope, since, by, reason } = self;
        write!(f, "{scope} was paused by {by} at {since}: {reason}")
    }
}
