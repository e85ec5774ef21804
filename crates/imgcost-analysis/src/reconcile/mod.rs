//! A log held against what an organization's usage and cost pages say: which calls, images,
//! tokens and dollars are in both, and what can't be matched.
//!
//! [`Reconcile`] takes the calls of a log and the results of the pages one by one and keeps
//! sums by day, model and size; [`Reconcile::finish`] compares them as finely as the pages are
//! grouped.

mod finding;
mod names;
mod outcome;
mod sums;

pub use finding::{Finding, Weight};
pub use names::{LineItem, Names};
pub use outcome::{Outcome, Row, Standing};
pub use sums::{Amount, CostResult, Logged, Measure, Reconcile, UsageKind, UsageResult};
