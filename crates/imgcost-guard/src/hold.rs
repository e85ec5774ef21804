//! Money that is held for a call, and what became of the call.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use imgcost_core::{Basis, Evidence, Note, Outcome, OutcomeResult, OutcomeRule, Response, Terms, Usd};
use imgcost_ledger::{Change, Changed, Error as LedgerError, HoldId, NanoUsd, Refusal, Scope, State};
use imgcost_ledger::{Held, Hold as Row, MAX_TEXT};

use crate::error::Error;
use crate::guard::shared::Shared;
use crate::notice::Notice;
#[cfg(feature = "async")]
use crate::pool;
use crate::settlement::{self, Bill};

/// What was quoted for one attempt of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// The id of the quote.
    pub id: String,
    /// What it may cost at most, in USD.
    pub ceiling: Usd,
    /// What it will probably cost, in USD, where there is a basis for that.
    pub expected: Option<Usd>,
    /// What there is to know about the quote, such as `prices-old`: each a stable code and a
    /// sentence.
    pub notes: Vec<Note>,
}

/// Money that is held for a call that may now be made.
///
/// Say what became of the call: [`settle`](Hold::settle) by its response,
/// [`failed`](Hold::failed) by how it went wrong, or [`release`](Hold::release) and
/// [`presume`](Hold::presume) by name. Each may be said again, which changes nothing.
///
/// A hold that is dropped before stays open in the ledger: it counts at its ceiling, and after
/// its time shows as expired, to be presumed. Money is never freed by silence.
#[must_use = "an open hold counts at its ceiling until it is settled, released or presumed"]
#[derive(Clone)]
pub struct Hold {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    row: Row,
    left: Option<NanoUsd>,
    refusal: Option<Refusal>,
    quoted: Quoted,
    terms: Terms,
    /// How often the call may have been sent.
    attempts: AtomicU32,
}

/// How a hold was booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// What became of the hold.
    pub state: State,
    /// What counts for it from now on: the cost if it is settled, nothing if it is released,
    /// the ceiling if it is presumed.
    pub amount: NanoUsd,
    /// How far the cost is above what was held.
    pub overrun: NanoUsd,
    /// Why it was released or presumed.
    pub reason: Option<String>,
}

impl Hold {
    pub(crate) fn new(shared: Arc<Shared>, held: Held, quoted: Quoted, terms: Terms) -> Self {
        let Held { hold: row, left, refusal, .. } = held;
        let attempts = AtomicU32::new(shared.policy.attempts.get());
        Hold { inner: Arc::new(Inner { shared, row, left, refusal, quoted, terms, attempts }) }
    }

    /// The hold's name in the ledger.
    #[must_use]
    pub fn id(&self) -> &HoldId {
        &self.inner.row.id
    }

    /// Whose money it is.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.inner.row.scope
    }

    /// How much is held: the ceiling, or what the policy holds instead.
    #[must_use]
    pub fn amount(&self) -> NanoUsd {
        self.inner.row.ceiling
    }

    /// What was quoted.
    #[must_use]
    pub fn quoted(&self) -> &Quoted {
        &self.inner.quoted
    }

    /// What was left on the tightest budget of the path after it; none where nothing is limited.
    #[must_use]
    pub fn left(&self) -> Option<NanoUsd> {
        self.inner.left
    }

    /// What the ledger would have refused it for, had the policy not let it in.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.inner.refusal.as_ref()
    }

    /// Says how often the call was sent, where that is known; otherwise it counts as sent as
    /// often as [`Policy::attempts`](crate::Policy::attempts) allows. Say it before the call is
    /// booked.
    ///
    /// Every attempt but the one that is booked by its response costs a ceiling. Say 1 if you
    /// settle by the sum of the usage of all responses.
    pub fn attempts_made(&self, attempts: NonZeroU32) {
        self.inner.attempts.store(attempts.get(), Ordering::Release);
    }

    /// Books what the response says the call cost, at the prices that it was held at, and a
    /// ceiling for each attempt before it that may have been billed
    /// ([`attempts_made`](Hold::attempts_made)). A response that does not say what it cost makes
    /// the hold presumed; one that takes a job with a fixed price into a queue settles it at that.
    ///
    /// Blocks until the ledger has answered, as all of these do.
    ///
    /// # Errors
    /// [`Error::Ledger`]: it can't answer, or the hold was booked otherwise before.
    pub fn settle(&self, response: &Response) -> Result<Booked, Error> {
        let Inner { shared, row, terms, .. } = &*self.inner;
        let too_large = "the cost of all attempts is more than a ledger can book";
        let Some(earlier) = self.earlier_attempts() else { return self.presume(too_large) };
        match settlement::bill_at(&shared.book, row, terms, response, row.ceiling.less(earlier)) {
            Bill::Cost { cost, usage, notes } => {
                let Some(cost) = cost.checked_add(earlier) else { return self.presume(too_large) };
                let booked = self.change(&Change::Settle { cost, usage: Some(usage) })?;
                for note in notes {
                    shared.listener.tell(&Notice::Noted { hold: row.id.clone(), note });
                }
                Ok(booked)
            }
            Bill::Open { .. } if response.unfinished && self.has_fixed_price() => {
                let cost = row.ceiling;
                let booked = self.change(&Change::Settle { cost, usage: None })?;
                let note = "the job was accepted: its price is fixed, and is booked".to_owned();
                shared.listener.tell(&Notice::Noted { hold: row.id.clone(), note });
                Ok(booked)
            }
            Bill::Open { why } => self.presume(&why),
        }
    }

    /// Whether the call costs what was quoted whatever comes back: a price for each image that was
    /// asked for, or for the call.
    fn has_fixed_price(&self) -> bool {
        let Inner { terms, quoted, .. } = &*self.inner;
        matches!(terms.basis, Basis::PerImage | Basis::PerCall) && quoted.expected == Some(quoted.ceiling)
    }

    /// What the attempts before the last may have cost; none if a ledger can't book it.
    fn earlier_attempts(&self) -> Option<NanoUsd> {
        let earlier = self.inner.attempts.load(Ordering::Acquire).saturating_sub(1);
        let one = NanoUsd::from_usd(self.inner.quoted.ceiling)?;
        one.nano().checked_mul(earlier.into()).and_then(NanoUsd::new)
    }

    /// Gives the money back: the call was not sent, or is known to have been free.
    ///
    /// # Errors
    /// As [`Hold::settle`]; an empty reason is an error too.
    pub fn release(&self, reason: &str) -> Result<Booked, Error> {
        self.change(&Change::Release { reason: cut(reason) })
    }

    /// Counts the call as having cost its ceiling, since nobody knows. Usage that comes in
    /// later still settles it.
    ///
    /// # Errors
    /// As [`Hold::release`].
    pub fn presume(&self, reason: &str) -> Result<Booked, Error> {
        match self.change(&Change::Presume { reason: cut(reason) }) {
            // A review of expired holds came first, for a reason of its own.
            Err(Error::Ledger(LedgerError::Conflict { state: State::Presumed, .. })) => {
                let Inner { shared, row, .. } = &*self.inner;
                let found = shared.ledger.find(&row.id).map_err(Error::Ledger)?;
                found.map(Booked::of).ok_or_else(|| Error::Ledger(LedgerError::NoHold(row.id.clone())))
            }
            presumed => presumed,
        }
    }

    /// Books a call that went wrong by its provider's rules: released if it was free, else
    /// presumed. Of several [attempts](Hold::attempts_made) it is presumed in any case, since
    /// those before it may have been billed.
    ///
    /// # Errors
    /// As [`Hold::settle`].
    pub fn failed(&self, outcome: &Outcome<'_>) -> Result<Booked, Error> {
        let shared = &self.inner.shared;
        let met = words(outcome);
        let provider = shared.book.provider(&shared.provider).ok();
        let Some((provider, rule)) = provider.and_then(|p| Some((p, p.outcome(outcome)?))) else {
            return self.presume(&format!("{met}: no rule says what that costs"));
        };
        let by = format!("{met}: by the rule of {} ({})", provider.id, rule.evidence.as_str());
        let note = rule.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
        match rule.result {
            OutcomeResult::Free if shared.policy.strict_outcomes && is_assumed(rule) => {
                self.presume(&format!("{by} free, which a strict policy does not assume{note}"))
            }
            OutcomeResult::Free if self.inner.attempts.load(Ordering::Acquire) > 1 => {
                self.presume(&format!("{by} free, which says nothing of attempts before it{note}"))
            }
            OutcomeResult::Free => self.release(&format!("{by} free{note}")),
            OutcomeResult::Billed => self.presume(&format!("{by} billed{note}")),
            OutcomeResult::Unknown => self.presume(&format!("{by} unknown{note}")),
        }
    }

    /// Makes a change in the ledger; once more if the response was lost, since the same change
    /// twice is no change.
    fn change(&self, change: &Change) -> Result<Booked, Error> {
        let Inner { shared, row, .. } = &*self.inner;
        let make = || shared.ledger.change(&row.id, change, &shared.by);
        let changed = match make() {
            Err(LedgerError::Unknown { .. }) => make(),
            changed => changed,
        };
        let changed = changed.map_err(Error::Ledger)?;
        self.tell(&changed);
        Ok(Booked::of(changed.hold))
    }

    fn tell(&self, changed: &Changed) {
        let listener = &self.inner.shared.listener;
        for alert in &changed.alerts {
            listener.tell(&Notice::Alert(alert.clone()));
        }
        let overrun = changed.hold.overrun();
        if let Some(cost) = changed.hold.cost.filter(|_| overrun > NanoUsd::ZERO && !changed.repeated) {
            listener.tell(&Notice::Overrun { hold: changed.hold.id.clone(), cost, overrun });
        }
    }

    /// Tells of a booking that failed after the call was made.
    pub(crate) fn tell_failure(&self, error: &Error) {
        let notice = Notice::NotBooked { hold: self.id().clone(), error: error.clone() };
        self.inner.shared.listener.tell(&notice);
    }

    #[cfg(feature = "async")]
    pub(crate) fn answers_at_once(&self) -> bool {
        self.inner.shared.ledger.answers_at_once()
    }
}

/// The same for async code: a ledger that responses at once is asked where this is called, any
/// other on tokio's blocking pool. Once polled, the change is made even if the future is dropped.
#[cfg(feature = "async")]
impl Hold {
    /// [`Hold::settle`].
    ///
    /// # Errors
    /// As [`Hold::settle`], and [`Error::Interrupted`].
    pub async fn settle_async(&self, response: &Response) -> Result<Booked, Error> {
        let response = response.clone();
        self.elsewhere(move |hold| hold.settle(&response)).await
    }

    /// [`Hold::release`].
    ///
    /// # Errors
    /// As [`Hold::release`], and [`Error::Interrupted`].
    pub async fn release_async(&self, reason: &str) -> Result<Booked, Error> {
        let reason = reason.to_owned();
        self.elsewhere(move |hold| hold.release(&reason)).await
    }

    /// [`Hold::failed`].
    ///
    /// # Errors
    /// As [`Hold::failed`], and [`Error::Interrupted`].
    pub async fn failed_async(&self, outcome: &Outcome<'_>) -> Result<Booked, Error> {
        let (event, status) = (outcome.event, outcome.status);
        let (kind, code) = (outcome.error_type.map(str::to_owned), outcome.error_code.map(str::to_owned));
        let book = move |hold: &Hold| {
            let (error_type, error_code) = (kind.as_deref(), code.as_deref());
            hold.failed(&Outcome::new(event, status, error_type, error_code))
        };
        self.elsewhere(book).await
    }

    /// [`Hold::presume`].
    ///
    /// # Errors
    /// As [`Hold::presume`], and [`Error::Interrupted`].
    pub async fn presume_async(&self, reason: &str) -> Result<Booked, Error> {
        let reason = reason.to_owned();
        self.elsewhere(move |hold| hold.presume(&reason)).await
    }

    async fn elsewhere(
        &self,
        book: impl FnOnce(&Hold) -> Result<Booked, Error> + Send + 'static,
    ) -> Result<Booked, Error> {
        if self.answers_at_once() {
            return book(self);
        }
        let hold = self.clone();
        pool::run(move || book(&hold)).await?
    }
}

impl Booked {
    fn of(row: Row) -> Self {
        let amount = match row.state {
            State::Settled => row.cost.unwrap_or(NanoUsd::ZERO),
            State::Released => NanoUsd::ZERO,
            State::Held | State::Presumed => row.ceiling,
        };
        Booked { state: row.state, amount, overrun: row.overrun(), reason: row.reason }
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold")
            .field("id", &self.id().as_str())
            .field("scope", &self.scope().as_str())
            .field("amount", &self.amount())
            .field("quoted", self.quoted())
            .finish_non_exhaustive()
    }
}

fn is_assumed(rule: &OutcomeRule) -> bool {
    rule.evidence == Evidence::Assumed
}

/// What happened, in words for the journal.
fn words(outcome: &Outcome<'_>) -> String {
    use imgcost_core::Event;
    let mut words = match (outcome.event, outcome.status) {
        (Event::NotSent, _) => "not sent".to_owned(),
        (Event::NoResponse, _) => "sent, and no whole response came".to_owned(),
        (Event::Response, Some(status)) => format!("answered {status}"),
        (Event::Response, None) => "answered".to_owned(),
    };
    for name in [outcome.error_type, outcome.error_code].into_iter().flatten() {
        words.push(' ');
        words.extend(name.chars().take(64));
    }
    words
}

/// A reason as long as a ledger takes it.
fn cut(reason: &str) -> String {
    // Names in it may come from the provider, and ledgers take no control characters.
    let mut text: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}
