//! The words of the API: endpoints, qualities, tiers, items, each as a type.
//!
//! Names that providers add over time are open enums: an unknown one is kept as
//! `Other`, and is refused where it meets the limits of a model, not here.

use std::fmt;
use std::str::FromStr;

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

macro_rules! closed_names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)+ }

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

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownName;
            fn from_str(text: &str) -> Result<Self, $crate::UnknownName> {
                match text {
                    $($text => Ok($name::$variant),)+
                    _ => Err($crate::UnknownName { text: text.chars().take(64).collect(), allowed: Self::NAMES }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
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

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::from_text::from_text(deserializer, str::parse)
            }
        }
    };
}

pub(crate) use closed_names;

/// The wire formats that a price file may name for its provider; `imgcost-wire` reads them.
pub const DIALECTS: [&str; 17] = [
    "bedrock",
    "bfl",
    "dashscope",
    "fal",
    "gemini",
    "ideogram",
    "imagen",
    "openai-batch",
    "openai-chat",
    "openai-images",
    "openai-responses",
    "openrouter-images",
    "replicate",
    "seedream",
    "stability",
    "vercel",
    "xai",
];

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
    /// How a provider's own API, beside the calls that a dialect reads, tells that a call makes an
    /// image. What such a call costs can't be told.
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
}
