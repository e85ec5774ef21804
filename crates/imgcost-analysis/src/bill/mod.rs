//! A log compared with its provider's bill, an organization's usage and cost pages: which calls,
//! images, tokens and dollars are in both, and what can't be matched.
//!
//! [`Export`] reads the pages as the API returns them. [`BillComparison`] takes the calls of a log
//! and the results of the pages one by one and keeps sums by day, model and size;
//! [`BillComparison::finish`] compares them as finely as the pages are grouped.

mod comparison;
mod export;
mod file;
mod finding;
mod logged;
mod names;
mod outcome;
mod pages;
mod sums;
mod table;

pub use comparison::BillComparison;
pub use export::{Export, PageKind};
pub use finding::{Finding, Weight};
pub use logged::Logged;
pub use names::{LineItem, Names};
pub use outcome::{BillRow, Outcome, Standing};
pub use sums::{Amount, CostResult, Measure, UsageKind, UsageResult};
