//! Sizes: pixels, or the model's choice.

use std::fmt;
use std::str::FromStr;

use crate::from_text::from_text;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An image's width and height in pixels, each from 1 to 65,535.
///
/// ```
/// use imgcost_core::Pixels;
/// let size: Pixels = "1536x1024".parse()?;
/// assert_eq!((size.width(), size.height()), (1536, 1024));
/// assert!("1536*1024".parse::<Pixels>().is_err());
/// # Ok::<(), imgcost_core::ParseSizeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pixels {
    width: u16,
    height: u16,
}

/// Text that is not a size of the form `WIDTHxHEIGHT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseSizeError {
    text: String,
    /// Whether more than pixels was allowed.
    open: bool,
}

impl fmt::Display for ParseSizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not a size: expected WIDTHxHEIGHT in pixels, such as 1024x1024", self.text)?;
        f.write_str(if self.open { ", or 1K, 2K, 4K, auto" } else { "" })
    }
}

impl std::error::Error for ParseSizeError {}

impl Pixels {
    /// A size in pixels, or nothing if an edge is zero or above 65,535.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Option<Pixels> {
        let edge = |pixels: u32| u16::try_from(pixels).ok().filter(|&edge| edge > 0);
        Some(Pixels { width: edge(width)?, height: edge(height)? })
    }

    /// Pixels from left to right.
    #[must_use]
    pub fn width(self) -> u32 {
        self.width.into()
    }

    /// Pixels from top to bottom.
    #[must_use]
    pub fn height(self) -> u32 {
        self.height.into()
    }

    /// The longer edge.
    #[must_use]
    pub fn long(self) -> u32 {
        self.width.max(self.height).into()
    }

    /// The shorter edge.
    #[must_use]
    pub fn short(self) -> u32 {
        self.width.min(self.height).into()
    }

    /// Width times height.
    #[must_use]
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

impl FromStr for Pixels {
    type Err = ParseSizeError;
    fn from_str(text: &str) -> Result<Self, ParseSizeError> {
        let edge = |digits: &str| {
            let plain = !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| digits.parse::<u32>().ok()).flatten()
        };
        text.split_once('x')
            .and_then(|(width, height)| Pixels::new(edge(width)?, edge(height)?))
            .ok_or_else(|| ParseSizeError { text: text.chars().take(40).collect(), open: false })
    }
}

impl fmt::Display for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// The size asked for: a size in pixels, or the model's choice. `1K`, `2K` and `4K` are read
/// as the squares 1024x1024, 2048x2048 and 4096x4096.
///
/// ```
/// use imgcost_core::Size;
/// assert_eq!("2k".parse::<Size>()?.to_string(), "2048x2048");
/// # Ok::<(), imgcost_core::ParseSizeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Size {
    /// The model chooses.
    Auto,
    /// This many pixels.
    Exact(Pixels),
}

impl FromStr for Size {
    type Err = ParseSizeError;
    fn from_str(text: &str) -> Result<Self, ParseSizeError> {
        let square = |edge| Size::Exact(Pixels { width: edge, height: edge });
        match text {
            "auto" => Ok(Size::Auto),
            "1K" | "1k" => Ok(square(1024)),
            "2K" | "2k" => Ok(square(2048)),
            "4K" | "4k" => Ok(square(4096)),
            _ => text
                .parse()
                .map(Size::Exact)
                .map_err(|error: ParseSizeError| ParseSizeError { open: true, ..error }),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Size::Auto => f.write_str("auto"),
            Size::Exact(pixels) => pixels.fmt(f),
        }
    }
}

macro_rules! display_serde {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                from_text(deserializer, str::parse)
            }
        }
    };
}
display_serde!(Pixels);
display_serde!(Size);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_two_plain_numbers() {
        assert_eq!("480x1408".parse::<Pixels>().unwrap().area(), 675_840);
        for text in [
            "",
            "x",
            "1024",
            "1024x",
            "x1024",
            "0x4",
            "1024X1024",
            " 1x1",
            "+1x1",
            "70000x1",
            "1x1x1",
            "01x1",
        ] {
            assert!(text.parse::<Pixels>().is_err(), "{text}");
        }
    }
}
