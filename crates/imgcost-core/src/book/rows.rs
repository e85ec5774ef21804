//! The dated rows of a provider's file.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::evidence::{Confidence, Evidence};
use crate::money::{Ratio, Usd, UsdPerMillion};
use crate::params::{Item, Pixels, Quality, Tier};

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
