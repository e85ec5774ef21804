//! A provider with its models, each with its dated prices.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::outcome::{Outcome, OutcomeRule};
use super::packed::Section;
use super::rows::{CallPrice, DatedRow, FixedPrice, RateCard, RatioBase, RatioCard, SourceLocation};
use super::{FieldRules, ImagePrice};
use crate::money::UsdPerMillion;
use crate::params::{Basis, NativeApi, Tier};

/// A model that runs the Responses API's image tool, with its own token prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TextModel {
    /// Its name.
    pub id: String,
    /// The tier that these prices are of.
    pub tier: Tier,
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
#[serde(bound(deserialize = "'de: 'static"))]
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
    /// Read when they are first asked for, since most calls have none.
    pub(crate) text_models: Section<Vec<TextModel>>,
    /// Its image models.
    pub models: Vec<Model>,
    /// Its file and line.
    pub location: SourceLocation,
}

impl Provider {
    /// Models that run the Responses API's image tool.
    #[must_use]
    pub fn text_models(&self) -> &[TextModel] {
        self.text_models.get()
    }

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
