//! What a reported usage costs.

use serde::{Serialize, Serializer};

use crate::charge_tokens::{between, cached_side, side, split, unsplit};
use crate::estimate::Estimate;
use crate::money::Usd;
use crate::params::{Basis, Item, Pixels, Quality};
use crate::quote::{ImageTerms, InputTerms, RangeDocument, Rate, Terms, text_or_null};
use crate::total::Total;
use crate::usage::{Response, Usage};

/// One priced item of a usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChargeLine {
    /// What it is.
    pub item: Item,
    /// How many tokens, images or calls.
    pub quantity: u64,
    /// What one unit costs; none where no price is known.
    pub rate: Option<Rate>,
    /// Quantity times rate in USD: a range where the usage does not say which of two rates
    /// applies; none where no price is known.
    pub amount: Option<Estimate<Usd>>,
}

impl Serialize for ChargeLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Members {
            item: Item,
            quantity: u64,
            #[serde(serialize_with = "text_or_null")]
            rate: Option<Rate>,
            per: Option<u64>,
            amount: Option<RangeDocument<Usd>>,
        }
        let ChargeLine { item, quantity, rate, amount } = *self;
        Members { item, quantity, rate, per: rate.map(Rate::per), amount: amount.map(Into::into) }
            .serialize(serializer)
    }
}

/// What a call cost, by its reported usage.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Charge {
    /// The items.
    pub lines: Vec<ChargeLine>,
    /// What the call cost, in USD. The ceiling is what a ledger books: the dearest reading of the
    /// usage, or the bill of a provider whose responses state it.
    pub total: Estimate<Usd>,
    /// What the rates make of the usage: the sum of the lines.
    pub by_rates: Estimate<Usd>,
    /// What the response states that the call cost.
    pub billed: Option<Usd>,
    /// Whether everything that was used has a price.
    pub complete: bool,
    /// Whether the usage says what the terms bill by. Without it a call is presumed to have
    /// cost its ceiling.
    pub settles: bool,
}

impl Terms {
    /// Prices a response at these terms; none if its numbers are too large to be exact.
    ///
    /// Usage that does not split text from image tokens is priced as a range: the floor at
    /// the cheaper rate, the ceiling at the dearer one. So are counts that contradict each
    /// other: from the cheapest reading to the dearest, whose lines are shown.
    #[must_use]
    pub fn charge(&self, response: &Response) -> Option<Charge> {
        let mut charge = self.by_reading(response)?;
        for other in &response.other_readings {
            // What a total has beyond its parts is text only where text has a price.
            let text_output = other.text_output.filter(|_| self.text_output.is_some());
            let usage = Usage { text_output, ..*other };
            let other = self.by_reading(&Response { usage, ..response.clone() })?;
            charge = charge.or(other);
        }
        charge.billed = response.stated;
        match response.stated {
            // A bill of nothing is what a relay writes that has not counted yet.
            Some(bill) if self.stated_bill && bill > Usd::ZERO => {
                charge.total = Estimate::exact(bill);
                charge.complete = true;
                charge.settles = !response.unfinished && !response.uncounted;
            }
            // Whether that is the bill is not known: it may be a part of it.
            Some(stated) => charge.total = charge.total.with(stated),
            None => {}
        }
        Some(charge)
    }

    /// Prices a response by the one reading that is its usage.
    fn by_reading(&self, response: &Response) -> Option<Charge> {
        let mut lines = Vec::new();
        let settles = match self.basis {
            Basis::PerCall => {
                lines.push(self.calls(response)?);
                true
            }
            Basis::PerImage => self.images(response, &mut lines)?,
            Basis::Ratio if !self.ratio_prices.is_empty() => self.images(response, &mut lines)?,
            Basis::Tokens | Basis::Ratio => {
                self.tokens(&response.usage, &mut lines)?;
                self.says_all(response)
            }
        };
        let settles = settles && !response.unfinished;
        let mut total = Estimate::exact(Usd::ZERO);
        for amount in lines.iter().filter_map(|line| line.amount) {
            total = total.try_join(&amount, Usd::checked_add)?;
        }
        if let Some(units) = self.quota_per_usd.filter(|_| self.basis == Basis::Ratio) {
            let (floor, ceiling) = (total.floor.rounded_down_to(units)?, total.ceiling.rounded_up_to(units)?);
            total = Estimate { floor, ceiling, ..total };
        }
        if let Some(units) = self.rounds_up_per_usd {
            // A prompt that is not reported may begin the next unit.
            let more = self.text_input.is_some() && !response.usage.has_tokens();
            let up = |usd: Usd| usd.rounded_up_to(units);
            let ceiling =
                if more { up(total.ceiling.checked_add(Usd::from_nanos(1))?)? } else { up(total.ceiling)? };
            let expected = total.expected.and_then(up).filter(|expected| *expected == ceiling);
            total = Estimate::new(up(total.floor)?, expected, ceiling, total.basis);
        }
        let complete = lines.iter().all(|line| line.amount.is_some());
        Some(Charge { lines, total, by_rates: total, billed: None, complete, settles })
    }

    /// Whether a usage counts all that tokens are billed for.
    fn says_all(&self, response: &Response) -> bool {
        let usage = &response.usage;
        let caller = (self.responses_input.is_none() && !response.of_responses)
            || (usage.responses_input > Some(0) && usage.responses_output.is_some());
        // No image takes no tokens: a provider who says so has not counted yet.
        let drew = response.drew || usage.images.is_some_and(|images| images > 0);
        let drawn = match (usage.image_output, usage.output) {
            (Some(image), _) if image > 0 => true,
            (Some(_), None) | (_, Some(0)) | (None, None) => false,
            (_, Some(all)) => {
                all > usage.text_output.unwrap_or(0).saturating_add(usage.image_output.unwrap_or(0))
            }
        };
        // A stream reports each image apart: what it does not complete, it does not report.
        let whole = match (response.streamed_images, self.asked_images) {
            (Some(completed), Some(asked)) => completed >= asked.into(),
            _ => true,
        };
        // A Responses API call that says it drew nothing is billed for its caller alone.
        let only_caller = response.of_responses && !drew && usage.images == Some(0) && !usage.has_tokens();
        let both = usage.has_both_sides() || only_caller;
        // Zeros are what a relay writes that has not counted yet, unless it says that no image came.
        let used = drawn || usage.all_output() > Some(0) || usage.images == Some(0);
        both && caller && (drawn || !drew) && used && !response.uncounted && !response.failed && whole
    }

    /// A call for several images may count as one or as many as came: a range, its ceiling
    /// assumed. A response without a count of images may have brought as many as were asked for.
    fn calls(&self, response: &Response) -> Option<ChargeLine> {
        let most = match self.n {
            Some(asked) => response.usage.images.unwrap_or_else(|| asked.into()).max(1),
            None => 1,
        };
        let amount = match self.call {
            Some(usd) if most > 1 => Some(between(usd, usd.checked_mul(most)?).assumed()),
            usd => usd.map(Estimate::exact),
        };
        Some(ChargeLine { item: Item::Call, quantity: most, rate: self.call.map(Rate::Each), amount })
    }

    fn images(&self, response: &Response, lines: &mut Vec<ChargeLine>) -> Option<bool> {
        let usage = &response.usage;
        let count = usage.images.unwrap_or(0);
        let (low, high) =
            if self.images.is_empty() { self.listed_image(response) } else { self.image(response)? };
        if usage.images.is_some() {
            let amount = match (low, high) {
                (Some(low), Some(high)) => {
                    let amount = between(low.checked_mul(count)?, high.checked_mul(count)?);
                    Some(if self.assumed { amount.assumed() } else { amount })
                }
                _ => None,
            };
            lines.push(ChargeLine { item: Item::Image, quantity: count, rate: high.map(Rate::Each), amount });
        }
        if let Some(inputs) = self.inputs {
            let (quantity, amount) = self.inputs_of(inputs, usage.images)?;
            let rate = Some(Rate::Each(inputs.each));
            lines.push(ChargeLine { item: Item::ImageInput, quantity, rate, amount });
            if self.text_input.is_some() {
                // Image tokens are paid by the megapixel; those that may be either are read as
                // text, the dearer way.
                let (text, _, rest) = split(usage.input, usage.text_input, usage.image_input)?;
                let rate = self.text_input.map(Rate::PerMillion);
                side(lines, Item::TextInput, text.checked_add(rest)?, rate)?;
            }
        } else if self.text_input.is_some() || self.image_input.is_some() {
            self.input(usage, lines)?;
        }
        // That no image came does not prove that none was billed.
        Some(usage.images.is_some_and(|images| images > 0))
    }

    /// The most megapixels of input images and what they cost: at most once for each image
    /// that came, where the terms say how many were asked for.
    fn inputs_of(&self, inputs: InputTerms, images: Option<u64>) -> Option<(u64, Option<Estimate<Usd>>)> {
        let asked = self.n.map(u64::from);
        let (megapixels, most) = match (asked.and_then(|n| inputs.megapixels.checked_div(n)), images) {
            (Some(once), Some(images)) => {
                let megapixels = once.checked_mul(images.max(1))?;
                (megapixels, Some(inputs.each.checked_mul(megapixels)?))
            }
            _ => (inputs.megapixels, None),
        };
        let amount = inputs.amount.map(|(floor, ceiling)| {
            // Another row may have less for them: more images than asked for alone go above.
            let within = images.zip(asked).is_none_or(|(came, asked)| came <= asked);
            let most = most.unwrap_or(ceiling);
            let amount = between(floor, if within { most.min(ceiling) } else { most });
            if amount.is_exact() { amount } else { amount.assumed() }
        });
        Some((megapixels, amount))
    }

    /// The least and greatest price of an image, by the first row that covers it: of the
    /// quality and size that the response echoes, else of those asked for. None if a number is
    /// too large; no price where no row is for what the response echoes, whatever was asked for,
    /// and no greatest one where no row bounds it.
    fn image(&self, response: &Response) -> Option<(Option<Usd>, Option<Usd>)> {
        let (quality, size) = (self.asked.0.as_ref(), self.asked.1);
        let echoed = response.quality.as_ref().filter(|quality| **quality != Quality::Auto);
        self.covering(echoed.or(quality), response.size.or(size))
    }

    fn covering(
        &self,
        quality: Option<&Quality>,
        size: Option<Pixels>,
    ) -> Option<(Option<Usd>, Option<Usd>)> {
        let (mut low, mut high): (Option<Usd>, Option<Usd>) = (None, None);
        let (mut bounded, mut settled) = (true, false);
        for row in &self.images {
            let Some(sure) = row.covers(quality, size) else { continue };
            let open = row.pixels.or(self.areas);
            let (least, most) = match size {
                Some(size) => (size.area(), Some(size.area())),
                None => (open.map_or(1, |areas| areas.0), open.map(|areas| areas.1)),
            };
            let floor = row.of_area(least)?;
            low = Some(low.map_or(floor, |low| low.min(floor)));
            match most.or(row.further.is_none().then_some(least)) {
                Some(most) => high = high.max(Some(row.of_area(most)?)),
                None => bounded = false,
            }
            settled = sure;
            if sure {
                break;
            }
        }
        // A choice without a price may be the one that was made.
        bounded &= settled || !self.gaps;
        Some((low, high.filter(|_| bounded)))
    }

    /// The same from prices by quality and size alone, as gateways' ratios make them, who bill
    /// what was asked for whatever comes.
    fn listed_image(&self, response: &Response) -> (Option<Usd>, Option<Usd>) {
        let fits = |(quality, size, _): &&(Quality, Pixels, Usd)| {
            response.quality.as_ref().is_none_or(|returned| returned == quality)
                && response.size.is_none_or(|returned| returned == *size)
        };
        // An echo that is in no row says nothing: then any row may be the one.
        let some_fit = self.ratio_prices.iter().any(|price| fits(&price));
        let prices =
            || self.ratio_prices.iter().filter(|price| !some_fit || fits(price)).map(|(_, _, usd)| *usd);
        (prices().min(), prices().max())
    }

    fn tokens(&self, usage: &Usage, lines: &mut Vec<ChargeLine>) -> Option<()> {
        self.input(usage, lines)?;
        let (text, image, rest) = split(usage.output, usage.text_output, usage.image_output)?;
        let rates = (self.text_output, self.image_output);
        let only_images = self.text_output.is_none() && text == 0;
        side(lines, Item::TextOutput, text, self.text_output.map(Rate::PerMillion))?;
        side(
            lines,
            Item::ImageOutput,
            if only_images { image + rest } else { image },
            rates.1.map(Rate::PerMillion),
        )?;
        if !only_images {
            unsplit(
                lines,
                Item::ImageOutput,
                rest,
                rates.0.map(Rate::PerMillion),
                rates.1.map(Rate::PerMillion),
            )?;
        }
        let cached = usage.responses_cached.unwrap_or(0);
        let uncached = usage.responses_input.unwrap_or(0).saturating_sub(cached);
        side(lines, Item::ResponsesModel, uncached, self.responses_input.map(Rate::PerMillion))?;
        cached_side(lines, Item::ResponsesModel, cached, self.responses_cached, self.responses_input)?;
        side(
            lines,
            Item::ResponsesModel,
            usage.responses_output.unwrap_or(0),
            self.responses_output.map(Rate::PerMillion),
        )
    }

    fn input(&self, usage: &Usage, lines: &mut Vec<ChargeLine>) -> Option<()> {
        let (text, image, rest) = split(usage.input, usage.text_input, usage.image_input)?;
        let only_text = !self.has_images && image == 0;
        let (text_rate, image_rate) =
            (self.text_input.map(Rate::PerMillion), self.image_input.map(Rate::PerMillion));
        let (text, image, rest) = self.cached(usage, (text, image, rest), only_text, lines)?;
        side(lines, Item::TextInput, if only_text { text + rest } else { text }, text_rate)?;
        side(lines, Item::ImageInput, image, image_rate)?;
        if only_text { Some(()) } else { unsplit(lines, Item::ImageInput, rest, text_rate, image_rate) }
    }
}

impl Charge {
    /// What the call cost as far as it is known: no ceiling where something has no price or is not
    /// reported, and no amount at all where nothing has a price. A response that reports that
    /// nothing was used did cost nothing.
    #[must_use]
    pub fn known_total(&self) -> Total {
        let known = self.complete && self.settles;
        let priced = self.lines.iter().any(|line| line.amount.is_some());
        let any = priced || (known && (self.lines.is_empty() || self.billed.is_some()));
        Total {
            floor: any.then_some(self.total.floor),
            expected: self.total.expected.filter(|_| any && known),
            ceiling: (any && known).then_some(self.total.ceiling),
            basis: self.total.basis,
        }
    }

    /// The same call by another reading of its usage: the lines of the dearer one.
    fn or(self, other: Charge) -> Charge {
        let (one, two) = (self.total, other.total);
        let total = Estimate::new(
            one.floor.min(two.floor),
            one.expected.filter(|expected| two.expected == Some(*expected)),
            one.ceiling.max(two.ceiling),
            one.basis.max(two.basis),
        );
        let lines = if two.ceiling > one.ceiling { other.lines } else { self.lines };
        let (complete, settles) = (self.complete && other.complete, self.settles && other.settles);
        Charge { lines, total, by_rates: total, billed: None, complete, settles }
    }
}

impl ImageTerms {
    /// Whether the row covers an image: surely, or perhaps where something is not known of it.
    fn covers(&self, quality: Option<&Quality>, size: Option<Pixels>) -> Option<bool> {
        let mut sure = true;
        let mut holds = |known: Option<bool>| {
            sure &= known.is_some();
            known.unwrap_or(true)
        };
        let fits = self.quality.as_ref().is_none_or(|own| holds(quality.map(|quality| quality == own)))
            && self.size.is_none_or(|own| holds(size.map(|size| size == own)))
            && self
                .pixels
                .is_none_or(|(least, most)| holds(size.map(|size| (least..=most).contains(&size.area()))))
            && self.edge.is_none_or(|edge| holds(size.map(|size| size.long() <= edge)));
        fits.then_some(sure)
    }
}
