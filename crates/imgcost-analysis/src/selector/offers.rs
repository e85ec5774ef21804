//! The offers of a book that patterns choose.

use imgcost_core::{Book, Code, Date, Error, Model, Offer, Provider};

use super::{Pattern, Selector, names};

/// An offer that was chosen.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SelectedOffer<'b> {
    /// The offer.
    pub offer: Offer<'b>,
    /// Whether its model was asked for by its name, not by a pattern.
    pub by_name: bool,
}

/// The offers that patterns choose.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Selection<'b> {
    /// In the order of the book: providers by id, models as listed.
    pub offers: Vec<SelectedOffer<'b>>,
    /// Provider, model and reason of what was chosen and has no price on the day yet.
    pub not_yet: Vec<(&'b str, &'b str, Error)>,
}

/// The offers of every provider and model that a pattern fits. An empty list fits all.
///
/// A model's other names are found where they are typed in full.
///
/// # Errors
/// A pattern that fits nothing: the error names it, what is allowed, and the nearest name. A
/// day before the first price of all that was chosen.
pub fn select<'b>(
    book: &'b Book,
    providers: &[Pattern],
    models: &[Pattern],
    as_of: Date,
) -> Result<Selection<'b>, Error> {
    let providers = matching_providers(book, providers)?;
    for pattern in models {
        let offered = |provider: &&Provider| provider.models.iter().any(|model| chooses(pattern, model));
        if !providers.iter().any(offered) {
            return Err(nobody_offers(book, &providers, pattern, as_of));
        }
    }
    let mut selection = Selection::default();
    for (provider, model) in
        providers.iter().flat_map(|provider| provider.models.iter().map(move |model| (*provider, model)))
    {
        if !models.is_empty() && !models.iter().any(|pattern| chooses(pattern, model)) {
            continue;
        }
        let by_name = models.iter().any(|pattern| pattern.is_name() && chooses(pattern, model));
        match book.offer(&provider.id, &model.id, as_of) {
            Ok(offer) => selection.offers.push(SelectedOffer { offer, by_name }),
            Err(error) => selection.not_yet.push((&provider.id, &model.id, error)),
        }
    }
    match (selection.offers.is_empty(), selection.not_yet.first()) {
        (true, Some((_, _, error))) => Err(error.clone()),
        _ => Ok(selection),
    }
}

fn chooses(pattern: &Pattern, model: &Model) -> bool {
    pattern.fits(&model.id)
        || (pattern.is_name() && model.aliases.iter().any(|alias| alias == pattern.text()))
}

/// The providers that patterns fit, in the order of the book.
fn matching_providers<'b>(book: &'b Book, patterns: &[Pattern]) -> Result<Vec<&'b Provider>, Error> {
    if patterns.is_empty() {
        return Ok(book.providers().collect());
    }
    let selectors: Vec<Selector> = patterns.iter().map(Selector::of).collect();
    let chosen = names::providers(book, &selectors)?;
    let is_chosen = |provider: &&Provider| chosen.iter().any(|(known, _)| known.id == provider.id);
    Ok(book.providers().filter(is_chosen).collect())
}

fn nobody_offers(book: &Book, providers: &[&Provider], pattern: &Pattern, as_of: Date) -> Error {
    if let ([provider], true) = (providers, pattern.is_name())
        && let Err(error) = book.offer(&provider.id, pattern.text(), as_of)
    {
        return error;
    }
    let offered = providers.iter().flat_map(|provider| &provider.models).map(|model| model.id.as_str());
    names::nothing(Code::UnknownModel, "model", pattern, offered)
}
