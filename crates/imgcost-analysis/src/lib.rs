#![doc = include_str!("../README.md")]

pub mod compare;
pub mod currency;
pub mod diff;
pub mod drift;
pub mod equivalent;
pub mod policy;
mod prompt;
pub mod reconcile;
mod share;
pub mod solve;
pub mod words;

pub use prompt::lacks_prompt;
