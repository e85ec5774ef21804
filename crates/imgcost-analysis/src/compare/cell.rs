//! One combination of a grid.

use std::sync::Arc;

use imgcost_core::{
    Availability, Date, Endpoint, Error, Estimate, Item, Offer, Quality, Quote, Request, Size, Tier, Total,
    Usd,
};

use super::axes::Axis;
use super::resolve::OfferGroup;

/// The items whose tokens are kept, in the order of a quote's document.
pub(super) const ITEMS: [Item; 4] = [Item::TextInput, Item::ImageInput, Item::TextOutput, Item::ImageOutput];

/// A combination: its value on each axis, and what came of it.
#[derive(Debug, Clone)]
pub struct Cell<'b> {
    pub(super) group: Arc<OfferGroup<'b>>,
    pub(super) day: usize,
    pub(super) quality: Option<Quality>,
    pub(super) size: Option<Size>,
    pub(super) n: u32,
    pub(super) tier: Tier,
    pub(super) state: State,
}

/// What came of a combination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Everything in it has a price.
    Priced(Figures),
    /// Something in it has no price: these items, each once.
    Unpriced(Figures, Vec<Item>),
    /// The API would refuse it, or nobody offers it there and then.
    Illegal(Error),
}

/// The figures of a quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The sum for the call.
    pub total: Total,
    /// The quality, the model's default filled in; none where it has no such parameter.
    pub quality: Option<Quality>,
    /// The size, the model's default filled in.
    pub size: Size,
    /// Tokens by item, as in [`Cell::tokens_of`].
    pub(super) tokens: [Option<Estimate<u64>>; 4],
}

impl State {
    pub(super) fn of(quote: Result<Quote<'_>, Error>) -> State {
        let quote = match quote {
            Ok(quote) => quote,
            Err(error) => return State::Illegal(error),
        };
        let figures = Figures {
            total: *quote.total(),
            quality: quote.quality().cloned(),
            size: quote.chosen_size(),
            tokens: ITEMS.map(|item| quote.tokens(item)),
        };
        let mut unpriced: Vec<Item> = Vec::new();
        for item in quote.unpriced() {
            if !unpriced.contains(&item) {
                unpriced.push(item);
            }
        }
        if unpriced.is_empty() { State::Priced(figures) } else { State::Unpriced(figures, unpriced) }
    }

    /// `priced`, `unpriced` or `illegal`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            State::Priced(_) => "priced",
            State::Unpriced(..) => "unpriced",
            State::Illegal(_) => "illegal",
        }
    }

    /// Every name of a state.
    pub const NAMES: [&'static str; 3] = ["priced", "unpriced", "illegal"];
}

impl<'b> Cell<'b> {
    /// The model, as it was named.
    #[must_use]
    pub fn model(&self) -> &str {
        self.group.model()
    }

    /// The provider's id.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.group.provider()
    }

    /// The quality: the one asked for, else the model's default; none where it has no such
    /// parameter.
    #[must_use]
    pub fn quality(&self) -> Option<&Quality> {
        match self.figures() {
            Some(figures) => figures.quality.as_ref(),
            None => self.quality.as_ref().or(self.group.defaults.0.as_ref()),
        }
    }

    /// The size: the one asked for, else the model's default; none where neither is known.
    #[must_use]
    pub fn size(&self) -> Option<Size> {
        self.figures().map(|figures| figures.size).or(self.size).or(self.group.defaults.1)
    }

    /// Images a call.
    #[must_use]
    pub fn n(&self) -> u32 {
        self.n
    }

    /// The day whose prices count.
    #[must_use]
    pub fn as_of(&self) -> Date {
        self.group.days.get(self.day).map_or(self.group.base.as_of, |(day, _)| *day)
    }

    /// Standard or the Batch API.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Where the call goes.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        self.group.base.endpoint
    }

    /// What came of it.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The figures, where it is legal.
    #[must_use]
    pub fn figures(&self) -> Option<&Figures> {
        match &self.state {
            State::Priced(figures) | State::Unpriced(figures, _) => Some(figures),
            State::Illegal(_) => None,
        }
    }

    /// Its value on an axis, as people and files write it; `none` for no such parameter.
    #[must_use]
    pub fn label(&self, axis: Axis) -> String {
        match axis {
            Axis::Model => self.model().to_owned(),
            Axis::Provider => self.provider().to_owned(),
            Axis::Quality => self.quality().map_or_else(|| "none".to_owned(), ToString::to_string),
            Axis::Size => self.size().map_or_else(|| "none".to_owned(), |size| size.to_string()),
            Axis::Count => self.n.to_string(),
            Axis::Day => self.as_of().to_string(),
            Axis::Tier => self.tier.to_string(),
        }
    }

    /// Its request.
    #[must_use]
    pub fn request(&self) -> Request {
        let mut request = self.group.base.clone();
        request.quality = self.quality.clone();
        request.size = self.size;
        request.n = self.n;
        request.as_of = self.as_of();
        request.tier = self.tier;
        request
    }

    /// The terms that it is priced at.
    ///
    /// # Errors
    /// Nobody offers the model there on that day.
    pub fn offer(&self) -> Result<&Offer<'b>, Error> {
        match self.group.days.get(self.day) {
            Some((_, offer)) => offer.as_ref().map_err(Clone::clone),
            None => Err(Error::new(imgcost_core::Code::BadInput, "the combination has no day")),
        }
    }

    /// Whether its model can be called on its day; what is not offered then is not marked.
    #[must_use]
    pub fn availability(&self) -> Availability {
        self.offer().map_or(Availability::Current, |offer| offer.model.availability(offer.as_of))
    }

    /// Asks its quote something; none where it is illegal.
    pub fn ask<T>(&self, question: impl FnOnce(&Quote<'_>) -> T) -> Option<T> {
        let request = self.request();
        let offer: Offer<'_> = *self.offer().ok()?;
        offer.quote(&request).ok().map(|quote| question(&quote))
    }

    /// What the call costs.
    #[must_use]
    pub fn per_call(&self) -> Option<Total> {
        self.figures().map(|figures| figures.total)
    }

    /// What one of its images costs: the call divided by their number.
    #[must_use]
    pub fn per_image(&self) -> Option<Total> {
        Some(self.per_call()?.share(1, self.n.into()))
    }

    /// What a million pixels cost; none where the size is left to the model.
    #[must_use]
    pub fn per_megapixel(&self) -> Option<Total> {
        let pixels = self.pixels()?.checked_mul(self.n.into())?;
        Some(self.per_call()?.share(1_000_000, pixels))
    }

    /// The pixels of one image, where they are known.
    #[must_use]
    pub fn pixels(&self) -> Option<u64> {
        match self.size()? {
            Size::Exact(size) => Some(size.area()),
            Size::Auto => None,
        }
    }

    /// Tokens that the call adds to an item of the API's usage; none where it counts none.
    #[must_use]
    pub fn tokens_of(&self, item: Item) -> Option<Estimate<u64>> {
        let figures = self.figures()?;
        let index = ITEMS.iter().position(|known| *known == item)?;
        *figures.tokens.get(index)?
    }

    /// All tokens of the call; none where it is not billed by tokens.
    #[must_use]
    pub fn tokens(&self) -> Option<Estimate<u64>> {
        let mut items = self.figures()?.tokens.iter().flatten();
        let first = *items.next()?;
        items.try_fold(first, |sum, item| sum.checked_add(item))
    }

    /// What it is compared by, in USD an image: see [`Total::figure`]; none where it is not
    /// priced.
    #[must_use]
    pub fn figure(&self) -> Option<Usd> {
        match self.state {
            State::Priced(_) => self.per_image()?.figure(),
            _ => None,
        }
    }
}
