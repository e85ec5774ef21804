//! Requests to set money aside, and to book what already happened.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::checks::check_new;
use crate::error::Error;
use crate::hold::{Change, Hold, HoldId, State};
#[cfg(doc)]
use crate::hold::{MAX_EXPIRY, MAX_TAG, MAX_TAGS, MAX_TEXT};
use crate::money::NanoUsd;
use crate::scope::Scope;

/// The quote and book of a hold without a quote.
const NONE: &str = "none";
const NO_DETAILS: &str = "{}";

/// A request to hold money for a call.
///
/// ```
/// use imgcost_ledger::{NanoUsd, NewHold};
/// let ceiling = NanoUsd::new(250_000_000).unwrap();
/// let new = NewHold::new("team/alice".parse()?, ceiling, "app").key("order 7");
/// assert_eq!(new.key.as_deref(), Some("order 7"));
/// # Ok::<(), imgcost_ledger::ParseScopeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewHold {
    /// The hold's id, created before the write: repeating the request finds what was written,
    /// even if that hold is closed by now ([`Hold::state`] tells).
    pub id: HoldId,
    /// The caller's own key, at most [`MAX_TEXT`] bytes. There is one hold for a key, however
    /// often it is requested. While that hold is open, a request with the same key, quote, scope,
    /// ceiling and number of calls returns it; one that differs fails with [`Error::OtherCall`]. Once it is
    /// settled, released or presumed, a request under a new id fails with [`Error::Conflict`]:
    /// no money is set aside any more, and another call needs another key.
    ///
    /// [`Error::OtherCall`]: crate::Error::OtherCall
    /// [`Error::Conflict`]: crate::Error::Conflict
    pub key: Option<String>,
    /// The scope that pays.
    pub scope: Scope,
    /// The most that the call may cost.
    pub ceiling: NanoUsd,
    /// Whether that ceiling is assumed rather than proven.
    pub assumed: bool,
    /// The id of the quote.
    pub quote: String,
    /// The digest of the price book used for the quote.
    pub book: String,
    /// A summary of the request as JSON; never the prompt or an API key.
    pub request: String,
    /// The rates to settle at, as JSON.
    pub terms: String,
    /// When an unsettled hold expires; at most [`MAX_EXPIRY`].
    pub expires_in: SignedDuration,
    /// What the call is expected to cost. It is not what is held: a refusal reports how much of
    /// what is held is above what is expected.
    pub expected: Option<NanoUsd>,
    /// How many calls the hold is for, such as the requests of a batch file. It is settled once,
    /// with the sum of their costs.
    pub calls: u64,
    /// Names and values of your own, at most [`MAX_TAGS`] of at most [`MAX_TAG`] bytes each.
    pub tags: BTreeMap<String, String>,
    /// The id of the request that the call is made for, at most [`MAX_TEXT`] bytes.
    pub request_id: Option<String>,
    /// Book the hold even if it would be refused, for this reason of at most [`MAX_TEXT`] bytes:
    /// for a policy that warns instead of denying. The journal records the reason.
    pub override_reason: Option<String>,
    /// The actor recorded in the journal.
    pub by: String,
}

impl NewHold {
    /// A request with a new id and a proven ceiling that belongs to no quote and expires in ten
    /// minutes.
    #[must_use]
    pub fn new(scope: Scope, ceiling: NanoUsd, by: impl Into<String>) -> Self {
        NewHold {
            id: HoldId::random(),
            key: None,
            scope,
            ceiling,
            assumed: false,
            quote: NONE.to_owned(),
            book: NONE.to_owned(),
            request: NO_DETAILS.to_owned(),
            terms: NO_DETAILS.to_owned(),
            expires_in: SignedDuration::from_mins(10),
            expected: None,
            calls: 1,
            tags: BTreeMap::new(),
            request_id: None,
            override_reason: None,
            by: by.into(),
        }
    }

    /// Whether ledgers take it, as far as that does not depend on what is in them.
    ///
    /// # Errors
    /// [`Error::BadInput`] with the field that no ledger takes.
    pub fn check(&self) -> Result<(), Error> {
        check_new(self)
    }

    /// Replaces the id.
    #[must_use]
    pub fn id(mut self, id: HoldId) -> Self {
        self.id = id;
        self
    }

    /// Sets or clears the caller's key.
    #[must_use]
    pub fn key<'k>(mut self, key: impl Into<Option<&'k str>>) -> Self {
        self.key = key.into().map(str::to_owned);
        self
    }

    /// Marks the ceiling as assumed, or as proven.
    #[must_use]
    pub const fn assumed(mut self, assumed: bool) -> Self {
        self.assumed = assumed;
        self
    }

    /// Sets the quote's id and the digest of its price book.
    #[must_use]
    pub fn quote(mut self, id: impl Into<String>, book: impl Into<String>) -> Self {
        self.quote = id.into();
        self.book = book.into();
        self
    }

    /// Sets the summary of the request and the rates to settle at, both as JSON.
    #[must_use]
    pub fn details(mut self, request: impl Into<String>, terms: impl Into<String>) -> Self {
        self.request = request.into();
        self.terms = terms.into();
        self
    }

    /// Sets when it expires.
    #[must_use]
    pub const fn expires_in(mut self, time: SignedDuration) -> Self {
        self.expires_in = time;
        self
    }

    /// Sets or clears what the call is expected to cost.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<Option<NanoUsd>>) -> Self {
        self.expected = expected.into();
        self
    }

    /// Sets how many calls it is for.
    #[must_use]
    pub const fn calls(mut self, calls: u64) -> Self {
        self.calls = calls;
        self
    }

    /// Adds a tag, or replaces the one of that name.
    #[must_use]
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(name.into(), value.into());
        self
    }

    /// Sets or clears the id of the request that the call is made for.
    #[must_use]
    pub fn request_id<'r>(mut self, id: impl Into<Option<&'r str>>) -> Self {
        self.request_id = id.into().map(str::to_owned);
        self
    }

    /// Books it even if it would be refused, for this reason.
    #[must_use]
    pub fn override_reason(mut self, reason: impl Into<String>) -> Self {
        self.override_reason = Some(reason.into());
        self
    }

    /// The hold that it becomes in a ledger, open. For a call that is made while the ledger can't
    /// answer: see [`LateCall`].
    #[must_use]
    pub fn made(&self, made_at: Timestamp, expires_at: Timestamp) -> Hold {
        Hold {
            id: self.id.clone(),
            key: self.key.clone(),
            scope: self.scope.clone(),
            made_at,
            expires_at,
            ceiling: self.ceiling,
            assumed: self.assumed,
            state: State::Held,
            cost: None,
            usage: None,
            reason: None,
            quote: self.quote.clone(),
            book: self.book.clone(),
            request: self.request.clone(),
            terms: self.terms.clone(),
            expected: self.expected,
            calls: self.calls,
            tags: self.tags.clone(),
            request_id: self.request_id.clone(),
            job: None,
            late: false,
        }
    }
}

/// A call that was made while the ledger could not answer, to be booked afterwards: hold and outcome
/// in one step, whatever the caps are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LateCall {
    /// What would have been held. Its [`NewHold::override_reason`] says why the call was made
    /// all the same, and its id or key books the call once, however often it is requested.
    pub call: NewHold,
    /// When the call was made; it counts in the windows of that time, at the latest of now.
    pub made_at: Timestamp,
    /// What it cost, or that its outcome is unknown: settled or presumed.
    pub outcome: Change,
}

impl LateCall {
    /// A call, when it was made and what became of it.
    #[must_use]
    pub const fn new(call: NewHold, made_at: Timestamp, outcome: Change) -> LateCall {
        LateCall { call, made_at, outcome }
    }
}
