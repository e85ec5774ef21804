//! Why a call was denied, or could not be booked.

use std::fmt;

use imgcost_core::{Alternative, Usd};
use imgcost_ledger::{NanoUsd, Refusal, Scope};

use crate::booking::HoldError;

/// Why a call may not be made, or why what became of it could not be booked.
///
/// Every client stack hands it over in its own error type, from which it is got by
/// downcasting: see the adapters.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The API would refuse the request, or the price book does not know the model.
    #[error("the call can't be quoted: {0}")]
    NotQuotable(#[source] imgcost_core::Error),
    /// The quote says too little to hold money for it.
    #[error("the call of {model} is denied: {why}")]
    HoldError {
        /// The model that was asked for.
        model: String,
        /// What is missing.
        #[source]
        why: HoldError,
    },
    /// The request has context that it does not show, such as `previous_response_id`: nobody
    /// can say what it costs at most.
    #[error(
        "the call of {model} has no ceiling: {} brings context that can't be counted; leave it out, or state \
         an amount for the model with Policy::allow_unpriced", what.join(", ")
    )]
    UnseenContext {
        /// The model that was asked for.
        model: String,
        /// The fields and items that bring it.
        what: Vec<String>,
    },
    /// The request has fields that are in no table of its API, and the policy denies such.
    #[error(
        "what the request's {} costs is not known; leave it out, or take the ceiling for assumed with \
         Policy::unknown_fields", fields.join(", ")
    )]
    UnknownFields {
        /// The fields.
        fields: Vec<String>,
    },
    /// The policy file forbids the call: [`Policy::rules`](crate::Policy::rules).
    #[cfg(feature = "rules")]
    #[error("{policy} forbids the call: {}", words(findings))]
    Forbidden {
        /// The policy's file.
        policy: String,
        /// The rules that it breaks.
        findings: Vec<imgcost_analysis::policy::Finding>,
    },
    /// The call may cost more than [`Policy::per_call_cap`](crate::Policy::per_call_cap) allows.
    #[error(transparent)]
    OverCallCap(Box<OverCallCap>),
    /// The ledger has no room for the call.
    #[error(transparent)]
    Refused(Box<Refused>),
    /// The ledger could not answer, or did not take the step. While it can't, calls are denied.
    #[error(transparent)]
    Ledger(imgcost_ledger::Error),
    /// An image call whose body can't be read: what it would cost can't be told.
    #[error("the request to {path} can't be read, so it can't be quoted: {why}")]
    Unreadable {
        /// The path of the request, without host and query.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// An image call whose body is larger than the guard reads.
    #[error("the request has more than {limit} bytes, which is all that the guard reads of one")]
    BodyTooLarge {
        /// The most bytes that are read: [`Builder::body_limit`](crate::Builder::body_limit).
        limit: usize,
    },
    /// A client sends a call again below the guard, more often than the policy holds money for.
    #[error(
        "the client sends the request again, and the guard holds money for no more attempts ({allowed}); put \
         retries around the guard, or say how often the client may send it with Policy::attempts"
    )]
    SentTooOften {
        /// How often it may be sent: [`Policy::attempts`](crate::Policy::attempts).
        allowed: u32,
    },
    /// A text that names no scope.
    #[error(transparent)]
    Scope(imgcost_ledger::ParseScopeError),
    /// So many calls wait for the ledger that this one is denied at once.
    #[error("{waiting} calls wait for the ledger already: it is too slow for so many; try again later")]
    Busy {
        /// How many wait.
        waiting: usize,
    },
    /// A batch file that can't be held or settled.
    #[cfg(feature = "batch")]
    #[error("the batch file is refused: {0}")]
    Batch(#[source] crate::batch::BatchError),
    /// A request of a batch file that the policy denies.
    #[cfg(feature = "batch")]
    #[error("line {line} of the batch file: {why}")]
    BatchLine {
        /// Which one.
        line: u64,
        /// Why it is denied.
        #[source]
        why: Box<Error>,
    },
    /// The runtime shut down, or a callback panicked, before the response was known.
    #[error("the guard was interrupted before the ledger answered")]
    Interrupted,
}

/// A call that may cost more than is allowed for one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverCallCap {
    /// The id of the quote.
    pub quote: String,
    /// What the call may cost at most, in USD.
    pub ceiling: Usd,
    /// What one call may cost at most, in USD.
    pub cap: Usd,
    /// What would fit under it, everything else the same.
    pub fits: Vec<Alternative>,
}

/// A call that the ledger has no room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whose money was asked for.
    pub scope: Scope,
    /// The id of the quote.
    pub quote: String,
    /// What was to be held.
    pub ceiling: NanoUsd,
    /// What is left on the tightest budget, if budgets are what refused.
    pub left: Option<NanoUsd>,
    /// What would fit into what is left, everything else the same.
    pub fits: Vec<Alternative>,
    /// The ledger's refusal.
    pub refusal: Refusal,
}

impl Error {
    /// The stable name of the kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::NotQuotable(error) => error.code().as_str(),
            Error::HoldError { why, .. } => code_of(*why),
            Error::UnseenContext { .. } => "unseen-context",
            Error::UnknownFields { .. } => "unknown-field",
            #[cfg(feature = "rules")]
            Error::Forbidden { .. } => "forbidden",
            Error::OverCallCap(_) => "over-call-cap",
            Error::Refused(refused) => refused.refusal.code(),
            Error::Ledger(error) => error.code(),
            Error::Unreadable { .. } => "unreadable",
            Error::BodyTooLarge { .. } => "body-too-large",
            Error::SentTooOften { .. } => "sent-too-often",
            Error::Scope(_) => "bad-input",
            Error::Busy { .. } => "busy",
            #[cfg(feature = "batch")]
            Error::Batch(error) => error.code(),
            #[cfg(feature = "batch")]
            Error::BatchLine { why, .. } => why.code(),
            Error::Interrupted => "interrupted",
        }
    }

    /// What would fit instead, everything else the same; empty where nothing is known to.
    #[must_use]
    pub fn fits(&self) -> &[Alternative] {
        match self {
            Error::OverCallCap(over) => &over.fits,
            Error::Refused(refused) => &refused.fits,
            _ => &[],
        }
    }

    /// Whether a limit refused it: more budget, or a smaller call, would pass. A scope
    /// without any budget is none, nor is a budget that takes no assumed ceilings.
    #[must_use]
    pub fn is_over_budget(&self) -> bool {
        match self {
            Error::OverCallCap(_) => true,
            Error::Refused(refused) => matches!(refused.refusal, Refusal::Full { .. }),
            _ => false,
        }
    }

    /// Whether the hold was booked before, otherwise than is wanted now.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Error::Ledger(imgcost_ledger::Error::Conflict { .. }))
    }
}

/// The stable name of why there is no amount to hold.
pub(crate) const fn code_of(why: HoldError) -> &'static str {
    match why {
        HoldError::Unpriced => "unpriced",
        HoldError::Unbounded => "unbounded",
        HoldError::NoPrompt => "no-prompt",
        HoldError::TooLarge => "too-large",
    }
}

/// Each finding with its rule, what is allowed, and what is nearest to it.
#[cfg(feature = "rules")]
fn words(findings: &[imgcost_analysis::policy::Finding]) -> String {
    let words = findings.iter().map(|finding| {
        let mut words = format!("{} ({})", finding.message, finding.rule.name());
        if !finding.allowed.is_empty() {
            words.push_str(&format!("; allowed: {}", finding.allowed.join(", ")));
        }
        if let Some(nearest) = &finding.nearest {
            words.push_str(&format!("; nearest: {nearest}"));
        }
        words
    });
    words.collect::<Vec<_>>().join("; ")
}

impl fmt::Display for OverCallCap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the call may cost up to ${}, and one call may cost ${}", self.ceiling, self.cap)?;
        write_fits(f, &self.fits)
    }
}

impl std::error::Error for OverCallCap {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.refusal)?;
        write_fits(f, &self.fits)
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.refusal)
    }
}

fn write_fits(f: &mut fmt::Formatter<'_>, fits: &[Alternative]) -> fmt::Result {
    for (index, fit) in fits.iter().enumerate() {
        let lead = if index == 0 { "; would fit: " } else { " or " };
        write!(f, "{lead}{fit}")?;
    }
    Ok(())
}
