//! From a response to what its hold is settled at: the hold's terms, those of the model and tier
//! that the response names where they differ, and never less than the response proves.

use std::borrow::Cow;

use imgcost_core::{Book, Charge, Date, Endpoint, Quality, Request, Response, Size, Terms, Tier};
use imgcost_ledger::{Hold, NanoUsd};
use serde::{Deserialize, Serialize};

/// What a response means for its hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bill {
    /// What to settle it at.
    Cost {
        /// The dearest reading of the usage, rounded up to nano-dollars: at the hold's terms or
        /// at those that the response names, whichever is more.
        cost: NanoUsd,
        /// The usage, as JSON.
        usage: String,
        /// What else to know of it, such as that another model answered.
        notes: Vec<String>,
    },
    /// The response does not report all that the call cost, and what it does report is within
    /// the ceiling: the call is presumed to have cost its ceiling.
    Open {
        /// Why.
        why: String,
    },
}

/// Prices a response for its hold.
///
/// A response that names another model of the same provider, or another tier, is priced at those
/// too, on the hold's day, and the greater amount counts. A response that does not report
/// everything leaves the hold open, unless what it reports is already more than the ceiling: then
/// that is the cost.
///
/// # Errors
/// The hold's terms can't be read.
pub fn bill(book: &Book, hold: &Hold, response: &Response) -> Result<Bill, serde_json::Error> {
    let terms: Terms = serde_json::from_str(&hold.terms)?;
    Ok(bill_at(book, hold, &terms, response, hold.ceiling))
}

/// [`bill`], of a hold whose terms are at hand. A response that does not report everything is
/// booked at what it reports where that is above `presumed`, which is booked otherwise.
pub(crate) fn bill_at(
    book: &Book,
    hold: &Hold,
    terms: &Terms,
    response: &Response,
    presumed: NanoUsd,
) -> Bill {
    let mut notes: Vec<String> = response
        .contradiction
        .map(|what| format!("{what}: the greater amount is booked"))
        .into_iter()
        .collect();
    let terms = with_writer(book, hold, terms, response);
    let mut priced = Priced::of(terms.charge(response));
    match Served::of(book, hold, response) {
        Served::AsHeld => {}
        Served::Unknown(note) => notes.push(note),
        Served::Unpriced(why) => priced = priced.without(why),
        Served::At { terms: other, note } => {
            notes.push(note);
            let mut other = with_writer(book, hold, &other, response).into_owned();
            other.asked_images = terms.asked_images;
            priced = priced.or(Priced::of(other.charge(response)));
        }
    }
    let usage = || serde_json::to_string(&response.usage).unwrap_or_default();
    match (priced.why, priced.cost) {
        (None, Some(cost)) => Bill::Cost { cost, usage: usage(), notes },
        (Some(why), Some(cost)) if cost > presumed => {
            notes.push(format!("{why}: what it does report is above the ceiling and is booked"));
            Bill::Cost { cost, usage: usage(), notes }
        }
        (why, _) => {
            let contradiction = response.contradiction.map(str::to_owned);
            let whys: Vec<String> = why.into_iter().chain(contradiction).collect();
            Bill::Open { why: whys.join("; ") }
        }
    }
}

/// The terms with the rates of the text model that wrote an image in SVG, where the response names
/// one.
fn with_writer<'t>(book: &Book, hold: &Hold, terms: &'t Terms, response: &Response) -> Cow<'t, Terms> {
    if response.responses_model.is_none() || response.of_responses {
        return Cow::Borrowed(terms);
    }
    let held = serde_json::from_str::<Held>(&hold.request).ok();
    let offer = held.and_then(|held| book.offer(&held.provider, &held.model, held.day(hold)).ok());
    offer.map_or(Cow::Borrowed(terms), |offer| Cow::Owned(terms.clone().with_writer(&offer, response)))
}

/// What a response costs by one set of terms.
struct Priced {
    /// The dearest reading of what is reported.
    cost: Option<NanoUsd>,
    /// Why that is not all; none if it is.
    why: Option<String>,
}

impl Priced {
    fn of(charge: Option<Charge>) -> Priced {
        let Some(charge) = charge else {
            return Priced {
                cost: None,
                why: Some("the usage is too large to be priced exactly".to_owned()),
            };
        };
        let cost = NanoUsd::from_usd(charge.total.ceiling);
        let why = match cost {
            None => Some("the cost is more than a ledger can book"),
            Some(_) if !charge.settles => Some("the response does not report all that was used"),
            Some(_) if !charge.complete => Some("the usage counts something that has no price"),
            Some(_) => None,
        };
        Priced { cost, why: why.map(str::to_owned) }
    }

    fn without(self, why: String) -> Priced {
        Priced { why: self.why.or(Some(why)), ..self }
    }

    /// The same response at the terms that it names: whether it tells all is theirs to say.
    fn or(self, other: Priced) -> Priced {
        Priced { cost: self.cost.max(other.cost), why: other.why }
    }
}

/// What a settlement needs of the request that a hold keeps.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) provider: String,
    model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint: Option<Endpoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quality: Option<Quality>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<Size>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tier: Option<Tier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    responses_model: Option<String>,
}

impl Held {
    /// The day whose prices it was held at.
    fn day(&self, hold: &Hold) -> Date {
        self.as_of.unwrap_or_else(|| imgcost_core::utc_day(hold.made_at))
    }
}

/// What a response names other than its hold.
enum Served {
    /// Nothing.
    AsHeld,
    /// A model or tier with terms of its own.
    At { terms: Box<Terms>, note: String },
    /// A model that the book does not know at the provider.
    Unknown(String),
    /// A tier or model that has no price on the hold's day.
    Unpriced(String),
}

impl Served {
    fn of(book: &Book, hold: &Hold, response: &Response) -> Served {
        // A hold without a quote has no request to compare with.
        let Ok(held) = serde_json::from_str::<Held>(&hold.request) else { return Served::AsHeld };
        let held_tier = held.tier.unwrap_or(Tier::Standard);
        let day = held.day(hold);
        let mut request = Request::new(&*held.provider, &*held.model, day);
        request.tier = held_tier;
        let served = request.take_served(book, response);
        if let Some(note) = served.tier.filter(|_| served.is_unpriced) {
            return Served::Unpriced(note.message);
        }
        if let Some(note) = served.model.filter(|_| served.is_unknown) {
            return Served::Unknown(note.message);
        }
        let Ok(provider) = book.provider(&held.provider) else { return Served::AsHeld };
        if provider.model_like(&request.model).is_none() {
            return Served::AsHeld;
        }
        let (model, tier) = (request.model.as_str(), request.tier);
        let endpoint = match response.of_responses {
            true => Endpoint::Responses,
            false => held.endpoint.unwrap_or(Endpoint::Generations),
        };
        let calling = match calling_model(book, (&provider.id, model, day), &held, response) {
            Ok(calling) => calling,
            Err(why) => return Served::Unpriced(why),
        };
        let same_call =
            model == held.model && tier == held_tier && held.endpoint.is_none_or(|at| at == endpoint);
        if same_call && calling == held.responses_model.as_deref() {
            return Served::AsHeld;
        }
        let named = |model: &str, tier: Tier, calling: Option<&str>| match calling {
            Some(calling) => format!("{model} called by {calling} at tier {tier}"),
            None => format!("{model} at tier {tier}"),
        };
        let note = format!(
            "the response is of {}, the hold of {}: the greater amount is booked",
            named(model, tier, calling),
            named(&held.model, held_tier, held.responses_model.as_deref())
        );
        request.provider.clone_from(&provider.id);
        request.endpoint = endpoint;
        request.responses_model = calling.map(str::to_owned);
        request.quality = response.quality.clone().or_else(|| held.quality.clone());
        request.size = response.size.map(Size::Exact).or(held.size);
        if matches!(request.endpoint, Endpoint::Edits | Endpoint::Variations) {
            request.images.push(imgcost_core::InputImage::Unsized);
        }
        match book.served_terms(&request) {
            Ok(terms) => Served::At { terms: Box::new(terms), note },
            Err(error) => {
                Served::Unpriced(format!("the response names {}: {}", request.model, error.message()))
            }
        }
    }
}

/// The calling model of the Responses API: the response's, where it is another than the hold's.
///
/// # Errors
/// The response names one that has no price.
fn calling_model<'a>(
    book: &Book,
    (provider, model, day): (&str, &str, Date),
    held: &'a Held,
    response: &'a Response,
) -> Result<Option<&'a str>, String> {
    let held = held.responses_model.as_deref();
    // Of other APIs it is the writer of an SVG.
    let named = response.responses_model.as_deref().filter(|_| response.of_responses);
    let Some(named) = named else { return Ok(held) };
    let Ok(offer) = book.offer(provider, model, day) else { return Ok(held) };
    let known = |name: &str| offer.text_model(name).map(|model| model.id.as_str());
    match known(named) {
        None if Some(named) == held => Ok(held),
        None => Err(format!("the response names the calling model {named}, which has no price")),
        same if same == held.and_then(known) => Ok(held),
        Some(_) => Ok(Some(named)),
    }
}
