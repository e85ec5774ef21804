//! The price book: who sells which model at what price since when, and the token rules.
//!
//! A [`Book`] is checked data. It is read from TOML text ([`Book::read`], feature `toml`),
//! or from the bytes that a build made of one ([`serde`]). [`Book::offer`] answers what one
//! provider asks for one model on one day.

mod availability;
mod derived;
mod family;
mod images;
mod listed;
mod offer;
mod rows;
#[cfg(feature = "toml")]
mod text;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use availability::Availability;
pub use family::{
    Family, FidelityTokens, FreeSize, ImageInputRule, ImageOutputRule, Limits, MinMax, Overhead, PartialRule,
    ResponsesRule, SizeClass, Sizes, Sourced, TextInputRule, TextOutputRule, TokenSpan,
};
pub use images::ImagePrice;
pub(crate) use images::SizeSlot;
pub use listed::PriceRow;
pub use offer::Offer;
pub use offer::{printable, without_date};
pub use rows::{
    CallPrice, CallingTokens, Event, FixedPrice, Model, Outcome, OutcomeResult, OutcomeRule, Place, Provider,
    RateCard, RatioBase, RatioCard, Row, TextModel,
};
#[cfg(feature = "toml")]
pub use text::{BookErrors, File, Problem, schemas};

/// Where a figure comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The name that rows cite.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Where it is: an address, or a package and its version.
    pub address: Option<String>,
    /// The day it was read.
    pub read: Date,
    /// `vendor`, `third-party`, `measurement` or `user`.
    pub kind: String,
    /// Anything to know about it.
    pub note: Option<String>,
}

/// Every provider, model, price, rule and source, checked as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Book {
    pub(crate) families: Vec<Family>,
    pub(crate) providers: Vec<Provider>,
    pub(crate) sources: BTreeMap<String, Source>,
    pub(crate) files: Vec<String>,
    pub(crate) digest: String,
    pub(crate) overrides: u32,
}

impl Book {
    /// The providers, in order of their ids.
    #[must_use]
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// The model families, in order of their ids.
    #[must_use]
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// The sources, by id.
    #[must_use]
    pub fn sources(&self) -> &BTreeMap<String, Source> {
        &self.sources
    }

    /// A source by its id.
    #[must_use]
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.get(id)
    }

    /// The names of the files that it was read from; [`Place::file`] points in here.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// A row's file and line, such as `providers/openai.toml:42`.
    #[must_use]
    pub fn place(&self, place: Place) -> String {
        let file = self.files.get(usize::from(place.file)).map_or("?", String::as_str);
        format!("{file}:{}", place.line)
    }

    /// What identifies the book's content: `sha256:` and 64 hex digits over its files.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How many rows of the user's own book stand over the built-in ones.
    #[must_use]
    pub fn overrides(&self) -> u32 {
        self.overrides
    }

    /// The book as far as quotes at one provider need it: without other providers and without
    /// the sources. It keeps the digest, so that its quotes have the same ids; what it can't
    /// answer is who else sells a model, and what a source is.
    #[must_use]
    pub fn for_quotes_at(&self, provider: &str) -> Option<Book> {
        let provider = self.providers.iter().find(|known| known.id == provider)?;
        Some(self.with_only(provider.clone()))
    }

    /// The book as far as quotes of one model at one provider need it, the models that replace
    /// it included: [`for_quotes_at`](Book::for_quotes_at), without the other models and the
    /// text models of the Responses API.
    #[must_use]
    pub fn for_quotes_of(&self, provider: &str, model: &str) -> Option<Book> {
        let mut provider = self.providers.iter().find(|known| known.id == provider)?.clone();
        let mut kept: Vec<Model> = Vec::new();
        let mut next = provider.models.iter().find(|known| known.id == model);
        while let Some(model) = next.filter(|model| !kept.contains(model)) {
            kept.push(model.clone());
            next = model.replacement.as_deref().and_then(|name| provider.model(name));
        }
        provider.models = kept;
        provider.text_models.clear();
        (!provider.models.is_empty()).then(|| self.with_only(provider))
    }

    fn with_only(&self, mut provider: Provider) -> Book {
        let mut needed: Vec<&str> = self.families.iter().map(|family| family.id.as_str()).collect();
        needed.retain(|id| provider.models.iter().any(|model| model.family == *id));
        for family in
            self.families.iter().filter(|family| needed.contains(&family.id.as_str())).collect::<Vec<_>>()
        {
            if let Some(Sourced { rule: ImageOutputRule::Scaled { of, .. }, .. }) = &family.image_output {
                needed.push(of);
            }
        }
        let families: Vec<Family> =
            self.families.iter().filter(|family| needed.contains(&family.id.as_str())).cloned().collect();
        for model in &mut provider.models {
            let index = families.iter().position(|family| family.id == model.family);
            model.family_index = index.and_then(|index| u16::try_from(index).ok()).unwrap_or(u16::MAX);
        }
        Book {
            families,
            providers: vec![provider],
            sources: BTreeMap::new(),
            files: self.files.clone(),
            digest: self.digest.clone(),
            overrides: self.overrides,
        }
    }

    /// The family of a model.
    #[must_use]
    pub fn family(&self, id: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.id == id)
    }
}
