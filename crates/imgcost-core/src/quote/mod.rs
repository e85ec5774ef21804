//! The quote: what a call will cost, as lines that add up.
//!
//! [`Book::quote`] looks the offer up, checks the limits, counts the tokens, prices the
//! lines and sums them. On the exact path nothing is allocated; the id, the notes' words and
//! the JSON document are made when asked for.

mod document;
mod fits;
mod id;
mod images;
mod line;
mod lines;
mod note_words;
mod notes;
mod terms;
mod tokens;

use std::fmt;

use arrayvec::ArrayVec;

pub(crate) use document::text_or_null;
pub use document::{
    BookDocument, LineDocument, QuoteDocument, RangeDocument, RequestDocument, TokensDocument, TotalDocument,
};
pub use fits::Alternative;
pub use id::RULES_VERSION;
pub use line::{LinePart, Price, QuoteLine, Rate};
pub use note_words::Note;
pub use notes::NoteKind;
pub use terms::{ImageTerms, InputTerms, Terms};

use crate::book::{Book, FieldCost, Offer};
use crate::error::{Code, Error};
use crate::estimate::{CeilingBasis, Estimate};
use crate::field_rules;
use crate::limits::{self, ResolvedParams};
use crate::money::Usd;
use crate::params::{Item, NativeApi, Param, Pixels, Quality, Size, Value};
use crate::request::Request;
use crate::total::Total;

/// The most lines that a quote has: one for each kind of item, two for the Responses model.
const MAX_LINES: usize = 7;

/// What a call will cost.
#[derive(Debug, Clone)]
pub struct Quote<'b> {
    offer: Offer<'b>,
    request: &'b Request,
    chosen: ResolvedParams<'b>,
    lines: ArrayVec<QuoteLine<'b>, MAX_LINES>,
    total: Total,
}

impl Book {
    /// Quotes a call.
    ///
    /// ```
    /// use imgcost_core::{Date, Quality, Request};
    /// let book = imgcost_pricing::book();
    /// let mut request = Request::new("openai", "gpt-image-2", Date::constant(2026, 11, 21));
    /// request.quality = Some(Quality::High);
    /// request.size = Some("1024x1024".parse()?);
    /// let quote = book.quote(&request)?;
    /// assert_eq!(quote.total().expected.unwrap().to_string(), "0.21072");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The offer does not exist ([`Book::offer`]), or the API would refuse the request: the
    /// error names the field, what is allowed, and the nearest legal value.
    pub fn quote<'b>(&'b self, request: &'b Request) -> Result<Quote<'b>, Error> {
        self.offer(&request.provider, &request.model, request.as_of)?.quote(request)
    }
}

impl<'b> Offer<'b> {
    /// Whether the API takes a request, which is not priced.
    ///
    /// # Errors
    /// It would refuse it, as in [`Offer::quote`].
    pub fn check(&self, request: &Request) -> Result<(), Error> {
        limits::check(request, self).map(|_| ())
    }

    /// Quotes a call at these terms; the request's provider, model and day are not looked at.
    ///
    /// # Errors
    /// The API would refuse the request, or its numbers are too large to be priced exactly.
    pub fn quote(&self, request: &'b Request) -> Result<Quote<'b>, Error> {
        let chosen = limits::check(request, self)?;
        let mut quote =
            Quote { offer: *self, request, chosen, lines: ArrayVec::new(), total: Total::UNKNOWN };
        // Filled in place: copying the lines would cost as much as pricing them.
        let priced = lines::price(self, request, chosen, &mut quote.lines).and_then(|()| sum(&quote.lines));
        let Some(total) = priced else {
            return Err(Error::new(Code::TooLarge, "the request is too large to be priced exactly"));
        };
        quote.total = total.knowing(self, request);
        Ok(quote)
    }
}

/// Adds the lines up; none if the sum is too large to be exact.
fn sum(lines: &[QuoteLine<'_>]) -> Option<Total> {
    let mut amounts = lines.iter().filter_map(|line| line.price.as_ref()).map(|price| &price.amount);
    let Some(first) = amounts.next() else { return Some(Total::UNKNOWN) };
    let mut all = *first;
    for amount in amounts {
        all = all.try_join(amount, Usd::checked_add)?;
    }
    let complete = lines.iter().all(|line| line.price.is_some());
    Some(Total {
        floor: Some(all.floor),
        expected: all.expected.filter(|_| complete),
        ceiling: complete.then_some(all.ceiling),
        basis: all.basis,
    })
}

/// `0.164685` where it is exact, `0.0116 to 0.0215` for a range, in USD.
impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.floor, self.ceiling) {
            (Some(floor), Some(ceiling)) if floor == ceiling => ceiling.fmt(f),
            (Some(floor), Some(ceiling)) => write!(f, "{floor} to {ceiling}"),
            (Some(floor), None) => write!(f, "at least {floor}"),
            (None, _) => f.write_str("no known price"),
        }
    }
}

impl Total {
    /// The total in view of what of the request is not known: a field without a price makes the
    /// ceiling an assumed one, context that can't be counted leaves none. At a provider whose
    /// API is its own, a field that is not known may be the size or the number of images.
    fn knowing(self, offer: &Offer<'_>, request: &Request) -> Total {
        let is_own = offer.provider.native_api == Some(NativeApi::EveryPost);
        let costs = field_rules::unpriced(request, offer).map(|rule| rule.cost);
        let cost = costs.max().unwrap_or(FieldCost::Free);
        let open = !request.unseen_context.is_empty() || cost == FieldCost::Open;
        let known = request.unknown_fields.is_empty()
            && (request.options.is_empty() || field_rules::without_rule(request, offer).next().is_none());
        match (known, open) {
            (true, false) if cost == FieldCost::Free => self,
            (known, false) if known || !is_own => Total { basis: CeilingBasis::Assumed, ..self },
            _ => Total { expected: None, ceiling: None, ..self },
        }
    }
}

impl<'b> Quote<'b> {
    /// The terms it was made at.
    #[must_use]
    pub fn offer(&self) -> &Offer<'b> {
        &self.offer
    }

    /// The request it answers.
    #[must_use]
    pub fn request(&self) -> &'b Request {
        self.request
    }

    /// The lines; they add up to the total exactly.
    #[must_use]
    pub fn lines(&self) -> &[QuoteLine<'b>] {
        &self.lines
    }

    /// The sum of the lines, in USD.
    #[must_use]
    pub fn total(&self) -> &Total {
        &self.total
    }

    /// Whether everything that the call may cost is priced, so that it has a ceiling.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.total.ceiling.is_some()
    }

    /// The items without a price.
    pub fn unpriced(&self) -> impl Iterator<Item = Item> + '_ {
        self.lines.iter().filter(|line| line.price.is_none()).map(|line| line.item)
    }

    /// The size that the image will have, if it is not left to the model.
    #[must_use]
    pub fn size(&self) -> Option<Pixels> {
        match self.chosen.size {
            Size::Exact(size) => Some(size),
            Size::Auto => None,
        }
    }

    /// The quality of the call, the model's default filled in; none where the model has no
    /// such parameter.
    #[must_use]
    pub fn quality(&self) -> Option<&'b Quality> {
        self.chosen.quality
    }

    /// The size of the call as it was asked for, the model's default filled in.
    #[must_use]
    pub fn chosen_size(&self) -> Size {
        self.chosen.size
    }

    /// A parameter as it was understood: aliases resolved, the model's defaults filled in.
    #[must_use]
    pub fn param(&self, param: Param) -> Option<Value<'_>> {
        match param {
            Param::Model => Some(Value::text(&*self.offer.model.id)),
            Param::Provider => Some(Value::text(&*self.offer.provider.id)),
            Param::AsOf => Some(Value::text(self.offer.as_of.to_string())),
            Param::Quality => self.chosen.quality.map(|quality| Value::text(quality.as_str())),
            Param::Size => Some(Value::text(self.chosen.size.to_string())),
            other => other.get(self.request),
        }
    }

    /// The price per image that decides, at a provider who bills by the image; none where
    /// quality or size is left to the model, or no row covers them.
    #[must_use]
    pub fn image_price(&self) -> Option<&'b crate::book::ImagePrice> {
        let plain = Quality::Standard;
        let by_image = self.offer.model.basis == crate::params::Basis::PerImage;
        self.offer.image_price(self.chosen.quality.unwrap_or(&plain), self.size()?).filter(|_| by_image)
    }

    /// The published price of one image beside the token price: a rounded view of it,
    /// without input and without n. None where the provider publishes no table, and where a rate of
    /// the user's own replaces the one that the table is a view of.
    #[must_use]
    pub fn per_image_list_price(&self) -> Option<Usd> {
        Some(self.list_price()?.1)
    }

    fn list_price(&self) -> Option<(&'b crate::book::ImagePrice, Usd)> {
        if self.offer.model.basis != crate::params::Basis::Tokens
            || self.request.tier != crate::params::Tier::Standard
        {
            return None;
        }
        let (plain, size) = (Quality::Standard, self.size()?);
        let price = self.offer.image_price(self.chosen.quality.unwrap_or(&plain), size)?;
        let rate = self.offer.token_rate(self.request.tier, Item::ImageOutput);
        let own_rate = rate.is_some_and(|(_, row)| row.reason.is_some());
        if own_rate && price.row.reason.is_none() {
            return None;
        }
        Some((price, price.of_area(size.area())?))
    }

    /// What the call adds to the given item of the API's `usage`, in tokens. Partial images
    /// count as image output, as the API counts them.
    #[must_use]
    pub fn tokens(&self, item: Item) -> Option<Estimate<u64>> {
        let counts = |line: &&QuoteLine<'_>| {
            line.item == item || (item == Item::ImageOutput && line.item == Item::PartialImages)
        };
        let mut lines =
            self.lines.iter().filter(|line| line.unit == crate::params::Unit::Token).filter(counts);
        let first = lines.next()?.quantity;
        lines.try_fold(first, |sum, line| sum.checked_add(&line.quantity))
    }
}
