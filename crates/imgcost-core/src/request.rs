//! What a call asks for, before anything is looked up.

use jiff::civil::Date;

use crate::money::Ratio;
use crate::params::{Endpoint, Fidelity, Pixels, Quality, Size, Tier};

/// The prompt, as far as its price depends on it. Its text never enters a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Prompt {
    /// Tokens of the `o200k_base` vocabulary.
    pub tokens: u64,
    /// Unicode characters, where they were counted: providers limit them.
    pub characters: Option<u64>,
    /// UTF-8 bytes, where they were counted: they bound the count of any tokenizer.
    pub bytes: Option<u64>,
}

impl Prompt {
    /// A prompt of so many `o200k_base` tokens, Unicode characters and UTF-8 bytes.
    #[must_use]
    pub const fn new(tokens: u64, characters: Option<u64>, bytes: Option<u64>) -> Self {
        Prompt { tokens, characters, bytes }
    }

    /// A prompt of so many `o200k_base` tokens and unknown length in characters.
    #[must_use]
    pub const fn of_tokens(tokens: u64) -> Self {
        Prompt { tokens, characters: None, bytes: None }
    }

    /// The most UTF-8 bytes that the text may have; none where only tokens were given.
    #[must_use]
    pub fn most_bytes(&self) -> Option<u64> {
        self.bytes.or_else(|| Some(self.characters?.saturating_mul(4)))
    }
}

/// An input image, as far as its price depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputImage {
    /// Its size in pixels is known.
    Sized(Pixels),
    /// Its size is not known: a file id or a remote address. Priced as a range.
    Unsized,
}

/// A call to an image-generation API, as the API's own parameters describe it.
///
/// Fields left at their defaults mean what leaving the parameter out means.
///
/// ```
/// use imgcost_core::{Date, Quality, Request, Size};
/// let mut request = Request::new("openai", "gpt-image-2", Date::constant(2026, 11, 21));
/// request.quality = Some(Quality::High);
/// request.size = Some("1536x1024".parse::<Size>()?);
/// request.n = 4;
/// # Ok::<(), imgcost_core::ParseSizeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The provider, by id or alias, such as `openai`.
    pub provider: String,
    /// The model, by id or alias, such as `gpt-image-2`.
    pub model: String,
    /// The day whose prices count.
    pub as_of: Date,
    /// Where the call goes.
    pub endpoint: Endpoint,
    /// The quality; left out means the model's default.
    pub quality: Option<Quality>,
    /// The size of the image; left out means the model's default.
    pub size: Option<Size>,
    /// How many images.
    pub n: u32,
    /// The fewest images, where the API chooses their number and `n` is the most: of a provider who
    /// bills by the image, the price is then a range.
    pub least_n: Option<u32>,
    /// The prompt; left out means that the quote covers the images only.
    pub prompt: Option<Prompt>,
    /// The input images of an edit.
    pub images: Vec<InputImage>,
    /// Whether a mask goes with the first input image.
    pub mask: bool,
    /// How closely an edit keeps to its inputs; left out means low.
    pub input_fidelity: Option<Fidelity>,
    /// Whether the response is streamed.
    pub stream: bool,
    /// How many partial images are asked for while streaming.
    pub partial_images: Option<u32>,
    /// `transparent`, `opaque` or `auto`. Does not change the price.
    pub background: Option<String>,
    /// `png`, `jpeg` or `webp`. Does not change the price.
    pub output_format: Option<String>,
    /// 0 to 100, for jpeg and webp. Does not change the price.
    pub output_compression: Option<u32>,
    /// Which price list: standard, the Batch API's, or another tier that the API names.
    pub tier: Tier,
    /// A gateway's group ratio; left out means 1.
    pub group_ratio: Option<Ratio>,
    /// The model that runs the image tool of the Responses API.
    pub responses_model: Option<String>,
    /// The most tool calls of a Responses API call, and so the most images that it can make.
    pub max_tool_calls: Option<u32>,
    /// How many images a Responses API call without `max_tool_calls` may make; left out means
    /// [`Request::RESPONSES_IMAGES`]. A policy, since the API sets no limit.
    pub responses_images: Option<u32>,
    /// Fields of the request's body that change no price by themselves, such as `style`, and are
    /// checked against the rules of the model and the provider: names and values.
    pub options: Vec<(String, String)>,
    /// What the files of the request show by themselves, as rules name it: `image.bytes`,
    /// `mask.format` and so on, once for each file. They change no price.
    pub files: Vec<(String, String)>,
    /// Fields of the request's body that are in no table of the API: what they cost is not
    /// known, so that with any of them the ceiling is assumed.
    pub unknown_fields: Vec<String>,
    /// What of the request's body brings context that can't be counted, such as
    /// `previous_response_id`: with any of it there is no ceiling.
    pub unseen_context: Vec<String>,
}

impl Request {
    /// How many images a Responses API call may make where nothing else limits them.
    pub const RESPONSES_IMAGES: u32 = 4;

    /// The most images that the call may make: `n`, or for a Responses API call what its tool
    /// calls allow.
    #[must_use]
    pub fn most_images(&self) -> u32 {
        match self.endpoint {
            Endpoint::Responses => {
                self.max_tool_calls.or(self.responses_images).unwrap_or(Self::RESPONSES_IMAGES)
            }
            _ => self.n,
        }
    }

    /// Takes over all of another request, in the buffers of this one: rows of a file are read one
    /// after the other over the same defaults.
    pub fn copy_from(&mut self, other: &Request) {
        let Request {
            provider,
            model,
            as_of,
            endpoint,
            quality,
            size,
            n,
            least_n,
            prompt,
            images,
            mask,
            input_fidelity,
            stream,
            partial_images,
            background,
            output_format,
            output_compression,
            tier,
            group_ratio,
            responses_model,
            max_tool_calls,
            responses_images,
            options,
            files,
            unknown_fields,
            unseen_context,
        } = other;
        self.provider.clone_from(provider);
        self.model.clone_from(model);
        self.as_of = *as_of;
        self.endpoint = *endpoint;
        self.quality.clone_from(quality);
        self.size = *size;
        self.n = *n;
        self.least_n = *least_n;
        self.prompt = *prompt;
        self.images.clone_from(images);
        self.mask = *mask;
        self.input_fidelity = *input_fidelity;
        self.stream = *stream;
        self.partial_images = *partial_images;
        self.background.clone_from(background);
        self.output_format.clone_from(output_format);
        self.output_compression = *output_compression;
        self.tier = *tier;
        self.group_ratio = *group_ratio;
        self.responses_model.clone_from(responses_model);
        self.max_tool_calls = *max_tool_calls;
        self.responses_images = *responses_images;
        self.options.clone_from(options);
        self.files.clone_from(files);
        self.unknown_fields.clone_from(unknown_fields);
        self.unseen_context.clone_from(unseen_context);
    }

    /// One image from a model on a day, everything else at the API's defaults.
    #[must_use]
    pub fn new(provider: impl Into<String>, model: impl Into<String>, as_of: Date) -> Self {
        Request {
            provider: provider.into(),
            model: model.into(),
            as_of,
            endpoint: Endpoint::Generations,
            quality: None,
            size: None,
            n: 1,
            least_n: None,
            prompt: None,
            images: Vec::new(),
            mask: false,
            input_fidelity: None,
            stream: false,
            partial_images: None,
            background: None,
            output_format: None,
            output_compression: None,
            tier: Tier::Standard,
            group_ratio: None,
            responses_model: None,
            max_tool_calls: None,
            responses_images: None,
            options: Vec::new(),
            files: Vec::new(),
            unknown_fields: Vec::new(),
            unseen_context: Vec::new(),
        }
    }
}
