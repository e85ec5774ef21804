//! The commands, one file or folder of `commands/` each.

use clap::Subcommand;

use super::{
    BatchArgs, BesideArgs, BudgetAdjustArgs, BudgetBackupArgs, BudgetDoctorArgs, BudgetExportArgs,
    BudgetHoldArgs, BudgetHoldsArgs, BudgetJobArgs, BudgetLogArgs, BudgetPauseArgs, BudgetPresumeArgs,
    BudgetReleaseArgs, BudgetRemoveArgs, BudgetReportArgs, BudgetResumeArgs, BudgetSetArgs, BudgetSettleArgs,
    BudgetShowArgs, CheckArgs, CompareArgs, CompletionsArgs, ConfigArgs, DiffArgs, Lazy, ManArgs, ModelsArgs,
    PricesCommand, QuoteArgs, SolveArgs, UsageArgs,
};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Quote a call (the default).
    #[command(after_help = "\
Examples:
  imgcost gpt-image-2 high 1536x1024 x4
  imgcost gpt-image-2 high 1024 --prompt \"a red apple\" --cap 0.25
  imgcost gpt-image-2 medium 1024 --image photo.png
  imgcost --request body.json --json")]
    Quote(Lazy<QuoteArgs>),

    /// Explain a quote: rules, counts, rates and sources.
    #[command(after_help = "\
Examples:
  imgcost explain gpt-image-2 high 1024
  imgcost explain gpt-image-2 low 1024 --image 1024x1024 --json")]
    Explain(Lazy<QuoteArgs>),

    /// List models with prices, lifecycle, qualities and sizes.
    #[command(after_help = "\
Examples:
  imgcost models
  imgcost models gpt-image-2.5
  imgcost models -p bfl --json
  imgcost models --support")]
    Models(Lazy<ModelsArgs>),

    /// Compare prices of models, providers, qualities, sizes and days.
    #[command(after_help = COMPARE_HELP)]
    Compare(Box<Lazy<CompareArgs>>),

    /// Find the cheapest way to do a job, or how much a budget buys.
    #[command(after_help = "\
Examples:
  imgcost solve high 1024x1024 x100
  imgcost solve 1024x1024 x100 --min-quality high
  imgcost solve --aspect 3:2 --min-pixels 1000000 --top 3
  imgcost solve 1024x1024 --how-many --budget 5 --prompt-tokens 30")]
    Solve(Box<Lazy<SolveArgs>>),

    /// Quote every row of a file: JSON Lines, CSV, TOML or Batch API.
    #[command(after_help = "\
Examples:
  imgcost batch jobs.csv -m gpt-image-2
  imgcost batch jobs.jsonl --by model,quality --cap 20
  imgcost batch kinds.csv --calls 10000 --per month --by tag:team
  generate-jobs | imgcost batch - --input-format jsonl -f csv")]
    Batch(Lazy<BatchArgs>),

    /// Check a job file against a cost policy, for CI.
    #[command(after_help = "\
Examples:
  imgcost check jobs.csv
  imgcost check --init -o policy.toml
  imgcost check jobs.csv --policy policy.toml
  imgcost check jobs.csv --policy policy.toml -o findings.sarif")]
    Check(Box<Lazy<CheckArgs>>),

    /// Show what changes in price between two job files, or two days.
    #[command(after_help = "\
Examples:
  imgcost diff old.csv new.csv -m gpt-image-2
  imgcost diff --from 2026-06-01 -p openai
  imgcost diff old.csv new.csv -f markdown --fail-above 10%")]
    Diff(Box<Lazy<DiffArgs>>),

    /// Compare quotes with the usage of a response, a log or a bill.
    #[command(after_help = "\
Examples:
  imgcost usage response.json -m gpt-image-2
  imgcost usage response.json --request body.json
  imgcost usage monday.jsonl tuesday.jsonl --by model,day
  imgcost usage calls.jsonl --bill costs.json --tolerance 1%")]
    Usage(Box<Lazy<UsageArgs>>),

    /// Keep calls within budgets: hold before a call, settle after.
    #[command(subcommand, arg_required_else_help = true)]
    Budget(BudgetCommand),

    /// Run a program whose image calls may cost so much.
    #[command(after_help = "\
Examples:
  imgcost run --cap 5 -- python make_images.py
  imgcost run --observe -- node render.mjs
  imgcost run --ledger budget.db --budget team/alice -- make images")]
    Run(Lazy<BesideArgs>),

    /// Serve a proxy that caps the calls of any client.
    #[command(after_help = "\
Examples:
  imgcost proxy --ledger budget.db --budget team/alice --upstream https://api.openai.com/v1
  imgcost proxy --config proxy.toml")]
    Proxy(Lazy<BesideArgs>),

    /// Serve prices and budgets to an agent, by the Model Context Protocol.
    #[command(after_help = "\
Examples:
  imgcost mcp
  imgcost mcp --ledger budget.db --budget agents/alice --cap 5 --per day")]
    Mcp(Lazy<BesideArgs>),

    /// Show and check the price book.
    #[command(subcommand, arg_required_else_help = true)]
    Prices(PricesCommand),

    /// Show the settings in force and where each comes from.
    #[command(after_help = "\
Examples:
  imgcost config
  imgcost config --json")]
    Config(Lazy<ConfigArgs>),

    /// Write a shell's completion script.
    #[command(after_help = "\
Examples:
  imgcost completions bash > ~/.local/share/bash-completion/completions/imgcost
  imgcost completions fish > ~/.config/fish/completions/imgcost.fish")]
    Completions(Lazy<CompletionsArgs>),

    /// Write the manual page of a command.
    #[command(after_help = "\
Examples:
  imgcost man | man -l -
  imgcost man budget hold > imgcost-budget-hold.1
  imgcost man --all ~/.local/share/man/man1")]
    Man(Lazy<ManArgs>),
}

/// Examples of `compare`, and what its lists take.
const COMPARE_HELP: &str = "\
Examples:
  imgcost compare gpt-image-2 gpt-image-2.5-flare
  imgcost compare gpt-image-2 gpt-image-2.5-flare medium --calls 10000 --per month
  imgcost compare -m 'gpt-image-*' -q all -s 1024x1024,1536x1024 --rows model --columns quality
  imgcost compare -q high -s 1024x1024 --sort per-image --max-per-image 0.10
  imgcost compare calls.jsonl -m gpt-image-2.5-flare,gpt-image-2 --tier batch

--model, --provider, --quality, --size, -n, --as-of and --tier take lists, such as
1024x1024,1536x1024. All but -n and --as-of also take `all`, and names with a star
(gpt-image-*). Every combination is priced; a range counts by its expected value,
else by its ceiling.

Keys of --where and --sort: model, provider, quality, size, n, as-of, tier, state
(priced, unpriced, illegal), per-image, per-call, per-megapixel, tokens, pixels.";

/// What to do with the ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum BudgetCommand {
    /// Set a scope's budget.
    #[command(after_help = "\
Examples:
  imgcost budget set team 200 --per month
  imgcost budget set team/ci 5 --per day --alerts 50,90
  imgcost budget set 'studio/*' 2 --per day
  imgcost budget set --config imgcost.toml")]
    Set(Lazy<BudgetSetArgs>),

    /// Remove a scope's budget.
    #[command(after_help = "\
Examples:
  imgcost budget remove team --per month")]
    Remove(Lazy<BudgetRemoveArgs>),

    /// Show budgets with what is held, spent and left.
    #[command(after_help = "\
Examples:
  imgcost budget show
  imgcost budget show team --fail-above 90%")]
    Show(Lazy<BudgetShowArgs>),

    /// Hold a call's ceiling, if every budget on its path has room.
    #[command(after_help = "\
Examples:
  imgcost budget hold team/ci gpt-image-2 high 1024x1024 --prompt \"a red apple\"
  imgcost budget hold team/ci --ceiling 0.25 --key job-42
  HOLD=$(imgcost budget hold team/ci --request body.json --quiet)
  imgcost budget hold batch.jsonl team/ci --tag run=w47")]
    Hold(Box<Lazy<BudgetHoldArgs>>),

    /// List open holds.
    #[command(after_help = "\
Examples:
  imgcost budget holds
  imgcost budget holds team/ci --expired")]
    Holds(Lazy<BudgetHoldsArgs>),

    /// Settle a hold with the call's actual cost.
    #[command(after_help = "\
Examples:
  imgcost budget settle HOLD --usage response.json
  imgcost budget settle HOLD --cost 0.2107
  imgcost budget settle HOLD output.jsonl errors.jsonl
  imgcost budget settle --job openai:batch_68a1 output.jsonl")]
    Settle(Lazy<BudgetSettleArgs>),

    /// Record the provider's job that a call was accepted as.
    #[command(after_help = "\
Examples:
  imgcost budget job HOLD openai:batch_68a1")]
    Job(Lazy<BudgetJobArgs>),

    /// Release a hold: the call was not sent, or was free.
    #[command(after_help = "\
Examples:
  imgcost budget release HOLD --reason \"never sent\"
  imgcost budget release --presumed --since 2026-11-30 --reason-like \"answered 503\" --reason \"outage, not billed\"")]
    Release(Lazy<BudgetReleaseArgs>),

    /// Count a hold at its ceiling: its outcome is unknown.
    #[command(after_help = "\
Examples:
  imgcost budget presume HOLD --reason \"connection lost\"
  imgcost budget presume --expired --scope team/ci")]
    Presume(Lazy<BudgetPresumeArgs>),

    /// Refuse all calls of a scope until it is resumed.
    #[command(after_help = "\
Examples:
  imgcost budget pause team/ci --reason \"runaway job\"")]
    Pause(Lazy<BudgetPauseArgs>),

    /// Accept the calls of a paused scope again.
    #[command(after_help = "\
Examples:
  imgcost budget resume team/ci")]
    Resume(Lazy<BudgetResumeArgs>),

    /// Correct what a scope has spent, by an entry of its own.
    #[command(after_help = "\
Examples:
  imgcost budget adjust team/ci 1.20 --reason \"invoice of November\" --at 2026-11-30 --key 2026-11
  imgcost budget adjust team/ci -0.80 --reason \"refunded\"")]
    Adjust(Lazy<BudgetAdjustArgs>),

    /// Show the journal.
    #[command(after_help = "\
Examples:
  imgcost budget log
  imgcost budget log team/ci --since 2026-11-01 --json
  imgcost budget log --tag order=17")]
    Log(Lazy<BudgetLogArgs>),

    /// Show who or what the money was spent on.
    #[command(after_help = "\
Examples:
  imgcost budget report
  imgcost budget report team --by model --since 2026-11-01
  imgcost budget report --by day,tag:order -f csv")]
    Report(Lazy<BudgetReportArgs>),

    /// Write everything as JSON Lines, or the holds as CSV.
    #[command(after_help = "\
Examples:
  imgcost budget export -f jsonl > ledger.jsonl
  imgcost budget export --scope team -f csv")]
    Export(Lazy<BudgetExportArgs>),

    /// Copy the ledger to a new file while it is in use.
    #[command(after_help = "\
Examples:
  imgcost budget backup ledger-2026-11-30.db")]
    Backup(Lazy<BudgetBackupArgs>),

    /// Check the ledger, and that its books balance.
    #[command(after_help = "\
Examples:
  imgcost budget doctor")]
    Doctor(Lazy<BudgetDoctorArgs>),
}
