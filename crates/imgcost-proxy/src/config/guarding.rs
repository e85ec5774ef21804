//! What the guard admits, and for how much.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use imgcost_core::{OutcomeResult, Usd};
use imgcost_guard::{Mode, Outage as Journalled, Policy, UnknownFields, Unreadable};
use imgcost_ledger::NanoUsd;
use serde::Deserialize;

use crate::error::SetupError;

/// What the guard admits, and for how much: the options of `imgcost_guard::Policy`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guarding {
    /// Lets every call pass and books it, and only tells what would have been denied.
    pub observe: bool,
    /// The most that one call may cost, in USD.
    pub per_call_cap: Option<Usd>,
    /// Models without a price in the book, and what a call of each is held and booked at, in USD.
    pub unpriced: BTreeMap<String, Usd>,
    /// Denies requests with fields that no table of their API lists.
    pub deny_unknown_fields: bool,
    /// Lets calls pass unmetered that may make an image and can't be read.
    pub pass_unreadable: bool,
    /// Paths that pass unmetered.
    pub pass: Vec<String>,
    /// Takes a failed call for free only where the provider says so in writing.
    pub strict_outcomes: bool,
    /// What a failed call costs by its status, such as `503 = "free"`.
    pub outcomes: BTreeMap<String, OutcomeResult>,
    /// How many images a call of the Responses API makes at most.
    pub responses_images: Option<NonZeroU32>,
    /// How many tokens a prompt has that a request does not show.
    pub assume_prompt_tokens: Option<u64>,
    /// From how many days on prices are too old to prove a ceiling.
    pub max_book_age: Option<u32>,
    /// What passes while the ledger can't answer.
    pub outage: Option<Outage>,
}

/// Calls that pass while the ledger can't answer, up to an amount an hour.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// The most that they may cost, in USD.
    pub usd_per_hour: Usd,
    /// The file they are written to before they are made.
    pub journal: PathBuf,
}

impl Guarding {
    /// The policy without its rules.
    ///
    /// # Errors
    /// A status that is none, or an amount that no ledger can book.
    pub fn policy(&self) -> Result<Policy, SetupError> {
        let mut policy = Policy::default().strict_outcomes(self.strict_outcomes);
        if self.observe {
            policy = policy.mode(Mode::Observe);
        }
        if self.deny_unknown_fields {
            policy = policy.unknown_fields(UnknownFields::Deny);
        }
        if self.pass_unreadable {
            policy = policy.unreadable(Unreadable::Pass);
        }
        if let Some(cap) = self.per_call_cap {
            policy = policy.per_call_cap(cap);
        }
        if let Some(images) = self.responses_images {
            policy = policy.responses_images(images);
        }
        if let Some(tokens) = self.assume_prompt_tokens {
            policy = policy.assume_prompt_tokens(tokens);
        }
        if let Some(days) = self.max_book_age {
            policy = policy.max_book_age(days);
        }
        for (model, usd) in &self.unpriced {
            policy = policy.allow_unpriced(model, *usd);
        }
        for path in &self.pass {
            policy = policy.pass(path);
        }
        for (status, result) in &self.outcomes {
            let status =
                status.parse().ok().filter(|status| (400..600).contains(status)).ok_or_else(|| {
                    SetupError::new(format!(
                        "[guard.outcomes] {status} is no status of a failed call: 400 to 599"
                    ))
                })?;
            policy = policy.outcome(status, *result);
        }
        if let Some(outage) = &self.outage {
            let per_hour = NanoUsd::from_usd(outage.usd_per_hour).ok_or_else(|| {
                SetupError::new("[guard.outage] usd_per_hour is no amount that a ledger can book".to_owned())
            })?;
            policy = policy.outage(Journalled::Allow { per_hour, journal: outage.journal.clone() });
        }
        Ok(policy)
    }
}
