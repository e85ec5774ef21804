//! What changes in price between two sets of jobs, two days, or two price books.
//!
//! [`jobs`] matches rows and says what was added, removed, changed or repriced; [`prices`] does
//! the same for the price book itself. Both are mirrors of themselves: what is added one way is
//! removed the other way, and every difference changes its sign.

mod book;
mod delta;
mod job;
mod jobs;

pub use book::{BookDiff, Event, ModelChange, PriceChange, prices};
pub use delta::{Change, Deltas};
pub use job::{FieldChange, Job};
pub use jobs::{Counts, Entry, JobDiff, Kind, MatchedBy, Matching, jobs};
