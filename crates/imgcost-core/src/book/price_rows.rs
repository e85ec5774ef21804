//! Every price of a model in words, for lists of prices and of what changed in them.

use super::{DatedRow, Model};
use crate::params::Tier;

/// A price as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PriceRow<'b> {
    /// What is paid for: `image output`, `batch: text input`, `high 1024x1024`.
    pub item: String,
    /// How much: USD for `per`, or a ratio.
    pub value: String,
    /// The unit: 1M tokens, image, megapixel, call, ratio.
    pub per: &'static str,
    /// Its days and source.
    pub row: &'b DatedRow,
}

impl Model {
    /// Every dated price, in the order of the book: rates, images, calls, ratios, fixed prices.
    #[must_use]
    pub fn price_rows(&self) -> Vec<PriceRow<'_>> {
        let mut prices = Vec::new();
        let mut add = |row, item: String, value: String, per| {
            prices.push(PriceRow { item, value, per, row });
        };
        for card in &self.rates {
            let tier = match card.tier {
                Tier::Standard => String::new(),
                tier => format!("{tier}: "),
            };
            let rates = [
                ("text input", card.text_input),
                ("text input, cached", card.text_input_cached),
                ("image input", card.image_input),
                ("image input, cached", card.image_input_cached),
                ("text output", card.text_output),
                ("image output", card.image_output),
            ];
            for (item, rate) in rates {
                if let Some(rate) = rate {
                    add(&card.row, format!("{tier}{item}"), rate.to_string(), "1M tokens");
                }
            }
        }
        for price in &self.images {
            let what = price.what_for();
            let first = if price.further_megapixel.is_some() { ", first megapixel" } else { "" };
            add(&price.row, format!("{what}{first}"), price.usd.to_string(), "image");
            if let Some(further) = price.further_megapixel {
                add(&price.row, format!("{what}, further megapixel"), further.to_string(), "megapixel");
            }
            if let Some(input) = price.input_megapixel {
                add(&price.row, format!("{what}, input images"), input.to_string(), "megapixel");
            }
            if let Some(input) = price.input_image {
                add(&price.row, format!("{what}, input images"), input.to_string(), "image");
            }
        }
        for price in &self.calls {
            add(&price.row, "call".to_owned(), price.usd.to_string(), "call");
        }
        for card in &self.ratios {
            for (item, ratio) in
                [("model", card.model), ("completion", card.completion), ("image", card.image)]
            {
                add(&card.row, format!("{item} ratio"), ratio.to_string(), "ratio");
            }
        }
        for price in &self.fixed {
            add(&price.row, "image at ratio 1".to_owned(), price.usd.to_string(), "image");
            for (size, ratio) in &price.size_ratio {
                add(&price.row, format!("size {size}"), ratio.to_string(), "ratio");
            }
            for (quality, size, ratio) in &price.quality_ratio {
                let at = size.map_or_else(String::new, |size| format!(" at {size}"));
                add(&price.row, format!("quality {quality}{at}"), ratio.to_string(), "ratio");
            }
        }
        prices
    }
}
