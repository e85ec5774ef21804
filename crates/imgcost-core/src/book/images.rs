//! Prices per image: by size, by class of size, by quality, by the megapixel, or flat.

use serde::{Deserialize, Serialize};

use super::{DatedRow, Limits, Offer, SizeClass, Sizes};
use crate::money::Usd;
use crate::params::{Pixels, Quality};
use crate::rules::megapixels;

/// A price per image. What it leaves open it holds for: a row without quality, size and
/// class is the price of any image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImagePrice {
    /// The quality that it is for.
    pub quality: Option<Quality>,
    /// The exact size that it is for ...
    pub size: Option<Pixels>,
    /// ... or the [class](super::SizeClass) of sizes, by name.
    pub class: Option<String>,
    /// The price of one image, or of its first megapixel.
    pub usd: Usd,
    /// The price of each further megapixel begun, where images are billed by the megapixel.
    pub further_megapixel: Option<Usd>,
    /// The price of each megapixel begun of each input image ...
    pub input_megapixel: Option<Usd>,
    /// ... or of each input image, whatever its size.
    pub input_image: Option<Usd>,
    /// The pixels of a megapixel.
    pub megapixel: u64,
    /// Whether it is a guess that a megapixel begun is paid in full.
    pub rounding_assumed: bool,
    /// Why it differs from tokens times rate, where it does.
    pub differs: Option<String>,
    /// Days and source.
    pub row: DatedRow,
}

impl ImagePrice {
    /// The price of one image of so many pixels; `None` if it can't be exact.
    #[must_use]
    pub fn of_area(&self, pixels: u64) -> Option<Usd> {
        match self.further_megapixel {
            Some(further) => megapixels::price(self.usd, further, self.megapixel, pixels),
            None => Some(self.usd),
        }
    }

    /// What image the price is for, in a few words: `low 1024x1024`, `2K`, `any image`.
    #[must_use]
    pub fn what_for(&self) -> String {
        let size = self.size.map(|size| size.to_string());
        let words = [self.quality.as_ref().map(ToString::to_string), size, self.class.clone()];
        let words: Vec<String> = words.into_iter().flatten().collect();
        if words.is_empty() { "any image".to_owned() } else { words.join(" ") }
    }

    /// Whether it leaves quality, size and class open.
    pub(crate) fn is_for_any(&self) -> bool {
        self.quality.is_none() && self.size.is_none() && self.class.is_none()
    }

    fn is_of(&self, quality: &Quality) -> bool {
        self.quality.as_ref().is_none_or(|own| own == quality)
    }

    fn is_at(&self, slot: SizeSlot<'_>) -> bool {
        self.size.is_none_or(|own| slot.size == Some(own))
            && self.class.as_deref().is_none_or(|own| slot.class.is_some_and(|class| class.name == own))
    }

    /// Orders rows that cover the same image: a user's own first, the later book before the
    /// earlier one, then the most specific row.
    pub(crate) fn rank(&self) -> (Option<u16>, bool, bool, bool) {
        let own = self.row.reason.is_some().then_some(self.row.location.file);
        (own, self.size.is_some(), self.class.is_some(), self.quality.is_some())
    }
}

/// Where an image lies among a family's sizes: a size, a class of sizes, or neither where
/// any other size is meant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SizeSlot<'b> {
    /// The size, where it is one.
    pub size: Option<Pixels>,
    /// The class that it lies in.
    pub class: Option<&'b SizeClass>,
    /// The least and greatest area that it may have, in pixels; the greatest where it is known.
    pub areas: (u64, Option<u64>),
}

impl Limits {
    /// The class of a size, where the provider has classes.
    #[must_use]
    pub fn size_class(&self, size: Pixels) -> Option<&SizeClass> {
        match &self.sizes {
            Sizes::Classes(classes) => classes.iter().find(|class| class.holds(size)),
            _ => None,
        }
    }

    pub(crate) fn size_slot(&self, size: Pixels) -> SizeSlot<'_> {
        SizeSlot { size: Some(size), class: self.size_class(size), areas: (size.area(), Some(size.area())) }
    }

    /// The least and greatest area of a class, in pixels.
    pub(crate) fn class_areas(&self, name: &str) -> Option<(u64, u64)> {
        let Sizes::Classes(classes) = &self.sizes else { return None };
        let index = classes.iter().position(|class| class.name == name)?;
        let before = index.checked_sub(1).and_then(|before| classes.get(before));
        // A class that bounds the edge leaves narrow images of any area to the next one.
        let before = before.filter(|before| before.max_edge.is_none());
        Some((before.map_or(1, |before| before.max_pixels + 1), classes.get(index)?.max_pixels))
    }

    /// The longest edge of a class, in pixels, where that is bounded.
    pub(crate) fn class_edge(&self, name: &str) -> Option<u32> {
        let Sizes::Classes(classes) = &self.sizes else { return None };
        classes.iter().find(|class| class.name == name)?.max_edge
    }
}

impl<'b> Offer<'b> {
    /// The prices per image that hold on the day, in the order of the book.
    pub fn image_prices(&self) -> impl Iterator<Item = &'b ImagePrice> + use<'b> {
        let as_of = self.as_of;
        self.model.images.iter().filter(move |price| price.row.holds_on(as_of))
    }

    /// The price of an image of a quality and size on the day, by the most specific row. A model
    /// without the parameter has quality `standard`.
    #[must_use]
    pub fn image_price(&self, quality: &Quality, size: Pixels) -> Option<&'b ImagePrice> {
        self.image_price_at(quality, self.family.limits.rule.size_slot(size))
    }

    pub(crate) fn image_price_at(&self, quality: &Quality, slot: SizeSlot<'_>) -> Option<&'b ImagePrice> {
        let fits = self.image_prices().filter(|price| price.is_of(quality) && price.is_at(slot));
        // Of rows of one rank the first is taken.
        fits.reduce(|best, next| if next.rank() > best.rank() { next } else { best })
    }

    /// Every place among the sizes that a row may tell from another: for a size that is left to
    /// the model.
    pub(crate) fn size_slots(&self) -> impl Iterator<Item = SizeSlot<'b>> + use<'b> {
        let limits = &self.family.limits.rule;
        let named = self.image_prices().filter_map(|price| price.size);
        let other = |areas| SizeSlot { size: None, class: None, areas };
        let mut listed: &[Pixels] = &[];
        let mut classes: &[SizeClass] = &[];
        let mut rest = None;
        match &limits.sizes {
            Sizes::Listed(sizes) => listed = sizes,
            Sizes::Classes(all) => classes = all,
            Sizes::Free(rule) => rest = Some(other((rule.min_pixels, Some(rule.max_pixels)))),
            Sizes::Any => rest = Some(other((1, None))),
            Sizes::UpTo(most) => rest = Some(other((1, Some(*most)))),
        }
        let of_class = |class: &'b SizeClass| {
            let (least, most) = limits.class_areas(&class.name)?;
            Some(SizeSlot { size: None, class: Some(class), areas: (least, Some(most)) })
        };
        let named = named.filter(|size| !listed.contains(size));
        (listed.iter().copied().chain(named).map(|size| limits.size_slot(size)))
            .chain(classes.iter().filter_map(of_class))
            .chain(rest)
    }
}
