//! The arguments of `imgcost check`.

use std::path::PathBuf;

use clap::Args;

use super::{CurrencyArgs, RequestArgs, RowsArgs, VolumeArgs};

/// `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The jobs: JSON Lines, CSV, TSV, TOML or Batch API files; * and ** match names, - is standard
    /// input.
    #[arg(required_unless_present = "init", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// The rules, as TOML [default: no row illegal, unpriced, retired or left to auto].
    #[arg(long, value_name = "FILE", help_heading = "Policy")]
    pub(crate) policy: Option<PathBuf>,

    /// Print a commented policy to start from; with -o FILE, write it to a new file.
    #[arg(long, conflicts_with_all = ["files", "policy"], help_heading = "Policy")]
    pub(crate) init: bool,

    /// Take every assumed ceiling for an error.
    #[arg(long, help_heading = "Policy")]
    pub(crate) require_proven: bool,

    /// Defaults for all rows.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// How the rows are read.
    #[command(flatten)]
    pub(crate) rows: RowsArgs,

    /// How often the calls are made.
    #[command(flatten)]
    pub(crate) volume: VolumeArgs,

    /// Another currency for the sum.
    #[command(flatten)]
    pub(crate) currency: CurrencyArgs,
}
