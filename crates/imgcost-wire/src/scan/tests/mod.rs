//! Bodies, as they pass through a scanner.

mod events;
mod json;
mod reported;
mod same;
mod whole;
