//! What a call is settled by: the rates that it was quoted with, and nothing else.

use serde::{Deserialize, Serialize};

use super::{Quote, Rate};
use crate::money::{Ratio, Usd, UsdPerMillion};
use crate::names::{Basis, Endpoint, Item, Pixels, Quality, Size};

/// The prices that a usage is charged at. A hold keeps them, so that a later change of the
/// price book never changes what an earlier call is booked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How the seller bills.
    pub basis: Basis,
    /// USD per million prompt tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_input: Option<UsdPerMillion>,
    /// USD per million input image tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_input: Option<UsdPerMillion>,
    /// USD per million text tokens of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_output: Option<UsdPerMillion>,
    /// USD per million picture tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_output: Option<UsdPerMillion>,
    /// USD per million input tokens of the model that runs the Responses API's image tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responses_input: Option<UsdPerMillion>,
    /// USD per million output tokens of that model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responses_output: Option<UsdPerMillion>,
    /// USD per picture, by quality and size, for what the call may return.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<(Quality, Pixels, Usd)>,
    /// USD per call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Usd>,
    /// Units per dollar of a gateway that bills whole units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_per_usd: Option<u32>,
    /// Whether the call may have input images: without them, all input tokens are text.
    pub has_images: bool,
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
            base.usd_per_million.scaled(super::lines::item_ratio(card, item, group)?)
        };
        let by_token = |item| offer.token_rate(request.tier, item).filter(|_| basis != Basis::Ratio);
        let rate = |item| by_token(item).map(|(rate, _)| rate).or_else(|| by_ratio(item));
        let text_model = request.responses_model.as_deref().and_then(|id| offer.text_model(id));
        Terms {
            basis,
            text_input: rate(Item::TextInput),
            image_input: rate(Item::ImageInput),
            text_output: rate(Item::TextOutput),
            image_output: rate(Item::ImageOutput),
            responses_input: text_model.map(|model| model.input),
            responses_output: text_model.map(|model| model.output),
            images: self.image_prices(group),
            call: offer.call_price().map(|call| call.usd),
            quota_per_usd: offer.provider.ratio.as_ref().map(|base| base.quota_per_usd),
            // The Responses API may hand pictures of the conversation to its tool.
            has_images: !request.images.is_empty() || request.endpoint == Endpoint::Responses,
        }
    }

    fn image_prices(&self, group: Ratio) -> Vec<(Quality, Pixels, Usd)> {
        let offer = &self.offer;
        let may_be = |quality: &Quality, size: Pixels| {
            let asked = self.chosen.quality.unwrap_or(&Quality::Standard);
            (*asked == Quality::Auto || asked == quality)
                && (self.chosen.size == Size::Auto || self.chosen.size == Size::Exact(size))
        };
        if offer.model.basis == Basis::PerImage {
            let prices = offer.table().filter(|price| may_be(&price.quality, price.size));
            return prices.map(|price| (price.quality.clone(), price.size, price.usd)).collect();
        }
        let (Some(fixed), Basis::Ratio) = (offer.fixed_price(), offer.model.basis) else { return Vec::new() };
        let limits = &offer.family.limits.rule;
        let plain = [Quality::Standard];
        let qualities = if limits.qualities.is_empty() { plain.as_slice() } else { &limits.qualities };
        let mut prices = Vec::new();
        for quality in qualities {
            for size in limits.sizes.all().filter(|size| may_be(quality, *size)) {
                let ratio = fixed.ratio(quality, size).and_then(|ratio| ratio.times(group));
                if let Some(usd) = ratio.and_then(|ratio| fixed.usd.scaled(ratio)) {
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
