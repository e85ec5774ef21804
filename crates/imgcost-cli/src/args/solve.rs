//! What `solve` takes.

use clap::Args;
use clap::builder::PossibleValuesParser;
use imgcost_analysis::solve::{By, Level};

use super::{CurrencyArgs, RequestArgs};

/// `solve`.
#[derive(Debug, Args)]
#[command(
    mut_arg("model", |arg| arg.help("The models: names with commas, * and ?, or all [default: all that are not retired]")),
    mut_arg("provider", |arg| arg.help("The providers: names with commas, * and ?, or all [default: openai]")),
    mut_arg("quality", |arg| arg.help("The qualities: names with commas, * and ?, or all [default: all]")),
    mut_arg("size", |arg| arg.help("Exactly this size, WIDTHxHEIGHT [default: any that fits]")),
    mut_arg("n", |arg| arg.help("How many images in all, over as many calls as it takes [default: 1]")),
    mut_arg("tier", |arg| arg.help("The price list of every call; batch: the Batch API only [default: standard]")),
    mut_arg("request", |arg| arg.hide(true)),
)]
pub(crate) struct SolveArgs {
    /// Models, providers, qualities, a size and xN, in any order.
    #[arg(value_name = "WORD")]
    pub(crate) words: Vec<String>,

    /// What every call asks for.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// The least quality: low, medium, high, xhigh, max, or of DALL-E standard, hd.
    #[arg(long, value_name = "QUALITY", value_parser = PossibleValuesParser::new(Level::NAMES), hide_possible_values = true, help_heading = "Constraints")]
    pub(crate) min_quality: Option<String>,

    /// The least width times height, in pixels.
    #[arg(long, value_name = "PIXELS", allow_negative_numbers = true, help_heading = "Constraints")]
    pub(crate) min_pixels: Option<String>,

    /// The greatest width times height, in pixels.
    #[arg(long, value_name = "PIXELS", allow_negative_numbers = true, help_heading = "Constraints")]
    pub(crate) max_pixels: Option<String>,

    /// The least width, in pixels.
    #[arg(long, value_name = "PIXELS", allow_negative_numbers = true, help_heading = "Constraints")]
    pub(crate) min_width: Option<String>,

    /// The least height, in pixels.
    #[arg(long, value_name = "PIXELS", allow_negative_numbers = true, help_heading = "Constraints")]
    pub(crate) min_height: Option<String>,

    /// Width to height, such as 3:2.
    #[arg(long, value_name = "W:H", help_heading = "Constraints")]
    pub(crate) aspect: Option<String>,

    /// How far the ratio may be off, such as 1% [default: not at all].
    #[arg(
        long,
        value_name = "SHARE",
        requires = "aspect",
        allow_negative_numbers = true,
        help_heading = "Constraints"
    )]
    pub(crate) aspect_tolerance: Option<String>,

    /// Count the Batch API in where a provider has it.
    #[arg(long, conflicts_with = "tier", help_heading = "Constraints")]
    pub(crate) allow_batch: bool,

    /// What plans are compared by: what is expected, or the most it may cost [default: expected].
    #[arg(long, value_name = "BY", value_parser = PossibleValuesParser::new(By::NAMES), hide_possible_values = true, conflicts_with = "how_many", help_heading = "What to find")]
    pub(crate) by: Option<String>,

    /// How much money there is, in US dollars; with --how-many.
    #[arg(
        long,
        value_name = "USD",
        requires = "how_many",
        conflicts_with = "n",
        allow_negative_numbers = true,
        help_heading = "What to find"
    )]
    pub(crate) budget: Option<String>,

    /// Find how many images the budget surely pays for.
    #[arg(long, requires = "budget", conflicts_with = "n", help_heading = "What to find")]
    pub(crate) how_many: bool,

    /// How many plans to show [default: 1].
    #[arg(long, value_name = "K", allow_negative_numbers = true, help_heading = "What to find")]
    pub(crate) top: Option<String>,

    /// Another currency.
    #[command(flatten)]
    pub(crate) currency: CurrencyArgs,
}
