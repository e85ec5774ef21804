//! A discount in a user's own book: off every built-in price of a provider, or of one model.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::view::View;
use crate::book::{DatedRow, Model, TextModel};
use crate::money::{Ratio, Usd, UsdPerMillion};
use crate::params::Basis;

/// The most decimals of a percentage.
const PLACES: u32 = 3;

/// What is left of a price, since when, and why.
#[derive(Debug, Clone)]
pub(super) struct Discount {
    left: Ratio,
    from: Option<Date>,
    reason: String,
}

/// What of 1 a discount such as `20%` leaves: more than nothing, and less than all.
pub(super) fn left(text: &str) -> Option<Ratio> {
    let percent = text.strip_suffix('%')?.parse::<Ratio>().ok()?.decimal();
    if percent.is_zero() || percent >= Decimal::ONE_HUNDRED || percent.scale() > PLACES {
        return None;
    }
    let left = Decimal::ONE_HUNDRED.checked_sub(percent)?;
    let left = Decimal::try_from_i128_with_scale(left.mantissa(), left.scale() + 2).ok()?;
    left.normalize().to_string().parse().ok()
}

impl Discount {
    /// The discount of a provider's file or of a model in it, if there is one; `place` is its file
    /// and line.
    pub(super) fn read(view: &View<'_>, place: &str) -> Option<Discount> {
        let text = view.text("discount")?;
        let reason = format!("discount of {text} ({place})");
        Some(Discount { left: left(text)?, from: view.parse("discount_from"), reason })
    }

    /// Takes it off every built-in price of a model: how many rows, or none where a price would
    /// not be exact. What is published beside token prices is no price.
    pub(super) fn of_model(&self, model: &mut Model) -> Option<usize> {
        let mut count = self.rows(
            &mut model.rates,
            |card| &mut card.row,
            |card| {
                self.per_million(&mut card.text_input)?;
                self.per_million(&mut card.text_input_cached)?;
                self.per_million(&mut card.image_input)?;
                self.per_million(&mut card.image_input_cached)?;
                self.per_million(&mut card.image_output)?;
                self.per_million(&mut card.text_output)
            },
        )?;
        if model.basis != Basis::Tokens {
            count += self.rows(
                &mut model.images,
                |price| &mut price.row,
                |price| {
                    price.usd = price.usd.checked_scale(self.left)?;
                    self.usd(&mut price.further_megapixel)?;
                    self.usd(&mut price.input_megapixel)?;
                    self.usd(&mut price.input_image)
                },
            )?;
        }
        count += self.rows(
            &mut model.calls,
            |price| &mut price.row,
            |price| {
                price.usd = price.usd.checked_scale(self.left)?;
                Some(())
            },
        )?;
        count += self.rows(
            &mut model.ratios,
            |card| &mut card.row,
            |card| {
                // It multiplies the others.
                card.model = card.model.checked_mul(self.left)?;
                Some(())
            },
        )?;
        count += self.rows(
            &mut model.fixed,
            |price| &mut price.row,
            |price| {
                price.usd = price.usd.checked_scale(self.left)?;
                Some(())
            },
        )?;
        Some(count)
    }

    /// The same for the models that call the Responses API's image tool.
    pub(super) fn of_text_models(&self, models: &mut Vec<TextModel>) -> Option<usize> {
        self.rows(
            models,
            |model| &mut model.row,
            |model| {
                model.input = model.input.checked_scale(self.left)?;
                model.output = model.output.checked_scale(self.left)?;
                self.per_million(&mut model.input_cached)
            },
        )
    }

    fn per_million(&self, rate: &mut Option<UsdPerMillion>) -> Option<()> {
        if let Some(rate) = rate {
            *rate = rate.checked_scale(self.left)?;
        }
        Some(())
    }

    fn usd(&self, price: &mut Option<Usd>) -> Option<()> {
        if let Some(price) = price {
            *price = price.checked_scale(self.left)?;
        }
        Some(())
    }

    /// Changes the built-in rows from the discount's first day on; a row that began before keeps
    /// its price until then.
    fn rows<R: Clone>(
        &self,
        rows: &mut Vec<R>,
        row: impl Fn(&mut R) -> &mut DatedRow,
        take_off: impl Fn(&mut R) -> Option<()>,
    ) -> Option<usize> {
        let (mut count, mut before) = (0, Vec::new());
        for each in rows.iter_mut() {
            let dated = row(each);
            let ended = dated.to.zip(self.from).is_some_and(|(to, from)| to <= from);
            if dated.reason.is_some() || ended {
                continue;
            }
            if let Some(from) = self.from.filter(|from| *from > row(each).from) {
                let mut earlier = each.clone();
                row(&mut earlier).to = Some(from);
                before.push(earlier);
                let dated = row(each);
                (dated.from, dated.from_assumed) = (from, false);
            }
            row(each).reason = Some(self.reason.clone());
            take_off(each)?;
            count += 1;
        }
        rows.extend(before);
        Some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discount_is_a_plain_percentage_below_all() {
        for (text, is_left) in
            [("20%", "0.8"), ("12.5%", "0.875"), ("0.001%", "0.99999"), ("99.999%", "0.00001")]
        {
            assert_eq!(left(text).map(|left| left.to_string()).as_deref(), Some(is_left), "{text}");
        }
        for text in ["20", "0%", "100%", "-5%", "0.2", "20 %", "%", "20.0001%", "1e1%"] {
            assert_eq!(left(text), None, "{text}");
        }
    }
}
