//! What the user typed, before any of it is understood.
//!
//! One definition feeds the parser, `--help`, the man page and the shell completions. Values
//! stay text here: what they mean is decided in one place for flags, settings, batch rows and
//! request bodies alike (`fields.rs`), so that all of them refuse the same things with the
//! same words.

mod batch;
mod budget;
mod check;
mod compare;
mod diff;
mod drift;
mod plan;
mod reconcile;
mod solve;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use imgcost_core::{Endpoint, Fidelity};

pub(crate) use batch::BatchArgs;
pub(crate) use budget::{
    BudgetBackupArgs, BudgetDoctorArgs, BudgetExportArgs, BudgetHoldArgs, BudgetLogArgs, BudgetPresumeArgs,
    BudgetReleaseArgs, BudgetRemoveArgs, BudgetSetArgs, BudgetSettleArgs, BudgetShowArgs, ByArgs, LedgerArgs,
};
pub(crate) use check::CheckArgs;
pub(crate) use compare::CompareArgs;
pub(crate) use diff::DiffArgs;
pub(crate) use drift::{CallsArgs, DriftArgs};
pub(crate) use plan::{CurrencyArgs, FileArgs};
pub(crate) use reconcile::ReconcileArgs;
pub(crate) use solve::SolveArgs;

use crate::report::Format;
use crate::subcommands::Command;

/// The text below every `--help`.
const AFTER_HELP: &str = "\
Exit codes:
  0  done
  2  the request or the arguments can't be accepted, or an input can't be read
  3  over the cap or a budget, no budget, a bill above its ceiling, a broken policy (check), grown
     beyond --fail-above (diff), outside tolerance (drift), outside its quote (usage), or a log
     that disagrees (reconcile)
  4  incomplete: something has no price, a response has no usage, a row is in error (batch, check,
     diff), or a record can't be used or matched (drift, reconcile)
  5  the ledger failed, or the output can't be written

Settings come from flags, then the environment, then the file named by
IMGCOST_CONFIG or $XDG_CONFIG_HOME/imgcost/config.toml, then defaults.";

/// Says what an image-generation API call will cost before it is made.
#[derive(Debug, Parser)]
#[command(
    name = "imgcost",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = AFTER_HELP,
    after_long_help = concat_after_help(),
    max_term_width = 100
)]
pub(crate) struct Cli {
    /// The subcommand; none is `quote`.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Without a subcommand: what to quote.
    #[command(flatten)]
    pub(crate) quote: QuoteArgs,
}

fn concat_after_help() -> String {
    let mut text = format!("{AFTER_HELP}\n\nEnvironment:\n");
    for (name, words) in crate::settings::ENVIRONMENT {
        text.push_str(&format!("  {name:<30} {words}\n"));
    }
    text
}

/// `quote` and `explain`.
#[derive(Debug, Args)]
pub(crate) struct QuoteArgs {
    /// What the call asks for.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// Exit with 3 if the call may cost more than this many US dollars.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, help_heading = "Limits and output")]
    pub(crate) cap: Option<String>,

    /// Another currency beside US dollars.
    #[command(flatten)]
    pub(crate) currency: CurrencyArgs,

    /// Files to write.
    #[command(flatten)]
    pub(crate) files: FileArgs,

    /// How to write the result.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// The format of the result.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// How to write the result [default: table].
    #[arg(short, long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(Format::names()), hide_possible_values = false, help_heading = "Limits and output")]
    pub(crate) format: Option<String>,
}

/// The price book to use.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct BookArgs {
    /// A price book of your own, laid over the built-in one.
    #[arg(long, value_name = "FILE", help_heading = "Prices")]
    pub(crate) prices: Option<PathBuf>,

    /// The day whose prices count: 2026-11-21 or today [default: today].
    #[arg(long, value_name = "DATE", help_heading = "Prices")]
    pub(crate) as_of: Option<String>,
}

/// What a call asks for, by the names of the API's parameters.
#[derive(Debug, Clone, Args)]
pub(crate) struct RequestArgs {
    /// The model; needed wherever a cap, a budget or a response is judged.
    #[arg(short, long, value_name = "MODEL")]
    pub(crate) model: Option<String>,

    /// The provider [default: openai].
    #[arg(short, long, value_name = "PROVIDER")]
    pub(crate) provider: Option<String>,

    /// The quality; left out, the model's default.
    #[arg(short, long, value_name = "QUALITY")]
    pub(crate) quality: Option<String>,

    /// WIDTHxHEIGHT, auto, or 1K, 2K, 4K for the squares of 1024, 2048 and 4096; left out, the model's default.
    #[arg(short, long, value_name = "SIZE")]
    pub(crate) size: Option<String>,

    /// How many images [default: 1].
    #[arg(short, value_name = "N", allow_negative_numbers = true)]
    pub(crate) n: Option<String>,

    /// The prompt; its tokens are counted.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["prompt_file", "prompt_tokens"], help_heading = "Prompt")]
    pub(crate) prompt: Option<String>,

    /// A file that holds the prompt, - for standard input; counted to its last byte.
    #[arg(long, value_name = "FILE", conflicts_with = "prompt_tokens", help_heading = "Prompt")]
    pub(crate) prompt_file: Option<PathBuf>,

    /// How many o200k_base tokens the prompt has.
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Prompt")]
    pub(crate) prompt_tokens: Option<String>,

    /// Prompt tokens to assume where no prompt is given.
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Prompt")]
    pub(crate) assume_prompt_tokens: Option<String>,

    /// An input image: a PNG, JPEG or WebP file, or its size. May be repeated.
    #[arg(long, value_name = "FILE|WxH", help_heading = "Input images")]
    pub(crate) image: Vec<OsString>,

    /// The mask of an edit: a file or a size.
    #[arg(long, value_name = "FILE|WxH", help_heading = "Input images")]
    pub(crate) mask: Option<OsString>,

    /// How closely to keep to the input images.
    #[arg(long, value_name = "FIDELITY", value_parser = PossibleValuesParser::new(Fidelity::NAMES), help_heading = "Input images")]
    pub(crate) input_fidelity: Option<String>,

    /// Stream the response.
    #[arg(long, help_heading = "More of the call")]
    pub(crate) stream: bool,

    /// Partial images to send while streaming.
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "More of the call")]
    pub(crate) partial_images: Option<String>,

    /// transparent, opaque or auto.
    #[arg(long, value_name = "BACKGROUND", help_heading = "More of the call")]
    pub(crate) background: Option<String>,

    /// png, jpeg or webp.
    #[arg(long, value_name = "FORMAT", help_heading = "More of the call")]
    pub(crate) output_format: Option<String>,

    /// 0 to 100, for jpeg and webp.
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true, help_heading = "More of the call")]
    pub(crate) output_compression: Option<String>,

    /// Where the call goes [default: edits with input images, else generations].
    #[arg(long, value_name = "ENDPOINT", value_parser = PossibleValuesParser::new(Endpoint::NAMES), help_heading = "More of the call")]
    pub(crate) endpoint: Option<String>,

    /// Send it through the Batch API.
    #[arg(long, help_heading = "More of the call")]
    pub(crate) batch_api: bool,

    /// The model that runs the image tool of the Responses API.
    #[arg(long, value_name = "MODEL", help_heading = "More of the call")]
    pub(crate) responses_model: Option<String>,

    /// The most tool calls of the Responses API call, and so the most images it can make.
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "More of the call")]
    pub(crate) max_tool_calls: Option<String>,

    /// An API request body as it would be sent, - for standard input. Flags win over it.
    #[arg(long, value_name = "FILE", help_heading = "More of the call")]
    pub(crate) request: Option<PathBuf>,

    /// Accept this field of the request body although its price is not known. May be repeated.
    #[arg(long, value_name = "NAME", help_heading = "More of the call")]
    pub(crate) ignore_field: Vec<String>,

    /// A gateway's group ratio.
    #[arg(long, value_name = "RATIO", allow_negative_numbers = true, help_heading = "Prices")]
    pub(crate) group_ratio: Option<String>,

    /// The price book.
    #[command(flatten)]
    pub(crate) book: BookArgs,
}

impl RequestArgs {
    /// Whether any flag describes a call, apart from who sells which model at which prices.
    pub(crate) fn describes_a_call(&self) -> bool {
        let texts = [
            &self.quality,
            &self.size,
            &self.n,
            &self.prompt,
            &self.prompt_tokens,
            &self.assume_prompt_tokens,
            &self.input_fidelity,
            &self.partial_images,
            &self.background,
            &self.output_format,
            &self.output_compression,
            &self.endpoint,
            &self.max_tool_calls,
        ];
        texts.iter().any(|text| text.is_some())
            || self.prompt_file.is_some()
            || self.request.is_some()
            || !self.image.is_empty()
            || self.mask.is_some()
            || self.stream
    }

    /// Whether any flag says anything of a call.
    pub(crate) fn says_anything(&self) -> bool {
        let texts = [&self.model, &self.provider, &self.responses_model, &self.group_ratio, &self.book.as_of];
        self.describes_a_call()
            || texts.iter().any(|text| text.is_some())
            || self.batch_api
            || self.book.prices.is_some()
    }
}

/// `models`.
#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    /// A model's name, or part of one.
    pub(crate) pattern: Option<String>,

    /// The provider, or all.
    #[arg(short, long, value_name = "PROVIDER", default_value = "all")]
    pub(crate) provider: String,

    /// The price book.
    #[command(flatten)]
    pub(crate) book: BookArgs,

    /// Files to write.
    #[command(flatten)]
    pub(crate) files: FileArgs,

    /// How to write the result.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `prices`.
#[derive(Debug, Subcommand)]
pub(crate) enum PricesCommand {
    /// Shows dated prices with their sources.
    Show(PricesShowArgs),
    /// Checks price books: the built-in one, or files of your own laid over it.
    Lint(PricesLintArgs),
    /// Shows the sources that prices and rules cite.
    Sources(PricesSourcesArgs),
    /// Prints the JSON Schemas of the price book's files.
    Schema(PricesSchemaArgs),
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

    /// Files to write.
    #[command(flatten)]
    pub(crate) files: FileArgs,

    /// How to write the result.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `prices lint`.
#[derive(Debug, Args)]
pub(crate) struct PricesLintArgs {
    /// The files of a whole book, or one provider's file to lay over the built-in book.
    pub(crate) files: Vec<PathBuf>,

    /// Files to write.
    #[command(flatten)]
    pub(crate) files_out: FileArgs,

    /// How to write the result.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `prices sources`.
#[derive(Debug, Args)]
pub(crate) struct PricesSourcesArgs {
    /// A source's id.
    pub(crate) id: Option<String>,

    /// The price book.
    #[command(flatten)]
    pub(crate) book: BookArgs,

    /// Files to write.
    #[command(flatten)]
    pub(crate) files: FileArgs,

    /// How to write the result.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `prices schema`.
#[derive(Debug, Args)]
pub(crate) struct PricesSchemaArgs {
    /// One of sources, families, prices, measured; left out, all of them as one document.
    pub(crate) name: Option<String>,
}

/// `usage`.
#[derive(Debug, Args)]
pub(crate) struct UsageArgs {
    /// The response: JSON or server-sent events; - for standard input.
    ///
    /// With the request (--request, or its flags) the quote is compared with what the call used
    /// and cost: exit 3 where anything lies outside the quote, 4 where the total can't be compared.
    pub(crate) file: PathBuf,

    /// What the call asked for.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// Another currency beside US dollars.
    #[command(flatten)]
    pub(crate) currency: CurrencyArgs,

    /// How to write the result.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}
