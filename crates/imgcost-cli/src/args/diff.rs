//! The arguments of `imgcost diff`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::RequestArgs;

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

    /// Defaults for all rows; without files -m and -p say whose prices, with * for anything.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// The format of the rows; left out, by each file's name or first byte.
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(imgcost_analysis::jobs::Format::NAMES), help_heading = "Rows")]
    pub(crate) input_format: Option<String>,

    /// Let rows name files anywhere, not only below their file's own folder.
    #[arg(long, help_heading = "Rows")]
    pub(crate) allow_paths: bool,

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
