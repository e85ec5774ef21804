//! The library as its users see it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod charges;
mod errors;
mod parity;
mod quotes;

use imgcost::Date;

/// A day of the book, so that no test depends on today.
const DAY: Date = Date::constant(2026, 11, 21);
