//! What one provider asks for one model on one day.

use jiff::civil::Date;

use super::packed::Shelf;
use super::{Book, CallPrice, DatedRow, Family, FixedPrice, Model, Provider, RateCard, RatioCard, TextModel};
use crate::error::{Code, Error};
use crate::money::UsdPerMillion;
use crate::params::{Item, Tier};

/// One provider's terms for one model on one day.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Offer<'b> {
    /// The book it comes from.
    pub book: &'b Book,
    /// The provider.
    pub provider: &'b Provider,
    /// The model.
    pub model: &'b Model,
    /// The model's family: limits and token rules.
    pub family: &'b Family,
    /// The day.
    pub as_of: Date,
}

impl Book {
    /// A provider by id or alias.
    ///
    /// # Errors
    /// No provider of that name; the error lists them and names the nearest.
    pub fn provider(&self, name: &str) -> Result<&Provider, Error> {
        let by_id = self.providers.iter().find(|shelf| shelf.id == name);
        by_id
            .or_else(|| self.providers.iter().find(|shelf| shelf.aliases.iter().any(|alias| alias == name)))
            .map(Shelf::provider)
            .ok_or_else(|| {
                Error::new(Code::UnknownProvider, format!("no provider '{}'", printable(name)))
                    .field("provider")
                    .allowed(self.providers.iter().map(|shelf| &shelf.id))
                    .nearest_name(name)
            })
    }

    /// The provider whose API is at a host.
    #[must_use]
    pub fn provider_at(&self, host: &str) -> Option<&Provider> {
        self.providers().find(|provider| provider.has_host(host))
    }

    /// What a provider asks for a model on a day.
    ///
    /// # Errors
    /// No such provider, no such model, a model that others offer, or a day before the provider's
    /// first price for it. A model without any price is an offer all the same: its quote
    /// says what is unpriced.
    pub fn offer(&self, provider: &str, model: &str, as_of: Date) -> Result<Offer<'_>, Error> {
        let provider = self.provider(provider)?;
        let Some(model) = provider.model(model) else {
            return Err(self.no_such_model(provider, model));
        };
        let Some(family) = self.family_of(model) else {
            // Checked when the book is made; a book that was tampered with ends here.
            let message = format!("the price book has no family '{}'", model.family);
            return Err(Error::new(Code::BadInput, message).field("model"));
        };
        let offer = Offer { book: self, provider, model, family, as_of };
        match model.first_price {
            Some(first) if as_of < first => {
                let (provider, model) = (&provider.id, &model.id);
                let message =
                    format!("{provider} has no price for {model} on {as_of}: the first is of {first}");
                Err(Error::new(Code::BeforeFirstPrice, message).field("as_of").nearest(first))
            }
            _ => Ok(offer),
        }
    }

    fn no_such_model(&self, provider: &Provider, name: &str) -> Error {
        let providers: Vec<&str> = (self.providers())
            .filter(|other| other.model(name).is_some())
            .map(|other| other.id.as_str())
            .collect();
        let shown = printable(name);
        if providers.is_empty() {
            // Of names that are as near, one that is there to stay was meant.
            let mut models: Vec<_> = provider.models.iter().collect();
            models.sort_by_key(|model| model.retired.is_some());
            let mut error = Error::new(Code::UnknownModel, format!("no model '{shown}' at {}", provider.id))
                .field("model")
                .allowed(models.into_iter().map(|model| &model.id))
                .nearest_name(name);
            if error.nearest_value().is_none() {
                let all =
                    self.providers().flat_map(|provider| &provider.models).map(|model| model.id.as_str());
                if let Some(near) = crate::nearest::name(name, all) {
                    error = error.nearest(near);
                }
            }
            return error;
        }
        let message = format!("{} does not offer {shown}; offered by {}", provider.id, providers.join(", "));
        Error::new(Code::NotOfferedHere, message)
            .field("provider")
            .allowed(&providers)
            .nearest_name(&provider.id)
    }
}

/// The name of the model that a dated snapshot is of: without the day at its end.
#[must_use]
pub fn without_date(id: &str) -> Option<&str> {
    let at = id.len().checked_sub("-2025-08-07".len())?;
    let (name, day) = id.split_at_checked(at)?;
    let day: &str = day.strip_prefix('-')?;
    day.parse::<jiff::civil::Date>().ok().map(|_| name)
}

/// A name as it may be shown: without control characters, cut to 64 characters.
#[must_use]
pub fn printable(name: &str) -> String {
    name.chars().take(64).map(|c| if c.is_control() { '?' } else { c }).collect()
}

impl<'b> Offer<'b> {
    fn current<R>(&self, rows: &'b [R], row: impl Fn(&R) -> &DatedRow) -> Option<&'b R> {
        rows.iter().find(|candidate| row(candidate).holds_on(self.as_of))
    }

    /// The token prices of a tier on the day, a user's own before the built-in.
    pub fn rates(&self, tier: Tier) -> impl Iterator<Item = &'b RateCard> + use<'b> {
        let as_of = self.as_of;
        self.model.rates.iter().filter(move |card| card.tier == tier && card.row.holds_on(as_of))
    }

    /// The price of an item's tokens on the day, and the row it comes from. An item that a
    /// user's own card leaves out keeps its built-in price.
    #[must_use]
    pub fn token_rate(&self, tier: Tier, item: Item) -> Option<(UsdPerMillion, &'b DatedRow)> {
        self.rates(tier).find_map(|card| Some((card.rate(item)?, &card.row)))
    }

    /// The price of a call on the day.
    #[must_use]
    pub fn call_price(&self) -> Option<&'b CallPrice> {
        self.current(&self.model.calls, |price| &price.row)
    }

    /// The gateway ratios on the day.
    #[must_use]
    pub fn ratios(&self) -> Option<&'b RatioCard> {
        self.current(&self.model.ratios, |card| &card.row)
    }

    /// The gateway's fixed price on the day.
    #[must_use]
    pub fn fixed_price(&self) -> Option<&'b FixedPrice> {
        self.current(&self.model.fixed, |price| &price.row)
    }

    /// A model that runs the Responses API's image tool, with its standard prices, by its name or that
    /// of a dated snapshot (`gpt-5-2025-08-07`).
    #[must_use]
    pub fn text_model(&self, id: &str) -> Option<&'b TextModel> {
        self.text_rates(id, Tier::Standard)
    }

    /// The same with the prices of a tier. Those of the Batch API are the standard ones where none are
    /// known, since they are no higher.
    #[must_use]
    pub fn text_rates(&self, id: &str, tier: Tier) -> Option<&'b TextModel> {
        let named = |id: &str| {
            let mut models = self.provider.text_models().iter().filter(|model| model.tier == tier);
            models.find(|model| model.id == id && model.row.holds_on(self.as_of))
        };
        let found = named(id).or_else(|| named(without_date(id)?));
        match tier {
            Tier::Batch => found.or_else(|| self.text_model(id)),
            _ => found,
        }
    }
}
