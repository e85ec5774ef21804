//! A quote that owns its data.

use std::sync::OnceLock;

use imgcost_core::{
    Date, Estimate, Evidence, Item, Note, Quote as Borrowed, Rate, Request as Counts, Terms, Total, Unit, Usd,
};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::prices::Prices;

/// What a call will cost, in USD.
///
/// It serializes as the document `imgcost.quote/1`, the same as `imgcost --json` writes.
///
/// ```
/// use imgcost::{Quality, Request};
/// let request = Request::new("gpt-image-2").quality(Quality::Low).size("1024x1024").on("2026-11-21".parse()?);
/// let quote = imgcost::quote(&request)?;
/// assert_eq!(quote.total().ceiling, "0.00588".parse().ok());
/// assert_eq!(serde_json::to_value(&quote)?["total"]["ceiling"], "0.00588");
/// std::thread::spawn(move || quote.provider().to_owned());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Quote {
    pub(crate) prices: Prices,
    /// Resolved: what the quote was made of, and is made of again where it is written.
    pub(crate) counts: Counts,
    pub(crate) terms: Terms,
    provider: String,
    model: String,
    /// Made when it is asked for: hashing takes longer than quoting.
    id: OnceLock<String>,
    total: Total,
    lines: Vec<QuoteLine>,
    notes: Vec<Note>,
}

/// One thing that a call pays for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuoteLine {
    /// What it is.
    pub item: Item,
    /// What is counted.
    pub unit: Unit,
    /// How many.
    pub quantity: Estimate<u64>,
    /// What a million tokens cost, or one of anything else, in USD; none where no price is known.
    pub rate: Option<Rate>,
    /// Quantity times rate in USD; none where no price is known.
    pub amount: Option<Estimate<Usd>>,
    /// How the quantity is known.
    pub evidence: Evidence,
    /// The id of the source of the quantity.
    pub source: String,
}

impl Quote {
    pub(crate) fn new(prices: Prices, counts: Counts) -> Result<Quote, Error> {
        let quote = prices.quote(&counts)?;
        let lines = quote.lines().iter().map(|line| QuoteLine {
            item: line.item,
            unit: line.unit,
            quantity: line.quantity,
            rate: line.price.map(|price| price.rate),
            amount: line.price.map(|price| price.amount),
            evidence: line.evidence,
            source: line.source.to_owned(),
        });
        Ok(Quote {
            terms: quote.terms(),
            provider: quote.offer().provider.id.clone(),
            model: quote.offer().model.id.clone(),
            id: OnceLock::new(),
            total: *quote.total(),
            lines: lines.collect(),
            notes: quote.notes(),
            prices: prices.clone(),
            counts: counts.clone(),
        })
    }

    /// The id of the provider.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The id of the model.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The request with everything that was left out filled in, as the other crates take it.
    #[must_use]
    pub fn request(&self) -> &Counts {
        &self.counts
    }

    /// The day whose prices count.
    #[must_use]
    pub fn day(&self) -> Date {
        self.counts.as_of
    }

    /// A name for what was asked and what came of it: two quotes with the same id are the same.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.get_or_init(|| self.borrowed().map(|quote| quote.id()).unwrap_or_default())
    }

    /// The sum of the lines in USD: floor, expected and ceiling, none of them where it is not known.
    #[must_use]
    pub fn total(&self) -> Total {
        self.total
    }

    /// What the call pays for; the amounts add up to the total exactly.
    #[must_use]
    pub fn lines(&self) -> &[QuoteLine] {
        &self.lines
    }

    /// What to know of it, such as that the model was shut down.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Whether everything that the call may cost has a price, so that there is a ceiling.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.total.ceiling.is_some()
    }

    /// What the call adds to an item of the API's `usage`, in tokens; none where it has none.
    #[must_use]
    pub fn tokens(&self, item: Item) -> Option<Estimate<u64>> {
        self.borrowed().ok()?.tokens(item)
    }

    fn borrowed(&self) -> Result<Borrowed<'_>, imgcost_core::Error> {
        self.prices.quote(&self.counts)
    }
}

impl Serialize for Quote {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.borrowed().map_err(S::Error::custom)?.document().serialize(serializer)
    }
}
