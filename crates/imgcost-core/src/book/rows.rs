//! The rows of a provider's file: models, dated prices, outcomes.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{FieldRules, ImagePrice};
use crate::evidence::{Confidence, Evidence};
use crate::money::{Ratio, Usd, UsdPerMillion};
use crate::params::{Basis, Item, NativeApi, Pixels, Quality, Tier, closed_names};

/// Where a row is written: the file, as an index into [`Book::files`](crate::Book::files), and
/// the line, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SourceLocation {
    /// Index of the file.
    pub file: u16,
    /// The line in it.
    pub line: u32,
}

/// What every dated row carries: its days, its source, and how sure it is.
///
/// Days are half-open: a row holds from `from` up to, and not including, `to`.
/// `to` means that another price replaced it; a shutdown never ends a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DatedRow {
    /// The first day.
    pub from: Date,
    /// The day on which another price replaced it.
    pub to: Option<Date>,
    /// Whether `from` is the release or reading day because the source names none.
    pub from_assumed: bool,
    /// The id of its source.
    pub source: String,
    /// How it is known.
    pub evidence: Evidence,
    /// How sure its source is.
    pub confidence: Confidence,
    /// The day it was last checked.
    pub checked: Option<Date>,
    /// Anything to know about it.
    pub note: Option<String>,
    /// Why it replaces the built-in book's, for rows of the user's own.
    pub reason: Option<String>,
    /// Its file and line.
    pub location: SourceLocation,
}

impl DatedRow {
    /// Whether the row holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }
}

/// Prices per million tokens, for one tier and span of days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RateCard {
    /// Standard or Batch API.
    pub tier: Tier,
    /// Prompt tokens.
    pub text_input: Option<UsdPerMillion>,
    /// Prompt tokens that were cached.
    pub text_input_cached: Option<UsdPerMillion>,
    /// Input image tokens.
    pub image_input: Option<UsdPerMillion>,
    /// Input image tokens that were cached.
    pub image_input_cached: Option<UsdPerMillion>,
    /// Image tokens.
    pub image_output: Option<UsdPerMillion>,
    /// Text tokens in the output.
    pub text_output: Option<UsdPerMillion>,
    /// Days and source.
    pub row: DatedRow,
}

impl RateCard {
    /// The price of an item's tokens, where the card has one.
    #[must_use]
    pub fn rate(&self, item: Item) -> Option<UsdPerMillion> {
        match item {
            Item::TextInput => self.text_input,
            Item::ImageInput => self.image_input,
            Item::TextInputCached => self.text_input_cached,
            Item::ImageInputCached => self.image_input_cached,
            Item::TextOutput => self.text_output,
            Item::ImageOutput | Item::PartialImages => self.image_output,
            Item::Image | Item::Call | Item::ResponsesModel => None,
        }
    }
}

/// A price per call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallPrice {
    /// The price of one call.
    pub usd: Usd,
    /// Days and source.
    pub row: DatedRow,
}

/// A gateway's token ratios for one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RatioCard {
    /// Multiplies the price of ratio 1.
    pub model: Ratio,
    /// Multiplies output tokens on top.
    pub completion: Ratio,
    /// Multiplies input image tokens on top.
    pub image: Ratio,
    /// Days and source.
    pub row: DatedRow,
}

/// A gateway's fixed price for one model: an image at its plainest, times ratios.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FixedPrice {
    /// The price of one image before ratios.
    pub usd: Usd,
    /// Ratios by size; a size that is not listed counts as 1.
    pub size_ratio: Vec<(Pixels, Ratio)>,
    /// Ratios by quality, for all sizes or for one; one that is not listed counts as 1.
    pub quality_ratio: Vec<(Quality, Option<Pixels>, Ratio)>,
    /// Days and source.
    pub row: DatedRow,
}

impl FixedPrice {
    /// What quality and size multiply the price by, or nothing if that leaves the range of
    /// exact ratios.
    #[must_use]
    pub fn ratio(&self, quality: &Quality, size: Pixels) -> Option<Ratio> {
        let by_size =
            self.size_ratio.iter().find(|(at, _)| *at == size).map_or(Ratio::ONE, |(_, ratio)| *ratio);
        let by_quality = |at: Option<Pixels>| {
            let found = self.quality_ratio.iter().find(|(name, size, _)| name == quality && *size == at);
            found.map(|(_, _, ratio)| *ratio)
        };
        let by_quality = by_quality(Some(size)).or_else(|| by_quality(None)).unwrap_or(Ratio::ONE);
        by_size.checked_mul(by_quality)
    }
}

/// The unit of a ratio-billing gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RatioBase {
    /// What ratio 1 costs.
    pub usd_per_million: UsdPerMillion,
    /// How many of the gateway's units make a dollar; a bill is a whole number of them.
    pub quota_per_usd: u32,
    /// The id of the source.
    pub source: String,
    /// How it is known.
    pub evidence: Evidence,
}

closed_names! {
    /// How far a call got.
    Event {
        /// It never left: no connection, no address, no TLS.
        NotSent = "not-sent",
        /// An HTTP status came back.
        Response = "response",
        /// It was sent, and no response came: reset, timeout, disconnect.
        NoResponse = "no-response",
    }
}

closed_names! {
    /// What a call that went wrong costs.
    OutcomeResult {
        /// Nothing.
        Free = "free",
        /// As if it had succeeded.
        Billed = "billed",
        /// Not known; counts as spent at the ceiling until it is.
        Unknown = "unknown",
    }
}

/// A provider's rule on calls that went wrong. The first that matches decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutcomeRule {
    /// How far the call got.
    pub event: Event,
    /// HTTP statuses from first to last; empty means any.
    pub status: Vec<(u16, u16)>,
    /// The error body's `type`, if it matters.
    pub error_type: Option<String>,
    /// The error body's `code`, if it matters.
    pub error_code: Option<String>,
    /// What it costs.
    pub result: OutcomeResult,
    /// How that is known.
    pub evidence: Evidence,
    /// The id of the source, unless assumed.
    pub source: Option<String>,
    /// Anything to know about it.
    pub note: Option<String>,
}

/// What happened to a call, as far as the outcome rules look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome<'a> {
    /// How far the call got.
    pub event: Event,
    /// The HTTP status, if one came.
    pub status: Option<u16>,
    /// The error body's `type`.
    pub error_type: Option<&'a str>,
    /// The error body's `code`.
    pub error_code: Option<&'a str>,
}

impl<'a> Outcome<'a> {
    /// What happened: how far the call got, the status, and the error body's `type` and `code`.
    #[must_use]
    pub const fn new(
        event: Event,
        status: Option<u16>,
        error_type: Option<&'a str>,
        error_code: Option<&'a str>,
    ) -> Outcome<'a> {
        Outcome { event, status, error_type, error_code }
    }
}

impl OutcomeRule {
    fn covers(&self, outcome: &Outcome<'_>) -> bool {
        let status = self.status.is_empty()
            || outcome
                .status
                .is_some_and(|status| self.status.iter().any(|&(a, b)| a <= status && status <= b));
        let same = |rule: &Option<String>, met: Option<&str>| rule.is_none() || rule.as_deref() == met;
        self.event == outcome.event
            && status
            && same(&self.error_type, outcome.error_type)
            && same(&self.error_code, outcome.error_code)
    }
}

/// A model that runs the Responses API's image tool, with its own token prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TextModel {
    /// Its name.
    pub id: String,
    /// Input tokens.
    pub input: UsdPerMillion,
    /// Input tokens that were cached; none where no price is known.
    pub input_cached: Option<UsdPerMillion>,
    /// Output tokens.
    pub output: UsdPerMillion,
    /// How it counts, where that was measured.
    pub tokens: CallingTokens,
    /// Days and source.
    pub row: DatedRow,
}

/// What was measured of a model that runs the Responses API's image tool; the rest is as
/// [`ResponsesRule`](super::ResponsesRule) has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallingTokens {
    /// Input tokens beside the prompt and its own output, without an input image, probably.
    pub context_expected: Option<u64>,
    /// Its output tokens, probably.
    pub output_expected: Option<u64>,
    /// Input tokens for the view of each image that was made.
    pub view: Option<u64>,
    /// Input tokens for an input image: for itself, and for each of its tiles.
    pub input_image: Option<(u64, u64)>,
}

/// A model as one provider offers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Model {
    /// The name that requests use.
    pub id: String,
    /// Other names for the same terms, such as dated snapshots.
    pub aliases: Vec<String>,
    /// The id of its family.
    pub family: String,
    /// How it is billed.
    pub basis: Basis,
    /// The units of a dollar that the bill of a whole call is rounded up to, such as 100 for
    /// cents; none where it is not rounded.
    pub rounds_up_per_usd: Option<u32>,
    /// The first day it was offered, where known.
    pub released: Option<Date>,
    /// The day it stopped answering.
    pub retired: Option<Date>,
    /// What the provider recommends in its place.
    pub replacement: Option<String>,
    /// The id of the source of these days.
    pub lifecycle_source: Option<String>,
    /// Anything to know about it.
    pub note: Option<String>,
    /// Token prices.
    pub rates: Vec<RateCard>,
    /// Prices per image: the bill, or the published view of token prices.
    pub images: Vec<ImagePrice>,
    /// Prices per call.
    pub calls: Vec<CallPrice>,
    /// Gateway ratios.
    pub ratios: Vec<RatioCard>,
    /// Gateway fixed prices.
    pub fixed: Vec<FixedPrice>,
    /// The index of its family in the book; worked out when the book is made.
    pub(crate) family_index: u16,
    /// The first day that any of its prices holds; worked out when the book is made.
    pub first_price: Option<Date>,
    /// Its file and line.
    pub location: SourceLocation,
}

impl Model {
    /// Whether the model has stopped answering on a day.
    #[must_use]
    pub fn is_retired_on(&self, day: Date) -> bool {
        self.retired.is_some_and(|retired| retired <= day)
    }

    /// Every dated row.
    pub fn rows(&self) -> impl Iterator<Item = &DatedRow> {
        (self.rates.iter().map(|card| &card.row))
            .chain(self.images.iter().map(|price| &price.row))
            .chain(self.calls.iter().map(|price| &price.row))
            .chain(self.ratios.iter().map(|card| &card.row))
            .chain(self.fixed.iter().map(|price| &price.row))
    }
}

/// A provider: its models, and what is the same for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Provider {
    /// The name that requests use.
    pub id: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Its name in full.
    pub title: String,
    /// The day its prices were last checked.
    pub checked: Date,
    /// How the names of the models begin that it makes.
    pub makes: Vec<String>,
    /// What its own API is, if it has one beside routes in the shape of OpenAI's.
    pub native_api: Option<NativeApi>,
    /// The hosts of its API, as far as they are known; `*.` stands for any name before the rest.
    pub hosts: Vec<String>,
    /// The dialects that its API takes, by their names, the likeliest first; none where they are
    /// OpenAI's.
    pub dialects: Vec<String>,
    /// Whether its responses state the bill, which then is what a call cost.
    pub stated_bill: bool,
    /// The model that a body without one is for, where the provider says.
    pub default_model: Option<String>,
    /// What it accepts of single fields, whatever the model.
    pub fields: FieldRules,
    /// Anything to know about it.
    pub note: Option<String>,
    /// The unit of its ratios, if it bills by ratio.
    pub ratio: Option<RatioBase>,
    /// What calls that went wrong cost.
    pub outcomes: Vec<OutcomeRule>,
    /// Models that run the Responses API's image tool.
    pub text_models: Vec<TextModel>,
    /// Its image models.
    pub models: Vec<Model>,
    /// Its file and line.
    pub location: SourceLocation,
}

impl Provider {
    /// Whether it makes a model of this name, which others may offer too.
    #[must_use]
    pub fn makes(&self, model: &str) -> bool {
        let name = model.rsplit('/').next().unwrap_or(model);
        self.makes.iter().any(|begin| name.starts_with(begin))
    }

    /// Whether a host is one of its API's, whatever the case.
    #[must_use]
    pub fn has_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.hosts.iter().any(|known| match known.strip_prefix('*') {
            Some(end) => host.strip_suffix(end).is_some_and(|name| !name.is_empty()),
            None => host == *known,
        })
    }

    /// A model by id or alias.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&Model> {
        let by_id = self.models.iter().find(|model| model.id == name);
        by_id.or_else(|| self.models.iter().find(|model| model.aliases.iter().any(|alias| alias == name)))
    }

    /// The model of a name as responses write it: also with the provider in front
    /// (`openai/gpt-image-2`), and whatever its case.
    #[must_use]
    pub fn model_like(&self, name: &str) -> Option<&Model> {
        let last = name.rsplit('/').next().unwrap_or(name);
        let alike = |known: &str| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(last);
        self.model(name).or_else(|| {
            let names = |model: &Model| alike(&model.id) || model.aliases.iter().any(|alias| alike(alias));
            self.models.iter().find(|model| names(model))
        })
    }

    /// The models that can be called on a day, those that were released last first.
    #[must_use]
    pub fn current_models(&self, day: Date) -> Vec<&Model> {
        let is_current = |model: &&Model| {
            model.retired.is_none_or(|retired| day < retired)
                && model.released.is_none_or(|released| released <= day)
                && model.first_price.is_some_and(|first| first <= day)
        };
        let mut models: Vec<&Model> = self.models.iter().filter(is_current).collect();
        models.sort_by_key(|model| std::cmp::Reverse(model.released));
        models
    }

    /// The rule that decides what a call that went wrong costs, if one covers it.
    #[must_use]
    pub fn outcome(&self, outcome: &Outcome<'_>) -> Option<&OutcomeRule> {
        self.outcomes.iter().find(|rule| rule.covers(outcome))
    }
}
