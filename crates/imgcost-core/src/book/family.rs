//! What belongs to a model wherever it is offered: its limits, its defaults, its token rules.

use serde::{Deserialize, Serialize};

use super::{FieldRules, SourceLocation};
use crate::evidence::Evidence;
use crate::money::Ratio;
use crate::params::{Endpoint, Fidelity, Pixels, Quality, Size};
use crate::rules::patches::Patches;

/// A rule or fact with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sourced<T> {
    /// The rule itself.
    pub rule: T,
    /// How it is known.
    pub evidence: Evidence,
    /// The id of its source.
    pub source: String,
    /// Anything to know about it.
    pub note: Option<String>,
}

/// The sizes that a model may be asked for by a rule instead of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FreeSize {
    /// Both edges are multiples of it.
    pub multiple_of: u32,
    /// The longest edge, in pixels.
    pub max_edge: u32,
    /// The longer edge over the shorter one.
    pub max_ratio: u32,
    /// The smallest area, in pixels.
    pub min_pixels: u64,
    /// The largest area, in pixels.
    pub max_pixels: u64,
}

/// A class of sizes that a provider names, such as `2K`, and bills alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SizeClass {
    /// The provider's name of it.
    pub name: String,
    /// Its square, which is meant where no size in pixels was asked for.
    pub square: Pixels,
    /// The largest area that belongs to it, in pixels; the smallest is above the class before.
    pub max_pixels: u64,
    /// The longest edge that belongs to it, in pixels, where the provider bounds that too.
    pub max_edge: Option<u32>,
}

impl SizeClass {
    /// Whether a size is small enough for the class.
    #[must_use]
    pub fn holds(&self, size: Pixels) -> bool {
        size.area() <= self.max_pixels && self.max_edge.is_none_or(|edge| size.long() <= edge)
    }
}

/// The sizes that a model may be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sizes {
    /// These and no others.
    Listed(Vec<Pixels>),
    /// Any that keeps a rule.
    Free(FreeSize),
    /// No source tells which: any is taken.
    Any,
    /// Any up to the largest class, each in the smallest class that holds it.
    Classes(Vec<SizeClass>),
    /// Any up to an area in pixels.
    UpTo(u64),
}

/// What the API accepts, and what leaving a parameter out means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Limits {
    /// Where the model answers.
    pub endpoints: Vec<Endpoint>,
    /// Explicit qualities, cheapest first; empty: the parameter is refused.
    pub qualities: Vec<Quality>,
    /// Whether quality `auto` is accepted.
    pub quality_auto: bool,
    /// What an omitted quality means, if the parameter exists.
    pub default_quality: Option<Quality>,
    /// The accepted sizes.
    pub sizes: Sizes,
    /// Whether size `auto` is accepted.
    pub size_auto: bool,
    /// What an omitted size means.
    pub default_size: Size,
    /// What it means where an input image goes along, if that is something else.
    pub default_size_edits: Option<Size>,
    /// The most images of one call; none: not known, nothing is refused for it.
    pub n_max: Option<u32>,
    /// The most partial images; 0: none are offered.
    pub partial_images_max: u32,
    /// The most input images; 0: none are taken; none: not known, nothing is refused for it.
    pub input_images_max: Option<u32>,
    /// Accepted fidelities; empty: the parameter is refused.
    pub input_fidelities: Vec<Fidelity>,
    /// Whether a mask is taken.
    pub mask: bool,
    /// How it is known that a mask adds no tokens.
    pub mask_evidence: Evidence,
    /// Accepted backgrounds; empty: the parameter is refused.
    pub backgrounds: Vec<String>,
    /// Accepted output formats; empty: the parameter is refused.
    pub output_formats: Vec<String>,
    /// The longest prompt, in Unicode characters.
    pub prompt_max_chars: Option<u64>,
    /// What is accepted of further fields, and of two together.
    pub fields: FieldRules,
    /// Whether no source tells what is accepted: what is left out above is then not refused.
    pub unknown: bool,
}

/// Tokens at least, probably and at most, as the price book writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenSpan {
    /// At least.
    pub floor: u64,
    /// Probably, where the book has it.
    pub expected: Option<u64>,
    /// At most.
    pub ceiling: u64,
}

/// How an image's output tokens follow from quality and size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageOutputRule {
    /// See [`crate::rules::row_grid`].
    RowGrid {
        /// Cells along the short side, by quality.
        base: Vec<(Quality, u32)>,
    },
    /// See [`crate::rules::area_grid`].
    AreaGrid {
        /// Cells along the long side, by quality.
        base: Vec<(Quality, u32)>,
        /// Added to the area, in pixels.
        area_offset: u64,
        /// Divides the product.
        area_divisor: u64,
        /// The most tokens that an image of size `auto` was seen to take: a note, no bound.
        auto_seen_max: Option<u64>,
    },
    /// No formula is known: between multiples of another family's counts.
    Scaled {
        /// The id of the other family, which has an area grid.
        of: String,
        /// The least multiple, by quality.
        floor: Vec<(Quality, Ratio)>,
        /// The greatest multiple, by quality.
        ceiling: Vec<(Quality, Ratio)>,
    },
    /// The same for every size of a [`SizeClass`].
    BySizeClass {
        /// Tokens of one image, by the name of the class.
        tokens: Vec<(String, TokenSpan)>,
    },
}

/// Tokens of one delivered partial image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartialRule {
    /// The same for every size.
    Flat {
        /// Tokens of one.
        tokens: u64,
    },
    /// `ceil(tokens * (offset + area) / divisor)`, never quoted above by less than `tokens`.
    AreaScaled {
        /// The published tokens of one.
        tokens: u64,
        /// Added to the area, in pixels.
        area_offset: u64,
        /// Divides the product.
        area_divisor: u64,
    },
}

/// Tokens that high input fidelity adds for one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FidelityTokens {
    /// For a square one.
    pub square: u64,
    /// For a portrait or landscape one.
    pub other: u64,
    /// Up to this ratio of the edges an image is expected to count as square.
    pub square_ratio: Ratio,
    /// Beyond this ratio it surely does not.
    pub clear_ratio: Ratio,
}

/// How an input image's tokens follow from its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageInputRule {
    /// See [`crate::rules::tiles`].
    Tiles {
        /// The image is first fitted into a square of this edge.
        fit: u32,
        /// Then its short side is brought down to this.
        short_side: u32,
        /// The edge of a tile.
        tile: u32,
        /// Tokens of every image.
        base: u64,
        /// Tokens of every tile.
        per_tile: u64,
        /// What high fidelity adds, where the model takes it.
        fidelity_high: Option<FidelityTokens>,
    },
    /// See [`crate::rules::patches`].
    Patches(Patches),
    /// The same for every image, whatever its size.
    Flat {
        /// Tokens of one.
        tokens: TokenSpan,
    },
}

/// How the prompt's tokens are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TextInputRule {
    /// By `o200k_base`, and the API adds to them.
    Overhead(Overhead),
    /// By a tokenizer of the model's own: a count by `o200k_base` is a guess.
    OwnTokenizer,
}

impl TextInputRule {
    /// What the API adds, where that is the rule.
    #[must_use]
    pub fn overhead(&self) -> Option<&Overhead> {
        match self {
            TextInputRule::Overhead(overhead) => Some(overhead),
            TextInputRule::OwnTokenizer => None,
        }
    }
}

/// Tokens that the API adds to the prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Overhead {
    /// On every call.
    pub per_call: u64,
    /// For each input image ...
    pub per_image: u64,
    /// ... or by its count of tiles, first entry for one tile.
    pub per_image_by_tiles: Vec<u64>,
    /// The most that one input image may add, where `per_image` is weakly known.
    pub per_image_ceiling: Option<u64>,
}

/// Text tokens that a model adds to each image's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TextOutputRule {
    /// At least.
    pub floor: u64,
    /// Probably; none where the usual count is not known.
    pub expected: Option<u64>,
    /// Probably, at a quality or in a class of sizes that was measured apart, by its name.
    pub expected_by: Vec<(String, u64)>,
    /// At most.
    pub ceiling: u64,
}

/// Tokens of the model that runs the Responses API's image tool, for one call, where nothing
/// more is known of that model: its input is the prompt, its own output, which goes back in,
/// and what the tool adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResponsesRule {
    /// Input tokens beside the prompt and its own output, probably.
    pub context_expected: u64,
    /// The same at most, without the view of the images that were made.
    pub context_ceiling: u64,
    /// Input tokens for the view of each image that was made, at most.
    pub view_ceiling: u64,
    /// Input tokens for each input image, at most.
    pub input_image_ceiling: u64,
    /// Its output tokens, probably.
    pub output_expected: u64,
    /// Its output tokens, at most.
    pub output_ceiling: u64,
    /// The most tokens of the prompt as that model rewrites it.
    pub revised_prompt_ceiling: u64,
}

/// The smallest and greatest grid work of any legal size at one quality; see
/// [`crate::rules::area_grid`]. Worked out once when the book is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MinMax {
    /// The quality.
    pub quality: Quality,
    /// The work of the cheapest legal size.
    pub least: u64,
    /// The work of the dearest legal size.
    pub greatest: u64,
}

/// What recorded calls took that left quality or size to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AutoSeen {
    /// How many calls.
    pub calls: u64,
    /// The fewest tokens of an image.
    pub least: u64,
    /// The most.
    pub greatest: u64,
}

/// What belongs to a model wherever it is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Family {
    /// The name that models cite.
    pub id: String,
    /// Its name in full.
    pub title: String,
    /// What the API accepts.
    pub limits: Sourced<Limits>,
    /// Tokens of an image.
    pub image_output: Option<Sourced<ImageOutputRule>>,
    /// Tokens of a partial image.
    pub partial_image: Option<Sourced<PartialRule>>,
    /// Tokens of an input image.
    pub image_input: Option<Sourced<ImageInputRule>>,
    /// Tokens added to the prompt.
    pub text_input: Option<Sourced<TextInputRule>>,
    /// Text tokens added to the output.
    pub text_output: Option<Sourced<TextOutputRule>>,
    /// Tokens of the Responses API's model.
    pub responses: Option<Sourced<ResponsesRule>>,
    /// What was seen where quality or size was left to the model.
    pub auto_seen: Option<AutoSeen>,
    /// The cheapest and dearest legal size by quality, where sizes are free.
    pub extremes: Vec<MinMax>,
    /// Its file and line.
    pub location: SourceLocation,
}
