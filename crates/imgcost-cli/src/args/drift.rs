//! What `drift` takes, and what every command takes that reads recorded calls.

use std::path::PathBuf;

use clap::Args;

use super::BookArgs;

/// Recorded calls: a log of requests with their responses, or a ledger.
#[derive(Debug, Args)]
pub(crate) struct CallsArgs {
    /// Requests with their responses, as JSON Lines; - for standard input.
    #[arg(value_name = "LOG", required_unless_present = "ledger", conflicts_with = "ledger")]
    pub(crate) log: Option<PathBuf>,

    /// The settled holds of a ledger in place of a log: a file or postgres://…
    #[arg(long, value_name = "FILE|URL", help_heading = "Calls")]
    pub(crate) ledger: Option<PathBuf>,

    /// Calls of this day and later, by UTC.
    #[arg(long, value_name = "DATE", help_heading = "Calls")]
    pub(crate) since: Option<String>,

    /// Calls of this day and earlier, by UTC.
    #[arg(long, value_name = "DATE", help_heading = "Calls")]
    pub(crate) until: Option<String>,

    /// The provider of calls that name none [default: openai].
    #[arg(short, long, value_name = "PROVIDER", help_heading = "Calls")]
    pub(crate) provider: Option<String>,

    /// The model of calls that name none, neither in the request nor in the response.
    #[arg(short, long, value_name = "MODEL", help_heading = "Calls")]
    pub(crate) model: Option<String>,

    /// Quote at the quality and size that the response names where the request leaves them open.
    #[arg(long, help_heading = "Calls")]
    pub(crate) as_returned: bool,

    /// The price book; --as-of is the day of calls that have none.
    #[command(flatten)]
    pub(crate) book: BookArgs,
}

/// `drift`.
#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    /// The calls.
    #[command(flatten)]
    pub(crate) calls: CallsArgs,

    /// What to group by, besides the item: model, quality, size, provider, endpoint, day, scope
    /// (of a ledger), tag:NAME.
    #[arg(long, value_name = "NAME,…", default_value = "model,quality,size", help_heading = "Groups")]
    pub(crate) by: String,

    /// Exit with 3 where money over and under is more than this share of what a group paid.
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true, help_heading = "Limits and output")]
    pub(crate) tolerance: Option<String>,

    /// Exit with 3 where more than this share of a group lies outside its quotes [default: 0%,
    /// without --tolerance].
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true, help_heading = "Limits and output")]
    pub(crate) max_outside: Option<String>,
}
