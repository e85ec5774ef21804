//! The quote as the JSON document of the contract (`imgcost.quote/1`).
//!
//! Amounts are decimal strings, counts are integers; a key that does not apply is left out,
//! a value that is unknown is null.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Note, Quote, QuoteLine};
use crate::estimate::{CeilingBasis, Estimate};
use crate::evidence::Evidence;
use crate::money::Usd;
use crate::params::{Endpoint, Item, Param, Unit};
use crate::total::Total;

/// A quote, ready to be written as JSON.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct QuoteDocument<'q> {
    /// `imgcost.quote/1`.
    pub schema: &'static str,
    /// See [`Quote::id`].
    pub id: String,
    /// The provider.
    pub provider: &'q str,
    /// The model.
    pub model: &'q str,
    /// The day.
    pub as_of: jiff::civil::Date,
    /// Whether everything is priced.
    pub complete: bool,
    /// The items without a price.
    pub unpriced: Vec<Item>,
    /// The request as it was understood.
    pub request: RequestDocument<'q>,
    /// The lines.
    pub lines: Vec<LineDocument<'q>>,
    /// What the API's usage will report.
    pub tokens: TokensDocument,
    /// The sum.
    pub total: TotalDocument,
    /// The published price of one image, where the provider has a table beside token prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_image_list_price: Option<Usd>,
    /// The book it was made from.
    pub book: BookDocument<'q>,
    /// What to know.
    pub notes: Vec<Note>,
}

/// The request as it was understood, defaults filled in: its parameters by their names, but for
/// model, provider and day, which are the quote's own.
#[derive(Debug, Clone)]
pub struct RequestDocument<'q>(&'q Quote<'q>);

impl Serialize for RequestDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RequestDocument(quote) = self;
        let request = quote.request;
        let mut map = serializer.serialize_map(None)?;
        let own = [Param::Model, Param::Provider, Param::AsOf];
        for param in Param::ALL.iter().filter(|param| !own.contains(param)) {
            if let Some(value) = quote.param(*param) {
                map.serialize_entry(param.as_str(), &value)?;
            }
        }
        if request.model != quote.offer.model.id {
            map.serialize_entry("model_alias", &request.model)?;
        }
        if request.endpoint == Endpoint::Responses {
            map.serialize_entry("most_images", &request.most_images())?;
        }
        for (name, value) in &request.options {
            map.serialize_entry(name, value)?;
        }
        for (name, fields) in
            [("unknown_fields", &request.unknown_fields), ("unseen_context", &request.unseen_context)]
        {
            if !fields.is_empty() {
                map.serialize_entry(name, fields)?;
            }
        }
        map.end()
    }
}

/// A range: floor, expected, ceiling, and what the ceiling rests on.
#[derive(Debug, Clone, Copy, Serialize)]
#[non_exhaustive]
pub struct RangeDocument<T: Serialize> {
    /// At least.
    pub floor: T,
    /// Probably; null where nothing supports a guess.
    pub expected: Option<T>,
    /// At most.
    pub ceiling: T,
    /// `proven` or `assumed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceiling_basis: Option<CeilingBasis>,
}

impl From<Estimate<u64>> for RangeDocument<u64> {
    fn from(range: Estimate<u64>) -> Self {
        RangeDocument {
            floor: range.floor,
            expected: range.expected,
            ceiling: range.ceiling,
            ceiling_basis: Some(range.basis),
        }
    }
}

impl From<Estimate<Usd>> for RangeDocument<Usd> {
    fn from(range: Estimate<Usd>) -> Self {
        RangeDocument {
            floor: range.floor,
            expected: range.expected,
            ceiling: range.ceiling,
            ceiling_basis: None,
        }
    }
}

/// A line.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LineDocument<'q> {
    /// What it is.
    pub item: Item,
    /// `input` or `output`, on the two lines of the Responses model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<&'static str>,
    /// What is counted.
    pub unit: Unit,
    /// How many.
    pub quantity: RangeDocument<u64>,
    /// USD for `per` units; null where unknown, or where the amounts come from several rates.
    #[serde(serialize_with = "text_or_null")]
    pub rate: Option<super::Rate>,
    /// How many units the rate is for.
    pub per: u64,
    /// Quantity times rate in USD; null where unknown.
    pub amount: Option<RangeDocument<Usd>>,
    /// How the quantity is known.
    pub evidence: Evidence,
    /// The source of the quantity.
    pub source: &'q str,
    /// How the rate is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_evidence: Option<Evidence>,
    /// The source of the rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_source: Option<&'q str>,
    /// Why the rate is the user's own: the reason of its row, or a discount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_reason: Option<&'q str>,
    /// The row of the price book that has the rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_row: Option<String>,
}

pub(crate) fn text_or_null<S: Serializer>(
    rate: &Option<super::Rate>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match rate {
        Some(rate) => serializer.collect_str(rate),
        None => serializer.serialize_none(),
    }
}

/// What the API's usage will report.
#[derive(Debug, Clone, Copy, Serialize)]
#[non_exhaustive]
pub struct TokensDocument {
    /// Prompt tokens with the API's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_input: Option<RangeDocument<u64>>,
    /// Input image tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_input: Option<RangeDocument<u64>>,
    /// Text tokens of the output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_output: Option<RangeDocument<u64>>,
    /// Image tokens, partial images included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_output: Option<RangeDocument<u64>>,
}

/// The sum of the lines.
#[derive(Debug, Clone, Copy, Serialize)]
#[non_exhaustive]
pub struct TotalDocument {
    /// At least; null where nothing is priced.
    pub floor: Option<Usd>,
    /// Probably; null where nothing supports a guess.
    pub expected: Option<Usd>,
    /// At most; null where something is unpriced.
    pub ceiling: Option<Usd>,
    /// `proven` or `assumed`; null where there is no ceiling.
    pub ceiling_basis: Option<CeilingBasis>,
    /// `USD`.
    pub currency: &'static str,
}

impl From<Total> for TotalDocument {
    fn from(total: Total) -> Self {
        let Total { floor, expected, ceiling, basis } = total;
        TotalDocument { floor, expected, ceiling, ceiling_basis: ceiling.map(|_| basis), currency: "USD" }
    }
}

/// The price book.
#[derive(Debug, Clone, Copy, Serialize)]
#[non_exhaustive]
pub struct BookDocument<'q> {
    /// Identifies its content.
    pub digest: &'q str,
    /// The day the provider's prices were last checked.
    pub checked: jiff::civil::Date,
    /// How many rows of the user's own replace its.
    pub overrides: u32,
}

/// Whether the amounts of one quantity come from several rates, as for an image whose size
/// is left to the model: no one rate explains them.
fn spans_rates(line: &QuoteLine<'_>, price: &super::Price<'_>) -> bool {
    line.unit == Unit::Image && price.amount.floor != price.amount.ceiling
}

impl<'b> Quote<'b> {
    /// The part of the document that is the request.
    #[must_use]
    pub fn request_document(&self) -> RequestDocument<'_> {
        RequestDocument(self)
    }

    /// The JSON document of the quote, notes in words and id included.
    #[must_use]
    pub fn document(&self) -> QuoteDocument<'_> {
        let offer = &self.offer;
        let tokens = |item| self.tokens(item).map(Into::into);
        let mut unpriced: Vec<Item> = self.unpriced().collect();
        unpriced.dedup();
        QuoteDocument {
            schema: "imgcost.quote/1",
            id: self.id(),
            provider: &offer.provider.id,
            model: &offer.model.id,
            as_of: offer.as_of,
            complete: self.is_complete(),
            unpriced,
            request: self.request_document(),
            lines: self.lines.iter().map(|line| self.line_document(line)).collect(),
            tokens: TokensDocument {
                text_input: tokens(Item::TextInput),
                image_input: tokens(Item::ImageInput),
                text_output: tokens(Item::TextOutput),
                image_output: tokens(Item::ImageOutput),
            },
            total: self.total.into(),
            per_image_list_price: self.per_image_list_price(),
            book: BookDocument {
                digest: offer.book.digest(),
                checked: offer.provider.checked,
                overrides: offer.book.overrides(),
            },
            notes: self.notes(),
        }
    }

    fn line_document(&self, line: &QuoteLine<'b>) -> LineDocument<'_> {
        let price = line.price;
        LineDocument {
            item: line.item,
            part: line.part.map(super::LinePart::as_str),
            unit: line.unit,
            quantity: line.quantity.into(),
            rate: price.filter(|price| !spans_rates(line, price)).map(|price| price.rate),
            per: price.map_or(if line.unit == Unit::Token { 1_000_000 } else { 1 }, |price| price.rate.per()),
            amount: price.map(|price| RangeDocument::from(price.amount)),
            evidence: line.evidence,
            source: line.source,
            rate_evidence: price.map(|price| price.row.evidence),
            rate_source: price.map(|price| price.row.source.as_str()),
            rate_reason: price.and_then(|price| price.row.reason.as_deref()),
            rate_row: price.map(|price| self.offer.book.location(price.row.location)),
        }
    }
}
