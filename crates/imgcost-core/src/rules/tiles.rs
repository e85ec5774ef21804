//! Input image tokens of gpt-image-1, gpt-image-1.5 and chatgpt-image-latest.
//!
//! The image is fitted into 2048 x 2048 (only down, both edges floored); if its short side
//! is then above 512 it is brought down to 512 and the other edge floored; it is never
//! enlarged. `tokens = 65 + 129 * tiles`, with tiles of 512 x 512. Source: OpenAI's guide to
//! images as input; recorded edits agree.

use crate::params::Pixels;

/// How many tiles an image takes.
///
/// ```
/// use imgcost_core::rules::tiles::count;
/// assert_eq!(count("1024x1024".parse()?, 2048, 512, 512), Some(1));
/// assert_eq!(count("1536x1024".parse()?, 2048, 512, 512), Some(2));
/// # Ok::<(), imgcost_core::ParseSizeError>(())
/// ```
#[must_use]
pub fn count(size: Pixels, fit: u32, short_side: u32, tile: u32) -> Option<u64> {
    let (mut long, mut short) = (u64::from(size.long()), u64::from(size.short()));
    let (fit, short_side, tile) = (u64::from(fit), u64::from(short_side), u64::from(tile));
    if long > fit {
        short = (short * fit).checked_div(long)?.max(1);
        long = fit;
    }
    if short > short_side {
        long = (long * short_side).checked_div(short)?.max(1);
        short = short_side;
    }
    if tile == 0 {
        return None;
    }
    long.div_ceil(tile).checked_mul(short.div_ceil(tile))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(size: &str) -> u64 {
        65 + 129 * count(size.parse().unwrap(), 2048, 512, 512).unwrap()
    }

    #[test]
    fn measured_inputs() {
        assert_eq!(tokens("1024x1024"), 194);
        assert_eq!(tokens("1536x1024"), 323);
        assert_eq!(tokens("68x68"), 194);
    }

    #[test]
    fn long_strips_take_one_tile_each_512_pixels() {
        assert_eq!(tokens("2048x512"), 65 + 129 * 4);
        assert_eq!(tokens("8192x512"), 65 + 129 * 4);
        assert_eq!(tokens("1x65535"), 65 + 129 * 4);
    }
}
