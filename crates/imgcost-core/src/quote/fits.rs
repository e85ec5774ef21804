//! What would fit under a limit that a quote goes over.

use std::fmt;

use super::Quote;
use crate::book::Offer;
use crate::money::Usd;
use crate::params::{Pixels, Quality, Size};
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
    /// A size in place of one that is left to the model.
    Size {
        /// Which.
        size: Pixels,
        /// What the call may cost at most then, in USD.
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
            Alternative::Size { size, ceiling } => write!(f, "size {size} (${ceiling})"),
            Alternative::Quality { quality, ceiling } => write!(f, "quality {quality} (${ceiling})"),
        }
    }
}

impl Quote<'_> {
    /// A size, where that is left to the model, the largest n and the best lower quality whose
    /// ceilings stay within a limit: the size first, since it keeps all else. Nothing where none does.
    #[must_use]
    pub fn alternatives_under(&self, limit: Usd) -> Vec<Alternative> {
        let (offer, request) = (&self.offer, self.request);
        let mut found: Vec<Alternative> = self.size_under(limit).into_iter().collect();
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

    /// The dearest of the usual sizes that stays within a limit, where the size is left to the model.
    fn size_under(&self, limit: Usd) -> Option<Alternative> {
        let (offer, request) = (&self.offer, self.request);
        if !matches!(request.size, None | Some(Size::Auto)) {
            return None;
        }
        let sizes = USUAL_SIZES.iter().filter_map(|size| size.parse::<Pixels>().ok());
        let fitting = sizes.filter_map(|size| {
            let request = Request { size: Some(Size::Exact(size)), ..request.clone() };
            ceiling_within(offer, &request, limit).map(|ceiling| Alternative::Size { size, ceiling })
        });
        fitting.max_by_key(|fit| match fit {
            Alternative::Size { ceiling, .. } => *ceiling,
            Alternative::Images { .. } | Alternative::Quality { .. } => Usd::ZERO,
        })
    }
}

/// The sizes that may take the place of one that is left to the model.
const USUAL_SIZES: [&str; 3] = ["1024x1024", "1536x1024", "1024x1536"];

fn ceiling_within(offer: &Offer<'_>, request: &Request, limit: Usd) -> Option<Usd> {
    let offer: Offer<'_> = *offer;
    let quote = offer.quote(request).ok()?;
    quote.total().ceiling.filter(|ceiling| *ceiling <= limit)
}
