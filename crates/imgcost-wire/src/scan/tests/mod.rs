//! Bodies, as they pass through a scanner.

mod events;
mod json;
mod same;
mod whole;
