//! The words of the API: endpoints, qualities, sizes, items, each as a type.
//!
//! Names that providers add over time are open enums: an unknown one is kept as
//! `Other`, and is refused where it meets the limits of a model, not here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A word that is not one of the closed set it was read as.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownName {
    /// What was read.
    pub text: String,
    /// What is allowed.
    pub allowed: &'static [&'static str],
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not one of {}", self.text, self.allowed.join(", "))
    }
}

impl std::error::Error for UnknownName {}

macro_rules! text_serde {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! closed_names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every name, in order.
            pub const NAMES: &'static [&'static str] = &[$($text),+];
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The name as it is written in requests, files and output.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                match text {
                    $($text => Ok($name::$variant),)+
                    _ => Err(UnknownName { text: text.chars().take(64).collect(), allowed: Self::NAMES }),
                }
            }
        }

        text_serde!($name);
    };
}

macro_rules! open_names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
            /// A name that this version does not know.
            Other(Box<str>),
        }

        impl $name {
            /// The name as it is written in requests, files and output.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self { $($name::$variant => $text,)+ $name::Other(text) => text }
            }
        }

        impl FromStr for $name {
            type Err = std::convert::Infallible;
            fn from_str(text: &str) -> Result<Self, std::convert::Infallible> {
                Ok(match text { $($text => $name::$variant,)+ _ => $name::Other(text.into()) })
            }
        }

        text_serde!($name);
    };
}

closed_names! {
    /// The endpoint that a call goes to.
    Endpoint {
        /// `/v1/images/generations`: an image from a prompt.
        Generations = "generations",
        /// `/v1/images/edits`: an image from a prompt and input images.
        Edits = "edits",
        /// `/v1/images/variations`: an image from one input image.
        Variations = "variations",
        /// `/v1/responses` with the `image_generation` tool.
        Responses = "responses",
        /// `/v1/chat/completions`, as resellers of reverse-engineered models offer it.
        Chat = "chat",
    }
}

closed_names! {
    /// How a provider's own API, beside routes in the shape of OpenAI's, tells that a call makes
    /// an image. None of these calls can be quoted from its body.
    NativeApi {
        /// It makes images and little else: every `POST` may make one.
        EveryPost = "every-post",
        /// The path names the model, as in `/models/NAME:generateContent`.
        ModelInPath = "model-in-path",
        /// The body names the model, as its member `model`.
        ModelInBody = "model-in-body",
    }
}

closed_names! {
    /// Which of a provider's price lists a call is billed by.
    Tier {
        /// The ordinary rates.
        Standard = "standard",
        /// The Batch API's rates.
        Batch = "batch",
        /// Slower answers at a lower price.
        Flex = "flex",
        /// Faster answers at a higher price.
        Priority = "priority",
    }
}

impl Tier {
    /// Whether prices that name no tier hold for it: the ordinary one, and the Batch API, which
    /// is refused where it has no price of its own.
    pub(crate) const fn is_usual(self) -> bool {
        matches!(self, Tier::Standard | Tier::Batch)
    }
}

closed_names! {
    /// What a line of a quote or charge pays for.
    Item {
        /// Prompt tokens and the tokens the API adds to them.
        TextInput = "text_input",
        /// Tokens of the input images.
        ImageInput = "image_input",
        /// Text tokens that a model adds to its output.
        TextOutput = "text_output",
        /// Tokens of the final images.
        ImageOutput = "image_output",
        /// Tokens of partial images while streaming.
        PartialImages = "partial_images",
        /// An image at a flat price.
        Image = "image",
        /// A call at a flat price.
        Call = "call",
        /// Prompt tokens that were cached.
        TextInputCached = "text_input_cached",
        /// Input image tokens that were cached.
        ImageInputCached = "image_input_cached",
        /// Tokens of the model that runs the Responses API's image tool.
        ResponsesModel = "responses_model",
    }
}

closed_names! {
    /// What a line counts.
    Unit {
        /// Tokens.
        Token = "token",
        /// Images.
        Image = "image",
        /// Calls.
        Call = "call",
        /// Megapixels begun.
        Megapixel = "megapixel",
    }
}

closed_names! {
    /// How a provider bills a model.
    Basis {
        /// By tokens; a per-image table, if any, is a rounded view of them.
        Tokens = "tokens",
        /// By the image, from a table.
        PerImage = "per-image",
        /// By the call.
        PerCall = "per-call",
        /// By tokens times a gateway's ratios.
        Ratio = "ratio",
    }
}

closed_names! {
    /// How closely an edit must keep to its input images.
    Fidelity {
        /// The default.
        Low = "low",
        /// Keeps faces and details, for many more input tokens.
        High = "high",
    }
}

open_names! {
    /// The quality asked for.
    Quality {
        /// The model chooses.
        Auto = "auto",
        /// gpt-image `low`.
        Low = "low",
        /// gpt-image `medium`.
        Medium = "medium",
        /// gpt-image `high`.
        High = "high",
        /// gpt-image 2.5 and later `xhigh`.
        Xhigh = "xhigh",
        /// gpt-image 2.5 and later `max`.
        Max = "max",
        /// DALL·E `standard`.
        Standard = "standard",
        /// DALL·E 3 `hd`.
        Hd = "hd",
    }
}

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
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
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
    fn names_round_trip() {
        for name in Endpoint::NAMES {
            assert_eq!(name.parse::<Endpoint>().unwrap().as_str(), *name);
        }
        let Ok(quality) = "ultra".parse::<Quality>();
        assert_eq!(quality, Quality::Other("ultra".into()));
    }

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
