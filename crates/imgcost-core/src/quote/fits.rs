//! What would fit under a limit that a quote goes over.

use std::fmt;

use super::Quote;
use crate::book::Offer;
use crate::money::Usd;
use crate::names::Quality;
use crate::request::Request;

/// A cheaper way to make the call, everything else the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// Fewer pictures.
    Pictures {
        /// How many.
        n: u32,
        /// What they may cost at most, in USD.
        ceiling: Usd,
    },
    /// A lower quality.
    Quality {
        /// Which.
        quality: Quality,
        /// What the call may cost at most then, in USD.
        ceiling: Usd,
    },
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fit::Pictures { n, ceiling } => write!(f, "n = {n} (${ceiling})"),
            Fit::Quality { quality, ceiling } => write!(f, "quality {quality} (${ceiling})"),
        }
    }
}

impl Quote<'_> {
    /// The largest n and the best lower quality whose ceilings stay within a limit; nothing
    /// where neither does.
    #[must_use]
    pub fn what_fits(&self, limit: Usd) -> Vec<Fit> {
        let (offer, request) = (&self.offer, self.request);
        let mut found = Vec::new();
        for n in (1..request.n).rev() {
            if let Some(ceiling) = ceiling_within(offer, &Request { n, ..request.clone() }, limit) {
                found.push(Fit::Pictures { n, ceiling });
                break;
            }
        }
        // Qualities stand in the book cheapest first.
        let qualities = &offer.family.limits.rule.qualities;
        let asked = self.quality().and_then(|asked| qualities.iter().position(|quality| quality == asked));
        for quality in qualities.iter().take(asked.unwrap_or(qualities.len())).rev() {
            let request = Request { quality: Some(quality.clone()), ..request.clone() };
            if let Some(ceiling) = ceiling_within(offer, &request, limit) {
                found.push(Fit::Quality { quality: quality.clone(), ceiling });
                break;
            }
        }
        found
    }
}

fn ceiling_within(offer: &Offer<'_>, request: &Request, limit: Usd) -> Option<Usd> {
    let offer: Offer<'_> = *offer;
    let quote = offer.quote(request).ok()?;
    quote.total().ceiling.filter(|ceiling| *ceiling <= limit)
}
