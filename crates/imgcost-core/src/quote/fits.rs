//! What would fit under a limit that a quote goes over.

use std::fmt;

use super::Quote;
use crate::book::Offer;
use crate::money::Usd;
use crate::params::Quality;
use crate::request::Request;

/// A cheaper way to make the call, everything else the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alternative {
    /// Fewer images.
    Images {
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

impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Alternative::Images { n, ceiling } => write!(f, "n = {n} (${ceiling})"),
            Alternative::Quality { quality, ceiling } => write!(f, "quality {quality} (${ceiling})"),
        }
    }
}

impl Quote<'_> {
    /// The largest n and the best lower quality whose ceilings stay within a limit; nothing
    /// where neither does.
    #[must_use]
    pub fn alternatives_under(&self, limit: Usd) -> Vec<Alternative> {
        let (offer, request) = (&self.offer, self.request);
        let mut found = Vec::new();
        for n in (1..request.n).rev() {
            if let Some(ceiling) = ceiling_within(offer, &Request { n, ..request.clone() }, limit) {
                found.push(Alternative::Images { n, ceiling });
                break;
            }
        }
        // The book has qualities cheapest first.
        let qualities = &offer.family.limits.rule.qualities;
        let asked = self.quality().and_then(|asked| qualities.iter().position(|quality| quality == asked));
        for quality in qualities.iter().take(asked.unwrap_or(qualities.len())).rev() {
            let request = Request { quality: Some(quality.clone()), ..request.clone() };
            if let Some(ceiling) = ceiling_within(offer, &request, limit) {
                found.push(Alternative::Quality { quality: quality.clone(), ceiling });
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
