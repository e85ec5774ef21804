//! A recorded call as the pages count it.

use imgcost_core::{Book, Date, Error, Item, Quote, Usd};

use crate::calls::{Call, Paid};
use crate::input::bad_input;

/// A call of the log. What is none was not reported.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logged {
    /// The day, by UTC.
    pub day: Date,
    /// The model's id.
    pub model: String,
    /// The size of its images, as `1024x1024`; empty where it is not known.
    pub size: String,
    /// Images that came back.
    pub images: Option<u64>,
    /// Tokens sent.
    pub input: Option<u64>,
    /// Tokens made.
    pub output: Option<u64>,
    /// What the images cost, in USD, without the calling model of the Responses API.
    pub usd: Option<Usd>,
}

impl Logged {
    /// A call of which nothing was reported.
    #[must_use]
    pub const fn new(day: Date, model: String, size: String) -> Logged {
        Logged { day, model, size, images: None, input: None, output: None, usd: None }
    }

    /// A call that went to a provider; none of another one.
    ///
    /// # Errors
    /// The call has no quote or no day.
    pub fn of(book: &Book, call: &mut Call, provider: &str) -> Result<Option<Logged>, Error> {
        call.complete(book)?;
        let quote = book.quote(&call.request)?;
        if quote.offer().provider.id != provider {
            return Ok(None);
        }
        let day = call.day.ok_or_else(|| bad_input("at", "the record has no day to match by"))?;
        let usage = &call.response.usage;
        let both = |all: Option<u64>, a: Option<u64>, b: Option<u64>| all.or_else(|| a?.checked_add(b?));
        let size = call.response.size.or(quote.size()).map_or_else(String::new, |size| size.to_string());
        Ok(Some(Logged {
            day,
            model: quote.offer().model.id.clone(),
            size,
            images: usage.images,
            input: both(usage.input, usage.text_input, usage.image_input),
            output: both(usage.output, usage.text_output, usage.image_output),
            usd: paid(call, &quote),
        }))
    }
}

/// What the images of a call cost, where that is known to the last digit. The calling model of
/// the Responses API has line items of its own, which other calls share.
fn paid(call: &Call, quote: &Quote<'_>) -> Option<Usd> {
    if let Paid::Amount(usd) = &call.paid {
        return Some(*usd);
    }
    let charge = call.terms(quote).charge(&call.response)?;
    if !charge.settles {
        return None;
    }
    let mut lines = charge.lines.iter().filter(|line| line.item != Item::ResponsesModel);
    lines.try_fold(Usd::ZERO, |sum, line| sum.checked_add(line.amount?.expected?))
}
