//! Images billed by the megapixel: every one that was begun counts as a whole.
//!
//! ```text
//! begun = ceil(width * height / pixels of a megapixel)
//! price = the first megapixel's + (begun - 1) * each further one's
//! ```
//!
//! Whether a megapixel is 1,000,000 pixels or 1,048,576 is the provider's to decide, and is in
//! the row.

use crate::money::Usd;

/// Megapixels that an area has begun; `None` if a megapixel has no pixels.
///
/// ```
/// use imgcost_core::rules::megapixels::begun;
/// assert_eq!(begun(1_000_000, 1_000_000), Some(1));
/// assert_eq!(begun(1024 * 1024, 1_000_000), Some(2));
/// assert_eq!(begun(1024 * 1024, 1 << 20), Some(1));
/// ```
#[must_use]
pub fn begun(pixels: u64, megapixel: u64) -> Option<u64> {
    (megapixel > 0).then(|| pixels.div_ceil(megapixel))
}

/// The price of an image in USD; `None` if it leaves the range of exact amounts.
///
/// ```
/// use imgcost_core::rules::megapixels::price;
/// let (first, further) = ("0.03".parse()?, "0.015".parse()?);
/// assert_eq!(price(first, further, 1_000_000, 1024 * 1024).unwrap().to_string(), "0.045");
/// # Ok::<(), imgcost_core::ParseDecimalError>(())
/// ```
#[must_use]
pub fn price(first: Usd, further: Usd, megapixel: u64, pixels: u64) -> Option<Usd> {
    first.checked_add(further.checked_mul(begun(pixels, megapixel)?.saturating_sub(1))?)
}
