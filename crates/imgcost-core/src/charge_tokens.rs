//! The lines of a charge by tokens: cached ones, and those that may be text or image.

use crate::charge::ChargeLine;
use crate::estimate::{CeilingBasis, Estimate};
use crate::money::{Usd, UsdPerMillion};
use crate::params::Item;
use crate::quote::{Rate, Terms};
use crate::usage::Usage;

impl Terms {
    /// Lines for cached input tokens; what is left of text, image and unsplit tokens without
    /// them. Cached tokens that are not told apart are text as far as there is text; another
    /// reading has them as images.
    pub(crate) fn cached(
        &self,
        usage: &Usage,
        (text, image, rest): (u64, u64, u64),
        only_text: bool,
        lines: &mut Vec<ChargeLine>,
    ) -> Option<(u64, u64, u64)> {
        let all = usage.cached_input.unwrap_or(0);
        let image_part = usage.cached_image_input.unwrap_or(0).min(image).min(all);
        let plain_text = if only_text { text.checked_add(rest)? } else { text };
        let text_part = (all - image_part).min(plain_text);
        let image_part = (all - text_part).min(image);
        cached_side(lines, Item::TextInputCached, text_part, self.text_input_cached, self.text_input)?;
        cached_side(lines, Item::ImageInputCached, image_part, self.image_input_cached, self.image_input)?;
        let of_text = text_part.min(text);
        let (text, image, rest) = (text - of_text, image - image_part, rest - (text_part - of_text));
        // What may be either is cached at either rate.
        let either = (all - text_part - image_part).min(rest);
        let rates = [self.text_input_cached, self.image_input_cached].map(|rate| rate.map(Rate::PerMillion));
        match rates {
            [Some(text_rate), Some(image_rate)] => {
                unsplit(lines, Item::TextInputCached, either, Some(text_rate), Some(image_rate))?;
                Some((text, image, rest - either))
            }
            // No rate is known for one of them: they cost no more than uncached ones.
            _ => Some((text, image, rest)),
        }
    }
}

/// Text tokens, image tokens, and those of the sum that the details leave open.
pub(crate) fn split(all: Option<u64>, text: Option<u64>, image: Option<u64>) -> Option<(u64, u64, u64)> {
    let (text, image) = (text.unwrap_or(0), image.unwrap_or(0));
    let known = text.checked_add(image)?;
    Some((text, image, all.unwrap_or(known).saturating_sub(known)))
}

pub(crate) fn between(floor: Usd, ceiling: Usd) -> Estimate<Usd> {
    let expected = (floor == ceiling).then_some(ceiling);
    Estimate::new(floor, expected, ceiling, CeilingBasis::Proven)
}

/// A line of tokens at one rate; none are no line.
pub(crate) fn side(lines: &mut Vec<ChargeLine>, item: Item, quantity: u64, rate: Option<Rate>) -> Option<()> {
    if quantity == 0 {
        return Some(());
    }
    let amount = match rate {
        Some(rate) => Some(Estimate::exact(rate.checked_mul(quantity)?)),
        None => None,
    };
    lines.push(ChargeLine { item, quantity, rate, amount });
    Some(())
}

/// A line of cached tokens. Where their rate is not known, they cost no more than others of
/// their kind.
pub(crate) fn cached_side(
    lines: &mut Vec<ChargeLine>,
    item: Item,
    quantity: u64,
    rate: Option<UsdPerMillion>,
    uncached: Option<UsdPerMillion>,
) -> Option<()> {
    if quantity == 0 || rate.is_some() || uncached.is_none() {
        return side(lines, item, quantity, rate.map(Rate::PerMillion));
    }
    let rate = uncached.map(Rate::PerMillion)?;
    let amount = between(Usd::ZERO, rate.checked_mul(quantity)?);
    lines.push(ChargeLine { item, quantity, rate: Some(rate), amount: Some(amount) });
    Some(())
}

/// A line of tokens of which the usage does not say whether they are text or image.
pub(crate) fn unsplit(
    lines: &mut Vec<ChargeLine>,
    item: Item,
    quantity: u64,
    text: Option<Rate>,
    image: Option<Rate>,
) -> Option<()> {
    let (Some(text), Some(image)) = (text, image) else {
        // They may all be of the kind that has no price.
        return side(lines, item, quantity, None);
    };
    if quantity == 0 {
        return Some(());
    }
    let (a, b) = (text.checked_mul(quantity)?, image.checked_mul(quantity)?);
    let rate = if a > b { text } else { image };
    lines.push(ChargeLine { item, quantity, rate: Some(rate), amount: Some(between(a.min(b), a.max(b))) });
    Some(())
}
