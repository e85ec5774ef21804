//! What `batch` takes.

use std::path::PathBuf;

use clap::Args;

use super::{CurrencyArgs, RequestArgs, RowsArgs, VolumeArgs};

/// `batch`.
#[derive(Debug, Args)]
pub(crate) struct BatchArgs {
    /// The rows: JSON Lines, CSV, TSV, TOML or a Batch API file; - for standard input.
    pub(crate) file: PathBuf,

    /// Defaults for all rows.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// How the rows are read.
    #[command(flatten)]
    pub(crate) rows: RowsArgs,

    /// How often the calls are made.
    #[command(flatten)]
    pub(crate) volume: VolumeArgs,

    /// Quote in so many threads, 0 for as many as the machine has; the output is the same.
    #[arg(long, value_name = "N", help_heading = "Rows")]
    pub(crate) threads: Option<String>,

    /// Write the sums alone, without the rows.
    #[arg(long, help_heading = "Limits and output")]
    pub(crate) summary: bool,

    /// Group the sums by these, such as model,quality or tag:team; repeat for a further table.
    #[arg(long, value_name = "KEY,...", help_heading = "Limits and output")]
    pub(crate) by: Vec<String>,

    /// Exit with 3 if all rows together may cost more than this many US dollars.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, help_heading = "Limits and output")]
    pub(crate) cap: Option<String>,

    /// Exit with 3 unless the ceilings of all rows are proven.
    #[arg(long, help_heading = "Limits and output")]
    pub(crate) require_proven: bool,

    /// Another currency for the sum of all rows.
    #[command(flatten)]
    pub(crate) currency: CurrencyArgs,

    /// Always show progress on stderr.
    #[arg(long, help_heading = "Limits and output", conflicts_with = "no_progress")]
    pub(crate) progress: bool,

    /// Never show progress.
    #[arg(long, help_heading = "Limits and output")]
    pub(crate) no_progress: bool,
}
