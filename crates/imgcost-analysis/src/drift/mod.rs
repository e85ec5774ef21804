//! Quotes held against what calls reported and what they were billed: where the rules or the
//! prices of the book no longer fit, this shows it.
//!
//! [`compare`] holds one call's quote against its response, item by item; [`Drift`] sums what it
//! found by group, in memory that does not grow with the number of calls; [`Tolerance`] says
//! when a group has drifted too far.

mod finding;
mod tally;
mod tolerance;

pub use finding::{Billed, Finding, Subject, Verdict, compare};
pub use tally::{Drift, Group, Money, OTHERS, Tally, Worst};
pub use tolerance::{Breach, Tolerance};
