//! A quote against what its call used and cost: the findings of [`imgcost_analysis::drift`], so that
//! one response is judged alike by `usage` and by `drift`.

use imgcost_analysis::drift::{self, Billed, Finding, Subject, Verdict};
use imgcost_core::{Charge, Item, NoteKind, Quote, Response, Usd};

use crate::failure::End;

/// A quote against what it was quoted for.
#[derive(Debug)]
pub(super) struct Comparison {
    /// The findings of the items, then that of the total.
    findings: Vec<Finding>,
    /// Actual less expected, in USD, signed; none where either is not known.
    pub(super) difference: Option<String>,
    /// Whether the total can't be compared because no prompt was given.
    pub(super) lacks_prompt: bool,
}

/// Compares a quote with the usage that the call reported, and with its charge.
pub(super) fn compare(quote: &Quote<'_>, response: &Response, charge: &Charge) -> Comparison {
    let findings = drift::compare(quote, response, &Billed::Charged(charge));
    let total = findings.iter().find(|finding| finding.subject == Subject::Total);
    // Without an expected value the two are distances from the range, not from what was expected.
    let signed = total.filter(|_| quote.total().expected.is_some()).and_then(|total| {
        let (over, under) = (total.over?, total.under?);
        Some(if under > Usd::ZERO { format!("-{under}") } else { over.to_string() })
    });
    Comparison {
        difference: signed,
        lacks_prompt: quote.note_kinds().contains(&NoteKind::PromptNotGiven),
        findings,
    }
}

impl Comparison {
    /// Every item that the quote or the response has, with its finding.
    pub(super) fn items(&self) -> impl Iterator<Item = (Item, &Finding)> {
        self.findings.iter().filter_map(|finding| match finding.subject {
            Subject::Tokens(item) => Some((item, finding)),
            Subject::Total => None,
        })
    }

    /// The finding of an item.
    pub(super) fn of(&self, item: Item) -> Option<&Finding> {
        self.items().find(|(known, _)| *known == item).map(|(_, finding)| finding)
    }

    /// How the money of the whole call compares.
    pub(super) fn total(&self) -> Verdict {
        let total = self.findings.iter().find(|finding| finding.subject == Subject::Total);
        total.map_or(Verdict::Unknown, |total| total.verdict)
    }

    /// How the command ends by it: outside the quote as over a limit, a total that can't be
    /// compared as incomplete. `drift` ends alike over a log of this one call.
    pub(super) fn end(&self) -> End {
        if self.findings.iter().any(|finding| finding.verdict.is_outside()) {
            End::Over
        } else if self.total() == Verdict::Unknown {
            End::Incomplete
        } else {
            End::Done
        }
    }
}
