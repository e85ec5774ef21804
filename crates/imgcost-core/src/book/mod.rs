//! The price book: who offers which model at what price since when, and the token rules.
//!
//! A [`Book`] is checked data. It is read from TOML text ([`Book::read`], feature `toml`),
//! or from the bytes that were made of one ([`Book::unpack`]). [`Book::offer`] answers what one
//! provider asks for one model on one day.

#[cfg(feature = "toml")]
mod aliases;
mod availability;
mod derived;
mod family;
mod field_rule;
mod images;
mod offer;
mod outcome;
mod packed;
mod price_rows;
mod provider;
mod rows;
#[cfg(feature = "toml")]
mod text;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use availability::Availability;
pub use family::{
    AutoSeen, Family, FidelityTokens, FreeSize, ImageInputRule, ImageOutputRule, Limits, MinMax, Overhead,
    PartialRule, ResponsesRule, SizeClass, Sizes, Sourced, TextInputRule, TextOutputRule, TokenSpan,
};
pub use field_rule::{FieldCost, FieldRule, FieldRules};
pub use images::ImagePrice;
pub(crate) use images::SizeSlot;
pub use offer::Offer;
pub use offer::{printable, without_date};
pub use outcome::{Event, Outcome, OutcomeResult, OutcomeRule};
use packed::{FamilySection, Section, Shelf};
pub use price_rows::PriceRow;
pub use provider::{CallingTokens, Model, Provider, TextModel};
pub use rows::{CallPrice, DatedRow, FixedPrice, RateCard, RatioBase, RatioCard, SourceLocation};
#[cfg(feature = "toml")]
pub use text::{BookErrors, File, Problem, pack as pack_book, schemas};

/// Where a figure comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Source {
    /// The name that rows cite.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Where it is: an address, or a package and its version.
    pub address: Option<String>,
    /// The day it was read.
    pub read: Date,
    /// The day it came into the book.
    pub learned: Date,
    /// `vendor`, `map`, `third-party`, `measurement` or `user`.
    pub kind: String,
    /// The published price maps that it is or that it was read in: their agreement proves nothing.
    pub maps: Vec<String>,
    /// Anything to know about it.
    pub note: Option<String>,
}

/// Every provider, model, price, rule and source, checked as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    pub(crate) families: Vec<FamilySection>,
    pub(crate) providers: Vec<Shelf>,
    pub(crate) sources: Section<BTreeMap<String, Source>>,
    pub(crate) files: Vec<String>,
    pub(crate) digest: String,
    pub(crate) overrides: u32,
}

impl Book {
    /// The providers, in order of their ids.
    pub fn providers(&self) -> impl ExactSizeIterator<Item = &Provider> + Clone {
        self.providers.iter().map(Shelf::provider)
    }

    /// The ids of all providers, in order, which are known without their prices.
    pub fn provider_ids(&self) -> impl Iterator<Item = &str> {
        self.providers.iter().map(|shelf| shelf.id.as_str())
    }

    /// The ids and aliases of all providers, which are known without their prices.
    pub fn provider_names(&self) -> impl Iterator<Item = &str> {
        let names = self.providers.iter().flat_map(|shelf| std::iter::once(&shelf.id).chain(&shelf.aliases));
        names.map(String::as_str)
    }

    /// The model families, in order of their ids.
    pub fn families(&self) -> impl ExactSizeIterator<Item = &Family> + Clone {
        self.families.iter().map(FamilySection::family)
    }

    /// The sources, by id.
    #[must_use]
    pub fn sources(&self) -> &BTreeMap<String, Source> {
        self.sources.get()
    }

    /// A source by its id.
    #[must_use]
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources().get(id)
    }

    /// The names of the files that it was read from; [`SourceLocation::file`] points in here.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// A row's file and line, such as `providers/openai.toml:42`.
    #[must_use]
    pub fn location(&self, location: SourceLocation) -> String {
        let file = self.files.get(usize::from(location.file)).map_or("?", String::as_str);
        format!("{file}:{}", location.line)
    }

    /// What identifies the book's content: `sha256:` and 64 hex digits over its files.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The day its prices were last checked: the latest of its providers'.
    #[must_use]
    pub fn checked(&self) -> Date {
        self.providers().map(|provider| provider.checked).max().unwrap_or(Date::ZERO)
    }

    /// How many rows of the user's own book replace built-in ones.
    #[must_use]
    pub fn overrides(&self) -> u32 {
        self.overrides
    }

    /// The family of one of its models.
    #[must_use]
    pub fn family_of(&self, model: &Model) -> Option<&Family> {
        self.families.get(usize::from(model.family_index)).map(FamilySection::family)
    }

    /// A family by its id.
    #[must_use]
    pub fn family(&self, id: &str) -> Option<&Family> {
        self.families.iter().find(|part| part.id == id).map(FamilySection::family)
    }
}
