//! The arguments of `imgcost diff`.

use std::path::PathBuf;

use clap::Args;

use super::{RequestArgs, RowsArgs, VolumeArgs};

/// `diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// OLD and NEW files of jobs; one file, for two days or price books; none, for the book itself.
    #[arg(value_name = "FILE", num_args = 0..=2)]
    pub(crate) files: Vec<PathBuf>,

    /// The day of the old prices: 2026-01-01 or today [default: as --as-of].
    #[arg(long, value_name = "DATE", help_heading = "Prices")]
    pub(crate) from: Option<String>,

    /// The day of the new prices [default: as --as-of].
    #[arg(long, value_name = "DATE", help_heading = "Prices")]
    pub(crate) to: Option<String>,

    /// The old prices: a price book of your own, laid over the built-in one.
    #[arg(long, value_name = "FILE", help_heading = "Prices")]
    pub(crate) prices_old: Option<PathBuf>,

    /// The new prices, likewise.
    #[arg(long, value_name = "FILE", help_heading = "Prices")]
    pub(crate) prices_new: Option<PathBuf>,

    /// The new prices: a whole price book in place of the one in force.
    #[arg(long, value_name = "FILE", help_heading = "Prices")]
    pub(crate) book_new: Option<PathBuf>,

    /// Defaults for all rows; without files -m and -p say whose prices, with * for anything.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// How the rows are read.
    #[command(flatten)]
    pub(crate) rows: RowsArgs,

    /// How often the calls are made.
    #[command(flatten)]
    pub(crate) volume: VolumeArgs,

    /// Exit with 3 if what all rows may cost at most grows by more: 5 (US dollars) or 10%.
    #[arg(
        long,
        value_name = "USD|PERCENT%",
        allow_negative_numbers = true,
        help_heading = "Limits and output"
    )]
    pub(crate) fail_above: Option<String>,

    /// How many rows tables and Markdown show [default: 25].
    #[arg(long, value_name = "ROWS", help_heading = "Limits and output")]
    pub(crate) top: Option<String>,
}
