//! What `reconcile` takes.

use std::path::PathBuf;

use clap::Args;

use super::CallsArgs;

/// `reconcile`.
#[derive(Debug, Args)]
pub(crate) struct ReconcileArgs {
    /// The calls.
    #[command(flatten)]
    pub(crate) calls: CallsArgs,

    /// Pages of OpenAI's usage API as they came: images, completions. May be repeated.
    #[arg(long, value_name = "FILE", required_unless_present = "costs_export", help_heading = "Export")]
    pub(crate) usage_export: Vec<PathBuf>,

    /// Pages of OpenAI's costs API as they came, grouped by line_item. May be repeated.
    #[arg(long, value_name = "FILE", help_heading = "Export")]
    pub(crate) costs_export: Vec<PathBuf>,

    /// Only results of this project.
    #[arg(long, value_name = "ID", help_heading = "Export")]
    pub(crate) project: Option<String>,

    /// Only results of this API key.
    #[arg(long, value_name = "ID", help_heading = "Export")]
    pub(crate) api_key_id: Option<String>,

    /// Allowed difference of every count and sum, in percent of the export's.
    #[arg(
        long,
        value_name = "PERCENT",
        default_value = "0%",
        allow_negative_numbers = true,
        help_heading = "Limits and output"
    )]
    pub(crate) tolerance: String,
}
