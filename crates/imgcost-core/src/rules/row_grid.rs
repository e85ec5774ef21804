//! Output tokens of gpt-image-1, gpt-image-1-mini, gpt-image-1.5 and chatgpt-image-latest.
//!
//! The short side has `g` cells (16 low, 32 medium, 64 high), the long side as many as its
//! length asks for, and every row of cells ends with one separator token:
//! `tokens = columns * rows + rows`. Source: OpenAI's image-generation guide prints the nine
//! counts; recorded usage confirms them. So portrait costs more than landscape, which the
//! published price per image rounds away.

use crate::params::Pixels;

/// Tokens of one image of `size` pixels with `g` cells along its short side.
///
/// ```
/// use imgcost_core::{Pixels, rules::row_grid::tokens};
/// let high = |size: &str| tokens(size.parse::<Pixels>().unwrap(), 64);
/// assert_eq!(high("1024x1024"), Some(4160));
/// assert_eq!(high("1024x1536"), Some(6240));
/// assert_eq!(high("1536x1024"), Some(6208));
/// ```
#[must_use]
pub fn tokens(size: Pixels, g: u32) -> Option<u64> {
    let cells = |edge: u32| u64::from(g).checked_mul(edge.into())?.checked_div(size.short().into());
    let (columns, rows) = (cells(size.width())?, cells(size.height())?);
    columns.checked_mul(rows)?.checked_add(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nine_published_counts() {
        let sizes = ["1024x1024", "1024x1536", "1536x1024"];
        for (g, counts) in [(16, [272, 408, 400]), (32, [1056, 1584, 1568]), (64, [4160, 6240, 6208])] {
            for (size, count) in sizes.iter().zip(counts) {
                assert_eq!(tokens(size.parse().unwrap(), g), Some(count), "{size} g={g}");
            }
        }
    }
}
