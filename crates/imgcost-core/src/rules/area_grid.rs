//! Output tokens of gpt-image-2, gpt-image-2.5-flare and gpt-image-2.5-sunburst.
//!
//! ```text
//! s = q / (long / short)                   in f64, in this order
//! u = s rounded to a whole number, exact halves to even
//! tokens(n images) = ceil(n * q * u * (2,000,000 + width * height) / 4,000,000)
//! ```
//!
//! with `q` cells along the long side by quality (16 low, 48 medium, 96 high on
//! gpt-image-2). Source: the calculator in OpenAI's image-generation guide; about 180
//! recorded calls over 36 sizes agree. One ceil covers all n images.
//!
//! Which way an exact half falls on the bill is not known: no recorded call has one. The
//! expected count follows the calculator; ceiling and floor take `u` rounded half up and
//! half down from exact integers where that is more or less.

use crate::params::Pixels;

/// The grid work `q * u * (offset + area)` of one image, before the division that makes
/// tokens of it: at least, by the calculator, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct GridWork {
    /// With exact halves rounded down.
    pub least: u64,
    /// As the calculator rounds.
    pub expected: u64,
    /// With exact halves rounded up.
    pub greatest: u64,
}

/// The grid work of one image; `None` if it leaves 64 bits.
#[must_use]
pub fn work(size: Pixels, q: u32, area_offset: u64) -> Option<GridWork> {
    let (long, short) = (u64::from(size.long()), u64::from(size.short()));
    let area = area_offset.checked_add(size.area())?;
    let per_row = u64::from(q).checked_mul(area)?;
    let doubled = u64::from(q).checked_mul(2)?.checked_mul(short)?;
    // round half up and half down of q * short / long, from exact integers
    let up = doubled.checked_add(long)? / (2 * long);
    let down = doubled.saturating_sub(long).div_ceil(2 * long);
    let calculator = calculator_rows(size, q);
    Some(GridWork {
        least: per_row.checked_mul(down.min(calculator))?,
        expected: per_row.checked_mul(calculator)?,
        greatest: per_row.checked_mul(up.max(calculator))?,
    })
}

/// `u` as the published calculator computes it: in f64, halves to even.
fn calculator_rows(size: Pixels, q: u32) -> u64 {
    let s = f64::from(q) / (f64::from(size.long()) / f64::from(size.short()));
    // round_ties_even, in a tenth of its instructions where the target has no opcode for it:
    // s is between 0 and q, a u32, so that both steps are exact.
    let below = s as u32;
    let rest = s - f64::from(below);
    let up = rest > 0.5 || (rest == 0.5 && below % 2 == 1);
    u64::from(below) + u64::from(up)
}

/// Tokens of `n` images of one image's work: one ceil over all of them.
///
/// ```
/// use imgcost_core::rules::area_grid::{tokens, work};
/// let low = work("1024x1024".parse()?, 16, 2_000_000).unwrap();
/// assert_eq!(tokens(low.expected, 1, 4_000_000), Some(196));
/// assert_eq!(tokens(low.expected, 2, 4_000_000), Some(391));
/// assert_eq!(tokens(low.expected, 4, 4_000_000), Some(781));
/// # Ok::<(), imgcost_core::ParseSizeError>(())
/// ```
#[must_use]
pub fn tokens(work: u64, n: u32, area_divisor: u64) -> Option<u64> {
    let all = u128::from(work) * u128::from(n);
    if area_divisor == 0 {
        return None;
    }
    u64::try_from(all.div_ceil(area_divisor.into())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(size: &str, q: u32) -> u64 {
        let work = work(size.parse().unwrap(), q, 2_000_000).unwrap();
        tokens(work.expected, 1, 4_000_000).unwrap()
    }

    #[test]
    fn the_counts_of_the_calculator() {
        for (size, counts) in [
            ("1024x1024", [196, 439, 1756, 3122, 7024]),
            ("1536x1024", [158, 343, 1372, 2459, 5488]),
            ("1024x1536", [158, 343, 1372, 2459, 5488]),
        ] {
            for (q, count) in [16, 24, 48, 64, 96].into_iter().zip(counts) {
                assert_eq!(one(size, q), count, "{size} q={q}");
            }
        }
        assert_eq!(one("3840x2160", 96), 13_342);
        assert_eq!(one("2880x2880", 96), 23_719);
        assert_eq!(one("480x1408", 16), 54);
    }

    #[test]
    fn an_exact_half_is_a_range_around_the_calculator() {
        // q * short / long = 24 * 704 / 1024 = 16.5
        let tie = work("1024x704".parse().unwrap(), 24, 2_000_000).unwrap();
        let count = |work| tokens(work, 1, 4_000_000).unwrap();
        assert_eq!((count(tie.least), count(tie.expected), count(tie.greatest)), (262, 262, 278));
    }

    #[test]
    fn rounding_is_half_to_even() {
        for (width, height) in (1..=240_u32).flat_map(|w| (1..=240).map(move |h| (w * 16, h * 16))) {
            let size = Pixels::new(width, height).unwrap();
            for q in [16, 24, 48, 64, 96] {
                let s = f64::from(q) / (f64::from(size.long()) / f64::from(size.short()));
                assert_eq!(calculator_rows(size, q) as f64, s.round_ties_even(), "{size} q={q}");
            }
        }
    }

    #[test]
    fn all_other_sizes_are_exact() {
        let size: Pixels = "1920x1088".parse().unwrap();
        let work = work(size, 24, 2_000_000).unwrap();
        assert_eq!(work.least, work.greatest);
        assert_eq!(tokens(work.expected, 1, 4_000_000), Some(344));
    }
}
