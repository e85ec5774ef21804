//! What a response reports of the call that it answers, over what was asked for.

use imgcost_core::{Book, Note, Request, Response, ServedTier};

/// The code of the note that a tier has no price.
pub(crate) const UNPRICED: &str = "tier-unpriced";

/// Takes the model that the response names, where the book knows it at the provider, and tells
/// where it is another than was asked for. Either may be spelt otherwise than the book's id, which
/// is what the request has afterwards.
pub(crate) fn model(book: &Book, response: &Response, request: &mut Request) -> Option<Note> {
    let named = response.model.as_deref().filter(|named| *named != request.model)?;
    let provider = book.provider(&request.provider).ok();
    let known = |name: &str| provider.and_then(|provider| provider.model_like(name)).map(|model| &model.id);
    if let Some(id) = known(&request.model) {
        request.model.clone_from(id);
    }
    let asked = &request.model;
    let message = match known(named) {
        Some(id) if id == asked => return None,
        Some(id) => {
            let message = format!("the response names {named}, not {asked}: priced as {id}");
            request.model.clone_from(id);
            message
        }
        None => {
            let provider = &request.provider;
            format!("the response names {named}, which {provider} has no price for: priced as {asked}")
        }
    };
    Some(Note { code: "other-model", message })
}

/// Takes the price list that the response was served by, and tells where it is another than was
/// asked for, or has no price at all (code `tier-unpriced`).
pub(crate) fn tier(response: &Response, request: &mut Request) -> Option<Note> {
    match response.tier.as_ref()? {
        ServedTier::Known(tier) if *tier == request.tier => None,
        ServedTier::Known(tier) => {
            let message = format!("the response was served at tier {tier}, not {}", request.tier);
            request.tier = *tier;
            Some(Note { code: "other-tier", message })
        }
        ServedTier::Other(name) => Some(Note {
            code: UNPRICED,
            message: format!("the response names tier {name}, which has no price"),
        }),
    }
}

/// Takes the day on which the response was made, if the model had a price then.
pub(crate) fn day(book: &Book, response: &Response, request: &mut Request) -> Option<Note> {
    let day = response.day.filter(|day| *day != request.as_of)?;
    if book.offer(&request.provider, &request.model, day).is_ok() {
        request.as_of = day;
        return None;
    }
    let (model, as_of) = (&request.model, request.as_of);
    let message = format!("the response is dated {day}, when {model} had no price: priced on {as_of}");
    Some(Note { code: "day-not-known", message })
}
