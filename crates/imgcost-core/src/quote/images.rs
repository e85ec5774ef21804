//! What images cost at a provider who bills by the image, and what their input images add.

use super::line::{Price, QuoteLine, Rate, image_line};
use crate::book::{ImagePrice, Offer, SizeSlot};
use crate::estimate::{CeilingBasis, Estimate};
use crate::evidence::Evidence;
use crate::limits::ResolvedParams;
use crate::money::Usd;
use crate::params::{Item, Quality, Size, Unit};
use crate::request::{InputImage, Request};
use crate::rules::megapixels;

/// The lines that the prices per image make.
pub(super) struct ImageLines<'b> {
    pub image: QuoteLine<'b>,
    /// Input images billed by the megapixel or each; none where they are not.
    pub inputs: Option<QuoteLine<'b>>,
}

/// From the cheapest to the dearest row that may decide, or the one that does; unpriced where a
/// choice that the call may have has no row, and none if a number is too large to be exact.
pub(super) fn image_lines<'b>(
    offer: &Offer<'b>,
    request: &Request,
    chosen: ResolvedParams<'_>,
) -> Option<ImageLines<'b>> {
    let limits = &offer.family.limits.rule;
    let mut range = PriceRange {
        cheapest: None,
        dearest: None,
        bounded: true,
        basis: CeilingBasis::Proven,
        unknown: limits.unknown,
        inputs: None,
    };
    each_choice(offer, chosen, |price, slot| range.take(price, slot, request))?;
    // What further input images cost is not said where they have no price and nothing is said of
    // what is accepted.
    if limits.unknown && request.images.len() > 1 && range.inputs.is_none() {
        range.basis = CeilingBasis::Assumed;
    }
    let n = u64::from(request.n);
    let nobody = offer.family.limits.source.as_str();
    let price = match (range.cheapest, range.dearest.filter(|_| range.bounded)) {
        (Some(low), Some((high, row))) => {
            let least = request.least_n.map_or(n, u64::from).min(n);
            let (floor, ceiling) = (low.checked_mul(least)?, high.checked_mul(n)?);
            let expected = (floor == ceiling).then_some(ceiling);
            let amount = Estimate::new(floor, expected, ceiling, range.basis);
            Some(Price { rate: Rate::Each(high), amount, row: &row.row })
        }
        _ => None,
    };
    let inputs = range.inputs.filter(|inputs| inputs.quantity.ceiling > 0).map(Inputs::line);
    Some(ImageLines { image: image_line(n, price, nobody), inputs })
}

/// Every row that decides for a quality and size that the call may have, with that place
/// among the sizes; no row where there is none for it.
pub(super) fn each_choice<'b>(
    offer: &Offer<'b>,
    chosen: ResolvedParams<'_>,
    mut take: impl FnMut(Option<&'b ImagePrice>, SizeSlot<'b>) -> Option<()>,
) -> Option<()> {
    let limits = &offer.family.limits.rule;
    let plain = [Quality::Standard];
    let qualities: &[Quality] = match chosen.quality {
        Some(quality) if *quality != Quality::Auto => std::slice::from_ref(quality),
        _ if limits.qualities.is_empty() => &plain,
        _ => &limits.qualities,
    };
    // Left to the model, it may be one that no row names; that one has to have a price only
    // where the qualities that are listed may not be all.
    let unnamed = Quality::Auto;
    let open = chosen.quality.is_none_or(|quality| *quality == Quality::Auto);
    let other = (open && !limits.qualities.is_empty()).then_some(&unnamed);
    let mut at = |slot: SizeSlot<'b>| {
        // A provider may have a price for what it chooses itself.
        let own = offer.image_price_at(&unnamed, slot).filter(|price| price.quality.is_some());
        if let Some(own) = own.filter(|_| open) {
            return take(Some(own), slot);
        }
        qualities.iter().try_for_each(|quality| take(offer.image_price_at(quality, slot), slot))?;
        match other.map(|quality| offer.image_price_at(quality, slot)) {
            Some(price) if price.is_some() || limits.unknown => take(price, slot),
            _ => Some(()),
        }
    };
    match chosen.size {
        Size::Exact(size) => at(limits.size_slot(size)),
        Size::Auto => offer.size_slots().try_for_each(at),
    }
}

struct PriceRange<'b> {
    cheapest: Option<Usd>,
    dearest: Option<(Usd, &'b ImagePrice)>,
    /// Whether every choice has a greatest price: not so by the megapixel at any size, nor
    /// where a choice has no row.
    bounded: bool,
    basis: CeilingBasis,
    /// Whether no source says what the model accepts.
    unknown: bool,
    inputs: Option<Inputs<'b>>,
}

impl<'b> PriceRange<'b> {
    fn take(&mut self, price: Option<&'b ImagePrice>, slot: SizeSlot<'_>, request: &Request) -> Option<()> {
        let Some(price) = price else {
            self.bounded = false;
            return Some(());
        };
        // A price for any image of a model whose choices are not known covers what nobody named.
        let guess = price.rounding_assumed || price.row.evidence == Evidence::Assumed;
        if guess || (self.unknown && price.is_for_any()) {
            self.basis = CeilingBasis::Assumed;
        }
        let first = self.cheapest.is_none();
        let (least, most) = slot.areas;
        let low = price.of_area(least)?;
        self.cheapest = Some(self.cheapest.map_or(low, |before| before.min(low)));
        let high = match most {
            Some(most) => price.of_area(most)?,
            None => {
                self.bounded &= price.further_megapixel.is_none();
                low
            }
        };
        if self.dearest.is_none_or(|(before, _)| high > before) {
            self.dearest = Some((high, price));
        }
        if !request.images.is_empty() {
            let inputs = Inputs::of(price, request)?;
            self.inputs = match (self.inputs.take(), inputs) {
                (None, inputs) if first => inputs,
                (None, inputs) => inputs.map(Inputs::or_nothing),
                (Some(before), None) => Some(before.or_nothing()),
                (Some(before), Some(inputs)) => Some(before.or(inputs)),
            };
        }
        Some(())
    }
}

/// Input images by the megapixel, or each.
#[derive(Clone, Copy)]
struct Inputs<'b> {
    unit: Unit,
    quantity: Estimate<u64>,
    each: Usd,
    /// None where a size is not known.
    amount: Option<Estimate<Usd>>,
    price: &'b ImagePrice,
}

impl<'b> Inputs<'b> {
    /// What a row makes of the input images: nothing where it does not bill them, and none if
    /// a number is too large. Whether several images of one call count their input images
    /// once or each is not said, so that it is a range.
    fn of(price: &'b ImagePrice, request: &Request) -> Option<Option<Inputs<'b>>> {
        let (each, unit) = match (price.input_megapixel, price.input_image) {
            (Some(each), _) => (each, Unit::Megapixel),
            (None, Some(each)) => (each, Unit::Image),
            (None, None) => return Some(None),
        };
        let (mut once, mut most) = (0_u64, 0_u64);
        let mut sized = true;
        for image in &request.images {
            if unit == Unit::Image {
                (once, most) = (once.checked_add(1)?, most.checked_add(1)?);
                continue;
            }
            let (least, greatest) = match image {
                InputImage::Sized(size) => (size.area(), size.area()),
                InputImage::Unsized => (1, u64::from(u16::MAX).pow(2)),
            };
            sized &= least == greatest;
            once = once.checked_add(megapixels::begun(least, price.megapixel)?)?;
            most = most.checked_add(megapixels::begun(greatest, price.megapixel)?)?;
        }
        let most = most.checked_mul(request.n.into())?;
        let quantity = match once == most {
            true if unit == Unit::Megapixel && price.rounding_assumed => Estimate::exact(once).assumed(),
            true => Estimate::exact(once),
            false => Estimate::new(once, None, most, CeilingBasis::Assumed),
        };
        let amount = if sized { Some(quantity.try_map(|count| each.checked_mul(count))?) } else { None };
        Some(Some(Inputs { unit, quantity, each, amount, price }))
    }

    /// These, or none where another row decides.
    fn or_nothing(self) -> Self {
        let quantity = Estimate::new(0, None, self.quantity.ceiling, self.quantity.basis);
        let amount = self.amount.map(|amount| Estimate::new(Usd::ZERO, None, amount.ceiling, amount.basis));
        Inputs { quantity, amount, ..self }
    }

    /// These or the others.
    fn or(self, other: Self) -> Self {
        let quantity = either(self.quantity, other.quantity);
        let amount = self.amount.zip(other.amount).map(|(a, b)| either(a, b));
        let dearer = if other.each > self.each { other } else { self };
        Inputs { quantity, amount, ..dearer }
    }

    fn line(self) -> QuoteLine<'b> {
        let row = &self.price.row;
        QuoteLine {
            item: Item::ImageInput,
            part: None,
            unit: self.unit,
            quantity: self.quantity,
            price: self.amount.map(|amount| Price { rate: Rate::Each(self.each), amount, row }),
            evidence: row.evidence,
            source: &row.source,
        }
    }
}

/// Either of two ranges: both where they are the same, else from the lesser floor to the
/// greater ceiling.
fn either<T: Copy + Ord>(a: Estimate<T>, b: Estimate<T>) -> Estimate<T> {
    if a == b {
        return a;
    }
    Estimate::new(a.floor.min(b.floor), None, a.ceiling.max(b.ceiling), a.basis.max(b.basis))
}
