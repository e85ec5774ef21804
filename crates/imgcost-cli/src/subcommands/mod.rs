//! The subcommands, one file of `commands/` each.
//!
//! Written out instead of derived so that a subcommand's options are only made when it is
//! the one that was typed: making all of them would cost a quote more than its own work.

mod budget;

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, FromArgMatches, Subcommand};

pub(crate) use budget::BudgetCommand;

use crate::args::{
    BatchArgs, CheckArgs, CompareArgs, CompletionsArgs, DiffArgs, ModelsArgs, PricesCommand, QuoteArgs,
    SolveArgs, UsageArgs,
};

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// `quote`, the default.
    Quote(QuoteArgs),
    /// `explain`.
    Explain(QuoteArgs),
    /// `models`.
    Models(ModelsArgs),
    /// `prices`.
    Prices(PricesCommand),
    /// `usage`.
    Usage(Box<UsageArgs>),
    /// `batch`.
    Batch(BatchArgs),
    /// `compare`.
    Compare(Box<CompareArgs>),
    /// `solve`.
    Solve(Box<SolveArgs>),
    /// `check`.
    Check(Box<CheckArgs>),
    /// `diff`.
    Diff(Box<DiffArgs>),
    /// `budget`.
    Budget(BudgetCommand),
    /// `completions`.
    Completions(CompletionsArgs),
    /// `man`.
    Man,
}

const PRICES: &str = "Shows and checks the price book";
const BUDGET: &str = "Keeps calls within budgets: holds money before a call, settles it after";

/// A subcommand whose options are made when they are needed.
macro_rules! lazy {
    ($name:literal, $args:ty, $about:literal) => {
        clap::Command::new($name).about($about).defer(|command| <$args>::augment_args(command).about($about))
    };
}
use lazy;

impl Subcommand for Command {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        command.subcommands([
            lazy!("quote", QuoteArgs, "Says what a call will cost (the default)"),
            lazy!(
                "explain",
                QuoteArgs,
                "Shows how a quote comes about: rules, numbers, rates and their sources"
            ),
            lazy!("models", ModelsArgs, "Lists models with their lifecycle, qualities and sizes"),
            clap::Command::new("prices")
                .about(PRICES)
                .subcommand_required(true)
                .defer(|command| PricesCommand::augment_subcommands(command).about(PRICES)),
            lazy!(
                "usage",
                UsageArgs,
                "Charge a response; compare quotes with the actual usage of a call, a log, a ledger or a bill"
            ),
            lazy!("batch", BatchArgs, "Quotes every row of a file: JSON Lines, CSV, TOML or Batch API"),
            lazy!(
                "compare",
                CompareArgs,
                "Compares prices in a grid: any models, providers, qualities, sizes, counts and days"
            ),
            lazy!("solve", SolveArgs, "Finds the cheapest way to do a job, or how much a budget buys"),
            lazy!("check", CheckArgs, "Holds a file of jobs against a policy, for CI"),
            lazy!("diff", DiffArgs, "Shows what changes in price between two files of jobs, or two days"),
            clap::Command::new("budget")
                .about(BUDGET)
                .subcommand_required(true)
                .defer(|command| BudgetCommand::augment_subcommands(command).about(BUDGET)),
            lazy!("completions", CompletionsArgs, "Writes a shell's completion script"),
            clap::Command::new("man").about("Writes the manual page"),
        ])
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        [
            "quote",
            "explain",
            "models",
            "prices",
            "usage",
            "batch",
            "compare",
            "solve",
            "check",
            "diff",
            "budget",
            "completions",
            "man",
        ]
        .contains(&name)
    }
}

impl FromArgMatches for Command {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let Some((name, matches)) = matches.subcommand() else {
            return Err(clap::Error::raw(ErrorKind::MissingSubcommand, "a subcommand is missing"));
        };
        Ok(match name {
            "quote" => Command::Quote(QuoteArgs::from_arg_matches(matches)?),
            "explain" => Command::Explain(QuoteArgs::from_arg_matches(matches)?),
            "models" => Command::Models(ModelsArgs::from_arg_matches(matches)?),
            "prices" => Command::Prices(PricesCommand::from_arg_matches(matches)?),
            "usage" => Command::Usage(Box::new(UsageArgs::from_arg_matches(matches)?)),
            "batch" => Command::Batch(BatchArgs::from_arg_matches(matches)?),
            "compare" => Command::Compare(Box::new(CompareArgs::from_arg_matches(matches)?)),
            "solve" => Command::Solve(Box::new(SolveArgs::from_arg_matches(matches)?)),
            "check" => Command::Check(Box::new(CheckArgs::from_arg_matches(matches)?)),
            "diff" => Command::Diff(Box::new(DiffArgs::from_arg_matches(matches)?)),
            "budget" => Command::Budget(BudgetCommand::from_arg_matches(matches)?),
            "completions" => Command::Completions(CompletionsArgs::from_arg_matches(matches)?),
            "man" => Command::Man,
            _ => return Err(clap::Error::raw(ErrorKind::InvalidSubcommand, "there is no such subcommand")),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
