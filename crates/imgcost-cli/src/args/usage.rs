//! What `usage` takes: a response with what its call asked for, or a log of calls.

use std::path::PathBuf;

use clap::Args;

use super::{CurrencyArgs, RequestArgs};

/// `usage`.
#[derive(Debug, Args)]
pub(crate) struct UsageArgs {
    /// A response, or a log of calls; - for standard input.
    ///
    /// A response is JSON or server-sent events; a log is JSON Lines, a JSON list, the output of the
    /// Batch API or a gateway's spend log, of responses alone or with their requests. A response is
    /// charged. With its request (--request, or its flags) the quote is compared with what the call
    /// used and cost: exit 3 where anything lies outside the quote, 4 where the total can't be
    /// compared. A log is charged by model, day or tag; calls with a request are compared with their
    /// quotes, and with --bill the log is compared with what the provider counted and billed. Several
    /// logs are one.
    #[arg(value_name = "RESPONSE|LOG", required_unless_present = "ledger", conflicts_with = "ledger")]
    pub(crate) file: Option<PathBuf>,

    /// More logs; or model, quality, size, xN or provider of the call.
    #[arg(value_name = "LOG|WORD")]
    pub(crate) words: Vec<String>,

    /// The logs among the words.
    #[arg(skip)]
    pub(crate) more: Vec<PathBuf>,

    /// The settled holds of a ledger in place of a log.
    #[arg(long, value_name = "FILE|URL", help_heading = "Log")]
    pub(crate) ledger: Option<PathBuf>,

    /// Pages of OpenAI's usage or costs API, or its dashboard's CSV (repeatable).
    ///
    /// Costs are grouped by line_item. Pages without any result are what their file's name says, else
    /// costs; usage:FILE makes them usage.
    #[arg(long, value_name = "FILE", help_heading = "Log")]
    pub(crate) bill: Vec<PathBuf>,

    /// With --bill: only results of this project.
    #[arg(long, value_name = "ID", requires = "bill", help_heading = "Log")]
    pub(crate) project: Option<String>,

    /// With --bill: only results of this API key.
    #[arg(long, value_name = "ID", requires = "bill", help_heading = "Log")]
    pub(crate) api_key_id: Option<String>,

    /// Group by these [default: model,quality,size].
    ///
    /// They are model, quality, size, provider, endpoint, day, month, scope (of a ledger), tag:NAME.
    #[arg(long, value_name = "NAME,…", conflicts_with = "bill", help_heading = "Log")]
    pub(crate) by: Option<String>,

    /// Count a response that is in the logs twice as two calls.
    #[arg(long, help_heading = "Log")]
    pub(crate) no_dedupe: bool,

    /// Calls of this day and later, by UTC.
    #[arg(long, value_name = "DATE", help_heading = "Log")]
    pub(crate) since: Option<String>,

    /// Calls of this day and earlier, by UTC.
    #[arg(long, value_name = "DATE", help_heading = "Log")]
    pub(crate) until: Option<String>,

    /// Quote at the quality and size that the response names where the request leaves them open.
    #[arg(long, help_heading = "Log")]
    pub(crate) as_returned: bool,

    /// Exit with 3 above this difference [default: 0%].
    ///
    /// Of a log: where money over and under is more than this share of what a group paid. With
    /// --bill: where a count or sum differs by more than this share of the bill's.
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true, help_heading = "Limits and output")]
    pub(crate) tolerance: Option<String>,

    /// Exit with 3 where more than this share of a group lies outside its quotes [default: 0%,
    /// without --tolerance].
    #[arg(
        long,
        value_name = "PERCENT",
        allow_negative_numbers = true,
        conflicts_with = "bill",
        help_heading = "Limits and output"
    )]
    pub(crate) max_outside_share: Option<String>,

    /// What the call asked for. Of a log, --model and --provider are those of calls that name none,
    /// and --as-of is the day of calls that have none.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// Another currency beside US dollars.
    #[command(flatten)]
    pub(crate) currency: CurrencyArgs,
}

impl UsageArgs {
    /// The first option that only a log takes.
    pub(crate) fn of_a_log(&self) -> Option<&'static str> {
        let texts = [
            ("--by", &self.by),
            ("--since", &self.since),
            ("--until", &self.until),
            ("--tolerance", &self.tolerance),
            ("--max-outside-share", &self.max_outside_share),
        ];
        let given = texts.iter().find(|(_, text)| text.is_some()).map(|(name, _)| *name);
        given
            .or((!self.bill.is_empty()).then_some("--bill"))
            .or(self.as_returned.then_some("--as-returned"))
            .or(self.ledger.is_some().then_some("--ledger"))
    }
}
