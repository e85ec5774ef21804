//! Quotes compared with what calls reported and were billed: where the rules or the prices of the
//! book no longer fit, this shows it.
//!
//! [`compare`] compares one call's quote with its response, item by item; [`Accuracy`] sums the
//! findings by group, in memory that does not grow with the number of calls; [`Tolerance`] says
//! when a group is too far off.

mod finding;
mod summary;
mod tolerance;

pub use crate::groups::OTHERS;
pub use finding::{Billed, Comparison, Finding, Subject, Verdict, compare};
pub use summary::{Accuracy, Group, Money, Summary, Worst};
pub use tolerance::{Breach, Tolerance};
