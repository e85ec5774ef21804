//! What an API response reports: tokens, images, and what it echoes of the request. `imgcost-wire`
//! makes it from the bytes of a response.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::money::Usd;
use crate::params::{Pixels, Quality, Tier};

/// Reported token counts. What was not reported is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// All input tokens.
    pub input: Option<u64>,
    /// Prompt tokens.
    pub text_input: Option<u64>,
    /// Input image tokens.
    pub image_input: Option<u64>,
    /// All output tokens.
    pub output: Option<u64>,
    /// Text tokens of the output.
    pub text_output: Option<u64>,
    /// Image tokens of the output.
    pub image_output: Option<u64>,
    /// Input tokens of the model that ran the Responses API's image tool.
    pub responses_input: Option<u64>,
    /// Output tokens of that model.
    pub responses_output: Option<u64>,
    /// How many images came back.
    pub images: Option<u64>,
    /// Input tokens that were cached, whether text or image; they are among the input tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<u64>,
    /// Cached input image tokens, where they are told from the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_image_input: Option<u64>,
    /// Cached input tokens of the model that ran the Responses API's image tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responses_cached: Option<u64>,
}

/// A usage with what the response echoes of the request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Response {
    /// The response's own id, where it has one.
    pub id: Option<String>,
    /// The counts, as their parts have them.
    pub usage: Usage,
    /// Other readings of the same counts, where they contradict each other: parts that exceed
    /// their total, a total beyond its parts, a member that is given twice.
    pub other_readings: Vec<Usage>,
    /// How the counts contradict each other, in words.
    pub contradiction: Option<&'static str>,
    /// The price list that the call was served by, where the response names one other than the
    /// ordinary.
    pub tier: Option<ServedTier>,
    /// The UTC day on which the response says that it was made.
    pub day: Option<Date>,
    /// How many images a stream of the Images API completed.
    pub streamed_images: Option<u64>,
    /// What the provider states that the call cost, in USD.
    pub stated: Option<Usd>,
    /// Whether it is a response of the Responses API, whose calling model is billed too.
    pub of_responses: bool,
    /// Whether the call failed, or was cancelled, after it had used what is reported.
    pub failed: bool,
    /// The model that drew, where the response names it.
    pub model: Option<String>,
    /// The model that ran the Responses API's image tool.
    pub responses_model: Option<String>,
    /// The quality that was used.
    pub quality: Option<Quality>,
    /// The size that was used.
    pub size: Option<Pixels>,
    /// Whether an image came that is in no count: a finished item of a Responses API stream.
    pub drew: bool,
    /// Whether an image came without readable token counts, so that the counts are not all.
    pub uncounted: bool,
    /// Whether the call was still running at that time: a response that is queued or in progress.
    pub unfinished: bool,
    /// Whether it counts all that its stream has used so far, as the chunks of Gemini do: of
    /// several, the last one's counts are those of the call.
    pub cumulative: bool,
}

/// The price list that a response names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServedTier {
    /// One of those that the book tells apart.
    Known(Tier),
    /// One that it does not know.
    Other(String),
}

impl Usage {
    /// Whether any tokens were reported.
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        [self.input, self.text_input, self.image_input, self.output, self.text_output, self.image_output]
            .iter()
            .any(Option::is_some)
    }

    /// Whether tokens of the input and of the output were reported.
    #[must_use]
    pub fn has_both_sides(&self) -> bool {
        let input = self.input.is_some() || self.text_input.is_some();
        input && (self.output.is_some() || self.image_output.is_some())
    }

    /// All input tokens: the sum, or the parts where it is not reported.
    #[must_use]
    pub fn all_input(&self) -> Option<u64> {
        self.input.or(self.input_parts())
    }

    /// The input tokens by kind, added up; none where neither is reported.
    #[must_use]
    pub fn input_parts(&self) -> Option<u64> {
        sum_of(self.text_input, self.image_input)
    }

    /// All output tokens, likewise.
    #[must_use]
    pub fn all_output(&self) -> Option<u64> {
        self.output.or(sum_of(self.text_output, self.image_output))
    }

    /// The counts of a later document that repeats these: its own, where it reports them. Images
    /// come one by one, and add up.
    #[must_use]
    pub fn renewed_by(&self, later: &Usage) -> Usage {
        let images = self.plus(later).images;
        if later.has_tokens() { Usage { images, ..*later } } else { Usage { images, ..*self } }
    }

    /// The counts of both. A count that only one of them reports is taken as it is; whether
    /// that makes the sum too low, [`Response::uncounted`] says.
    #[must_use]
    pub fn plus(&self, other: &Usage) -> Usage {
        let add = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
        Usage {
            input: add(self.input, other.input),
            text_input: add(self.text_input, other.text_input),
            image_input: add(self.image_input, other.image_input),
            output: add(self.output, other.output),
            text_output: add(self.text_output, other.text_output),
            image_output: add(self.image_output, other.image_output),
            responses_input: add(self.responses_input, other.responses_input),
            responses_output: add(self.responses_output, other.responses_output),
            images: add(self.images, other.images),
            cached_input: add(self.cached_input, other.cached_input),
            cached_image_input: add(self.cached_image_input, other.cached_image_input),
            responses_cached: add(self.responses_cached, other.responses_cached),
        }
    }
}

impl From<Usage> for Response {
    /// A response that reports counts alone.
    fn from(usage: Usage) -> Response {
        Response { usage, ..Response::default() }
    }
}

impl Response {
    /// Every reading of the counts.
    pub fn readings(&self) -> impl Iterator<Item = &Usage> {
        std::iter::once(&self.usage).chain(&self.other_readings)
    }
}

/// The sum of two parts; none where neither is reported.
fn sum_of(text: Option<u64>, image: Option<u64>) -> Option<u64> {
    (text.is_some() || image.is_some()).then(|| text.unwrap_or(0).saturating_add(image.unwrap_or(0)))
}
