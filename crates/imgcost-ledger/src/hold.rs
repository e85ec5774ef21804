//! Money set aside for a call that is about to be made, and what became of it.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use crate::budget::Alert;
use crate::money::NanoUsd;
use crate::scope::Scope;
use crate::window::{Period, Window};

/// The most bytes that a hold's request summary and its terms may have, each.
pub const MAX_DETAILS: usize = 1 << 20;
/// The most bytes of a key, a reason or a name of whoever acts.
pub const MAX_TEXT: usize = 512;
/// The longest time after which a hold expires.
pub const MAX_EXPIRY: SignedDuration = SignedDuration::from_hours(24 * 366);

/// The name of a hold: `h_` and 32 hex digits, made before anything is written.
///
/// ```
/// use imgcost_ledger::HoldId;
/// let id = HoldId::random();
/// assert_eq!(id.as_str().parse::<HoldId>().unwrap(), id);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldId(String);

/// A text that is no name of a hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no hold: expected h_ and 32 hex digits, as `hold` gave them")]
pub struct ParseHoldIdError(String);

impl HoldId {
    /// A new name, never used before: a UUID of version 7, so that later ones sort behind.
    #[must_use]
    pub fn random() -> Self {
        HoldId(format!("h_{}", uuid::Uuid::now_v7().simple()))
    }

    /// The name.
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

/// A wish to hold money for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHold {
    /// Its name, made before the write: asking again with it finds what was written, also once
    /// that is closed ([`Hold::state`] tells).
    pub id: HoldId,
    /// The caller's own key, at most [`MAX_TEXT`] bytes: one hold for the key, however often it
    /// is asked for. As long as that hold is open, a second wish with the same key, quote, scope
    /// and ceiling gets it; a wish that differs in any of them gets [`Error::OtherCall`]. Once it
    /// is settled, released or presumed, a wish under a new id gets [`Error::Conflict`], since
    /// nothing is set aside for it any more: a call that is made again needs a key of its own.
    ///
    /// [`Error::OtherCall`]: crate::Error::OtherCall
    /// [`Error::Conflict`]: crate::Error::Conflict
    pub key: Option<String>,
    /// Whose money.
    pub scope: Scope,
    /// How much: the most that the call may cost.
    pub ceiling: NanoUsd,
    /// Whether that ceiling is assumed and not proven.
    pub assumed: bool,
    /// The id of the quote behind it.
    pub quote: String,
    /// The digest of the price book behind the quote.
    pub book: String,
    /// The request in a few words of JSON; never the prompt, never a key of an API.
    pub request: String,
    /// The rates that it will be settled at, as JSON.
    pub terms: String,
    /// After which time an unsettled hold counts as expired; at most [`MAX_EXPIRY`].
    pub expires_in: SignedDuration,
    /// Let it in even where it would be refused, for this reason, at most [`MAX_TEXT`] bytes:
    /// a caller's policy that warns instead of denying. The money is booked all the same, so
    /// that the books stay true; the journal's entry carries the reason.
    pub despite: Option<String>,
    /// Who asks.
    pub by: String,
}

/// What became of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Open: the ceiling counts.
    Held,
    /// Booked by its usage. Final.
    Settled,
    /// Not sent, or refused free of charge: counts nothing.
    Released,
    /// The outcome is not known: counts as spent at the ceiling.
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

/// A hold as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// Its name.
    pub id: HoldId,
    /// The caller's own key.
    pub key: Option<String>,
    /// Whose money.
    pub scope: Scope,
    /// When it was made, by the store's clock, to the microsecond: its windows are those that
    /// were open then, for good.
    pub made_at: Timestamp,
    /// From when on it counts as expired if it is still open.
    pub expires_at: Timestamp,
    /// How much was set aside.
    pub ceiling: NanoUsd,
    /// Whether that ceiling is assumed and not proven.
    pub assumed: bool,
    /// What became of it.
    pub state: State,
    /// What the call cost, once settled.
    pub cost: Option<NanoUsd>,
    /// The reported usage it was settled by, as JSON.
    pub usage: Option<String>,
    /// Why it was released or presumed.
    pub reason: Option<String>,
    /// The id of the quote behind it.
    pub quote: String,
    /// The digest of the price book behind the quote.
    pub book: String,
    /// The request in a few words of JSON.
    pub request: String,
    /// The rates that it is settled at, as JSON.
    pub terms: String,
}

impl Hold {
    /// Whether it is open and past its time. It counts all the same: money is never freed by
    /// silence.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.state == State::Held && now > self.expires_at
    }

    /// How far the bill went beyond the ceiling.
    #[must_use]
    pub fn overrun(&self) -> NanoUsd {
        self.cost.map_or(NanoUsd::ZERO, |cost| cost.less(self.ceiling))
    }

    /// The periods that it counts in.
    #[must_use]
    pub fn periods(&self) -> [Period; 4] {
        Window::ALL.map(|window| window.at(self.made_at))
    }
}

/// A hold was let in, or had been before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The hold.
    pub hold: Hold,
    /// Whether it was there already: the same id or key had asked before, and no more was set
    /// aside. Found by its key it is open, and somebody else may be making the call that it is
    /// for: one settlement books one call. Found by its id it may be closed too: look at its
    /// state before the call is made.
    pub repeated: bool,
    /// What is now left on the tightest budget of its path; none where nothing is limited.
    pub left: Option<NanoUsd>,
    /// What refused it, where it was let in despite of that ([`NewHold::despite`]).
    pub refusal: Option<crate::error::Refusal>,
    /// Thresholds that were reached by it.
    pub alerts: Vec<Alert>,
}

/// What to do to a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Book what the call cost.
    Settle {
        /// The cost by its usage and the hold's terms.
        cost: NanoUsd,
        /// The usage, as JSON, at most [`MAX_DETAILS`] bytes.
        usage: Option<String>,
    },
    /// Give the money back: the call was not sent, or was refused free of charge.
    Release {
        /// Why, at most [`MAX_TEXT`] bytes and not empty.
        reason: String,
    },
    /// Count the ceiling as spent: the outcome is not known.
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

/// A hold was changed, or had been before in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The hold after it.
    pub hold: Hold,
    /// The state before it.
    pub before: State,
    /// Whether the same change had been made before.
    pub repeated: bool,
    /// Thresholds that were reached by it.
    pub alerts: Vec<Alert>,
}

impl Changed {
    /// Whether usage came in for a hold that had been released: it was billed after all.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.before == State::Released && self.hold.state == State::Settled && !self.repeated
    }
}
