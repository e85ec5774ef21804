//! What is worked out once when a book is made, so that a quote need not: the cheapest and
//! dearest of 29,146 legal sizes, and the first day that a model has a price.

use super::{Book, Family, ImageOutputRule, MinMax, Sizes};
use crate::params::Pixels;
use crate::rules::area_grid;

/// Fills in the family and first day of every model's prices, and the extremes of every family whose
/// sizes are free.
pub(super) fn derive(book: &mut Book) {
    for model in book.providers.iter_mut().flat_map(|shelf| &mut shelf.provider_mut().models) {
        let index = book.families.iter().position(|family| family.id == model.family);
        model.family_index = index.and_then(|index| u16::try_from(index).ok()).unwrap_or(u16::MAX);
        model.first_price = model.rows().map(|row| row.from).min();
    }
    for part in &mut book.families {
        let family = part.family_mut();
        family.extremes = of(family);
    }
}

fn of(family: &Family) -> Vec<MinMax> {
    let Some(ImageOutputRule::AreaGrid { base, area_offset, .. }) =
        family.image_output.as_ref().map(|rule| &rule.rule)
    else {
        return Vec::new();
    };
    let mut extremes: Vec<MinMax> = base
        .iter()
        .map(|(quality, _)| MinMax { quality: quality.clone(), least: u64::MAX, greatest: 0 })
        .collect();
    for size in family.limits.rule.sizes.all() {
        for ((_, q), extreme) in base.iter().zip(&mut extremes) {
            if let Some(work) = area_grid::work(size, *q, *area_offset) {
                extreme.least = extreme.least.min(work.least);
                extreme.greatest = extreme.greatest.max(work.greatest);
            }
        }
    }
    extremes
}

impl Sizes {
    /// Whether a size is accepted.
    #[must_use]
    pub fn accepts(&self, size: Pixels) -> bool {
        match self {
            Sizes::Listed(sizes) => sizes.contains(&size),
            Sizes::Free(rule) => {
                let multiple = |edge: u32| edge.checked_rem(rule.multiple_of) == Some(0);
                multiple(size.width())
                    && multiple(size.height())
                    && size.long() <= rule.max_edge
                    && u64::from(size.long()) <= u64::from(size.short()) * u64::from(rule.max_ratio)
                    && (rule.min_pixels..=rule.max_pixels).contains(&size.area())
            }
            Sizes::Any => true,
            Sizes::UpTo(most) => size.area() <= *most,
            Sizes::Classes(classes) => classes.iter().any(|class| class.holds(size)),
        }
    }

    /// Every accepted size; of classes their squares, and none where any size is taken, or any
    /// up to an area.
    pub fn all(&self) -> Box<dyn Iterator<Item = Pixels> + '_> {
        match self {
            Sizes::Listed(sizes) => Box::new(sizes.iter().copied()),
            Sizes::Free(rule) => {
                let step = usize::try_from(rule.multiple_of.max(1)).unwrap_or(usize::MAX);
                let edges = move || (rule.multiple_of.max(1)..=rule.max_edge.min(65_535)).step_by(step);
                let sizes = edges()
                    .flat_map(move |width| edges().filter_map(move |height| Pixels::new(width, height)));
                Box::new(sizes.filter(|size| self.accepts(*size)))
            }
            Sizes::Any | Sizes::UpTo(_) => Box::new(std::iter::empty()),
            Sizes::Classes(classes) => Box::new(classes.iter().map(|class| class.square)),
        }
    }

    /// The least and greatest area of the accepted sizes, in pixels.
    #[must_use]
    pub fn areas(&self) -> (u64, u64) {
        match self {
            Sizes::Listed(sizes) => {
                let areas = sizes.iter().map(|size| size.area());
                (areas.clone().min().unwrap_or(0), areas.max().unwrap_or(0))
            }
            Sizes::Free(rule) => (rule.min_pixels, rule.max_pixels),
            Sizes::Any => (1, u64::from(u16::MAX).pow(2)),
            Sizes::UpTo(most) => (1, *most),
            Sizes::Classes(classes) => (1, classes.last().map_or(0, |last| last.max_pixels)),
        }
    }

    /// The accepted size nearest to an illegal one: the edges count, and their ratio.
    #[must_use]
    pub fn nearest(&self, wanted: Pixels) -> Option<Pixels> {
        if let Sizes::UpTo(most) = self {
            return if self.accepts(wanted) { Some(wanted) } else { scaled_to(wanted, *most) };
        }
        if let Sizes::Any | Sizes::Classes(_) = self {
            let largest = || self.all().last();
            return if self.accepts(wanted) { Some(wanted) } else { largest() };
        }
        let distance = |size: &Pixels| {
            let (across, down) = (
                f64::from(size.width()) / f64::from(wanted.width()),
                f64::from(size.height()) / f64::from(wanted.height()),
            );
            // A product orders as the sum of logarithms does, and needs no mathematics library,
            // which a program would load at its start.
            let off = |ratio: f64| ratio.max(1.0 / ratio);
            off(across) * off(down) * off(across / down)
        };
        self.all().min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

/// The largest size of about the same shape that has at most so many pixels.
fn scaled_to(size: Pixels, most: u64) -> Option<Pixels> {
    let (width, height) = (u128::from(size.width()), u128::from(size.height()));
    // The width of that shape is the root of most * width / height.
    let square = u128::from(most).checked_mul(width)?.checked_div(height)?;
    let across = square.isqrt().clamp(1, u128::from(most.max(1)));
    let down = (across.checked_mul(height)?.checked_div(width)?).max(1).min(u128::from(most) / across);
    Pixels::new(u32::try_from(across).ok()?, u32::try_from(down).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::FreeSize;

    #[test]
    fn the_nearest_size_up_to_an_area_keeps_the_shape() {
        let sizes = Sizes::UpTo(4_194_304);
        let nearest = |size: &str| sizes.nearest(size.parse().unwrap()).unwrap().to_string();
        assert_eq!(nearest("1920x1080"), "1920x1080");
        assert_eq!(nearest("4096x4096"), "2048x2048");
        assert_eq!(nearest("7680x4320"), "2730x1535");
        assert_eq!(nearest("65535x65"), "65029x64");
    }

    const RULE: Sizes = Sizes::Free(FreeSize {
        multiple_of: 16,
        max_edge: 3840,
        max_ratio: 3,
        min_pixels: 655_360,
        max_pixels: 8_294_400,
    });

    #[test]
    fn there_are_29146_legal_sizes() {
        assert_eq!(RULE.all().count(), 29_146);
    }

    #[test]
    fn the_nearest_legal_size_is_near() {
        let nearest = |size: &str| RULE.nearest(size.parse().unwrap()).unwrap().to_string();
        assert_eq!(nearest("1000x1000"), "1008x1008");
        assert_eq!(nearest("4096x4096"), "2880x2880");
        assert_eq!(nearest("1920x1080"), "1920x1088");
    }
}
