//! Money set aside for a call, and its outcome.

use std::collections::BTreeMap;
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
/// The most tags of a hold.
pub const MAX_TAGS: usize = 16;
/// The most bytes in a tag's name, and in its value.
pub const MAX_TAG: usize = 64;

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
    /// What the call is expected to cost, if the quote knew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<NanoUsd>,
    /// How many calls it is for.
    pub calls: u64,
    /// The caller's tags.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The id of the request that the call is made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The provider's job, once it has accepted the call as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
    /// Whether it was booked after the call, which was made while the ledger could not answer.
    pub late: bool,
}

/// Tags as a JSON object; none without tags.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn tags_json(tags: &BTreeMap<String, String>) -> Option<String> {
    // A map of texts always has a JSON form.
    if tags.is_empty() { None } else { serde_json::to_string(tags).ok() }
}

/// A call that a provider has accepted as a job, and whose result comes later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Job {
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the job.
    pub id: String,
}

impl Job {
    /// A provider's job, both texts at most [`MAX_TEXT`] bytes.
    #[must_use]
    pub fn new(provider: impl Into<String>, id: impl Into<String>) -> Job {
        Job { provider: provider.into(), id: id.into() }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.provider, self.id)
    }
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

    /// Its tags as a JSON object; none without tags.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn tags_json(&self) -> Option<String> {
        tags_json(&self.tags)
    }

    /// The periods it counts in.
    #[must_use]
    pub fn periods(&self) -> [Period; 5] {
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
    /// The refusal that [`NewHold::override_reason`](crate::NewHold::override_reason) overrode.
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
