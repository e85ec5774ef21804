//! Recorded calls, one at a time: requests with what their responses reported, of a [`Log`] or
//! another record.
//!
//! ```
//! use imgcost_analysis::calls::{Defaults, Log};
//! use imgcost_core::Date;
//! let line = br#"{"request": {"model": "gpt-image-2"}, "usage": {"input_tokens": 22, "output_tokens": 5488}}"#;
//! let mut log = Log::new("calls.jsonl", &line[..]);
//! let defaults = Defaults::new(imgcost_pricing::book(), Date::constant(2026, 11, 21));
//! while let Some(call) = log.next(&defaults)? {
//!     assert_eq!(call.map(|call| call.response.usage.output).ok(), Some(Some(5488)));
//! }
//! # Ok::<(), imgcost_core::Error>(())
//! ```

mod charges;
mod documents;
mod line;
mod log;

use imgcost_core::{
    Book, Charge, Code, DEFAULT_PROVIDER, Date, Error, Note, Offer, OfferDefaults, Quality, Quote, Request,
    Response, Size, Terms, Tier, Usd,
};
use imgcost_wire::Dialect;
use serde::Serialize;

pub use charges::{ChargeSum, Charges};
pub use log::Log;

use crate::accuracy::Billed;
use crate::input::bad_input;

/// A recorded call.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call {
    /// Its id, else its line in words.
    pub place: String,
    /// The day on which it was made, by UTC.
    pub day: Option<Date>,
    /// What was asked for.
    pub request: Request,
    /// Whether the record has the request; else it is what the response echoes of it.
    pub described: bool,
    /// Whether the record names where the call went.
    pub endpoint_known: bool,
    /// What was reported.
    pub response: Response,
    /// What is known of its price besides the book.
    pub paid: Paid,
    /// Names and values to group by.
    pub tags: Vec<(String, String)>,
    /// Whose money it was, where a ledger has it.
    pub scope: Option<String>,
    /// What a gateway's record says that the call cost, by its own prices.
    pub stated: Option<Usd>,
}

impl Call {
    /// A call of which only its id, the request and the response are known.
    #[must_use]
    pub fn new(place: String, request: Request, response: Response) -> Call {
        Call {
            place,
            day: None,
            request,
            described: true,
            endpoint_known: false,
            response,
            paid: Paid::NotSaid,
            tags: Vec::new(),
            scope: None,
            stated: None,
        }
    }
}

/// What a record has of the call's price.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Paid {
    /// Nothing: its usage counts, at the book's rates.
    NotSaid,
    /// The rates it was held at.
    Terms(Box<Terms>),
    /// What was billed.
    Amount(Usd),
}

/// A call that can't be used.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Unused {
    /// Which one.
    pub record: String,
    /// Why.
    pub error: Error,
}

impl Unused {
    /// Which call can't be used, and why.
    #[must_use]
    pub fn new(record: String, error: Error) -> Unused {
        Unused { record, error }
    }
}

/// What holds for all calls.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Defaults<'b> {
    /// The book, which says which dialects a provider takes.
    pub book: &'b Book,
    /// The provider of a call that names none; left out, that which is meant by its model.
    pub provider: Option<String>,
    /// The model of a call that names none.
    pub model: Option<String>,
    /// The day of a call that names none.
    pub as_of: Date,
    /// The price list of a call that names none.
    pub tier: Tier,
    /// The first day whose calls count.
    pub since: Option<Date>,
    /// The last day whose calls count.
    pub until: Option<Date>,
    /// Whether the response's quality and size count where the request leaves them to the API.
    pub as_returned: bool,
}

impl<'b> Defaults<'b> {
    /// A book and a day; all calls count, by their requests.
    #[must_use]
    pub fn new(book: &'b Book, as_of: Date) -> Defaults<'b> {
        Defaults {
            book,
            provider: None,
            model: None,
            as_of,
            tier: Tier::Standard,
            since: None,
            until: None,
            as_returned: false,
        }
    }

    /// A request of which nothing is known yet.
    #[must_use]
    pub fn base(&self, provider: Option<&str>, day: Option<Date>) -> Request {
        let provider = provider.or(self.provider.as_deref()).unwrap_or(DEFAULT_PROVIDER);
        let mut request =
            Request::new(provider, self.model.as_deref().unwrap_or_default(), day.unwrap_or(self.as_of));
        request.tier = self.tier;
        request
    }

    /// Takes the provider that is meant by the model, where neither the record nor the defaults name
    /// one.
    fn take_provider(&self, request: &mut Request, named: Option<&str>) {
        if named.is_none()
            && self.provider.is_none()
            && let Ok(provider) = self.book.usual_provider(&request.model)
        {
            request.provider.clone_from(&provider.id);
        }
    }

    /// The dialects that a request to a provider may be in: its own first, then any.
    fn meant(&self, provider: &str) -> Vec<Dialect> {
        let mut meant = self.book.provider(provider).map(Dialect::taken_by).unwrap_or_default();
        meant.extend(Dialect::ALL);
        meant
    }

    /// Whether a call is of the days that count; what is taken of its response is taken.
    ///
    /// # Errors
    /// Its day is not known, and only some days count.
    pub fn select(&self, call: &mut Call) -> Result<bool, Error> {
        let counts = self.covers(call.day)?;
        if counts && self.as_returned {
            call.take_returned();
        }
        Ok(counts)
    }

    fn covers(&self, day: Option<Date>) -> Result<bool, Error> {
        if self.since.is_none() && self.until.is_none() {
            return Ok(true);
        }
        let day = day.ok_or_else(|| {
            let message = "the record has no day, and only some days were asked for";
            Error::new(Code::BadInput, message).field("at")
        })?;
        Ok(self.since.is_none_or(|since| since <= day) && self.until.is_none_or(|until| day <= until))
    }
}

impl Call {
    /// Takes the response's quality and size where the request leaves them to the API.
    fn take_returned(&mut self) {
        let (request, response) = (&mut self.request, &self.response);
        if request.quality.as_ref().is_none_or(|quality| *quality == Quality::Auto) {
            request.quality = response.quality.clone().or(request.quality.take());
        }
        if request.size.is_none_or(|size| size == Size::Auto) {
            request.size = response.size.map(Size::Exact).or(request.size);
        }
    }

    /// Takes the model and tier that the response names, and fills in where the call went, if the
    /// record does not say. Tells of another model than was asked for.
    ///
    /// # Errors
    /// The tier or the model has no price.
    pub fn complete(&mut self, book: &Book) -> Result<Option<Note>, Error> {
        let request = &mut self.request;
        let served = request.take_served(book, &self.response);
        if let Some(note) = served.tier.filter(|_| served.is_unpriced) {
            return Err(bad_input("service_tier", note.message));
        }
        let offer = book.offer(&request.provider, &request.model, request.as_of)?;
        offer.complete(request, self.endpoint_known, &OfferDefaults::default());
        if !self.described && offer.check(request).is_err() {
            // What a response echoes may be nothing that could be asked for; its tokens count all the
            // same.
            (request.quality, request.size) = (None, None);
            request.images.clear();
        }
        Ok(served.model)
    }

    /// What its quote is compared with.
    #[must_use]
    pub fn billed(&self) -> Billed<'_> {
        match &self.paid {
            Paid::NotSaid => Billed::AtQuotedRates,
            Paid::Terms(terms) => Billed::At(terms),
            Paid::Amount(usd) => Billed::Amount(*usd),
        }
    }

    /// The terms to charge it at: those that were kept, else those of its quote.
    #[must_use]
    pub fn terms(&self, quote: &Quote<'_>) -> Terms {
        match &self.paid {
            Paid::Terms(terms) => (**terms).clone(),
            Paid::NotSaid | Paid::Amount(_) => quote.terms(),
        }
    }

    /// What the call cost by what was reported of it.
    ///
    /// # Errors
    /// The call has no price, or its usage is too large to be priced exactly.
    pub fn charge(&self, book: &Book) -> Result<Charge, Error> {
        let terms = match &self.paid {
            Paid::Terms(terms) => (**terms).clone(),
            Paid::NotSaid | Paid::Amount(_) => book.served_terms(&self.request)?,
        };
        let request = &self.request;
        self.charge_at(terms, &book.offer(&request.provider, &request.model, request.as_of)?)
    }

    /// The same, by the call's quote.
    ///
    /// # Errors
    /// Its usage is too large to be priced exactly.
    pub fn charge_by(&self, quote: &Quote<'_>) -> Result<Charge, Error> {
        self.charge_at(self.terms(quote), quote.offer())
    }

    fn charge_at(&self, terms: Terms, offer: &Offer<'_>) -> Result<Charge, Error> {
        let terms = if self.described { terms } else { terms.undescribed() };
        let terms = terms.with_writer(offer, &self.response);
        terms.charge(&self.response).ok_or_else(|| {
            Error::new(Code::TooLarge, "the usage is too large to be priced exactly").field("usage")
        })
    }

    /// The value of a name to group by.
    #[must_use]
    pub fn tag(&self, name: &str) -> &str {
        self.tags.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}
