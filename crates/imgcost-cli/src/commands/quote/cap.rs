//! A quote beside the cap of its call, or of all its calls: whether it stays under it, by how much it may go over, and
//! what would fit.

use imgcost_core::{Alternative, Quote, Usd};
use serde::Serialize;

use super::why_open;
use crate::failure::{End, FitDocument, fits_words, say};
use crate::report::money;
use crate::volume::Often;

/// A cap, and what the call is beside it.
pub(super) struct Capped {
    limit: Usd,
    often: Often,
    beside: Beside,
}

enum Beside {
    /// It stays under the cap whatever happens.
    Under,
    /// It may go over it by so much.
    Over { ceiling: Usd, over: Usd, fits: Vec<Alternative> },
    /// It has no known ceiling.
    Open { why: String },
}

/// The same in a document.
#[derive(Serialize)]
pub(crate) struct CapDocument {
    limit: Usd,
    /// Whether the call stays under it.
    holds: bool,
    /// By how much it may go over; absent where it does not, or has no known ceiling.
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<Usd>,
    /// What would fit, where it may go over.
    #[serde(skip_serializing_if = "Option::is_none")]
    fits: Option<Vec<FitDocument>>,
}

impl Capped {
    pub(super) fn new(quote: &Quote<'_>, often: Often, limit: Usd) -> Capped {
        let bill = often.calls.map_or(*quote.total(), |calls| calls.of(quote.total()));
        let beside = match bill.ceiling {
            None => Beside::Open { why: why_open(quote) },
            Some(ceiling) => match ceiling.checked_sub(limit).filter(|over| *over > Usd::ZERO) {
                Some(over) => {
                    // What would fit is known of one call.
                    let one = often.calls.is_none();
                    let fits = if one { quote.alternatives_under(limit) } else { Vec::new() };
                    Beside::Over { ceiling, over, fits }
                }
                None => Beside::Under,
            },
        };
        Capped { limit, often, beside }
    }

    /// Tells on stderr if it does not stay under the cap, and ends so.
    pub(super) fn end(&self) -> End {
        let limit = money(self.limit);
        match &self.beside {
            Beside::Under => return End::Done,
            Beside::Over { ceiling, over, fits } => {
                let (what, fits) = match self.often.calls {
                    None => ("the call".to_owned(), fits_words(fits)),
                    Some(_) => (self.often.words(), String::new()),
                };
                let (ceiling, over) = (money(*ceiling), money(*over));
                say(&format!(
                    "imgcost: over the cap of {limit}: {what} may cost up to {ceiling}, {over} more{fits}"
                ));
            }
            Beside::Open { why } => {
                say(&format!("imgcost: over the cap of {limit}: the call has no known ceiling, as {why}"));
            }
        }
        End::Over
    }

    pub(super) fn document(&self) -> CapDocument {
        let (over, fits) = match &self.beside {
            Beside::Over { over, fits, .. } => {
                (Some(*over), Some(fits.iter().map(FitDocument::from).collect()))
            }
            Beside::Under | Beside::Open { .. } => (None, None),
        };
        CapDocument { limit: self.limit, holds: matches!(self.beside, Beside::Under), over, fits }
    }
}
