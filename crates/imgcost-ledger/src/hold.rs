//! Money set aside for a call, and its outcome.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use crate::budget::Alert;
use crate::money::NanoUsd;
use crate::scope::Scope;
use crate::window::{Period, Window};

/// The most bytes in a hold's request summary, and in its terms.
pub const MAX_DETAILS: usize = 1 << 20;
/// The most bytes in a key, a reason or the name of an actor.
pub const MAX_TEXT: usize = 512;
/// The longest time until a hold expires.
pub const MAX_EXPIRY: SignedDuration = SignedDuration::from_hours(24 * 366);
/// The quote and book of a hold without a quote.
const NONE: &str = "none";
const NO_DETAILS: &str = "{}";

/// The id of a hold: `h_` and 32 hex digits, created before anything is written.
///
/// ```
/// use imgcost_ledger::HoldId;
/// let id = HoldId::random();
/// assert_eq!(id.as_str().parse::<HoldId>().unwrap(), id);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldId(String);

/// A text that is not a hold's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no hold: expected h_ and 32 hex digits, as `hold` gave them")]
pub struct ParseHoldIdError(String);

impl HoldId {
    /// A new unique id: a version 7 UUID, so that later ones sort after it.
    #[must_use]
    pub fn random() -> Self {
        HoldId(format!("h_{}", uuid::Uuid::now_v7().simple()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HoldId {
    type Err = ParseHoldIdError;

    fn from_str(text: &str) -> Result<Self, ParseHoldIdError> {
        let digits = text.strip_prefix("h_").unwrap_or_default();
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if digits.len() == 32 && digits.bytes().all(hex) {
            Ok(HoldId(text.to_owned()))
        } else {
            Err(ParseHoldIdError(text.chars().take(60).collect()))
        }
    }
}

impl fmt::Display for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for HoldId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

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
    /// often it is requested. While that hold is open, a request with the same key, quote, scope
    /// and ceiling returns it; one that differs fails with [`Error::OtherCall`]. Once it is
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
            override_reason: None,
            by: by.into(),
        }
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

    /// Books it even if it would be refused, for this reason.
    #[must_use]
    pub fn override_reason(mut self, reason: impl Into<String>) -> Self {
        self.override_reason = Some(reason.into());
        self
    }
}

/// The state of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Open: its ceiling counts.
    Held,
    /// Its cost is booked. Final.
    Settled,
    /// Not sent, or refused free of charge: nothing counts.
    Released,
    /// The outcome is unknown: its ceiling counts as spent.
    Presumed,
}

impl State {
    /// All of them.
    pub const ALL: [State; 4] = [State::Held, State::Settled, State::Released, State::Presumed];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Held => "held",
            State::Settled => "settled",
            State::Released => "released",
            State::Presumed => "presumed",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A hold in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// The caller's key.
    pub key: Option<String>,
    /// The scope that pays.
    pub scope: Scope,
    /// When it was made, by the store's clock, in microseconds. It always counts in the windows
    /// that were open then.
    pub made_at: Timestamp,
    /// When it expires if it is still open.
    pub expires_at: Timestamp,
    /// The amount set aside.
    pub ceiling: NanoUsd,
    /// Whether that ceiling is assumed rather than proven.
    pub assumed: bool,
    /// Its state.
    pub state: State,
    /// The cost of the call, once settled.
    pub cost: Option<NanoUsd>,
    /// The usage it was settled with, as JSON.
    pub usage: Option<String>,
    /// Why it was released or presumed.
    pub reason: Option<String>,
    /// The id of the quote.
    pub quote: String,
    /// The digest of the price book used for the quote.
    pub book: String,
    /// A summary of the request as JSON.
    pub request: String,
    /// The rates to settle at, as JSON.
    pub terms: String,
}

impl Hold {
    /// Whether it is open and past its expiry. It still counts: only a settlement or a release
    /// frees money.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.state == State::Held && now > self.expires_at
    }

    /// How far the cost exceeds the ceiling.
    #[must_use]
    pub fn overrun(&self) -> NanoUsd {
        self.cost.map_or(NanoUsd::ZERO, |cost| cost.less(self.ceiling))
    }

    /// The periods it counts in.
    #[must_use]
    pub fn periods(&self) -> [Period; 4] {
        Window::ALL.map(|window| window.at(self.made_at))
    }
}

/// The result of [`Ledger::hold`](crate::Ledger::hold).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// The hold.
    pub hold: Hold,
    /// Whether the hold already existed: the same id or key was used before, and no more money
    /// was set aside. A hold found by its key is open, and another caller may be making the call
    /// it is for: one settlement books one call. A hold found by its id may be closed, so check
    /// its state before making the call.
    pub repeated: bool,
    /// What is left on the tightest budget of its path; none if nothing is limited.
    pub left: Option<NanoUsd>,
    /// The refusal that [`NewHold::override_reason`] overrode.
    pub refusal: Option<crate::refusal::Refusal>,
    /// Budget thresholds that it reached.
    pub alerts: Vec<Alert>,
}

/// A change of a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Book what the call cost.
    Settle {
        /// The cost, from its usage and the hold's terms.
        cost: NanoUsd,
        /// The usage, as JSON, at most [`MAX_DETAILS`] bytes.
        usage: Option<String>,
    },
    /// Free the money: the call was not sent, or was refused free of charge.
    Release {
        /// Why, at most [`MAX_TEXT`] bytes and not empty.
        reason: String,
    },
    /// Count the ceiling as spent: the outcome is unknown.
    Presume {
        /// Why, at most [`MAX_TEXT`] bytes and not empty.
        reason: String,
    },
}

impl Change {
    /// The state that it leads to.
    #[must_use]
    pub const fn leads_to(&self) -> State {
        match self {
            Change::Settle { .. } => State::Settled,
            Change::Release { .. } => State::Released,
            Change::Presume { .. } => State::Presumed,
        }
    }
}

/// The result of [`Ledger::change`](crate::Ledger::change).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changed {
    /// The hold after the change.
    pub hold: Hold,
    /// The state before the change.
    pub before: State,
    /// Whether the same change was made before.
    pub repeated: bool,
    /// Budget thresholds that it reached.
    pub alerts: Vec<Alert>,
}

impl Changed {
    /// The result of a change that was made before: the hold is as it was.
    #[must_use]
    pub const fn repeated(hold: Hold) -> Self {
        Changed { before: hold.state, hold, repeated: true, alerts: Vec::new() }
    }

    /// Whether a released hold was settled: the call was billed after all.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.before == State::Released && self.hold.state == State::Settled && !self.repeated
    }
}
