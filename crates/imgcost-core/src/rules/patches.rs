//! Input image tokens of gpt-image-2, gpt-image-2.5 and gpt-image-1-mini.
//!
//! Patches of 32 x 32 pixels, at most 1536 of them. Images with both edges below 1024 are
//! first enlarged towards 1024, at most twice; images with too many patches are scaled down
//! until they fit. Undocumented; 17 recorded sizes agree.

use serde::{Deserialize, Serialize};

use crate::estimate::{CeilingBasis, Estimate};
use crate::params::Pixels;

/// The parameters of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Patches {
    /// The edge of a patch, in pixels.
    pub patch: u32,
    /// The most patches of one image.
    pub max_patches: u32,
    /// Images with both edges below this are enlarged.
    pub upscale_below: u32,
    /// By at most this factor.
    pub upscale_max: u32,
}

impl Patches {
    /// The rule with these parameters.
    #[must_use]
    pub const fn new(patch: u32, max_patches: u32, upscale_below: u32, upscale_max: u32) -> Patches {
        Patches { patch, max_patches, upscale_below, upscale_max }
    }

    /// Tokens of one image. A range only where enlarging meets an exact half pixel, whose
    /// rounding no recorded call shows.
    ///
    /// ```
    /// use imgcost_core::rules::patches::Patches;
    /// let rule = Patches::new(32, 1536, 1024, 2);
    /// assert_eq!(rule.tokens("1280x720".parse()?).unwrap().expected, Some(920));
    /// assert_eq!(rule.tokens("4096x4096".parse()?).unwrap().expected, Some(1521));
    /// # Ok::<(), imgcost_core::ParseSizeError>(())
    /// ```
    #[must_use]
    pub fn tokens(&self, size: Pixels) -> Option<Estimate<u64>> {
        if self.patch == 0 || self.max_patches == 0 {
            return None;
        }
        let (width, height) = (size.width(), size.height());
        if size.long() >= self.upscale_below {
            return Some(self.count(width, height));
        }
        let scale = f64::from(self.upscale_max).min(f64::from(self.upscale_below) / f64::from(size.long()));
        let edge = |pixels: u32| {
            let exact = f64::from(pixels) * scale;
            (exact.round_ties_even(), exact.floor(), exact.ceil(), exact.fract() == 0.5)
        };
        let (w, h) = (edge(width), edge(height));
        let expected = self.count(whole(w.0), whole(h.0));
        let low = |e: (f64, f64, f64, bool)| whole(if e.3 { e.1 } else { e.0 });
        let high = |e: (f64, f64, f64, bool)| whole(if e.3 { e.2 } else { e.0 });
        let corners = [(low(w), low(h)), (low(w), high(h)), (high(w), low(h)), (high(w), high(h))];
        corners.into_iter().map(|(w, h)| self.count(w, h)).try_fold(expected, |range, corner| {
            let (floor, ceiling) = (range.floor.min(corner.floor), range.ceiling.max(corner.ceiling));
            Some(Estimate::new(floor, range.expected, ceiling, CeilingBasis::Proven))
        })
    }

    fn count(&self, width: u32, height: u32) -> Estimate<u64> {
        let patches = |w: u32, h: u32| u64::from(w.div_ceil(self.patch)) * u64::from(h.div_ceil(self.patch));
        let plain = patches(width, height);
        if plain <= u64::from(self.max_patches) {
            return Estimate::exact(plain);
        }
        let (w, h, patch) = (f64::from(width), f64::from(height), f64::from(self.patch));
        let mut s = (patch * patch * f64::from(self.max_patches) / (w * h)).sqrt();
        let (across, down) = (w * s / patch, h * s / patch);
        if across < 1.0 || down < 1.0 {
            // A strip thinner than a patch: the rule says nothing of it but its bounds.
            return Estimate::new(1, None, self.max_patches.into(), CeilingBasis::Proven);
        }
        s *= (across.floor() / across).min(down.floor() / down);
        Estimate::exact(patches(whole((w * s).floor()), whole((h * s).floor())))
    }
}

/// A non-negative whole float below 2^32 as an integer; anything else saturates.
fn whole(value: f64) -> u32 {
    value as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Patches = Patches::new(32, 1536, 1024, 2);

    #[test]
    fn measured_sizes() {
        for (size, tokens) in [
            ("128x128", 64),
            ("256x256", 256),
            ("512x512", 1024),
            ("1024x1024", 1024),
            ("512x1024", 512),
            ("1280x720", 920),
            ("1536x1024", 1536),
            ("2048x1152", 1508),
            ("2048x2048", 1521),
            ("4096x4096", 1521),
            ("341x512", 704),
            ("550x368", 704),
            ("1179x2556", 1482),
            ("1152x1536", 1452),
            ("1024x1280", 1280),
        ] {
            let range = RULE.tokens(size.parse().unwrap()).unwrap();
            assert!(range.contains(tokens) && range.expected == Some(tokens), "{size}: {range:?}");
        }
    }
}
