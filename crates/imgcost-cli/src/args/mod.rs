//! What the user typed, before any of it is understood.
//!
//! One definition feeds the parser, `--help`, the man page and the shell completions. Values
//! stay text here: what they mean is decided in one place for flags, settings, batch rows and
//! request bodies alike (`Param::set`), so that all of them refuse the same things with the
//! same words.

mod batch;
mod budget;
mod check;
mod command;
mod compare;
mod diff;
mod global;
mod lazy;
pub(crate) mod params;
mod plan;
mod solve;
mod usage;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use imgcost_core::Param;

pub(crate) use batch::BatchArgs;
pub(crate) use budget::{
    BudgetAdjustArgs, BudgetBackupArgs, BudgetDoctorArgs, BudgetExportArgs, BudgetHoldArgs, BudgetHoldsArgs,
    BudgetJobArgs, BudgetLogArgs, BudgetPauseArgs, BudgetPresumeArgs, BudgetReleaseArgs, BudgetRemoveArgs,
    BudgetReportArgs, BudgetResumeArgs, BudgetSetArgs, BudgetSettleArgs, BudgetShowArgs, ByArgs, LedgerArgs,
};
pub(crate) use check::CheckArgs;
pub(crate) use command::{BudgetCommand, Command};
pub(crate) use compare::CompareArgs;
pub(crate) use diff::DiffArgs;
pub(crate) use global::GlobalArgs;
pub(crate) use lazy::Lazy;
pub(crate) use params::Params;
pub(crate) use plan::{CurrencyArgs, RowsArgs, VolumeArgs};
pub(crate) use solve::SolveArgs;
pub(crate) use usage::UsageArgs;

/// The text below `imgcost --help`.
const AFTER_LONG_HELP: &str = "\
Exit codes:
  0  done
  2  the request or the arguments can't be accepted, or an input can't be read
  3  over the cap or a budget, no budget, a bill above its ceiling, a broken policy (check), grown
     beyond --fail-above (diff), outside its quote or tolerance, or a bill that disagrees (usage)
  4  incomplete: something has no price, a response has no usage, a row is in error (batch, check,
     diff), or a record can't be used or matched (usage)
  5  the ledger failed, or the output can't be written

Settings come from flags, then the environment, then --config FILE, then the file
named by IMGCOST_CONFIG or $XDG_CONFIG_HOME/imgcost/config.toml, then defaults.";

/// The text below `imgcost -h`.
const AFTER_HELP: &str = "\
Examples:
  imgcost gpt-image-2 high 1536x1024 x4     Quote a call
  imgcost compare gpt-image-2 gpt-image-1.5 Compare models
  imgcost models                            List models with prices
  imgcost help budget hold                  Show the help of a command";

/// Estimate what an image-generation API call will cost, before you make it.
#[derive(Debug, Parser)]
#[command(
    name = "imgcost",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    override_usage = "imgcost [MODEL] [QUALITY] [SIZE] [xN] [OPTIONS]\n       imgcost COMMAND [OPTIONS]",
    after_help = AFTER_HELP,
    after_long_help = concat_after_help(),
    max_term_width = 100
)]
pub(crate) struct Cli {
    /// The command; none is the price list.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// What every command takes.
    #[command(flatten)]
    pub(crate) global: GlobalArgs,

    /// Print the version.
    #[arg(short = 'V', long, action = clap::ArgAction::Version, help_heading = "Global options")]
    pub(crate) version: Option<bool>,
}

fn concat_after_help() -> String {
    let mut text = format!("{AFTER_HELP}\n\n{AFTER_LONG_HELP}\n\nEnvironment:\n");
    for (name, words) in crate::settings::ENVIRONMENT {
        text.push_str(&format!("  {name:<30} {words}\n"));
    }
    text
}

/// `quote` and `explain`.
#[derive(Debug, Args)]
#[command(
    mut_arg("calls", |arg| arg.help("How often the call is made").hide_short_help(true)),
    mut_arg("per", |arg| arg.hide_short_help(true))
)]
pub(crate) struct QuoteArgs {
    /// Model, quality, size, xN for n, or provider, in any order.
    #[arg(value_name = "WORD")]
    pub(crate) words: Vec<String>,

    /// What the call asks for.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// How often the call is made.
    #[command(flatten)]
    pub(crate) volume: VolumeArgs,

    /// Exit with 3 if the call, or all --calls, may cost more.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, help_heading = "Limits and output")]
    pub(crate) cap: Option<String>,

    /// Exit with 3 unless the ceiling is proven.
    #[arg(long, help_heading = "Limits and output")]
    pub(crate) require_proven: bool,

    /// Another currency beside US dollars.
    #[command(flatten)]
    pub(crate) currency: CurrencyArgs,
}

/// The price book to use.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct BookArgs {
    /// Prices of your own, laid over the price book; imgcost prices init MODEL writes a file.
    #[arg(long, value_name = "FILE", help_heading = "Prices")]
    pub(crate) prices: Option<PathBuf>,

    /// A whole price book in place of the built-in one, as imgcost prices pack writes it.
    #[arg(long, value_name = "FILE", help_heading = "Prices")]
    pub(crate) book: Option<PathBuf>,

    /// Take --book also where its prices were checked before the built-in one's.
    #[arg(long, help_heading = "Prices")]
    pub(crate) allow_older_book: bool,

    /// The day whose prices count: 2026-11-21 or today [default: today].
    #[arg(long, value_name = "DATE", help_heading = "Prices")]
    pub(crate) as_of: Option<String>,
}

/// What a call asks for, by the names of the API's parameters.
#[derive(Debug, Clone, Args)]
pub(crate) struct RequestArgs {
    /// The parameters.
    #[command(flatten)]
    pub(crate) params: Params,

    /// The prompt; its tokens are counted.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["prompt_file", "prompt_tokens"], help_heading = "Prompt")]
    pub(crate) prompt: Option<String>,

    /// A file that holds the prompt, - for standard input; counted to its last byte.
    #[arg(long, value_name = "FILE", conflicts_with = "prompt_tokens", help_heading = "Prompt")]
    pub(crate) prompt_file: Option<PathBuf>,

    /// Prompt tokens to assume where no prompt is given.
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Prompt")]
    pub(crate) assume_prompt_tokens: Option<String>,

    /// Input image: a file or its size (repeatable).
    #[arg(long, value_name = "FILE|WxH", help_heading = "Input images")]
    pub(crate) image: Vec<OsString>,

    /// The mask of an edit: a file or a size.
    #[arg(long, value_name = "FILE|WxH", help_heading = "Input images")]
    pub(crate) mask: Option<OsString>,

    /// An API request body; - for stdin. Options win over it.
    #[arg(long, value_name = "FILE", help_heading = "More of the call")]
    pub(crate) request: Option<PathBuf>,

    /// The API whose body --request is, such as gemini; left out, its fields tell.
    #[arg(long, value_name = "NAME", requires = "request", help_heading = "More of the call")]
    pub(crate) dialect: Option<String>,

    /// Accept this field of the request body although its price is not known. May be repeated.
    #[arg(long, value_name = "NAME", help_heading = "More of the call")]
    pub(crate) ignore_field: Vec<String>,

    /// The price book.
    #[command(flatten)]
    pub(crate) book: BookArgs,
}

impl RequestArgs {
    /// A parameter as it was typed.
    pub(crate) fn get(&self, param: Param) -> Option<&str> {
        self.params.get(param)
    }

    /// Whether any flag describes a call, apart from who offers which model at which prices.
    pub(crate) fn describes_a_call(&self) -> bool {
        let of_prices =
            [Param::Model, Param::Provider, Param::ResponsesModel, Param::GroupRatio, Param::Tier];
        self.params.iter().any(|(param, _)| !of_prices.contains(&param))
            || self.prompt.is_some()
            || self.prompt_file.is_some()
            || self.assume_prompt_tokens.is_some()
            || self.request.is_some()
            || !self.image.is_empty()
            || self.mask.is_some()
    }

    /// Whether any flag says anything of a call.
    pub(crate) fn says_anything(&self) -> bool {
        self.describes_a_call()
            || self.params.iter().next().is_some()
            || self.book.as_of.is_some()
            || self.book.prices.is_some()
            || self.book.book.is_some()
    }
}

/// `models`.
#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    /// Names of models, or parts of them, and of providers.
    #[arg(value_name = "WORD")]
    pub(crate) words: Vec<String>,

    /// The provider, or all [default: all].
    #[arg(short, long, value_name = "PROVIDER")]
    pub(crate) provider: Option<String>,

    /// Show what is supported of each provider: prices, requests, responses, the guard.
    #[arg(long)]
    pub(crate) support: bool,

    /// The price book.
    #[command(flatten)]
    pub(crate) book: BookArgs,
}

/// `prices`.
#[derive(Debug, Subcommand)]
pub(crate) enum PricesCommand {
    /// Show dated prices with their sources.
    #[command(after_help = "\
Examples:
  imgcost prices show gpt-image-2
  imgcost prices show -p openai --all -f csv")]
    Show(Lazy<PricesShowArgs>),
    /// Check price books: the built-in one, or files of your own over it.
    #[command(after_help = "\
Examples:
  imgcost prices lint
  imgcost prices lint mine.toml")]
    Lint(Lazy<PricesLintArgs>),
    /// Show the sources that prices and rules cite.
    #[command(after_help = "\
Examples:
  imgcost prices sources
  imgcost prices sources openai-pricing")]
    Sources(Lazy<PricesSourcesArgs>),
    /// Print the JSON Schemas of the price book's files.
    #[command(after_help = "\
Examples:
  imgcost prices schema
  imgcost prices schema prices > prices.schema.json")]
    Schema(Lazy<PricesSchemaArgs>),
    /// Write a file of prices of your own for a model, to fill in and give with --prices.
    #[command(after_help = "\
Examples:
  imgcost prices init gpt-image-2 -o mine.toml
  imgcost prices init gpt-image-3 --like gpt-image-2 -o mine.toml
  imgcost prices lint mine.toml && imgcost gpt-image-3 high 1024 --prices mine.toml

A line such as discount = \"20%\" takes it off every built-in price of a provider or a model.")]
    Init(Lazy<PricesInitArgs>),
    /// Write a whole price book as one file, to give with --book.
    #[command(after_help = "\
Examples:
  imgcost prices pack -o book.toml
  imgcost prices pack imgcost/pricing -o book.toml
  imgcost gpt-image-2 high 1024 --book book.toml
  imgcost diff --book-new book.toml")]
    Pack(Lazy<PricesPackArgs>),
}

/// `prices show`.
#[derive(Debug, Args)]
pub(crate) struct PricesShowArgs {
    /// A model's name, or part of one.
    pub(crate) model: Option<String>,

    /// The provider, or all.
    #[arg(short, long, value_name = "PROVIDER", default_value = "all")]
    pub(crate) provider: String,

    /// Earlier and later prices too, not only those of the day.
    #[arg(long)]
    pub(crate) all: bool,

    /// The price book.
    #[command(flatten)]
    pub(crate) book: BookArgs,
}

/// `prices lint`.
#[derive(Debug, Args)]
pub(crate) struct PricesLintArgs {
    /// The files of a whole book, or one provider's file to lay over the built-in book.
    pub(crate) files: Vec<PathBuf>,
}

/// `prices sources`.
#[derive(Debug, Args)]
pub(crate) struct PricesSourcesArgs {
    /// A source's id.
    pub(crate) id: Option<String>,

    /// The price book.
    #[command(flatten)]
    pub(crate) book: BookArgs,
}

/// `prices init`.
#[derive(Debug, Args)]
pub(crate) struct PricesInitArgs {
    /// The model: one of the price book, or another.
    #[arg(value_name = "MODEL")]
    pub(crate) model: String,

    /// Who sends the bill [default: the model's usual provider].
    #[arg(short, long, value_name = "PROVIDER")]
    pub(crate) provider: Option<String>,

    /// Copy the rows of this model, and its limits and token rules.
    #[arg(long, value_name = "MODEL")]
    pub(crate) like: Option<String>,

    /// The price book.
    #[command(flatten)]
    pub(crate) book: BookArgs,
}

/// `prices pack`.
#[derive(Debug, Args)]
pub(crate) struct PricesPackArgs {
    /// A folder of price files, as pricing/ of imgcost's sources; left out, the built-in book.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: Option<PathBuf>,
}

/// `prices schema`.
#[derive(Debug, Args)]
pub(crate) struct PricesSchemaArgs {
    /// One of sources, families, prices, measured; left out, all of them as one document.
    pub(crate) name: Option<String>,
}

/// `config`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {}

/// `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The command, such as: budget hold.
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// Write the pages of all commands to a folder.
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub(crate) all: Option<std::path::PathBuf>,
}

/// `run`, `proxy` and `mcp`, whose words `imgcost-proxy` reads.
#[derive(Debug, Args)]
pub(crate) struct BesideArgs {
    /// Options and words: imgcost help run, imgcost help proxy, imgcost help mcp.
    #[arg(value_name = "WORD", allow_hyphen_values = true, trailing_var_arg = true)]
    _words: Vec<std::ffi::OsString>,
}
