//! What the calls of a log would have cost on other models or tiers.

use std::collections::BTreeMap;

use imgcost_core::{Book, Code, Date, Endpoint, Error, Item, Prompt, Quote, Request, Tier, Total, Usd};

use crate::calls::{Call, ChargeSum, Charges};
use crate::lacks_prompt;
use crate::row_sum::RowSum;
use crate::selector::suited;

/// The most reasons that a candidate keeps apart.
const REASONS_MAX: usize = 50;

/// What refuses a call where something in it has no price.
const PRICE: &str = "price";

/// Where the calls of a log might have gone, and what they come to there.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Candidate {
    /// The ids of provider and model; none for each call's own.
    pub offer: Option<(String, String)>,
    /// The tier; none for each call's own.
    pub tier: Option<Tier>,
    /// What all calls come to where those that can move do: the others cost what they did.
    pub bill: RowSum,
    /// How many calls move.
    pub moved: u64,
    /// Why the others stay, by code and field of what refuses them.
    pub reasons: BTreeMap<(&'static str, String), Stay>,
}

/// Calls that stay for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stay {
    /// How many.
    pub calls: u64,
    /// What the first of them was refused with.
    pub message: String,
}

impl Candidate {
    /// How many calls stay where they were.
    #[must_use]
    pub const fn stay(&self) -> u64 {
        self.bill.rows - self.moved
    }

    /// A model, or each call's own, at a tier, or each call's own.
    #[must_use]
    pub fn new(offer: Option<(String, String)>, tier: Option<Tier>) -> Candidate {
        Candidate { offer, tier, bill: RowSum::default(), moved: 0, reasons: BTreeMap::new() }
    }

    /// The one figure that it is ranked by; none where no call moves, or a price is missing.
    #[must_use]
    pub fn figure(&self) -> Option<Usd> {
        self.bill.total_of_all().figure().filter(|_| self.moved > 0)
    }

    fn add(&mut self, moved: Result<(Total, bool), Error>, charged: &Total) {
        let error = match moved {
            Ok((total, no_prompt)) => {
                self.moved += 1;
                return self.bill.add_total(&total, no_prompt);
            }
            Err(error) => error,
        };
        self.bill.add_total(charged, false);
        let field = error.field_name().unwrap_or_default();
        let code = if field == PRICE { "unpriced" } else { error.code().as_str() };
        let key = (code, field.to_owned());
        let has_room = self.reasons.len() < REASONS_MAX || self.reasons.contains_key(&key);
        let key = if has_room { key } else { (Code::BadInput.as_str(), String::new()) };
        let stay = Stay { calls: 0, message: error.message().to_owned() };
        self.reasons.entry(key).or_insert(stay).calls += 1;
    }
}

/// A log that is being compared, one call at a time: its memory does not grow with it.
#[derive(Debug)]
pub struct LogComparison<'b> {
    book: &'b Book,
    day: Option<Date>,
    charges: Charges,
    candidates: Vec<Candidate>,
}

impl<'b> LogComparison<'b> {
    /// No calls yet. They are moved at the prices of a day, or of each call's own.
    #[must_use]
    pub fn new(book: &'b Book, candidates: Vec<Candidate>, day: Option<Date>) -> LogComparison<'b> {
        LogComparison { book, day, charges: Charges::new(1), candidates }
    }

    /// Adds a call.
    ///
    /// # Errors
    /// What it cost can't be told: it is in no sum.
    pub fn add(&mut self, call: &mut Call) -> Result<(), Error> {
        call.complete(self.book)?;
        let charge = call.charge(self.book)?;
        self.charges.add(&[], call, &charge);
        let request = self.told(call);
        let mut candidates = std::mem::take(&mut self.candidates);
        for candidate in &mut candidates {
            candidate.add(self.moved(candidate, call, &request), &charge.known_total());
        }
        self.candidates = candidates;
        Ok(())
    }

    /// What the calls cost where they went.
    #[must_use]
    pub fn actual(&self) -> ChargeSum {
        self.charges.all()
    }

    /// The candidates, the cheapest first, those that take no call last.
    #[must_use]
    pub fn ranked(&self) -> Vec<&Candidate> {
        let mut all: Vec<&Candidate> = self.candidates.iter().collect();
        all.sort_by_key(|candidate| (candidate.moved == 0, candidate.figure().is_none(), candidate.figure()));
        all
    }

    /// The call's request, with what its response tells where that leaves it open.
    fn told(&self, call: &Call) -> Request {
        let (mut request, usage) = (call.request.clone(), &call.response.usage);
        if let Ok(offer) = self.book.offer(&request.provider, &request.model, request.as_of) {
            request.provider.clone_from(&offer.provider.id);
            request.model.clone_from(&offer.model.id);
        }
        request.responses_images =
            usage.images.and_then(|images| u32::try_from(images).ok().filter(|n| *n > 0));
        let text = usage.text_input.or(usage.input.filter(|_| request.images.is_empty()));
        let Some(counted) = text.filter(|_| request.prompt.is_none()) else { return request };
        request.prompt = Some(Prompt::of_tokens(counted));
        // Its own model counts more than the prompt: what it adds to any is not of the prompt.
        let quoted = self.book.quote(&request).ok();
        let quoted = quoted.and_then(|quote| quote.tokens(Item::TextInput)?.expected);
        let added = quoted.unwrap_or(counted).saturating_sub(counted);
        request.prompt = Some(Prompt::of_tokens(counted.saturating_sub(added)));
        request
    }

    /// What the call costs at a candidate, and whether that is without its prompt.
    fn moved(&self, candidate: &Candidate, call: &Call, request: &Request) -> Result<(Total, bool), Error> {
        let own = (request.provider.as_str(), request.model.as_str());
        let (provider, model) =
            candidate.offer.as_ref().map_or(own, |(provider, model)| (provider.as_str(), model.as_str()));
        let offer = self.book.offer(provider, model, self.day.unwrap_or(request.as_of))?;
        let is_own = own == (provider, model);
        let mut asked = suited(&offer, request);
        asked.tier = candidate.tier.unwrap_or(asked.tier);
        if !is_own && request.endpoint == Endpoint::Chat {
            asked.endpoint = offer.endpoint(request.usual_endpoint());
        }
        if asked.endpoint != Endpoint::Responses {
            asked.responses_model = None;
        }
        let quote = offer.quote(&asked)?;
        if let Some(total) = recharged(call, &quote).filter(|_| is_own) {
            return Ok((total, false));
        }
        if let Some(item) = quote.unpriced().next() {
            let message = format!("{model} has no known price of {}", item.as_str().replace('_', " "));
            return Err(Error::new(Code::BadInput, message).field(PRICE));
        }
        Ok((*quote.total(), lacks_prompt(&quote)))
    }
}

/// What was reported of a call at the rates of another tier or day of its own model; none where
/// that does not tell.
fn recharged(call: &Call, quote: &Quote<'_>) -> Option<Total> {
    // A stated bill is of the rates that it was made at.
    if call.response.stated.is_some() {
        return None;
    }
    let terms = if call.described { quote.terms() } else { quote.terms().undescribed() };
    let charge = terms.with_writer(quote.offer(), &call.response).charge(&call.response)?;
    Some(charge.known_total()).filter(|total| total.ceiling.is_some())
}
