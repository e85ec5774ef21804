//! The subcommands, one file or folder each. Each takes what was typed and the settings,
//! writes its result to stdout, and says how the program ends.

mod batch;
mod budget;
mod check;
mod compare;
mod completions;
mod diff;
mod drift;
mod explain;
mod models;
mod prices;
pub(crate) mod quote;
mod reconcile;
mod solve;
mod usage;

pub(crate) use batch::batch;
pub(crate) use budget::budget;
pub(crate) use check::check;
pub(crate) use compare::{SHOWN, compare};
pub(crate) use completions::{completions, man};
pub(crate) use diff::diff;
pub(crate) use drift::drift;
pub(crate) use explain::explain;
pub(crate) use models::models;
pub(crate) use prices::prices;
pub(crate) use quote::quote;
pub(crate) use reconcile::reconcile;
pub(crate) use solve::solve;
pub(crate) use usage::usage;
