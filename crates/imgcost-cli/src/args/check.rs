//! The arguments of `imgcost check`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::{CurrencyArgs, RequestArgs};

/// `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The jobs: JSON Lines, CSV, TSV, TOML or a Batch API file; - for standard input.
    #[arg(required_unless_present = "init")]
    pub(crate) file: Option<PathBuf>,

    /// The rules, as TOML.
    #[arg(long, value_name = "FILE", required_unless_present = "init", help_heading = "Policy")]
    pub(crate) policy: Option<PathBuf>,

    /// Print a commented example policy and exit.
    #[arg(long, conflicts_with_all = ["file", "policy"], help_heading = "Policy")]
    pub(crate) init: bool,

    /// Defaults for all rows.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// The format of the rows; left out, by the file's name or first byte.
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(imgcost_analysis::jobs::Format::NAMES), help_heading = "Rows")]
    pub(crate) input_format: Option<String>,

    /// Let rows name files anywhere, not only below the file's own folder.
    #[arg(long, help_heading = "Rows")]
    pub(crate) allow_paths: bool,

    /// Another currency for the sum.
    #[command(flatten)]
    pub(crate) currency: CurrencyArgs,
}
