#![doc = include_str!("../README.md")]

pub mod accuracy;
pub mod bill;
pub mod calls;
pub mod compare;
pub mod currency;
pub mod diff;
pub mod equivalent;
mod grouped;
mod groups;
pub mod input;
pub mod jobs;
pub mod policy;
mod prompt;
mod row_sum;
pub mod selector;
pub mod solve;
pub mod support;
mod volume;

pub use grouped::grouped;
pub use prompt::lacks_prompt;
pub use row_sum::RowSum;
pub use volume::{Share, Shares, Volume};
