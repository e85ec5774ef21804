//! From a request to a hold: the quote, the policy, the ledger.

use std::borrow::Cow;
use std::sync::Arc;

use imgcost_core::{Alternative, Code, Note, NoteKind, Prompt, Quote, Request, Terms, Usd};
use imgcost_ledger::{Clock, Error as LedgerError, Held, NanoUsd, NewHold, Refusal};

use super::Guard;
use crate::booking::{HoldError, new_hold};
use crate::error::{Error, OverCallCap, Refused};
use crate::event::Event;
use crate::hold::{Hold, Quoted};
use crate::outage;
use crate::policy::{Policy, UnknownFields};

impl Guard {
    /// Quotes a call and holds its money, and blocks until the ledger has answered. The call
    /// may be made if this returns a hold, and only then.
    ///
    /// # Errors
    /// The call is denied: [`Error`] says why and, where that is known, what would fit. A guard that
    /// [observes](crate::Mode::Observe) fails only where there is nothing that could be held.
    pub fn hold(&self, request: &Request) -> Result<Hold, Error> {
        self.try_hold(request).inspect_err(|why| self.tell_denied(why))
    }

    /// [`Guard::hold`], of which a denial is not told yet.
    pub(crate) fn try_hold(&self, request: &Request) -> Result<Hold, Error> {
        let policy = &self.shared.policy;
        let fields = &request.unknown_fields;
        let mut overridden = Vec::new();
        if policy.unknown_fields == UnknownFields::Deny && !fields.is_empty() {
            let error = Error::UnknownFields { fields: fields.clone() };
            if !self.observes() {
                return Err(error);
            }
            overridden.push(error);
        }
        let request = filled_in(request, policy);
        let wish = wish(self, &request)?;
        #[cfg(feature = "rules")]
        if let Some(error) = self.forbidden(&request, wish.quote.as_ref()) {
            if !self.observes() {
                return Err(error);
            }
            overridden.push(error);
        }
        let hold = wish.admit(self, overridden)?;
        if !fields.is_empty() && self.shared.told.is_news(&format!("fields {}", fields.join(" "))) {
            self.shared.listener.tell(&Event::UnknownFields { fields: fields.clone() });
        }
        Ok(hold)
    }

    /// What the policy file forbids the call for.
    #[cfg(feature = "rules")]
    pub(crate) fn forbidden(&self, request: &Request, quote: Option<&Quote<'_>>) -> Option<Error> {
        let (rules, quote) = (self.shared.policy.rules.as_ref()?, quote?);
        let id = self.spend.key.as_deref().unwrap_or_default();
        let tags: Vec<_> = self.spend.tags().map(|(name, value)| (name.clone(), value.clone())).collect();
        let subject = imgcost_analysis::policy::Subject::new(0, id, &tags);
        let findings = rules.forbids(request.as_of, &subject, request, quote);
        (!findings.is_empty()).then(|| Error::Forbidden { policy: rules.name().to_owned(), findings })
    }

    /// Whether a call that can't be held passes all the same, since the guard only observes. Either
    /// way it is told.
    pub(crate) fn passes_unheld(&self, why: &Error) -> bool {
        if !self.observes() {
            self.tell_denied(why);
            return false;
        }
        let (scope, why) = (self.scope().clone(), why.clone());
        self.shared.listener.tell(&Event::WouldDeny { hold: None, scope, why });
        true
    }

    pub(crate) fn tell_denied(&self, why: &Error) {
        let (scope, why) = (self.scope().clone(), why.clone());
        self.shared.listener.tell(&Event::Denied { scope, why });
    }

    /// [`Guard::hold`] for async code. A ledger that answers at once is asked where this is called,
    /// any other on the guard's own threads.
    ///
    /// If the future is dropped while the ledger is being asked, a hold may have been written
    /// that nobody knows of: it stays open, counts, and expires in time.
    ///
    /// # Errors
    /// As [`Guard::hold`], [`Error::Busy`] and [`Error::Interrupted`].
    #[cfg(feature = "async")]
    pub async fn hold_async(&self, request: &Request) -> Result<Hold, Error> {
        if self.answers_at_once() {
            return self.hold(request);
        }
        let (guard, request) = (self.clone(), request.clone());
        self.shared.queue.hold(self.asks(), move || guard.hold(&request)).await
    }
}

/// A request with what the policy takes for granted where it is left open.
pub(crate) fn filled_in<'r>(request: &'r Request, policy: &Policy) -> Cow<'r, Request> {
    let mut request = Cow::Borrowed(request);
    if let (None, Some(tokens)) = (request.prompt, policy.assume_prompt_tokens) {
        request.to_mut().prompt = Some(Prompt::of_tokens(tokens));
    }
    if let (None, Some(images)) = (request.responses_images, policy.responses_images) {
        request.to_mut().responses_images = Some(images.get());
    }
    request
}

/// A hold that is wished for, with what is needed to say why it can't be had.
struct HoldRequest<'b> {
    new: NewHold,
    quoted: Quoted,
    terms: Terms,
    /// None for a model without a price that is admitted at a stated amount.
    quote: Option<Quote<'b>>,
    attempts: u32,
}

fn wish<'b>(guard: &'b Guard, request: &'b Request) -> Result<HoldRequest<'b>, Error> {
    let shared = &guard.shared;
    let stated = shared.policy.unpriced.get(&request.model).copied();
    let quote = match (shared.book.quote(request), stated) {
        (Ok(quote), _) => quote,
        // The book does not know the model, the caller does.
        (Err(error), Some(usd)) if is_unknown(error.code()) => return unpriced(guard, request, usd),
        (Err(error), _) => return Err(Error::NotQuotable(error)),
    };
    let policy = &shared.policy;
    let mut new = match (new_hold(&quote, policy.amount, guard.scope(), &shared.by), stated) {
        (Ok(new), _) => new,
        // The book has a price, and the usage will tell what the unseen context cost.
        (Err(_), Some(usd)) if !request.unseen_context.is_empty() => {
            return at_stated(guard, request, usd, quote.terms(), quote.notes());
        }
        (Err(_), None) if !request.unseen_context.is_empty() => {
            let (model, what) = (request.model.clone(), request.unseen_context.clone());
            return Err(Error::UnseenContext { model, what });
        }
        (Err(HoldError::Unpriced | HoldError::NoPrompt), Some(usd)) if quote.total().ceiling.is_none() => {
            return unpriced(guard, request, usd);
        }
        (Err(why), _) => return Err(Error::HoldError { model: request.model.clone(), why }),
    };
    new.ceiling = multiple(new.ceiling, policy.attempts.get())
        .ok_or_else(|| Error::HoldError { model: request.model.clone(), why: HoldError::TooLarge })?;
    new.expires_in = policy.expires_in;
    let total = quote.total();
    let Some(ceiling) = total.ceiling else {
        return Err(Error::HoldError { model: request.model.clone(), why: HoldError::Unpriced });
    };
    new.assumed |= is_old(guard, &quote);
    let new = guard.spend.name(new);
    let notes = quote.notes();
    let (id, model) = (new.quote.clone(), request.model.clone());
    let quoted = Quoted { id, model, ceiling, expected: total.expected, notes };
    let terms = quote.terms();
    Ok(HoldRequest { new, quoted, terms, quote: Some(quote), attempts: policy.attempts.get() })
}

/// Whether the prices are older than the policy takes for proven. Prices that are old are told
/// once a day.
pub(crate) fn is_old(guard: &Guard, quote: &Quote<'_>) -> bool {
    let (shared, offer) = (&guard.shared, quote.offer());
    let (provider, day) = (offer.provider, offer.as_of);
    let age = provider.checked.duration_until(day).as_hours() / 24;
    let is_old = shared.policy.max_book_age.is_some_and(|most| age > most.into());
    let is_noted = quote.note_kinds().iter().any(|note| matches!(note, NoteKind::PricesOld(_)));
    if (is_old || is_noted) && shared.told.is_news(&format!("prices of {} on {day}", provider.id)) {
        let (provider, checked) = (provider.id.clone(), provider.checked);
        shared.listener.tell(&Event::PricesOld { provider, checked, day });
    }
    is_old
}

const fn is_unknown(code: Code) -> bool {
    matches!(code, Code::UnknownModel | Code::NotOfferedHere | Code::UnknownProvider | Code::BeforeFirstPrice)
}

/// A call of a model without a price, held and settled at the amount that the policy states.
fn unpriced<'b>(guard: &Guard, request: &Request, usd: Usd) -> Result<HoldRequest<'b>, Error> {
    at_stated(guard, request, usd, Terms::per_call(usd), Vec::new())
}

/// A call without a ceiling, held at the amount that the policy states for its model.
fn at_stated<'b>(
    guard: &Guard,
    request: &Request,
    usd: Usd,
    terms: Terms,
    notes: Vec<Note>,
) -> Result<HoldRequest<'b>, Error> {
    let shared = &guard.shared;
    let attempts = shared.policy.attempts.get();
    let too_large = || Error::HoldError { model: request.model.clone(), why: HoldError::TooLarge };
    let ceiling = NanoUsd::from_usd(usd).and_then(|one| multiple(one, attempts)).ok_or_else(too_large)?;
    let id = format!("unpriced:{}", request.model.chars().take(64).collect::<String>());
    let summary = serde_json::json!({
        "provider": shared.provider, "model": request.model, "usd_per_call": usd, "n": request.n,
        "as_of": request.as_of, "endpoint": request.endpoint, "responses_model": request.responses_model,
    });
    let new = NewHold::new(guard.scope().clone(), ceiling, shared.by.clone())
        .assumed(true)
        .quote(id.clone(), shared.book.digest())
        .details(summary.to_string(), serde_json::to_string(&terms).unwrap_or_default())
        .expires_in(shared.policy.expires_in);
    let new = guard.spend.name(new);
    let quoted = Quoted { id, model: request.model.clone(), ceiling: usd, expected: None, notes };
    Ok(HoldRequest { new, quoted, terms, quote: None, attempts })
}

fn multiple(amount: NanoUsd, times: u32) -> Option<NanoUsd> {
    amount.nano().checked_mul(times.into()).and_then(NanoUsd::new)
}

impl HoldRequest<'_> {
    /// Asks the policy, then the ledger, then the policy about the ledger's refusal. What denies
    /// the call to a guard that observes is only told.
    fn admit(mut self, guard: &Guard, mut overridden: Vec<Error>) -> Result<Hold, Error> {
        let shared = &guard.shared;
        let policy = &shared.policy;
        let observes = guard.observes();
        let goes_on = |error: &Error| observes || policy.on_exceed.admits(error);
        if let Some(error) = self.over_call_cap(policy.per_call_cap) {
            if !goes_on(&error) {
                return Err(error);
            }
            overridden.push(error);
        }
        let held = match self.ask(guard) {
            Err(LedgerError::Refused(refusal)) => {
                let error = self.refused(guard, *refusal);
                if !goes_on(&error) {
                    return Err(error);
                }
                let reason = if observes { "the guard observes only" } else { policy.on_exceed.reason() };
                self.new.override_reason = Some(reason.to_owned());
                let held = self.ask(guard);
                overridden.push(error);
                held
            }
            held => held,
        };
        let held: Held = match held {
            Err(error) if error.is_failure() => return self.without_ledger(guard, error),
            held => held.map_err(Error::Ledger)?,
        };
        self.tell(guard, &held, overridden);
        Ok(Hold::new(Arc::clone(&guard.shared), held, self.quoted, self.terms))
    }

    /// Admits the call without the ledger, if the policy has room for it.
    fn without_ledger(self, guard: &Guard, error: LedgerError) -> Result<Hold, Error> {
        let (shared, now) = (&guard.shared, Clock::system().now());
        let error = Error::Ledger(error);
        let new = outage::late(self.new);
        match &shared.allowance {
            Some(allowance) if allowance.admit(&new, now) => {
                let limit = error;
                shared.listener.tell(&Event::Overridden { hold: new.id.clone(), limit });
                Ok(Hold::late(Arc::clone(shared), new, now, self.quoted, self.terms))
            }
            _ => Err(error),
        }
    }

    fn tell(&self, guard: &Guard, held: &Held, overridden: Vec<Error>) {
        let listener = &guard.shared.listener;
        let (hold, scope) = (held.hold.id.clone(), held.hold.scope.clone());
        if !held.repeated {
            listener.tell(&Event::Held {
                hold: hold.clone(),
                scope: scope.clone(),
                model: self.quoted.model.clone(),
                amount: held.hold.ceiling,
                expected: self.quoted.expected,
                is_assumed: held.hold.assumed,
                left: held.left,
            });
        }
        for alert in &held.alerts {
            listener.tell(&Event::Alert(alert.clone()));
        }
        for why in overridden {
            let (hold, scope) = (hold.clone(), scope.clone());
            listener.tell(&match guard.observes() {
                true => Event::WouldDeny { hold: Some(hold), scope, why },
                false => Event::Overridden { hold, limit: why },
            });
        }
    }

    /// Asks the ledger, and once more where its response was lost: the hold's id finds out
    /// whether it was written.
    fn ask(&self, guard: &Guard) -> Result<Held, LedgerError> {
        match guard.shared.ledger.hold(&self.new) {
            Err(LedgerError::Unknown { .. }) => guard.shared.ledger.hold(&self.new),
            response => response,
        }
    }

    fn over_call_cap(&self, cap: Option<Usd>) -> Option<Error> {
        let (cap, ceiling) = (cap?, self.quoted.ceiling);
        (ceiling > cap).then(|| {
            let quote = self.quoted.id.clone();
            Error::OverCallCap(Box::new(OverCallCap { quote, ceiling, cap, fits: self.fits(cap) }))
        })
    }

    fn refused(&self, guard: &Guard, refusal: Refusal) -> Error {
        let left = refusal.left();
        let one = left.map(|left| left.nano() / u64::from(self.attempts)).and_then(NanoUsd::new);
        Error::Refused(Box::new(Refused {
            scope: guard.scope().clone(),
            quote: self.quoted.id.clone(),
            ceiling: self.new.ceiling,
            left,
            fits: one.map(|left| self.fits(left.usd())).unwrap_or_default(),
            refusal,
        }))
    }

    fn fits(&self, limit: Usd) -> Vec<Alternative> {
        self.quote.as_ref().map(|quote| quote.alternatives_under(limit)).unwrap_or_default()
    }
}
