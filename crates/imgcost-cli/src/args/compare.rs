//! What `compare` takes.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use imgcost_core::Param;

use super::{CurrencyArgs, RequestArgs, VolumeArgs};
use crate::commands::SHOWN;

/// `compare`.
#[derive(Debug, Args)]
#[command(
    mut_arg("model", |arg| arg.value_name("LIST").help("The models [default: all that can be called on the day]")),
    mut_arg("provider", |arg| arg.value_name("LIST").help("The providers [default: openai]")),
    mut_arg("quality", |arg| arg.value_name("LIST").help("The qualities [default: all of each model]")),
    mut_arg("size", |arg| arg.value_name("LIST").help("The sizes [default: 1024x1024,1536x1024, where legal]")),
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
    /// Models, providers, qualities, sizes and xN to compare, in any order; or logs of calls.
    ///
    /// Of a log: what its calls would have cost on other models (--model, --provider) or at another
    /// --tier, the cheapest first. A call that can't move costs what it did. Without a model it is all
    /// that can be called, with --tier alone each call's own. Prices are those of each call's day, or
    /// of --as-of.
    #[arg(value_name = "WORD|LOG")]
    pub(crate) words: Vec<String>,

    /// The logs among the words.
    #[arg(skip)]
    pub(crate) logs: Vec<PathBuf>,

    /// Of a log: calls of this day and later, by UTC.
    #[arg(long, value_name = "DATE", help_heading = "Log")]
    pub(crate) since: Option<String>,

    /// Of a log: calls of this day and earlier, by UTC.
    #[arg(long, value_name = "DATE", help_heading = "Log")]
    pub(crate) until: Option<String>,

    /// What the calls ask for.
    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// How often the calls are made.
    #[command(flatten)]
    pub(crate) volume: VolumeArgs,

    /// Axes that go down: model, provider, quality, size, n, as-of, tier.
    #[arg(long, value_name = "AXES", help_heading = "Layout")]
    pub(crate) rows: Option<String>,

    /// Axes that go across; what is on neither side goes down.
    #[arg(long, value_name = "AXES", help_heading = "Layout")]
    pub(crate) columns: Option<String>,

    /// Value of each cell [default: per-image].
    #[arg(long, value_name = "VALUE", value_parser = PossibleValuesParser::new(SHOWN), help_heading = "Layout")]
    pub(crate) show: Option<String>,

    /// Sort by these keys; prefix with - for descending.
    #[arg(long, value_name = "KEYS", allow_hyphen_values = true, help_heading = "Layout")]
    pub(crate) sort: Option<String>,

    /// Show only what meets a condition: per-image<0.05, model=gpt-image-2*, state=priced. May be repeated.
    #[arg(long = "where", value_name = "EXPR", help_heading = "Layout")]
    pub(crate) filters: Vec<String>,

    /// Show only what costs at most this many US dollars an image.
    #[arg(long, value_name = "USD", allow_negative_numbers = true, help_heading = "Layout")]
    pub(crate) max_per_image: Option<String>,

    /// Baseline for differences: "gpt-image-2 high 1024x1024", or first.
    #[arg(long, value_name = "WORDS", help_heading = "Layout")]
    pub(crate) baseline: Option<String>,

    /// Instead of prices: which quality of other models spends what this one does, such as
    /// "gpt-image-2 medium 1024x1024".
    #[arg(
        long,
        value_name = "WORDS",
        conflicts_with_all = [
            "quality", "size", "n", "tier", "rows", "columns", "show", "sort", "filters", "max_per_image",
            "baseline", "currency", "fx", "calls", "per",
        ],
        help_heading = "Layout"
    )]
    pub(crate) equivalent_to: Option<String>,

    /// Another currency.
    #[command(flatten)]
    pub(crate) currency: CurrencyArgs,
}

impl CompareArgs {
    /// The first option that only a comparison of prices takes, not one of a log.
    pub(crate) fn of_prices(&self) -> Option<&'static str> {
        let texts = [
            ("rows", &self.rows),
            ("columns", &self.columns),
            ("show", &self.show),
            ("sort", &self.sort),
            ("where", &self.filters.first().cloned()),
            ("max_per_image", &self.max_per_image),
            ("baseline", &self.baseline),
            ("equivalent_to", &self.equivalent_to),
            ("currency", &self.currency.currency),
            ("calls", &self.volume.calls),
            ("per", &self.volume.per),
        ];
        let given = texts.into_iter().find(|(_, text)| text.is_some()).map(|(name, _)| name);
        let of_moves = [Param::Model, Param::Provider, Param::Tier];
        let mut others = self.request.params.iter().map(|(param, _)| param);
        let other = others.find(|param| !of_moves.contains(param)).map(Param::as_str);
        given.or(other).or(self.request.describes_a_call().then_some("request"))
    }
}
