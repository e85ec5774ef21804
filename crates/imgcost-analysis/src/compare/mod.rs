//! A grid of calls that differ in some settings, priced side by side.
//!
//! [`Axes`] name what differs: models, providers, qualities, sizes, counts, days, tiers, each as a
//! list of names and wildcards. [`Grid::new`] makes every combination of them over a base
//! request and prices it. A [`Cell`] is priced, unpriced (something in it has no price) or
//! illegal (the API would refuse it, or nobody offers it there): it always tells which.
//!
//! A grid is only read afterwards: [`Filter`] chooses cells, [`Sort`] orders them, [`Baseline`]
//! compares them with one, [`Pivot`] lays them out; none of them changes a cell.
//!
//! [`LogComparison`] asks instead what recorded calls would have cost elsewhere.
//!
//! Ranges are compared by their expected value, else by their ceiling: see [`Total::figure`](imgcost_core::Total::figure).

mod axes;
mod baseline;
mod cell;
mod document;
mod filter;
mod grid;
mod log;
mod pivot;
mod resolve;
mod sort;

pub use axes::{Axes, Axis, complete};
pub use baseline::{Baseline, Delta};
pub use cell::{Cell, Figures, State};
pub use document::{CellDocument, CellRequest, Summary};
pub use filter::Filter;
pub use grid::{CELLS_MAX, Grid};
pub use log::{Candidate, LogComparison, Stay};
pub use pivot::{Pivot, varying};
pub use resolve::{OfferGroup, USUAL_SIZES};
pub use sort::{Cheapest, Key, Sort, cheapest};
