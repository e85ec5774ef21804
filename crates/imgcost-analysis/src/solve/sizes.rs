//! Which sizes to look at where a provider has no list of them.
//!
//! Where sizes are listed, or free by a rule, all of them are looked at. Where a provider names
//! classes of sizes, or takes any size, there are too many; but there the price follows the area
//! in steps: it is one price from the end of one class, or of one megapixel, to the end of the
//! next. A *band* is what lies between two such ends. One size represents a band: of a class its
//! square where that meets the constraints, else the largest size that does. It is found over
//! every width that there is, with the heights that are left for it in whole numbers. A size with
//! a price of its own represents itself.

use std::collections::BTreeSet;

use imgcost_core::{Limits, Offer, Pixels, Size, Sizes};

use super::Shape;

/// Of the sizes of a band those up to this ratio of the edges are taken, if there are any: no
/// provider states that it draws thinner strips.
const RATIO: u64 = 3;
/// Up to this area bands are looked at where a provider takes any size, in pixels.
const AREA_MAX: u64 = 4096 * 4096;
/// The area of the size that is meant where a model has no size of its own, in pixels.
const USUAL: u64 = 1024 * 1024;
/// The longest edge of a size, in pixels.
const EDGE_MAX: u64 = 65_535;

/// One size for each band, and each size with a price of its own. `None` is the model's default,
/// where nothing is wanted of it and no size of it is known.
pub(super) fn of_bands(shape: &Shape, offer: &Offer<'_>) -> Vec<Option<Pixels>> {
    let limits = &offer.family.limits.rule;
    let prices = || offer.image_prices();
    let mut named: Vec<Pixels> = prices().filter_map(|price| price.size).collect();
    if let Some(fixed) = offer.fixed_price() {
        named.extend(fixed.size_ratio.iter().map(|(size, _)| *size));
        named.extend(fixed.quality_ratio.iter().filter_map(|(_, size, _)| *size));
    }
    let steps = prices().filter(|price| price.further_megapixel.is_some()).map(|price| price.megapixel);
    let steps: BTreeSet<u64> = steps.filter(|pixels| *pixels > 0).collect();
    let mut found: BTreeSet<Pixels> = BTreeSet::new();
    found.extend(named.iter().copied().filter(|size| limits.sizes.accepts(*size) && shape.fits(*size)));
    let whole_plane = matches!(limits.sizes, Sizes::Any) && steps.is_empty();
    let open = shape.is_open() && limits.default_size == Size::Auto;
    if whole_plane && !open {
        found.extend(nearest_to_default(shape, limits, &named));
    }
    if !whole_plane {
        found.extend(largest_of_bands(shape, limits, &steps, &named));
    }
    let default = (open && matches!(limits.sizes, Sizes::Any)).then_some(None);
    default.into_iter().chain(found.into_iter().map(Some)).collect()
}

fn largest_of_bands(shape: &Shape, limits: &Limits, steps: &BTreeSet<u64>, named: &[Pixels]) -> Vec<Pixels> {
    let (mut squares, mut ends, mut most) = (Vec::new(), BTreeSet::new(), AREA_MAX);
    if let Sizes::Classes(classes) = &limits.sizes {
        squares.extend(classes.iter().map(|class| class.square));
        ends.extend(classes.iter().map(|class| class.max_pixels));
        most = classes.last().map_or(0, |class| class.max_pixels);
    }
    ends.insert(most);
    for step in steps {
        ends.extend((1..=most / step).map(|count| count * step));
    }
    let (mut found, mut from) = (Vec::new(), 1);
    for to in ends {
        let fits = |size: &Pixels| (from..=to).contains(&size.area()) && shape.fits(*size);
        let square = squares.iter().copied().find(|size| fits(size) && !named.contains(size));
        found.extend(square.or_else(|| in_two_goes(|ratio| largest(shape, (from, to), ratio, named))));
        from = to + 1;
    }
    if found.is_empty() && matches!(limits.sizes, Sizes::Any) {
        // The constraints ask for more than the bound: the least that meets them.
        found.extend(in_two_goes(|ratio| smallest(shape, (from, u64::MAX), ratio, named)));
    }
    found
}

/// Where any size costs the same: the default, else what is nearest to it by area.
fn nearest_to_default(shape: &Shape, limits: &Limits, named: &[Pixels]) -> Option<Pixels> {
    let default = match limits.default_size {
        Size::Exact(size) => Some(size),
        Size::Auto => None,
    };
    if let Some(size) = default.filter(|size| shape.fits(*size) && !named.contains(size)) {
        return Some(size);
    }
    let usual = default.map_or(USUAL, Pixels::area);
    in_two_goes(|ratio| {
        largest(shape, (1, usual), ratio, named).or_else(|| smallest(shape, (usual, u64::MAX), ratio, named))
    })
}

/// Among sizes that are no thin strips, then among all.
fn in_two_goes(find: impl Fn(Option<u64>) -> Option<Pixels>) -> Option<Pixels> {
    find(Some(RATIO)).or_else(|| find(None))
}

/// The size of most pixels within an area; of equal ones the squarest, then the wider.
fn largest(shape: &Shape, area: (u64, u64), ratio: Option<u64>, named: &[Pixels]) -> Option<Pixels> {
    let columns = Columns::new(shape, area, ratio);
    let sizes = columns.filter_map(|(width, low, high)| {
        (low..=high).rev().filter_map(|height| pixels(width, height)).find(|size| !named.contains(size))
    });
    sizes.max_by_key(|size| (size.area(), std::cmp::Reverse(size.long()), size.width()))
}

/// The size of fewest pixels within an area; of equal ones the squarest, then the wider.
fn smallest(shape: &Shape, area: (u64, u64), ratio: Option<u64>, named: &[Pixels]) -> Option<Pixels> {
    let columns = Columns::new(shape, area, ratio);
    let sizes = columns.filter_map(|(width, low, high)| {
        (low..=high).filter_map(|height| pixels(width, height)).find(|size| !named.contains(size))
    });
    sizes.min_by_key(|size| (size.area(), size.long(), std::cmp::Reverse(size.width())))
}

fn pixels(width: u64, height: u64) -> Option<Pixels> {
    Pixels::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?)
}

/// Every width with the least and the greatest height that meet the constraints with it.
struct Columns<'s> {
    shape: &'s Shape,
    /// The least and greatest area, in pixels.
    area: (u64, u64),
    ratio: Option<u64>,
    width: u64,
}

impl<'s> Columns<'s> {
    fn new(shape: &'s Shape, (from, to): (u64, u64), ratio: Option<u64>) -> Columns<'s> {
        let from = from.max(shape.min_pixels.unwrap_or(1)).max(1);
        let to = to.min(shape.max_pixels.unwrap_or(u64::MAX));
        // Where an aspect is wanted, how thin a size is is said by it.
        let ratio = ratio.filter(|_| shape.aspect.is_none());
        // No narrower one has the area within the ratio.
        let narrowest = ratio.map_or(1, |ratio| (from / ratio).isqrt());
        let width = narrowest.max(shape.min_width.unwrap_or(1).into()).max(1);
        Columns { shape, area: (from, to), ratio, width }
    }
}

impl Iterator for Columns<'_> {
    type Item = (u64, u64, u64);

    fn next(&mut self) -> Option<Self::Item> {
        while self.width <= EDGE_MAX {
            let width = self.width;
            self.width += 1;
            let (mut low, mut high) = (u64::from(self.shape.min_height.unwrap_or(1)).max(1), EDGE_MAX);
            if let Some(ratio) = self.ratio {
                low = low.max(width.div_ceil(ratio));
                high = high.min(width * ratio);
            }
            if let Some(aspect) = self.shape.aspect {
                let (least, most) = aspect.heights_of(width);
                low = low.max(least);
                high = high.min(most);
            }
            // These lows never fall as widths grow: nothing beyond has an area as small.
            if width * low > self.area.1 {
                self.width = EDGE_MAX + 1;
                break;
            }
            low = low.max(self.area.0.div_ceil(width));
            high = high.min(self.area.1 / width);
            if low <= high {
                return Some((width, low, high));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve::Aspect;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]

        #[test]
        fn the_largest_and_smallest_are_those_of_every_size(
            (from, more) in (1_u64..3000, 0_u64..3000),
            (min_pixels, max_pixels) in (prop::option::of(1_u64..5000), prop::option::of(1_u64..5000)),
            (min_width, min_height) in (prop::option::of(1_u32..90), prop::option::of(1_u32..90)),
            aspect in prop::option::of(prop::sample::select(vec!["3:2", "1:1", "16:9", "1:5", "7:1"])),
            tolerance in prop::sample::select(vec!["0", "1%", "30%"]),
            ratio in prop::option::of(1_u64..5),
            named in prop::collection::vec((1_u32..80, 1_u32..80), 0..4),
        ) {
            let aspect = aspect.map(|text| Aspect::parse(text, Some(tolerance)).unwrap());
            let shape =
                Shape { exact: None, min_pixels, max_pixels, min_width, min_height, aspect };
            let named: Vec<Pixels> = named.into_iter().filter_map(|(w, h)| Pixels::new(w, h)).collect();
            let area = (from, from + more);
            let all = || (1..=6000_u32).flat_map(|width| {
                (1..=6000 / width).filter_map(move |height| Pixels::new(width, height))
            });
            let fits = |size: &Pixels| {
                (area.0..=area.1).contains(&size.area()) && shape.fits(*size) && !named.contains(size)
                    && (shape.aspect.is_some() || ratio.is_none_or(|ratio| {
                        u64::from(size.long()) <= u64::from(size.short()) * ratio
                    }))
            };
            let most = all().filter(fits).max_by_key(|size| {
                (size.area(), std::cmp::Reverse(size.long()), size.width())
            });
            let least = all().filter(fits).min_by_key(|size| {
                (size.area(), size.long(), std::cmp::Reverse(size.width()))
            });
            prop_assert_eq!(largest(&shape, area, ratio, &named), most);
            prop_assert_eq!(smallest(&shape, area, ratio, &named), least);
        }
    }
}
