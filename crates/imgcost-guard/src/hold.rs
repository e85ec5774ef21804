//! Money that is held for a call, and what became of the call.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use imgcost_core::{Note, Outcome, Response, Terms, Usd};
use imgcost_ledger::{Change, Changed, Error as LedgerError, HoldId, NanoUsd, Refusal, Scope, State};
use imgcost_ledger::{Held, Hold as Row, Job, LateCall, NewHold, Timestamp};

#[cfg(feature = "__http")]
use crate::booked::Booking;
use crate::error::Error;
use crate::event::Event;
use crate::guard::shared::Shared;
#[cfg(feature = "async")]
use crate::queue::Queue;
use crate::step::{Step, What};

/// What was quoted for one attempt of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// The id of the quote.
    pub id: String,
    /// The model that was asked for.
    pub model: String,
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

pub(crate) struct Inner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) row: Row,
    pub(crate) quoted: Quoted,
    pub(crate) terms: Terms,
    /// How often the call may have been sent.
    pub(crate) attempts: AtomicU32,
    left: Option<NanoUsd>,
    refusal: Option<Refusal>,
    since: Instant,
    /// What the ledger has to be told of it first, if it could not be asked.
    late: Option<NewHold>,
    /// Whether only the result of its job is asked for.
    is_poll: bool,
    /// How it was booked, for those who wait for that.
    #[cfg(feature = "__http")]
    booked: tokio::sync::watch::Sender<Option<Booked>>,
}

/// What a hold knows beside its row in the ledger.
#[derive(Default)]
struct Known {
    late: Option<NewHold>,
    left: Option<NanoUsd>,
    refusal: Option<Refusal>,
    attempts: u32,
    is_poll: bool,
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
    /// A hold that was made for a call.
    pub(crate) fn new(shared: Arc<Shared>, held: Held, quoted: Quoted, terms: Terms) -> Self {
        let attempts = shared.policy.attempts.get();
        let Held { hold, left, refusal, .. } = held;
        let known = Known { left, refusal, attempts, ..Known::default() };
        Hold::of_row(shared, hold, quoted, terms, known)
    }

    /// A hold of a call that is made while the ledger can't answer: it is not in the ledger before it
    /// is booked.
    pub(crate) fn late(
        shared: Arc<Shared>,
        new: NewHold,
        made_at: Timestamp,
        quoted: Quoted,
        terms: Terms,
    ) -> Self {
        let row = new.made(made_at, made_at.saturating_add(new.expires_in).unwrap_or(made_at));
        let attempts = shared.policy.attempts.get();
        let known = Known { late: Some(new), attempts, ..Known::default() };
        Hold::of_row(shared, row, quoted, terms, known)
    }

    /// A late hold that another program left.
    pub(crate) fn of_journal(shared: Arc<Shared>, new: NewHold, made_at: Timestamp) -> Self {
        let ceiling = new.ceiling.usd();
        let quoted = Quoted {
            id: new.quote.clone(),
            model: String::new(),
            ceiling,
            expected: None,
            notes: Vec::new(),
        };
        Hold::late(shared, new, made_at, quoted, Terms::per_call(ceiling))
    }

    fn of_row(shared: Arc<Shared>, row: Row, quoted: Quoted, terms: Terms, known: Known) -> Self {
        let Known { late, left, refusal, attempts, is_poll } = known;
        let attempts = AtomicU32::new(attempts);
        let since = Instant::now();
        let inner = Inner {
            shared,
            row,
            left,
            refusal,
            quoted,
            terms,
            attempts,
            since,
            late,
            is_poll,
            #[cfg(feature = "__http")]
            booked: tokio::sync::watch::Sender::default(),
        };
        Hold { inner: Arc::new(inner) }
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
        self.book(&Step::of_response(&self.inner, response))
    }

    /// Gives the money back: the call was not sent, or is known to have been free.
    ///
    /// # Errors
    /// As [`Hold::settle`]; an empty reason is an error too.
    pub fn release(&self, reason: &str) -> Result<Booked, Error> {
        self.book(&Step::release(reason))
    }

    /// Counts the call as having cost its ceiling, since nobody knows. Usage that comes in
    /// later still settles it.
    ///
    /// # Errors
    /// As [`Hold::release`].
    pub fn presume(&self, reason: &str) -> Result<Booked, Error> {
        self.book(&Step::presume(reason))
    }

    /// Books a call that went wrong by its provider's rules, or by what
    /// [`Policy::outcome`](crate::Policy::outcome) states for its status: released if it was free,
    /// else presumed. Of several [attempts](Hold::attempts_made) it is presumed in any case, since
    /// those before it may have been billed.
    ///
    /// # Errors
    /// As [`Hold::settle`].
    pub fn failed(&self, outcome: &Outcome<'_>) -> Result<Booked, Error> {
        self.book(&Step::of_failure(&self.inner, outcome))
    }

    /// The hold's own part of a step.
    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Books a step, and after it what could not be booked before.
    pub(crate) fn book(&self, step: &Step) -> Result<Booked, Error> {
        let booked = self.make(step)?;
        let unbooked = &self.inner.shared.unbooked;
        if !unbooked.is_empty() {
            unbooked.retry();
        }
        Ok(booked)
    }

    /// Books a step of a call that was made; if that fails, it is told, and kept to be tried again.
    pub(crate) fn book_or_keep(&self, step: Step) -> Result<Booked, Error> {
        self.book(&step)
            .inspect_err(|error| {
                let (hold, change, error) = (self.id().clone(), step.change().cloned(), error.clone());
                self.inner.shared.listener.tell(&Event::NotBooked { hold, change, error });
            })
            .inspect_err(|error| self.inner.shared.unbooked.keep(self, step.clone(), error))
    }

    /// Makes a change in the ledger; once more if the response was lost, since the same change
    /// twice is no change.
    pub(crate) fn make(&self, step: &Step) -> Result<Booked, Error> {
        let Inner { shared, row, .. } = &*self.inner;
        let change = match &step.what {
            What::Change(Change::Release { reason }) if self.inner.late.is_some() => {
                self.tell_booked_late();
                let (state, amount, reason) = (State::Released, NanoUsd::ZERO, Some(reason.clone()));
                let booked = Booked { state, amount, reason, overrun: NanoUsd::ZERO };
                self.tell_waiting(&booked);
                return Ok(booked);
            }
            What::Change(change) => change,
            What::Await(job) if self.inner.late.is_some() => {
                return self
                    .make(&Step::presume(&format!("accepted as job {job} while the ledger was away")));
            }
            What::Await(job) => return self.wait_for(job, &step.notes),
        };
        let make = || match &self.inner.late {
            Some(new) => shared.ledger.book_late(&LateCall::new(new.clone(), row.made_at, change.clone())),
            None => shared.ledger.change(&row.id, change, &shared.by),
        };
        let changed = match make() {
            Err(LedgerError::Unknown { .. }) => make(),
            changed => changed,
        };
        match (changed, change) {
            (Ok(changed), _) => {
                self.tell_booked_late();
                self.tell(&changed, &step.notes);
                let booked = Booked::of(changed.hold);
                self.tell_waiting(&booked);
                Ok(booked)
            }
            // A review of expired holds came first, for a reason of its own.
            (Err(LedgerError::Conflict { state: State::Presumed, .. }), Change::Presume { .. }) => {
                let found = shared.ledger.find(&row.id).map_err(Error::Ledger)?;
                found.map(Booked::of).ok_or_else(|| Error::Ledger(LedgerError::NoHold(row.id.clone())))
            }
            (Err(error), _) => Err(Error::Ledger(error)),
        }
    }

    /// Tells those who wait for it how the call was booked.
    fn tell_waiting(&self, booked: &Booked) {
        #[cfg(feature = "__http")]
        self.inner.booked.send_replace(Some(booked.clone()));
        #[cfg(not(feature = "__http"))]
        let _ = (self, booked);
    }

    /// Tells the outage's journal that a late call is booked.
    fn tell_booked_late(&self) {
        if let (Some(allowance), Some(_)) = (&self.inner.shared.allowance, &self.inner.late) {
            allowance.booked(self.id());
        }
    }

    /// Leaves the hold open for the result of a job.
    fn wait_for(&self, job: &str, notes: &[String]) -> Result<Booked, Error> {
        let Inner { shared, row, .. } = &*self.inner;
        let job = Job::new(shared.provider.as_str(), job);
        match shared.ledger.set_job(&row.id, &job, &shared.by) {
            Ok(row) => {
                for note in notes {
                    shared.listener.tell(&Event::Noted { hold: row.id.clone(), note: note.clone() });
                }
                Ok(Booked::of(row))
            }
            Err(LedgerError::OtherCall { .. } | LedgerError::OtherJob { .. }) => {
                self.presume("the provider's job is known of another call")
            }
            Err(error) => Err(Error::Ledger(error)),
        }
    }

    /// The hold of a job whose result is asked for: what is no result leaves it as it is.
    pub(crate) fn of_job(shared: Arc<Shared>, row: Row) -> Option<Hold> {
        let terms = serde_json::from_str(&row.terms).ok()?;
        let request: serde_json::Value = serde_json::from_str(&row.request).unwrap_or_default();
        let model = request.get("model").and_then(serde_json::Value::as_str).unwrap_or_default();
        let quoted = Quoted {
            id: row.quote.clone(),
            model: model.to_owned(),
            ceiling: row.ceiling.usd(),
            expected: row.expected.map(NanoUsd::usd),
            notes: Vec::new(),
        };
        let known = Known { attempts: 1, is_poll: true, ..Known::default() };
        Some(Hold::of_row(shared, row, quoted, terms, known))
    }

    /// Whether only the result of its job is asked for, so that nothing but a result changes it.
    pub(crate) fn is_poll(&self) -> bool {
        self.inner.is_poll
    }

    /// As it is in the ledger.
    pub(crate) fn unchanged(&self) -> Booked {
        Booked::of(self.inner.row.clone())
    }

    fn tell(&self, changed: &Changed, notes: &[String]) {
        let listener = &self.inner.shared.listener;
        for alert in &changed.alerts {
            listener.tell(&Event::Alert(alert.clone()));
        }
        if changed.repeated {
            return;
        }
        let (hold, scope) = (self.id().clone(), self.scope().clone());
        let (state, amount) = (changed.hold.state, counted(&changed.hold));
        let (model, latency) = (self.inner.quoted.model.clone(), self.inner.since.elapsed());
        listener.tell(&Event::Booked { hold, scope, model, state, amount, latency });
        let overrun = changed.hold.overrun();
        if let Some(cost) = changed.hold.cost.filter(|_| overrun > NanoUsd::ZERO) {
            listener.tell(&Event::Overrun { hold: self.id().clone(), cost, overrun });
        }
        for note in notes {
            listener.tell(&Event::Noted { hold: self.id().clone(), note: note.clone() });
        }
    }

    /// Tells when it is booked.
    #[cfg(feature = "__http")]
    pub(crate) fn booking(&self) -> Booking {
        Booking(self.inner.booked.subscribe())
    }

    #[cfg(feature = "__http")]
    pub(crate) fn end_wait(&self) -> std::time::Duration {
        self.inner.shared.end_wait
    }

    #[cfg(feature = "async")]
    pub(crate) fn queue(&self) -> &Queue {
        &self.inner.shared.queue
    }

    #[cfg(feature = "async")]
    pub(crate) fn answers_at_once(&self) -> bool {
        self.inner.shared.ledger.answers_at_once()
    }
}

/// The same for async code: a ledger that answers at once is asked where this is called, any other
/// on the guard's own threads. Once polled, the change is made even if the future is dropped.
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
        let booked = self.queue().book(move || book(&hold));
        booked.await.map_err(|_| Error::Interrupted)?
    }
}

impl Booked {
    fn of(row: Row) -> Self {
        Booked { state: row.state, amount: counted(&row), overrun: row.overrun(), reason: row.reason }
    }
}

/// What counts for a hold.
fn counted(row: &Row) -> NanoUsd {
    match row.state {
        State::Settled => row.cost.unwrap_or(NanoUsd::ZERO),
        State::Released => NanoUsd::ZERO,
        State::Held | State::Presumed => row.ceiling,
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
