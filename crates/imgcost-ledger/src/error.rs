//! Why a ledger refused a step, or failed.

use crate::hold::{HoldId, Job, State};
use crate::refusal::Refusal;

/// Why a step was not done. Nothing was changed, except possibly after [`Error::Unknown`].
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The hold does not fit. The call must not be made.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// There is no hold with that id.
    #[error("there is no hold {0}")]
    NoHold(HoldId),
    /// There is no hold with that job.
    #[error("there is no hold for the job {0}")]
    NoJob(Job),
    /// The hold is for another job of a provider.
    #[error("hold {hold} is for the job {job}, and can't be for {wanted} too")]
    OtherJob {
        /// The hold.
        hold: HoldId,
        /// Its job.
        job: Box<Job>,
        /// The requested job.
        wanted: Box<Job>,
    },
    /// The key, id or job was used before for a different call: another quote, scope, ceiling or
    /// number of calls, or a proven ceiling where this one is assumed, or the reverse.
    #[error("{what} was used before, for another call: hold {hold}, quote {quote}")]
    OtherCall {
        /// The key or the id, in words.
        what: String,
        /// The hold that has it.
        hold: HoldId,
        /// The quote of that hold.
        quote: String,
    },
    /// The hold's state does not allow the change, or its key was used again after it was
    /// closed.
    #[error("hold {hold} is {state}{how}: {}", refused(*wanted))]
    Conflict {
        /// The hold.
        hold: HoldId,
        /// Its state.
        state: State,
        /// How it got there, in words with a leading space, or empty.
        how: String,
        /// The requested state.
        wanted: State,
    },
    /// A text or number is out of bounds.
    #[error("{field}: {why}")]
    BadInput {
        /// Which one.
        field: &'static str,
        /// What is wrong and what is allowed.
        why: String,
    },
    /// The store is missing, full, read-only, or was locked for too long. The step was not done,
    /// and the call must not be made.
    #[error("the ledger {store} can't answer: {why}")]
    Unavailable {
        /// Which store; never a password.
        store: String,
        /// What is wrong.
        why: String,
    },
    /// The response to a write was lost, so it is unknown whether the step was done. Repeat it
    /// with the same id to find out.
    #[error("the ledger {store} was lost in the middle of a write: {why}")]
    Unknown {
        /// Which store; never a password.
        store: String,
        /// What is wrong.
        why: String,
    },
    /// The store contains invalid data.
    #[error("the ledger {store} is damaged: {why}")]
    Damaged {
        /// Which store; never a password.
        store: String,
        /// What was found.
        why: String,
    },
    /// The store can't be a ledger: it is another kind of file, has a newer version, or is where
    /// the ledger's guarantees can't hold.
    #[error("{store} can't be used as a ledger: {why}")]
    Unfit {
        /// Which store; never a password.
        store: String,
        /// Why.
        why: String,
    },
}

/// Why a closed hold can't change to the requested state.
fn refused(wanted: State) -> String {
    match wanted {
        State::Held => {
            "nothing is set aside for its key any more; use a new key to make the call again".to_owned()
        }
        State::Settled | State::Released | State::Presumed => format!("it can't be {wanted} now"),
    }
}

impl Error {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Refused(refusal) => refusal.code(),
            Error::NoHold(_) => "no-hold",
            Error::NoJob(_) => "no-job",
            Error::OtherJob { .. } => "other-job",
            Error::OtherCall { .. } => "other-call",
            Error::Conflict { .. } => "conflict",
            Error::BadInput { .. } => "bad-input",
            Error::Unavailable { .. } => "ledger-unavailable",
            Error::Unknown { .. } => "ledger-unknown",
            Error::Damaged { .. } => "ledger-damaged",
            Error::Unfit { .. } => "ledger-unfit",
        }
    }

    /// The refusal, if this is one.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the store itself failed, so that nothing is known about budgets.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(
            self,
            Error::Unavailable { .. } | Error::Unknown { .. } | Error::Damaged { .. } | Error::Unfit { .. }
        )
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::Refused(Box::new(refusal))
    }
}
