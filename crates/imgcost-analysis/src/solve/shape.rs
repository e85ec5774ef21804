//! Which sizes a job takes.

use imgcost_core::{Code, Error, Offer, Pixels, Sizes, printable};

use super::sizes::of_bands;

/// One millionth, the unit of a tolerance.
const MILLION: u128 = 1_000_000;

/// Width to height, such as 3:2, and how far off it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Aspect {
    /// Width ...
    pub width: u32,
    /// ... to height.
    pub height: u32,
    /// How far off, in millionths of the ratio; 10,000 is one percent.
    pub tolerance_ppm: u32,
}

impl Aspect {
    /// Reads `3:2` and a tolerance such as `1%` or `0.01`; none is exact.
    ///
    /// # Errors
    /// The text is not two whole numbers above zero, or the tolerance is not below 100 %.
    pub fn parse(text: &str, tolerance: Option<&str>) -> Result<Aspect, Error> {
        let edge = |digits: &str| digits.parse::<u16>().ok().filter(|edge| *edge > 0).map(u32::from);
        let sides = text.split_once(':').and_then(|(width, height)| Some((edge(width)?, edge(height)?)));
        let Some((width, height)) = sides else {
            let message = format!("aspect = {}: expected WIDTH:HEIGHT", printable(text));
            let error = Error::new(Code::IllegalValue, message)
                .field("aspect")
                .allowed(["two whole numbers from 1 to 65535, such as 3:2"]);
            let spelled = text.replace(['x', '/', '×', '-'], ":");
            let near =
                spelled.split_once(':').and_then(|(width, height)| Some((edge(width)?, edge(height)?)));
            return Err(match near {
                Some((width, height)) => error.nearest(format!("{width}:{height}")),
                None => error,
            });
        };
        let tolerance_ppm = tolerance.map_or(Ok(0), tolerance_of)?;
        Ok(Aspect { width, height, tolerance_ppm })
    }

    /// Whether `|(w / h) / (width / height) - 1|` is within the tolerance; exact in whole numbers.
    fn fits(&self, size: Pixels) -> bool {
        let across = u128::from(size.width()) * u128::from(self.height);
        let down = u128::from(size.height()) * u128::from(self.width);
        across.abs_diff(down) * MILLION <= down * u128::from(self.tolerance_ppm)
    }

    /// The least and the greatest height that fit a width of up to 65,535 pixels; none where the
    /// least is the greater.
    pub(super) fn heights_of(self, width: u64) -> (u64, u64) {
        // As in `fits`, solved for the height; the tolerance is below a million.
        let million = 1_000_000_u64;
        let (above, of) = (width * u64::from(self.height) * million, u64::from(self.width));
        let tolerance = u64::from(self.tolerance_ppm).min(million - 1);
        (above.div_ceil(of * (million + tolerance)), above / (of * (million - tolerance)))
    }
}

fn tolerance_of(text: &str) -> Result<u32, Error> {
    let bad = || {
        let message =
            format!("aspect_tolerance = {}: expected a share of the ratio, below 100 %", printable(text));
        Error::new(Code::IllegalValue, message).field("aspect_tolerance").allowed(["such as 1% or 0.01"])
    };
    let (digits, places) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim_end(), 4),
        None => (text, 6),
    };
    // Shifted by its decimal places to whole millionths: 1% and 0.01 are 10,000.
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = !whole.is_empty() && whole.len() <= 3 && fraction.len() <= places;
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !plain || !all_digits || digits.ends_with('.') {
        return Err(bad());
    }
    let shifted = format!("{whole}{fraction:0<places$}");
    shifted.parse::<u32>().ok().filter(|ppm| *ppm < 1_000_000).ok_or_else(bad)
}

/// Which sizes are wanted. What is none is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Shape {
    /// Exactly this one.
    pub exact: Option<Pixels>,
    /// The least area, in pixels.
    pub min_pixels: Option<u64>,
    /// The greatest area, in pixels.
    pub max_pixels: Option<u64>,
    /// The least width, in pixels.
    pub min_width: Option<u32>,
    /// The least height, in pixels.
    pub min_height: Option<u32>,
    /// Width to height.
    pub aspect: Option<Aspect>,
}

impl Shape {
    /// Whether any size will do.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Shape::default()
    }

    /// Whether a size is one of those wanted.
    #[must_use]
    pub fn fits(&self, size: Pixels) -> bool {
        self.exact.is_none_or(|exact| exact == size)
            && self.min_pixels.is_none_or(|least| size.area() >= least)
            && self.max_pixels.is_none_or(|most| size.area() <= most)
            && self.min_width.is_none_or(|least| size.width() >= least)
            && self.min_height.is_none_or(|least| size.height() >= least)
            && self.aspect.is_none_or(|aspect| aspect.fits(size))
    }

    /// Whether the one size that is wanted meets the other constraints.
    ///
    /// # Errors
    /// It does not; the error names it and them.
    pub(super) fn agrees(&self) -> Result<(), Error> {
        let rest = Shape { exact: None, ..*self };
        match self.exact.filter(|exact| !rest.fits(*exact)) {
            Some(exact) => {
                let message = format!("size {exact} does not meet the other constraints: {rest}");
                Err(Error::new(Code::IllegalCombination, message).field("size"))
            }
            None => Ok(()),
        }
    }

    /// The sizes of an offer to look at, each once: all of a list, all that a rule of free sizes
    /// allows. Where a provider names classes of sizes or takes any size, one for each price that
    /// the area may have, and every size with a price of its own: see `sizes.rs`. `None` in it is
    /// the model's own default, where any size is taken, none is wanted and the default is none.
    ///
    /// # Errors
    /// There are none; why, in words that follow the model's name.
    pub fn sizes_of(&self, offer: &Offer<'_>) -> Result<Vec<Option<Pixels>>, String> {
        let sizes = &offer.family.limits.rule.sizes;
        let found: Vec<Option<Pixels>> = match (self.exact, sizes) {
            (Some(exact), _) => Some(exact)
                .filter(|exact| sizes.accepts(*exact) && self.fits(*exact))
                .map(Some)
                .into_iter()
                .collect(),
            (None, Sizes::Any | Sizes::Classes(_)) => of_bands(self, offer),
            (None, _) => sizes.all().filter(|size| self.fits(*size)).map(Some).collect(),
        };
        if found.is_empty() { Err(format!("draws no size with {self}")) } else { Ok(found) }
    }

    /// How far a size is from what is wanted: 1 where it fits, more the farther off. A product of
    /// ratios, as the nearest legal size is found in the core.
    pub(super) fn distance(&self, size: Pixels) -> f64 {
        let below = |value: f64, least: Option<f64>| least.map_or(1.0, |least| (least / value).max(1.0));
        // No size has more pixels than 32 bits count.
        let pixels = |value: u64| f64::from(u32::try_from(value).unwrap_or(u32::MAX));
        let area = f64::from(size.width()) * f64::from(size.height());
        let above = self.max_pixels.map_or(1.0, |most| (area / pixels(most).max(1.0)).max(1.0));
        let shape = self.aspect.filter(|aspect| !aspect.fits(size)).map_or(1.0, |aspect| {
            let wanted = f64::from(aspect.width) / f64::from(aspect.height);
            let off = f64::from(size.width()) / f64::from(size.height()) / wanted;
            off.max(1.0 / off)
        });
        below(area, self.min_pixels.map(pixels))
            * above
            * below(f64::from(size.width()), self.min_width.map(f64::from))
            * below(f64::from(size.height()), self.min_height.map(f64::from))
            * shape
            * shape
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.exact.map(|size| format!("size {size}")));
        match (self.min_pixels, self.max_pixels) {
            (Some(least), Some(most)) => parts.push(format!("{least} to {most} pixels")),
            (Some(least), None) => parts.push(format!("at least {least} pixels")),
            (None, Some(most)) => parts.push(format!("at most {most} pixels")),
            (None, None) => {}
        }
        parts.extend(self.min_width.map(|least| format!("width from {least}")));
        parts.extend(self.min_height.map(|least| format!("height from {least}")));
        if let Some(Aspect { width, height, tolerance_ppm }) = self.aspect {
            let (percent, rest) = (tolerance_ppm / 10_000, tolerance_ppm % 10_000);
            let rest = format!("{rest:04}");
            let rest = rest.trim_end_matches('0');
            parts.push(match (tolerance_ppm, rest) {
                (0, _) => format!("aspect {width}:{height}"),
                (_, "") => format!("aspect {width}:{height} within {percent} %"),
                (_, rest) => format!("aspect {width}:{height} within {percent}.{rest} %"),
            });
        }
        if parts.is_empty() {
            parts.push("any size".to_owned());
        }
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aspect(text: &str, tolerance: Option<&str>) -> Aspect {
        Aspect::parse(text, tolerance).unwrap()
    }

    #[test]
    fn a_tolerance_is_a_share_of_the_ratio() {
        for (text, ppm) in [("1%", 10_000), ("0.01", 10_000), ("0.5 %", 5_000), ("0", 0), ("0.000001", 1)] {
            assert_eq!(aspect("3:2", Some(text)).tolerance_ppm, ppm, "{text}");
        }
        for text in ["", "%", "-1%", "1.%", "100%", "1", "1e-3", "0.0000001", "x"] {
            assert!(Aspect::parse("3:2", Some(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn an_aspect_is_exact_unless_a_tolerance_is_given() {
        let size = |text: &str| text.parse::<Pixels>().unwrap();
        assert!(aspect("3:2", None).fits(size("1536x1024")));
        assert!(!aspect("3:2", None).fits(size("1024x1536")));
        assert!(!aspect("16:9", None).fits(size("1920x1088")));
        // 1920/1088 is 0.74 % below 16:9.
        assert!(aspect("16:9", Some("1%")).fits(size("1920x1088")));
        assert!(!aspect("16:9", Some("0.5%")).fits(size("1920x1088")));
        assert!(!aspect("2:1", Some("99.9999%")).fits(size("4096x1")));
        let error = Aspect::parse("3x2", None).unwrap_err();
        assert_eq!(error.nearest_value(), Some("3:2"));
        assert!(Aspect::parse("0:2", None).is_err() && Aspect::parse("3:", None).is_err());
    }

    #[test]
    fn a_shape_says_what_it_is() {
        let shape = Shape {
            min_pixels: Some(1_000_000),
            min_width: Some(1000),
            aspect: Some(aspect("3:2", Some("0.25%"))),
            ..Shape::default()
        };
        assert_eq!(shape.to_string(), "at least 1000000 pixels, width from 1000, aspect 3:2 within 0.25 %");
        assert_eq!(Shape::default().to_string(), "any size");
    }
}
