//! What to book for a hold: by its response, by how the call went wrong, or by name.

use std::sync::atomic::Ordering;

use imgcost_core::{Basis, Event, Evidence, Outcome, OutcomeResult, OutcomeRule, Response};
use imgcost_ledger::{Change, MAX_TEXT, NanoUsd};

use crate::hold::Inner;
use crate::settlement::{self, Bill};

/// What to book, and what else to know of it once it is done.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) what: What,
    pub(crate) notes: Vec<String>,
}

/// What a step does with its hold.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// It ends it.
    Change(Change),
    /// The call was accepted as this job: the hold stays open until the job's result is seen.
    Await(String),
}

impl Step {
    pub(crate) fn release(reason: &str) -> Step {
        Step { what: What::Change(Change::Release { reason: cut(reason) }), notes: Vec::new() }
    }

    pub(crate) fn presume(reason: &str) -> Step {
        Step { what: What::Change(Change::Presume { reason: cut(reason) }), notes: Vec::new() }
    }

    fn settle(cost: NanoUsd, usage: Option<String>, notes: Vec<String>) -> Step {
        Step { what: What::Change(Change::Settle { cost, usage }), notes }
    }

    /// What a response means: see [`Hold::settle`](crate::Hold::settle).
    pub(crate) fn of_response(hold: &Inner, response: &Response) -> Step {
        let Inner { shared, row, terms, .. } = hold;
        let too_large = "the cost of all attempts is more than a ledger can book";
        let Some(earlier) = earlier_attempts(hold) else { return Step::presume(too_large) };
        match settlement::bill_at(&shared.book, row, terms, response, row.ceiling.less(earlier)) {
            Bill::Cost { cost, usage, notes } => match cost.checked_add(earlier) {
                Some(cost) => Step::settle(cost, Some(usage), notes),
                None => Step::presume(too_large),
            },
            Bill::Open { .. } if response.unfinished && has_fixed_price(hold) => {
                let note = "the job was accepted: its price is fixed, and is booked".to_owned();
                Step::settle(row.ceiling, None, vec![note])
            }
            // Who sees the result does not know of attempts before this one.
            Bill::Open { .. } if response.unfinished && response.id.is_some() && earlier == NanoUsd::ZERO => {
                let job = cut(response.id.as_deref().unwrap_or_default());
                let note = format!("the call was accepted as job {job}: its result settles it");
                Step { what: What::Await(job), notes: vec![note] }
            }
            Bill::Open { why } => Step::presume(&why),
        }
    }

    /// What is booked; none while the call goes on.
    pub(crate) fn change(&self) -> Option<&Change> {
        match &self.what {
            What::Change(change) => Some(change),
            What::Await(_) => None,
        }
    }

    /// Whether it books a cost.
    pub(crate) fn settles(&self) -> bool {
        matches!(self.what, What::Change(Change::Settle { .. }))
    }

    /// What a call that went wrong costs: by the policy, or else by its provider's rules. See
    /// [`Hold::failed`](crate::Hold::failed).
    pub(crate) fn of_failure(hold: &Inner, outcome: &Outcome<'_>) -> Step {
        let shared = &hold.shared;
        let met = words(outcome);
        let stated = outcome.status.filter(|_| outcome.event == Event::Response);
        let stated = stated.and_then(|status| shared.policy.outcomes.get(&status));
        let provider = shared.book.provider(&shared.provider).ok();
        let (result, by, note, is_assumed) = match stated {
            Some(result) => (*result, format!("{met}: by the guard's policy"), String::new(), false),
            None => {
                let Some((provider, rule)) = provider.and_then(|p| Some((p, p.outcome(outcome)?))) else {
                    return Step::presume(&format!("{met}: no rule says what that costs"));
                };
                let by = format!("{met}: by the rule of {} ({})", provider.id, rule.evidence.as_str());
                let note = rule.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
                (rule.result, by, note, is_assumed(rule))
            }
        };
        match result {
            OutcomeResult::Free if shared.policy.strict_outcomes && is_assumed => {
                Step::presume(&format!("{by} free, which a strict policy does not assume{note}"))
            }
            OutcomeResult::Free if hold.attempts.load(Ordering::Acquire) > 1 => {
                Step::presume(&format!("{by} free, which says nothing of attempts before it{note}"))
            }
            OutcomeResult::Free => Step::release(&format!("{by} free{note}")),
            OutcomeResult::Billed => Step::presume(&format!("{by} billed{note}")),
            OutcomeResult::Unknown => Step::presume(&format!("{by} unknown{note}")),
        }
    }
}

/// Whether the call costs what was quoted whatever comes back: a price for each image that was
/// asked for, or for the call.
fn has_fixed_price(hold: &Inner) -> bool {
    let Inner { terms, quoted, .. } = hold;
    matches!(terms.basis, Basis::PerImage | Basis::PerCall) && quoted.expected == Some(quoted.ceiling)
}

/// What the attempts before the last may have cost; none if a ledger can't book it.
fn earlier_attempts(hold: &Inner) -> Option<NanoUsd> {
    let earlier = hold.attempts.load(Ordering::Acquire).saturating_sub(1);
    let one = NanoUsd::from_usd(hold.quoted.ceiling)?;
    one.nano().checked_mul(earlier.into()).and_then(NanoUsd::new)
}

fn is_assumed(rule: &OutcomeRule) -> bool {
    rule.evidence == Evidence::Assumed
}

/// What happened, in words for the journal.
fn words(outcome: &Outcome<'_>) -> String {
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
