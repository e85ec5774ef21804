//! What a call is settled by: the rates that it was quoted with, and nothing else.

use serde::{Deserialize, Serialize};

use super::{Quote, Rate};
use crate::book::{ImagePrice, Offer, Sizes};
use crate::estimate::CeilingBasis;
use crate::money::{Ratio, Usd, UsdPerMillion};
use crate::params::{Basis, Endpoint, Item, Pixels, Quality, Size, Unit};
use crate::rules::megapixels;
use crate::usage::Response;

/// The prices that a usage is charged at. A hold keeps them, so that a later change of the
/// price book never changes what an earlier call is booked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Terms {
    /// How the provider bills.
    pub basis: Basis,
    /// USD per million prompt tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_input: Option<UsdPerMillion>,
    /// USD per million input image tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_input: Option<UsdPerMillion>,
    /// USD per million cached prompt tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_input_cached: Option<UsdPerMillion>,
    /// USD per million cached input image tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_input_cached: Option<UsdPerMillion>,
    /// USD per million text tokens of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_output: Option<UsdPerMillion>,
    /// USD per million image tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_output: Option<UsdPerMillion>,
    /// USD per million input tokens of the model that runs the Responses API's image tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responses_input: Option<UsdPerMillion>,
    /// USD per million cached input tokens of that model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responses_cached: Option<UsdPerMillion>,
    /// USD per million output tokens of that model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responses_output: Option<UsdPerMillion>,
    /// USD per image of a gateway's ratios, by quality and size, for what the call may return.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratio_prices: Vec<(Quality, Pixels, Usd)>,
    /// Prices per image of what the call may return; the first that covers an image decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageTerms>,
    /// The quality and size asked for, where they were not left to the model: what a response
    /// that names none is taken to have.
    #[serde(default, skip_serializing_if = "is_open")]
    pub asked: (Option<Quality>, Option<Pixels>),
    /// The least and greatest area of an image in pixels, where a size was left to the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub areas: Option<(u64, u64)>,
    /// Whether a quality or size that the call may have has no price.
    #[serde(default, skip_serializing_if = "is_not")]
    pub gaps: bool,
    /// Whether the greatest price of an image rests on a guess.
    #[serde(default, skip_serializing_if = "is_not")]
    pub assumed: bool,
    /// Whether the provider's responses state the bill, which then is what a call cost.
    #[serde(default, skip_serializing_if = "is_not")]
    pub stated_bill: bool,
    /// How many images were asked for of the Images API: a stream that completes fewer may be
    /// billed for more than it reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_images: Option<u32>,
    /// How many images were asked for, where a bill may depend on how many came; none in a
    /// price for the call as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u32>,
    /// Input images that are billed by the megapixel or each: no response reports them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<InputTerms>,
    /// USD per call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Usd>,
    /// Units per dollar that the bill of a whole call is rounded up to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds_up_per_usd: Option<u32>,
    /// Units per dollar of a gateway that bills whole units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_per_usd: Option<u32>,
    /// Whether the call may have input images: without them, all input tokens are text.
    pub has_images: bool,
}

fn is_open(asked: &(Option<Quality>, Option<Pixels>)) -> bool {
    *asked == (None, None)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_not(flag: &bool) -> bool {
    !*flag
}

/// A price per image, for the qualities and sizes that it covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImageTerms {
    /// The quality that it is for; none: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// The size that it is for; none: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Pixels>,
    /// The least and greatest area that it is for, in pixels; none: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixels: Option<(u64, u64)>,
    /// The longest edge that it is for, in pixels; none: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge: Option<u32>,
    /// USD for one image, or for its first megapixel.
    pub usd: Usd,
    /// USD for each further megapixel begun, and the pixels of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub further: Option<(Usd, u64)>,
}

/// What the input images of a call cost by the megapixel, or each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputTerms {
    /// The most megapixels begun, or input images.
    pub megapixels: u64,
    /// USD for each of them.
    pub each: Usd,
    /// USD at least and at most; none where an image's size is not known.
    pub amount: Option<(Usd, Usd)>,
}

impl Terms {
    /// Terms without any price.
    fn unpriced(basis: Basis) -> Terms {
        Terms {
            basis,
            text_input: None,
            image_input: None,
            text_input_cached: None,
            image_input_cached: None,
            text_output: None,
            image_output: None,
            responses_input: None,
            responses_cached: None,
            responses_output: None,
            ratio_prices: Vec::new(),
            images: Vec::new(),
            asked: (None, None),
            areas: None,
            gaps: false,
            assumed: false,
            stated_bill: false,
            asked_images: None,
            n: None,
            inputs: None,
            call: None,
            rounds_up_per_usd: None,
            quota_per_usd: None,
            has_images: false,
        }
    }

    /// A call at a price that is not in any book, in USD.
    #[must_use]
    pub fn per_call(usd: Usd) -> Terms {
        Terms { call: Some(usd), ..Terms::unpriced(Basis::PerCall) }
    }

    /// The same with the rates of the text model that wrote an image in SVG, where the response of an
    /// Images API call names one.
    #[must_use]
    pub fn with_writer(self, offer: &Offer<'_>, response: &Response) -> Terms {
        let writer = response.responses_model.as_deref().filter(|_| !response.of_responses);
        match writer.and_then(|name| offer.text_model(name)) {
            Some(model) => Terms {
                responses_input: Some(model.input),
                responses_cached: model.input_cached,
                responses_output: Some(model.output),
                ..self
            },
            None => self,
        }
    }

    /// The same of a call that nothing but its response describes. Nobody said that it had no input
    /// images: tokens that the response does not split may be image tokens. Nor which quality was
    /// asked for: a default that was filled in is a guess.
    #[must_use]
    pub fn undescribed(self) -> Terms {
        Terms { has_images: true, asked: (None, self.asked.1), ..self }
    }

    /// The same call at a tier that has no price: what was used is counted and not priced.
    #[must_use]
    pub fn without_rates(self) -> Terms {
        Terms {
            asked: self.asked,
            areas: self.areas,
            stated_bill: self.stated_bill,
            asked_images: self.asked_images,
            n: self.n,
            has_images: self.has_images,
            ..Terms::unpriced(self.basis)
        }
    }
}

impl ImageTerms {
    /// The price of an image of so many pixels; `None` if it can't be exact.
    pub(crate) fn of_area(&self, pixels: u64) -> Option<Usd> {
        match self.further {
            Some((further, megapixel)) => megapixels::price(self.usd, further, megapixel, pixels),
            None => Some(self.usd),
        }
    }
}

impl Quote<'_> {
    /// What a usage of this call is charged at.
    #[must_use]
    pub fn terms(&self) -> Terms {
        let (offer, request) = (&self.offer, self.request);
        let basis = offer.model.basis;
        let group = request.group_ratio.unwrap_or(Ratio::ONE);
        let by_ratio = |item: Item| {
            let (base, card) =
                (offer.provider.ratio.as_ref()?, offer.ratios().filter(|_| basis == Basis::Ratio)?);
            base.usd_per_million.checked_scale(super::lines::item_ratio(card, item, group)?)
        };
        let by_token = |item| offer.token_rate(request.tier, item).filter(|_| basis != Basis::Ratio);
        let rate = |item| by_token(item).map(|(rate, _)| rate).or_else(|| by_ratio(item));
        let text_model = request.responses_model.as_deref().and_then(|id| offer.text_rates(id, request.tier));
        let (images, gaps) = self.image_terms();
        let assumed = |line: &super::QuoteLine<'_>| {
            line.price.is_some_and(|price| price.amount.basis == CeilingBasis::Assumed)
        };
        Terms {
            basis,
            text_input: rate(Item::TextInput),
            image_input: rate(Item::ImageInput),
            text_input_cached: rate(Item::TextInputCached),
            image_input_cached: rate(Item::ImageInputCached),
            text_output: rate(Item::TextOutput),
            image_output: rate(Item::ImageOutput),
            responses_input: text_model.map(|model| model.input),
            responses_cached: text_model.and_then(|model| model.input_cached),
            responses_output: text_model.map(|model| model.output),
            ratio_prices: self.fixed_prices(group),
            images,
            asked: self.asked(),
            areas: self.areas(),
            gaps,
            assumed: self.lines.iter().filter(|line| line.unit == Unit::Image).any(assumed),
            stated_bill: offer.provider.stated_bill,
            asked_images: (request.endpoint != Endpoint::Responses).then_some(request.n),
            n: matches!(basis, Basis::PerCall | Basis::PerImage).then_some(request.n),
            inputs: self.input_terms(),
            call: offer.call_price().map(|call| call.usd),
            rounds_up_per_usd: offer.model.rounds_up_per_usd,
            quota_per_usd: offer.provider.ratio.as_ref().map(|base| base.quota_per_usd),
            // The Responses API may hand images of the conversation to its tool.
            has_images: !request.images.is_empty() || request.endpoint == Endpoint::Responses,
        }
    }

    /// The rows that may decide, in the order in which they do, and whether one is missing for a
    /// choice that the quote covers. A row that comes after others for every choice would take
    /// the bill over the ceiling; one that comes before them decides where the response echoes
    /// another image than was asked for.
    fn image_terms(&self) -> (Vec<ImageTerms>, bool) {
        let limits = &self.offer.family.limits.rule;
        if self.offer.model.basis != Basis::PerImage {
            return (Vec::new(), false);
        }
        let (mut last, mut gaps) = (None, false);
        super::images::each_choice(&self.offer, self.chosen, |price, _| {
            match price.map(ImagePrice::rank) {
                Some(rank) => last = Some(last.map_or(rank, |last| rank.min(last))),
                None => gaps = true,
            }
            Some(())
        });
        let counts = |price: &&ImagePrice| last.is_some_and(|last| price.rank() >= last);
        let mut rows: Vec<&ImagePrice> = self.offer.image_prices().filter(counts).collect();
        rows.sort_by_key(|price| std::cmp::Reverse(price.rank()));
        let terms = |price: &ImagePrice| ImageTerms {
            quality: price.quality.clone(),
            size: price.size,
            pixels: price.class.as_deref().and_then(|class| limits.class_areas(class)),
            edge: price.class.as_deref().and_then(|class| limits.class_edge(class)),
            usd: price.usd,
            further: price.further_megapixel.map(|further| (further, price.megapixel)),
        };
        (rows.into_iter().map(terms).collect(), gaps)
    }

    /// Quality and size where prices per image depend on them and they are not left open. A
    /// model without the parameter has quality `standard`.
    fn asked(&self) -> (Option<Quality>, Option<Pixels>) {
        if self.offer.model.basis != Basis::PerImage {
            return (None, None);
        }
        let plain = Quality::Standard;
        let none = self.offer.family.limits.rule.qualities.is_empty();
        let quality = self.chosen.quality.filter(|quality| **quality != Quality::Auto);
        (quality.or(Some(&plain).filter(|_| none)).cloned(), self.size())
    }

    fn areas(&self) -> Option<(u64, u64)> {
        let sizes = &self.offer.family.limits.rule.sizes;
        let open = self.offer.model.basis == Basis::PerImage && self.chosen.size == Size::Auto;
        (open && *sizes != Sizes::Any).then(|| sizes.areas())
    }

    fn input_terms(&self) -> Option<InputTerms> {
        let line = self.priced_inputs()?;
        let amount = line.price.map(|price| price.amount);
        let mut each = Usd::ZERO;
        super::images::each_choice(&self.offer, self.chosen, |price, _| {
            let input = price.and_then(|price| price.input_megapixel.or(price.input_image));
            each = each.max(input.unwrap_or(Usd::ZERO));
            Some(())
        });
        Some(InputTerms {
            megapixels: line.quantity.ceiling,
            each,
            amount: amount.map(|amount| (amount.floor, amount.ceiling)),
        })
    }

    /// The line of input images that are billed by the megapixel or each.
    pub(super) fn priced_inputs(&self) -> Option<&super::QuoteLine<'_>> {
        let by_image = self.offer.model.basis == Basis::PerImage;
        let mut lines = self.lines.iter().filter(|line| line.item == Item::ImageInput && by_image);
        lines.find(|line| line.unit != Unit::Token)
    }

    fn fixed_prices(&self, group: Ratio) -> Vec<(Quality, Pixels, Usd)> {
        let offer = &self.offer;
        let may_be = |quality: &Quality, size: Pixels| {
            let asked = self.chosen.quality.unwrap_or(&Quality::Standard);
            (*asked == Quality::Auto || asked == quality)
                && (self.chosen.size == Size::Auto || self.chosen.size == Size::Exact(size))
        };
        let (Some(fixed), Basis::Ratio) = (offer.fixed_price(), offer.model.basis) else { return Vec::new() };
        let limits = &offer.family.limits.rule;
        let plain = [Quality::Standard];
        let qualities = if limits.qualities.is_empty() { plain.as_slice() } else { &limits.qualities };
        let mut prices = Vec::new();
        for quality in qualities {
            let asked = match self.chosen.size {
                Size::Exact(size) => Some(size),
                Size::Auto => None,
            };
            let all = super::lines::fixed_sizes(offer, fixed).filter(|_| asked.is_none());
            for size in asked.into_iter().chain(all).filter(|size| may_be(quality, *size)) {
                let ratio = fixed.ratio(quality, size).and_then(|ratio| ratio.checked_mul(group));
                if let Some(usd) = ratio.and_then(|ratio| fixed.usd.checked_scale(ratio)) {
                    prices.push((quality.clone(), size, usd));
                }
            }
        }
        prices
    }

    /// The rate of a line, by item; the first of two for the Responses model.
    #[must_use]
    pub fn rate(&self, item: Item) -> Option<Rate> {
        self.lines.iter().find(|line| line.item == item)?.price.map(|price| price.rate)
    }
}
