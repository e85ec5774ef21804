//! From a quote to a hold, and from an answer to what the hold is settled at.

use imgcost_core::{Answer, CeilingBasis, NoteKind, Quote, Terms, Usd};
use imgcost_ledger::{Hold, HoldId, NanoUsd, NewHold, Scope, SignedDuration};
use serde::Serialize;

/// After which time an open hold counts as expired, where nothing else is said: longer than
/// a client waits for a picture with all its retries.
pub const EXPIRES_IN: SignedDuration = SignedDuration::from_hours(1);

/// How much to set aside for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Amount {
    /// The ceiling: the cap can't be passed but by a bill above its ceiling.
    #[default]
    Ceiling,
    /// The expected amount, where there is one, else the ceiling. More calls fit at once, and
    /// a cap may be passed by what calls cost beyond their expected amounts.
    Expected,
}

/// Why no money can be held for a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CantHold {
    /// The quote has no ceiling, because something in it has no price.
    #[error("the call has no known ceiling, as something in it has no price")]
    Unpriced,
    /// The quote covers the pictures only.
    #[error("the call's prompt is not known, and its tokens cost too")]
    NoPrompt,
    /// The ceiling is more than a ledger can book.
    #[error("the ceiling is more than a ledger can book")]
    TooLarge,
}

/// A request in a few words: what the ledger keeps of it. Never the prompt, never a key.
#[derive(Serialize)]
struct Summary<'q> {
    provider: &'q str,
    model: &'q str,
    #[serde(flatten)]
    request: imgcost_core::RequestDocument<'q>,
}

/// The wish to hold a quote's money.
///
/// # Errors
/// The quote says too little to cap the call by.
pub fn new_hold(quote: &Quote<'_>, amount: Amount, scope: &Scope, by: &str) -> Result<NewHold, CantHold> {
    if quote.note_kinds().contains(&NoteKind::PromptNotGiven) {
        return Err(CantHold::NoPrompt);
    }
    let total = quote.total();
    let ceiling = total.ceiling.ok_or(CantHold::Unpriced)?;
    let (amount, basis): (Usd, CeilingBasis) = match amount {
        Amount::Ceiling => (ceiling, total.basis),
        // An expected amount is an estimate by its nature.
        Amount::Expected => match total.expected.filter(|expected| *expected < ceiling) {
            Some(expected) => (expected, CeilingBasis::Assumed),
            None => (ceiling, total.basis),
        },
    };
    let document = quote.document();
    let summary = Summary {
        provider: &quote.offer().provider.id,
        model: &quote.offer().model.id,
        request: document.request,
    };
    Ok(NewHold {
        id: HoldId::random(),
        key: None,
        scope: scope.clone(),
        ceiling: NanoUsd::from_usd(amount).ok_or(CantHold::TooLarge)?,
        assumed: basis == CeilingBasis::Assumed,
        quote: quote.id(),
        book: quote.offer().book.digest().to_owned(),
        // Documents of plain data always serialise.
        request: serde_json::to_string(&summary).unwrap_or_default(),
        terms: serde_json::to_string(&quote.terms()).unwrap_or_default(),
        expires_in: EXPIRES_IN,
        despite: None,
        by: by.to_owned(),
    })
}

/// What an answer says about a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bill {
    /// What to settle it at.
    Cost {
        /// The dearest reading of the usage at the hold's terms, rounded up to nano-dollars.
        cost: NanoUsd,
        /// The usage, as JSON.
        usage: String,
    },
    /// The answer does not say what the call cost: it is presumed to have cost its ceiling.
    Open {
        /// Why.
        why: &'static str,
    },
}

/// Prices an answer at the terms that a hold was made at, and at nothing else.
///
/// # Errors
/// The hold's terms can't be read.
pub fn bill(hold: &Hold, answer: &Answer) -> Result<Bill, serde_json::Error> {
    let terms: Terms = serde_json::from_str(&hold.terms)?;
    Ok(bill_at(&terms, answer))
}

/// Prices an answer at terms.
#[must_use]
pub fn bill_at(terms: &Terms, answer: &Answer) -> Bill {
    let Some(charge) = terms.charge(answer) else {
        return Bill::Open { why: "the usage is too large to be priced exactly" };
    };
    if !charge.settles {
        return Bill::Open { why: "the answer does not say what was used" };
    }
    if !charge.complete {
        return Bill::Open { why: "the usage counts something that has no price" };
    }
    match NanoUsd::from_usd(charge.total.ceiling) {
        Some(cost) => Bill::Cost { cost, usage: serde_json::to_string(&answer.usage).unwrap_or_default() },
        None => Bill::Open { why: "the cost is more than a ledger can book" },
    }
}
