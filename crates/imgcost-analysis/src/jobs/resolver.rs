//! From a row to its offer: what a row leaves open is filled in here.

use std::sync::Arc;

use imgcost_core::{Book, Code, Date, Error, Offer, OfferDefaults, Request};

use super::{JobRow, Met};
use crate::{Volume, volume};

/// How many offers are kept at hand.
const OFFERS_MAX: usize = 64;

/// What holds for all rows of a file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Defaults {
    /// The values of what a row leaves out.
    pub request: Request,
    /// Whether they name where calls go.
    pub endpoint_known: bool,
    /// What only some offers take.
    pub offer: OfferDefaults,
    /// How often calls are made where a row does not tell; of a row's share, all calls.
    pub calls: Option<Volume>,
    /// What to do about a row without a model, such as `add the column model`.
    pub name_a_model: &'static str,
}

impl Defaults {
    /// Rows are asked of the request's provider and model; what to do about one without a model.
    #[must_use]
    pub fn new(request: Request, name_a_model: &'static str) -> Defaults {
        Defaults {
            request,
            endpoint_known: false,
            offer: OfferDefaults::default(),
            calls: None,
            name_a_model,
        }
    }
}

/// Finds the offers of rows over their defaults.
#[derive(Debug)]
pub struct RowResolver<'b> {
    defaults: Arc<Defaults>,
    offers: Offers<'b>,
}

impl<'b> RowResolver<'b> {
    /// A resolver over a book.
    #[must_use]
    pub fn new(book: &'b Book, defaults: Defaults) -> RowResolver<'b> {
        RowResolver { defaults: Arc::new(defaults), offers: Offers::of(book) }
    }

    /// One more resolver of the same book and defaults, for another thread.
    #[must_use]
    pub fn another(&self) -> RowResolver<'b> {
        RowResolver { defaults: Arc::clone(&self.defaults), offers: Offers::of(self.offers.book) }
    }

    /// The values of what a row leaves out.
    #[must_use]
    pub fn defaults(&self) -> &Request {
        &self.defaults.request
    }

    /// The offer that a row asks for, if there is one.
    pub fn known(&mut self, row: &JobRow) -> Option<Offer<'b>> {
        self.offers.find(&row.request.provider, &row.request.model, row.request.as_of).ok()
    }

    /// Whether the shares of a file's rows are the whole of its calls.
    ///
    /// # Errors
    /// They are not, or no number of calls is given.
    pub fn check_shares(&self, met: &Met) -> Result<(), Error> {
        met.shares.check(self.defaults.calls)
    }

    /// Finds the row's offer and fills in what depends on it.
    ///
    /// # Errors
    /// What is wrong with the row, or that there is no such offer.
    pub fn prepare(&mut self, row: &mut JobRow) -> Result<Offer<'b>, Error> {
        if let Some(error) = row.error.take() {
            return Err(match self.known(row) {
                Some(offer) => offer.with_range(error),
                None => error,
            });
        }
        if row.request.model.is_empty() {
            return Err(self.offers.book.model_missing(&row.request, self.defaults.name_a_model));
        }
        let offer = self.offers.find(&row.request.provider, &row.request.model, row.request.as_of)?;
        let endpoint_known = row.endpoint_known || self.defaults.endpoint_known;
        row.calls = volume::of_row(row.calls, row.share, self.defaults.calls)?;
        row.remarks.extend(row.assumed.and_then(|tokens| row.request.assume_prompt(tokens)));
        row.remarks.extend(offer.complete(&mut row.request, endpoint_known, &self.defaults.offer));
        Ok(offer)
    }
}

/// Offers at hand: rows of a file are mostly of few models.
#[derive(Debug)]
struct Offers<'b> {
    book: &'b Book,
    kept: Vec<(String, String, Date, Offer<'b>)>,
    last: usize,
}

impl<'b> Offers<'b> {
    fn of(book: &'b Book) -> Offers<'b> {
        Offers { book, kept: Vec::new(), last: 0 }
    }

    fn find(&mut self, provider: &str, model: &str, day: Date) -> Result<Offer<'b>, Error> {
        let same =
            |kept: &(String, String, Date, Offer<'b>)| kept.1 == model && kept.0 == provider && kept.2 == day;
        if let Some(kept) = self.kept.get(self.last).filter(|kept| same(kept)) {
            return Ok(kept.3);
        }
        if let Some(index) = self.kept.iter().position(same) {
            self.last = index;
            return self
                .kept
                .get(index)
                .map(|kept| kept.3)
                .ok_or_else(|| Error::new(Code::BadInput, "no offer"));
        }
        let offer = self.book.offer(provider, model, day)?;
        if self.kept.len() >= OFFERS_MAX {
            self.kept.clear();
        }
        self.last = self.kept.len();
        self.kept.push((provider.to_owned(), model.to_owned(), day, offer));
        Ok(offer)
    }
}
