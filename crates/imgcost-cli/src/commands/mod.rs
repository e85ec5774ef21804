//! The subcommands, one file or folder each. Each takes what was typed and the settings,
//! writes its result to stdout, and says how the program ends.

mod batch;
pub(crate) mod beside;
mod budget;
mod by;
mod check;
mod compare;
mod completions;
mod config;
mod diff;
mod explain;
mod man;
pub(crate) mod models;
mod price_list;
mod prices;
pub(crate) mod quote;
mod solve;
mod starter;
mod sums;
mod support;
mod usage;

pub(crate) use batch::batch;
pub(crate) use budget::budget;
pub(crate) use check::check;
pub(crate) use compare::{SHOWN, check as check_comparison, compare};
pub(crate) use completions::completions;
pub(crate) use config::{config, tell_settings};
pub(crate) use diff::diff;
pub(crate) use explain::explain;
pub(crate) use man::man;
pub(crate) use models::models;
pub(crate) use price_list::price_list;
pub(crate) use prices::prices;
pub(crate) use quote::quote;
pub(crate) use solve::solve;
pub(crate) use starter::{starter, write_starter};
pub(crate) use usage::usage;
