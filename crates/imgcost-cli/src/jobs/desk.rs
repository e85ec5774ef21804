//! From a row to its offer: what a row leaves open is filled in here.

use std::sync::Arc;

use imgcost_core::{Book, Code, Date, Error, Offer, Request};

use super::Row;
use crate::args::RequestArgs;
use crate::request::{self, Given, Later};
use crate::settings::Settings;

/// How many offers are kept at hand.
const OFFERS_MAX: usize = 64;

/// What holds for all rows of a file: the book, the defaults of flags and settings.
pub(crate) struct Desk<'b> {
    given: Arc<Given>,
    later: Arc<Later>,
    offers: Offers<'b>,
}

impl<'b> Desk<'b> {
    /// Reads what flags and settings say for all rows.
    ///
    /// # Errors
    /// A flag or setting can't be accepted.
    pub(crate) fn new(args: &RequestArgs, settings: &Settings, book: &'b Book) -> Result<Desk<'b>, Error> {
        let given = request::given(args, settings, book, &|_| {})?;
        let later = Later::read(args, settings)?;
        Ok(Desk { given: Arc::new(given), later: Arc::new(later), offers: Offers::of(book) })
    }

    /// One more desk of the same flags and settings, for another thread.
    pub(crate) fn another(&self) -> Desk<'b> {
        Desk {
            given: Arc::clone(&self.given),
            later: Arc::clone(&self.later),
            offers: Offers::of(self.offers.book),
        }
    }

    /// What a row asks for that says nothing.
    pub(crate) fn defaults(&self) -> &Request {
        &self.given.request
    }

    /// The offer that a row asks for, if there is one.
    pub(crate) fn known(&mut self, row: &Row) -> Option<Offer<'b>> {
        self.offers.find(&row.request.provider, &row.request.model, row.request.as_of).ok()
    }

    /// Finds the row's offer and fills in what depends on it.
    ///
    /// # Errors
    /// What is wrong with the row, or that there is no such offer.
    pub(crate) fn prepare(&mut self, row: &mut Row) -> Result<Offer<'b>, Error> {
        let offers = &mut self.offers;
        if let Some(error) = row.error.take() {
            let offer = offers.find(&row.request.provider, &row.request.model, row.request.as_of).ok();
            return Err(crate::fields::with_range(error, offer.as_ref()));
        }
        if row.request.model.is_empty() {
            return Err(request::model_missing(offers.book, &row.request));
        }
        let offer = offers.find(&row.request.provider, &row.request.model, row.request.as_of)?;
        if !row.endpoint_known && !self.given.endpoint_known {
            row.request.endpoint = request::default_endpoint(&offer, !row.request.images.is_empty());
        }
        row.remarks.extend(row.assumed.and_then(|tokens| request::assume(tokens, &mut row.request)));
        row.remarks.extend(self.later.apply(&offer, &mut row.request));
        Ok(offer)
    }
}

/// Offers at hand: rows of a file are mostly of few models.
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
