//! What `compare` takes.

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::{CurrencyArgs, FileArgs, OutputArgs, RequestArgs};
use crate::commands::SHOWN;

/// The text below its help.
const AFTER_HELP: &str = "\
--model, --provider, --quality, --size, -n, --as-of and --tier take lists, such as
1024x1024,1536x1024. All but -n and --as-of also take `all`, and names with a star
(gpt-image-*). Every combination is priced; a range counts by its expected value,
else by its ceiling.

KEYS of --where and --sort: model, provider, quality, size, n, as-of, tier, state
(priced, unpriced, illegal), per-image, per-call, per-megapixel, tokens, pixels.";

/// `compare`.
#[derive(Debug, Args)]
#[command(
    after_help = AFTER_HELP,
    mut_arg("model", |arg| arg.value_name("LIST").help("The models [default: all that can be called on the day]")),
    mut_arg("provider", |arg| arg.value_name("LIST").help("The providers [default: openai]")),
    mut_arg("quality", |arg| arg.value_name("LIST").help("The qualities; left out, each model's default")),
    mut_arg("size", |arg| arg.value_name("LIST").help("The sizes; left out, each model's default")),
    mut_arg("n", |arg| arg.value_name("LIST").help("How many images a call [default: 1]")),
    mut_arg("tier", |arg| {
        let names = clap::builder::ValueParser::string();
        arg.value_name("LIST").value_parser(names).help("The price lists: standard, batch, flex, priority")
    }),
    mut_arg("as_of", |arg| {
        arg.value_name("LIST").help("The days whose prices count: dates or today [default: today]")
    })
)]
pub(crate) struct CompareArgs {
    /// What the calls ask for.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// Axes that go down: model, provider, quality, size, n, as-of, tier.
    #[arg(long, value_name = "AXES", help_heading = "Layout")]
    pub(crate) rows: Option<String>,

    /// Axes that go across; what is on neither side goes down.
    #[arg(long, value_name = "AXES", help_heading = "Layout")]
    pub(crate) columns: Option<String>,

    /// What stands in rows and columns [default: per-image].
    #[arg(long, value_name = "VALUE", value_parser = PossibleValuesParser::new(SHOWN), help_heading = "Layout")]
    pub(crate) show: Option<String>,

    /// Order by these keys, a dash in front turns the order.
    #[arg(long, value_name = "KEYS", allow_hyphen_values = true, help_heading = "Layout")]
    pub(crate) sort: Option<String>,

    /// Keep what fulfils a condition: per_image<0.05, model=gpt-image-2*, state=priced. May be repeated.
    #[arg(long = "where", value_name = "EXPR", help_heading = "Layout")]
    pub(crate) filters: Vec<String>,

    /// Keep what costs at most this many US dollars an image.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, help_heading = "Layout")]
    pub(crate) max_per_image: Option<String>,

    /// What the others are held against: "gpt-image-1 high 1024x1024", or first.
    #[arg(long, value_name = "WORDS", help_heading = "Layout")]
    pub(crate) baseline: Option<String>,

    /// Instead of prices: which quality of other models spends what this one does, such as
    /// "gpt-image-2 medium 1024x1024".
    #[arg(
        long,
        value_name = "WORDS",
        conflicts_with_all = [
            "quality", "size", "n", "tier", "rows", "columns", "show", "sort", "filters", "max_per_image",
            "baseline", "currency", "fx", "out",
        ],
        help_heading = "Layout"
    )]
    pub(crate) equivalent_to: Option<String>,

    /// Another currency.
    #[command(flatten)]
    pub(crate) currency: CurrencyArgs,

    /// Files to write.
    #[command(flatten)]
    pub(crate) files: FileArgs,

    /// How to write the result.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
