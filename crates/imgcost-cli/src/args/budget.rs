//! What the user typed after `budget`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use imgcost_ledger::Window;

use super::RequestArgs;

/// Who is told where a budget reaches a threshold.
#[derive(Debug, Args)]
pub(crate) struct AlertArgs {
    /// Run this shell command once for each threshold that a budget reaches, with IMGCOST_ALERT and
    /// IMGCOST_ALERT_SCOPE, _WINDOW, _PERCENT, _USED and _CAP set.
    #[arg(long, value_name = "COMMAND", help_heading = "Ledger")]
    pub(crate) on_alert: Option<String>,
}

/// The ledger to use.
#[derive(Debug, Args)]
pub(crate) struct LedgerArgs {
    /// The ledger: a file or postgres://… [default: imgcost/ledger.db in $XDG_DATA_HOME or
    /// ~/.local/share].
    #[arg(long, value_name = "FILE|URL", help_heading = "Ledger")]
    pub(crate) ledger: Option<PathBuf>,
}

/// Who writes into the ledger.
#[derive(Debug, Args)]
pub(crate) struct ByArgs {
    /// Actor recorded in the journal [default: $USER].
    #[arg(long, value_name = "NAME", help_heading = "Ledger")]
    pub(crate) by: Option<String>,
}

fn windows() -> PossibleValuesParser {
    PossibleValuesParser::new(Window::ALL.map(Window::as_str))
}

/// `budget set`.
#[derive(Debug, Args)]
pub(crate) struct BudgetSetArgs {
    /// Whose money: a path such as team/alice, or team/* for the default of each scope one level
    /// below; left out, all that --config has.
    pub(crate) scope: Option<String>,

    /// The cap in US dollars; 0 allows nothing that costs.
    #[arg(value_name = "USD", allow_negative_numbers = true)]
    pub(crate) usd: Option<String>,

    /// Over which time, by the calendar in UTC; a total never starts over.
    #[arg(long, value_name = "WINDOW", value_parser = windows(), default_value = "total")]
    pub(crate) per: String,

    /// No limit: the path is known, and what is spent on it is counted.
    #[arg(long, conflicts_with = "usd")]
    pub(crate) unlimited: bool,

    /// At which percentages of the cap to alert, or none [default: 80,100].
    #[arg(long, value_name = "PERCENT,…")]
    pub(crate) alerts: Option<String>,

    /// Refuse calls whose ceiling is assumed and not proven.
    #[arg(long)]
    pub(crate) require_proven: bool,

    /// Set it only if there is none; the one that is there stays as it is.
    #[arg(long)]
    pub(crate) if_absent: bool,

    /// Who does it.
    #[command(flatten)]
    pub(crate) by: ByArgs,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget remove`.
#[derive(Debug, Args)]
pub(crate) struct BudgetRemoveArgs {
    /// Whose budget, or team/* for a default.
    pub(crate) scope: String,

    /// The budget of which window.
    #[arg(long, value_name = "WINDOW", value_parser = windows(), default_value = "total")]
    pub(crate) per: String,

    /// Who does it.
    #[command(flatten)]
    pub(crate) by: ByArgs,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget show`.
#[derive(Debug, Args)]
pub(crate) struct BudgetShowArgs {
    /// A path; budgets above and below it count in. Left out, all budgets.
    pub(crate) scope: Option<String>,

    /// Exit with 3 if more than this share of any budget shown is held or spent.
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    pub(crate) fail_above: Option<String>,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget hold`.
#[derive(Debug, Args)]
#[command(override_usage = "imgcost budget hold [OPTIONS] <SCOPE> [WORD]...
       imgcost budget hold [OPTIONS] <FILE> <SCOPE>")]
pub(crate) struct BudgetHoldArgs {
    /// Whose money, a path such as team/alice/run-42, and model, quality, size, xN for n or provider, in
    /// any order; or an input file of OpenAI's Batch API, held as one, and whose money.
    #[arg(value_name = "WORD", required = true)]
    pub(crate) words: Vec<String>,

    /// Hold this many US dollars for a call that can't be quoted, without options of the call.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, help_heading = "Hold")]
    pub(crate) ceiling: Option<String>,

    /// Hold what the call will probably cost, not the most it may. Bills can pass the cap.
    #[arg(long, conflicts_with = "ceiling", help_heading = "Hold")]
    pub(crate) hold_expected: bool,

    /// Refuse the call unless its ceiling is proven.
    #[arg(long, conflicts_with = "ceiling", help_heading = "Hold")]
    pub(crate) require_proven: bool,

    /// A name of your own for this call: asking again gives the same hold, or is refused once that is closed.
    #[arg(long, value_name = "KEY", help_heading = "Hold")]
    pub(crate) key: Option<String>,

    /// After which time an open hold is shown as expired; it counts all the same [default: 1h,
    /// 48h for a file].
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, help_heading = "Hold")]
    pub(crate) expires_in: Option<String>,

    /// A name and a value of your own, such as order=17 (repeatable).
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Hold")]
    pub(crate) tag: Vec<String>,

    /// The id of the request that the call is made for.
    #[arg(long, value_name = "ID", help_heading = "Hold")]
    pub(crate) request_id: Option<String>,

    /// Who is told.
    #[command(flatten)]
    pub(crate) alert: AlertArgs,

    /// Who does it.
    #[command(flatten)]
    pub(crate) by: ByArgs,

    /// What the call asks for.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget holds`.
#[derive(Debug, Args)]
pub(crate) struct BudgetHoldsArgs {
    /// A path; the holds of this path and below. Left out, all of them.
    pub(crate) scope: Option<String>,

    /// Only those that have not expired.
    #[arg(long, conflicts_with = "expired")]
    pub(crate) open: bool,

    /// Only those that have expired.
    #[arg(long)]
    pub(crate) expired: bool,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget settle`.
#[derive(Debug, Args)]
pub(crate) struct BudgetSettleArgs {
    /// The hold, as `hold` gave it, or its first characters; left out with --job.
    #[arg(required_unless_present = "job")]
    pub(crate) hold: Option<String>,

    /// Of a hold of a batch file: the batch's output file and, if there is one, its error file.
    #[arg(value_name = "FILE", conflicts_with_all = ["usage", "cost"])]
    pub(crate) files: Vec<PathBuf>,

    /// The hold of this job, as `budget job` recorded it.
    #[arg(long, value_name = "PROVIDER:ID")]
    pub(crate) job: Option<String>,

    /// The API's response, JSON or server-sent events; - for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) usage: Option<PathBuf>,

    /// What the call cost, in US dollars, where you know it better.
    #[arg(long, value_name = "USD", conflicts_with = "usage", allow_negative_numbers = true)]
    pub(crate) cost: Option<String>,

    /// Who is told.
    #[command(flatten)]
    pub(crate) alert: AlertArgs,

    /// Who does it.
    #[command(flatten)]
    pub(crate) by: ByArgs,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget job`.
#[derive(Debug, Args)]
pub(crate) struct BudgetJobArgs {
    /// The hold, as `hold` gave it, or its first characters.
    pub(crate) hold: String,

    /// The provider's job, such as openai:batch_68a1.
    #[arg(value_name = "PROVIDER:ID")]
    pub(crate) job: String,

    /// Who does it.
    #[command(flatten)]
    pub(crate) by: ByArgs,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget pause`.
#[derive(Debug, Args)]
pub(crate) struct BudgetPauseArgs {
    /// The path whose calls are refused, and those below it.
    pub(crate) scope: String,

    /// Why: shown to everyone who is refused.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,

    /// Who does it.
    #[command(flatten)]
    pub(crate) by: ByArgs,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget resume`.
#[derive(Debug, Args)]
pub(crate) struct BudgetResumeArgs {
    /// The path that was paused.
    pub(crate) scope: String,

    /// Who does it.
    #[command(flatten)]
    pub(crate) by: ByArgs,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget adjust`.
#[derive(Debug, Args)]
pub(crate) struct BudgetAdjustArgs {
    /// Whose spending is corrected; the scopes above it are corrected too.
    pub(crate) scope: String,

    /// US dollars to add to what was spent; with a minus, to take off.
    #[arg(value_name = "USD", allow_negative_numbers = true)]
    pub(crate) usd: String,

    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,

    /// Correct the windows of this time: 2026-11-21 or 2026-11-21T14:00:00Z [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,

    /// A name of your own: asking again with it corrects nothing twice.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,

    /// Who is told.
    #[command(flatten)]
    pub(crate) alert: AlertArgs,

    /// Who does it.
    #[command(flatten)]
    pub(crate) by: ByArgs,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget release`.
#[derive(Debug, Args)]
pub(crate) struct BudgetReleaseArgs {
    /// The hold, as `hold` gave it, or its first characters.
    #[arg(required_unless_present = "presumed")]
    pub(crate) hold: Option<String>,

    /// All calls whose outcome is unknown, as far as the options below let them pass.
    #[arg(long, conflicts_with = "hold")]
    pub(crate) presumed: bool,

    /// Of these, only those of this path and below.
    #[arg(long, value_name = "SCOPE", requires = "presumed")]
    pub(crate) scope: Option<String>,

    /// Of these, only those made then or later: 2026-11-21 or 2026-11-21T14:00:00Z.
    #[arg(long, value_name = "TIME", requires = "presumed")]
    pub(crate) since: Option<String>,

    /// Of these, only those presumed for a reason with this text in it, such as "answered 503".
    #[arg(long, value_name = "TEXT", requires = "presumed")]
    pub(crate) reason_like: Option<String>,

    /// Why: the call was not sent, or was refused free of charge.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,

    /// Who does it.
    #[command(flatten)]
    pub(crate) by: ByArgs,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget presume`.
#[derive(Debug, Args)]
pub(crate) struct BudgetPresumeArgs {
    /// The hold, as `hold` gave it, or its first characters.
    #[arg(required_unless_present = "expired")]
    pub(crate) hold: Option<String>,

    /// Why its outcome is not known.
    #[arg(long, value_name = "TEXT", required_unless_present = "expired")]
    pub(crate) reason: Option<String>,

    /// All open holds that have expired.
    #[arg(long, conflicts_with = "hold")]
    pub(crate) expired: bool,

    /// Of the expired holds, only those of this path and below.
    #[arg(long, value_name = "SCOPE", requires = "expired")]
    pub(crate) scope: Option<String>,

    /// Who is told.
    #[command(flatten)]
    pub(crate) alert: AlertArgs,

    /// Who does it.
    #[command(flatten)]
    pub(crate) by: ByArgs,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget log`.
#[derive(Debug, Args)]
pub(crate) struct BudgetLogArgs {
    /// A path; what happened there and below. Left out, everything.
    pub(crate) scope: Option<String>,

    /// Only what happened to this hold, named by its id or the id's first characters.
    #[arg(long, value_name = "HOLD")]
    pub(crate) hold: Option<String>,

    /// Only what happened to holds with this tag; without a value, whatever its value.
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub(crate) tag: Option<String>,

    /// Only what happened then or later: 2026-11-21 or 2026-11-21T14:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,

    /// Only the last so many entries [default: 50; all with --hold, --tag or --since].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) last: Option<String>,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget report`.
#[derive(Debug, Args)]
pub(crate) struct BudgetReportArgs {
    /// A path; what was spent there and below. Left out, everything.
    pub(crate) scope: Option<String>,

    /// Group by these: day, month, model, quality, size, provider, endpoint, scope, tag:NAME.
    #[arg(long, value_name = "NAME,…", default_value = "scope")]
    pub(crate) by: String,

    /// Only calls made then or later: 2026-11-21 or 2026-11-21T14:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,

    /// Only calls made before the end of this day, or before this time.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget export`.
#[derive(Debug, Args)]
pub(crate) struct BudgetExportArgs {
    /// Only what concerns this path and what is below it.
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget backup`.
#[derive(Debug, Args)]
pub(crate) struct BudgetBackupArgs {
    /// The new file; one that is there already is never overwritten.
    pub(crate) file: PathBuf,

    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}

/// `budget doctor`.
#[derive(Debug, Args)]
pub(crate) struct BudgetDoctorArgs {
    /// The ledger.
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
}
