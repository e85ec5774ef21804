//! What changes in the price book between two days, or between two books.

use std::collections::BTreeMap;

use imgcost_core::{Availability, Book, Date, DatedRow, Model, PerMille, Provider, SignedUsd, Usd};
use serde::Serialize;

/// What became of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// It has a first price now.
    Added,
    /// It has no price any more: it is not in the other book, or the other day is before its
    /// first price.
    Removed,
    /// It was shut down.
    Retired,
    /// It is not shut down on the second day, as it was on the first.
    Returned,
}

impl Event {
    /// Its word in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Event::Added => "added",
            Event::Removed => "removed",
            Event::Retired => "retired",
            Event::Returned => "returned",
        }
    }
}

/// A model that came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModelChange {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
    /// What became of it.
    pub event: Event,
    /// The day, where the book names one.
    pub day: Option<Date>,
    /// What the provider recommends in its place.
    pub replacement: Option<String>,
}

/// A price that is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PriceChange {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
    /// What is paid for.
    pub item: String,
    /// The unit.
    pub per: &'static str,
    /// What it cost, in USD or as a ratio; none: no price.
    pub before: Option<String>,
    /// What it costs; none: no price.
    pub after: Option<String>,
    /// The difference in thousandths of the first.
    pub per_mille: Option<PerMille>,
    /// The first day of the new price.
    pub since: Option<Date>,
    /// Whether the model can be called on the second day.
    pub availability: Availability,
    /// The source of the new price, else of the old one.
    pub source: String,
}

/// What is different between two days of a book, or two books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BookDiff {
    /// Models that came or went, by provider and name.
    pub models: Vec<ModelChange>,
    /// Prices that are others, by provider, model and item; those of models that came or went too.
    pub prices: Vec<PriceChange>,
    /// How many prices are the same.
    pub same: u64,
}

/// Provider, model, item, unit.
type Key<'b> = (&'b str, &'b str, String, &'static str);
/// The price as text, its first day, its source.
type Price<'b> = (String, &'b DatedRow);

/// What is different between a book on a day and another, or the same on another day, for the
/// models that are wanted.
#[must_use]
pub fn prices(
    before: (&Book, Date),
    after: (&Book, Date),
    wanted: &dyn Fn(&Provider, &Model) -> bool,
) -> BookDiff {
    let (old, new) = (all(before, wanted), all(after, wanted));
    let mut diff = BookDiff { models: models(before, after, wanted), prices: Vec::new(), same: 0 };
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    for key in keys {
        let (was, is) = (old.get(key), new.get(key));
        let text = |price: Option<&Price<'_>>| price.map(|(text, _)| text.clone());
        if text(was) == text(is) {
            diff.same += 1;
            continue;
        }
        // Prices and ratios are both plain decimals.
        let amount = |price: Option<&Price<'_>>| price.and_then(|(text, _)| text.parse::<Usd>().ok());
        let per_mille =
            amount(was).zip(amount(is)).and_then(|(was, is)| SignedUsd::between(was, is).per_mille_of(was));
        let source = is.or(was).map(|(_, row)| row.source.clone()).unwrap_or_default();
        diff.prices.push(PriceChange {
            provider: key.0.to_owned(),
            model: key.1.to_owned(),
            item: key.2.clone(),
            per: key.3,
            before: text(was),
            after: text(is),
            per_mille,
            since: is.map(|(_, row)| row.from),
            availability: availability(after, key.0, key.1),
            source,
        });
    }
    diff.prices.sort_by(|a, b| (&a.provider, &a.model, &a.item).cmp(&(&b.provider, &b.model, &b.item)));
    diff
}

/// Whether a model can be called; one that the book does not have is not marked.
fn availability((book, day): (&Book, Date), provider: &str, model: &str) -> Availability {
    let provider = book.providers().find(|known| known.id == provider);
    let model = provider.and_then(|provider| provider.models.iter().find(|known| known.id == model));
    model.map_or(Availability::Current, |model| model.availability(day))
}

/// A model by provider and name.
type Names<'b> = BTreeMap<(&'b str, &'b str), &'b Model>;

fn offered<'b>((book, day): (&'b Book, Date), wanted: &dyn Fn(&Provider, &Model) -> bool) -> Names<'b> {
    let mut found = Names::new();
    for provider in book.providers() {
        let here = provider.models.iter().filter(|model| wanted(provider, model));
        for model in here.filter(|model| model.first_price.is_some_and(|first| first <= day)) {
            found.insert((&provider.id, &model.id), model);
        }
    }
    found
}

fn models(
    before: (&Book, Date),
    after: (&Book, Date),
    wanted: &dyn Fn(&Provider, &Model) -> bool,
) -> Vec<ModelChange> {
    let (old, new) = (offered(before, wanted), offered(after, wanted));
    let mut changes = Vec::new();
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    for key in keys {
        let (was, is) = (old.get(key), new.get(key));
        let retired = |model: Option<&&Model>, day: Date| model.is_some_and(|model| model.is_retired_on(day));
        let (event, day) = match (was, is) {
            (None, Some(is)) => (Event::Added, is.released.or(is.first_price)),
            (Some(_), None) => (Event::Removed, None),
            _ => match (retired(was, before.1), retired(is, after.1)) {
                (false, true) => (Event::Retired, is.and_then(|model| model.retired)),
                (true, false) => (Event::Returned, None),
                _ => continue,
            },
        };
        changes.push(ModelChange {
            provider: key.0.to_owned(),
            model: key.1.to_owned(),
            event,
            day,
            replacement: is.or(was).and_then(|model| model.replacement.clone()),
        });
    }
    changes.sort_by(|a, b| (&a.provider, &a.model).cmp(&(&b.provider, &b.model)));
    changes
}

/// Every price that holds on a day. Of several for one thing the first counts: a user's own.
fn all<'b>(
    (book, day): (&'b Book, Date),
    wanted: &dyn Fn(&Provider, &Model) -> bool,
) -> BTreeMap<Key<'b>, Price<'b>> {
    let mut found = BTreeMap::new();
    for provider in book.providers() {
        for model in provider.models.iter().filter(|model| wanted(provider, model)) {
            for listed in model.price_rows().into_iter().filter(|listed| listed.row.holds_on(day)) {
                let key = (provider.id.as_str(), model.id.as_str(), listed.item, listed.per);
                found.entry(key).or_insert((listed.value, listed.row));
            }
        }
    }
    found
}
