//! Why a ledger said no, or could not answer.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::budget::Sums;
use crate::hold::{HoldId, State};
use crate::money::NanoUsd;
use crate::scope::Scope;
use crate::window::Window;

/// Why a step was not done. Nothing was changed, save under [`Error::Unknown`].
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The hold does not fit. No call may be made.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// No hold of that name.
    #[error("there is no hold {0}")]
    NoHold(HoldId),
    /// The key or the id was used before, for another quote, scope or amount, or for a ceiling
    /// that was proven and is assumed now, or the other way round.
    #[error("{what} was used before, for another call: hold {hold}, quote {quote}")]
    OtherCall {
        /// Which of the two, in words.
        what: String,
        /// The hold that has it.
        hold: HoldId,
        /// The quote of that hold.
        quote: String,
    },
    /// The change can't follow on what became of the hold, or its key was used again after it
    /// had been closed.
    #[error("hold {hold} is {state}{how}: {}", refused(*wanted))]
    Conflict {
        /// The hold.
        hold: HoldId,
        /// Its state.
        state: State,
        /// How it came to it, in words, with a space in front, or nothing.
        how: String,
        /// The state that was wanted.
        wanted: State,
    },
    /// A text or number is outside its bounds.
    #[error("{field}: {why}")]
    BadInput {
        /// Which one.
        field: &'static str,
        /// What is wrong and what is allowed.
        why: String,
    },
    /// The store can't answer: it is gone, locked for too long, full, or can't be written.
    /// No call may be made. The step was not done.
    #[error("the ledger {store} can't answer: {why}")]
    Unavailable {
        /// Which store; never a password.
        store: String,
        /// What it said.
        why: String,
    },
    /// The response to a write was lost and whether it was done could not be found out. Asking
    /// again with the same id finds out.
    #[error("the ledger {store} was lost in the middle of a write: {why}")]
    Unknown {
        /// Which store; never a password.
        store: String,
        /// What it said.
        why: String,
    },
    /// The store holds what it should not.
    #[error("the ledger {store} is damaged: {why}")]
    Damaged {
        /// Which store; never a password.
        store: String,
        /// What was found.
        why: String,
    },
    /// The store can't be used as a ledger: another kind of file, one of a newer version, or a
    /// place that can't keep the promise.
    #[error("{store} can't be used as a ledger: {why}")]
    Unfit {
        /// Which store; never a password.
        store: String,
        /// Why.
        why: String,
    },
}

/// Why a closed hold does not get into the state that was wanted.
fn refused(wanted: State) -> String {
    match wanted {
        State::Held => {
            "nothing is set aside for its key any more; use a new key to make the call again".to_owned()
        }
        State::Settled | State::Released | State::Presumed => format!("it can't be {wanted} now"),
    }
}

impl Error {
    /// The stable name of the kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Refused(refusal) => refusal.code(),
            Error::NoHold(_) => "no-hold",
            Error::OtherCall { .. } => "other-call",
            Error::Conflict { .. } => "conflict",
            Error::BadInput { .. } => "bad-input",
            Error::Unavailable { .. } => "ledger-unavailable",
            Error::Unknown { .. } => "ledger-unknown",
            Error::Damaged { .. } => "ledger-damaged",
            Error::Unfit { .. } => "ledger-unfit",
        }
    }

    /// The refusal, if it is one.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the store itself failed: nothing can be said about budgets.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(
            self,
            Error::Unavailable { .. } | Error::Unknown { .. } | Error::Damaged { .. } | Error::Unfit { .. }
        )
    }
}

/// Why a hold was not let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No budget on the path: a mistyped scope never spends freely.
    NoBudget {
        /// The scope that was asked for.
        scope: Scope,
        /// The scope with a budget that is spelled most like it.
        nearest: Option<Scope>,
    },
    /// Budgets on the path have no room for it.
    Full {
        /// The scope that was asked for.
        scope: Scope,
        /// How much was asked for.
        ceiling: NanoUsd,
        /// What is left on the tightest budget.
        left: NanoUsd,
        /// The budgets without room, the topmost scope first.
        budgets: Vec<Block>,
    },
    /// The ceiling is assumed, and budgets on the path take proven ones only.
    AssumedCeiling {
        /// The scope that was asked for.
        scope: Scope,
        /// The scope whose budget says so.
        budget: Scope,
    },
}

/// A budget without room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Its scope.
    pub scope: Scope,
    /// Its window.
    pub window: Window,
    /// Its cap.
    pub cap: NanoUsd,
    /// What is left of it.
    pub left: NanoUsd,
    /// What is held and booked.
    #[serde(flatten)]
    pub sums: Sums,
    /// When the next period begins; none for all time.
    pub resets_at: Option<Timestamp>,
}

impl Refusal {
    /// The stable name of the kind.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Refusal::NoBudget { .. } => "no-budget",
            Refusal::Full { .. } => "over-budget",
            Refusal::AssumedCeiling { .. } => "assumed-ceiling",
        }
    }

    /// What is left on the tightest budget, if budgets are what refused.
    #[must_use]
    pub const fn left(&self) -> Option<NanoUsd> {
        match self {
            Refusal::Full { left, .. } => Some(*left),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NoBudget { scope, nearest } => {
                write!(f, "no budget is set for {scope} or above it")?;
                match nearest {
                    Some(nearest) => write!(f, "; nearest: {nearest}"),
                    None => Ok(()),
                }
            }
            Refusal::Full { scope, ceiling, budgets, .. } => {
                write!(f, "over budget: a call for {scope} may cost up to ${ceiling}")?;
                for Block { scope, window, cap, left, sums, resets_at } in budgets {
                    let per = if *window == Window::Total { String::new() } else { format!(" per {window}") };
                    write!(f, "; {scope} has ${left} left of ${cap}{per}")?;
                    let open = sums.held;
                    if open > NanoUsd::ZERO {
                        write!(f, " (${open} held by open calls)")?;
                    }
                    if let Some(at) = resets_at {
                        write!(f, ", anew at {at}")?;
                    }
                }
                Ok(())
            }
            Refusal::AssumedCeiling { scope, budget } => write!(
                f,
                "the ceiling of this call for {scope} is assumed, not proven, and the budget of {budget} takes proven ones only"
            ),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::Refused(Box::new(refusal))
    }
}
