//! From a quote to a hold.

use imgcost_core::{CeilingBasis, Date, NoteKind, Quote, Usd};
use imgcost_ledger::{NanoUsd, NewHold, Scope, SignedDuration};
use serde::Serialize;

/// After which time an open hold counts as expired, where nothing else is said: longer than
/// a client waits for an image with all its retries.
pub const DEFAULT_HOLD_TTL: SignedDuration = SignedDuration::from_hours(1);

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
pub enum HoldError {
    /// The quote has no ceiling, because something in it has no price.
    #[error("the call has no known ceiling, as something in it has no price")]
    Unpriced,
    /// The quote has no ceiling, because the request brings context that can't be counted.
    #[error("the call has no ceiling, as it brings context that can't be counted")]
    Unbounded,
    /// The quote covers the images only.
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
    as_of: Date,
    #[serde(flatten)]
    request: imgcost_core::RequestDocument<'q>,
}

/// The wish to hold a quote's money.
///
/// # Errors
/// The quote says too little to cap the call by.
pub fn new_hold(quote: &Quote<'_>, amount: Amount, scope: &Scope, by: &str) -> Result<NewHold, HoldError> {
    let Held { amount, is_assumed, expected } = Held::of(quote, amount)?;
    // Documents of plain data always serialise.
    let terms = serde_json::to_string(&quote.terms()).unwrap_or_default();
    Ok(NewHold::new(scope.clone(), amount, by)
        .assumed(is_assumed)
        .quote(quote.id(), quote.offer().book.digest())
        .details(summary(quote), terms)
        .expected(expected)
        .expires_in(DEFAULT_HOLD_TTL))
}

/// What the ledger keeps of a quote's request, as JSON.
pub(crate) fn summary(quote: &Quote<'_>) -> String {
    let summary = Summary {
        provider: &quote.offer().provider.id,
        model: &quote.offer().model.id,
        as_of: quote.offer().as_of,
        request: quote.request_document(),
    };
    serde_json::to_string(&summary).unwrap_or_default()
}

/// How much a quote is held at.
pub(crate) struct Held {
    pub(crate) amount: NanoUsd,
    pub(crate) is_assumed: bool,
    pub(crate) expected: Option<NanoUsd>,
}

impl Held {
    pub(crate) fn of(quote: &Quote<'_>, amount: Amount) -> Result<Held, HoldError> {
        if quote.note_kinds().contains(&NoteKind::PromptNotGiven) {
            return Err(HoldError::NoPrompt);
        }
        let total = quote.total();
        if !quote.request().unseen_context.is_empty() {
            return Err(HoldError::Unbounded);
        }
        let ceiling = total.ceiling.ok_or(HoldError::Unpriced)?;
        let (amount, basis): (Usd, CeilingBasis) = match amount {
            Amount::Ceiling => (ceiling, total.basis),
            // An expected amount is an estimate by its nature.
            Amount::Expected => match total.expected.filter(|expected| *expected < ceiling) {
                Some(expected) => (expected, CeilingBasis::Assumed),
                None => (ceiling, total.basis),
            },
        };
        Ok(Held {
            amount: NanoUsd::from_usd(amount).ok_or(HoldError::TooLarge)?,
            is_assumed: basis == CeilingBasis::Assumed,
            expected: total.expected.and_then(NanoUsd::from_usd),
        })
    }
}
