//! The dialects by their names, and the marks by which a body is told to be in one.

use std::fmt;
use std::str::FromStr;

use imgcost_core::{Code, Endpoint, Error, Provider};
use serde_json::{Map, Value};

/// The wire format of one API.
///
/// ```
/// use imgcost_wire::Dialect;
/// assert_eq!("gemini".parse(), Ok(Dialect::Gemini));
/// assert_eq!(Dialect::OpenAiImages.to_string(), "openai-images");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// A line of a file for OpenAI's Batch API, around a body in one of the others.
    OpenAiBatch,
    /// OpenAI's chat completions, by which OpenRouter and other relays make images.
    OpenAiChat,
    /// OpenAI's Responses API, with its image tool.
    OpenAiResponses,
    /// Google's `generateContent`, at the Gemini API and Vertex AI.
    Gemini,
    /// Google's `predict` of Imagen.
    Imagen,
    /// Alibaba Cloud's Model Studio.
    DashScope,
    /// Replicate's predictions.
    Replicate,
    /// Amazon Bedrock's image models.
    Bedrock,
    /// Black Forest Labs.
    Bfl,
    /// fal's queue and synchronous routes.
    Fal,
    /// Stability AI's Stable Image API.
    Stability,
    /// xAI's images, in the shape of OpenAI's.
    Xai,
    /// OpenRouter's images, in the shape of OpenAI's.
    OpenRouterImages,
    /// ByteDance's Seedream at BytePlus ModelArk, in the shape of OpenAI's images.
    Seedream,
    /// Ideogram's 3.0 and 4.0.
    Ideogram,
    /// Results of Vercel's AI SDK: responses alone.
    Vercel,
    /// OpenAI's Images API.
    OpenAiImages,
}

impl Dialect {
    /// All dialects, those with the plainest marks first; of those without any, OpenAI's.
    pub const ALL: [Dialect; 17] = [
        Dialect::OpenAiBatch,
        Dialect::OpenAiChat,
        Dialect::OpenAiResponses,
        Dialect::Gemini,
        Dialect::Imagen,
        Dialect::DashScope,
        Dialect::Replicate,
        Dialect::OpenAiImages,
        Dialect::Bedrock,
        Dialect::Bfl,
        Dialect::Fal,
        Dialect::Stability,
        Dialect::Xai,
        Dialect::OpenRouterImages,
        Dialect::Seedream,
        Dialect::Ideogram,
        Dialect::Vercel,
    ];

    /// The dialect's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Dialect::OpenAiImages => "openai-images",
            Dialect::OpenAiResponses => "openai-responses",
            Dialect::OpenAiChat => "openai-chat",
            Dialect::OpenAiBatch => "openai-batch",
            Dialect::Gemini => "gemini",
            Dialect::Imagen => "imagen",
            Dialect::Xai => "xai",
            Dialect::OpenRouterImages => "openrouter-images",
            Dialect::Seedream => "seedream",
            Dialect::Ideogram => "ideogram",
            Dialect::Fal => "fal",
            Dialect::Bfl => "bfl",
            Dialect::Replicate => "replicate",
            Dialect::Bedrock => "bedrock",
            Dialect::Stability => "stability",
            Dialect::DashScope => "dashscope",
            Dialect::Vercel => "vercel",
        }
    }

    /// Whether its responses were recorded and are read whole. Of the others the request decides
    /// the price: their responses are read for a count of images and a stated bill.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        match self {
            Dialect::OpenAiImages
            | Dialect::OpenAiResponses
            | Dialect::OpenAiChat
            | Dialect::OpenAiBatch
            | Dialect::Gemini
            | Dialect::Imagen
            | Dialect::Xai
            | Dialect::Vercel => true,
            Dialect::OpenRouterImages
            | Dialect::Seedream
            | Dialect::Ideogram
            | Dialect::Fal
            | Dialect::Bfl
            | Dialect::Replicate
            | Dialect::Bedrock
            | Dialect::Stability
            | Dialect::DashScope => false,
        }
    }

    /// Why no proxy can be in front of its API, where that is so: what a client does there goes to the
    /// API's own address whatever base it was given.
    #[must_use]
    pub const fn without_proxy(self) -> Option<&'static str> {
        match self {
            Dialect::Bedrock => Some("its requests are signed for the host that they go to"),
            Dialect::Bfl | Dialect::Fal | Dialect::Replicate => {
                Some("it answers with absolute addresses at which a result is asked for")
            }
            _ => None,
        }
    }

    /// Whether it is of an API that neither is OpenAI's nor has its shape, so that a body without a
    /// model is for none of OpenAI's.
    #[must_use]
    pub const fn is_of_another_api(self) -> bool {
        !matches!(
            self,
            Dialect::OpenAiImages | Dialect::OpenAiResponses | Dialect::OpenAiChat | Dialect::OpenAiBatch
        )
    }

    /// OpenAI's own dialects, which relays take as well.
    pub const OPENAI: [Dialect; 3] = [Dialect::OpenAiChat, Dialect::OpenAiResponses, Dialect::OpenAiImages];

    /// The dialects that a provider takes, by its price file; OpenAI's where that names none.
    #[must_use]
    pub fn taken_by(provider: &Provider) -> Vec<Dialect> {
        let named: Vec<Dialect> = provider.dialects.iter().filter_map(|name| name.parse().ok()).collect();
        if named.is_empty() { Dialect::OPENAI.to_vec() } else { named }
    }

    /// The dialect of a body, of those that may be meant: the first whose marks it bears; of a body
    /// without any marks, the first that takes such. None where it bears those of another.
    ///
    /// ```
    /// use imgcost_wire::Dialect;
    /// let body = serde_json::json!({"contents": [{"parts": [{"text": "a red apple"}]}]});
    /// let body = body.as_object().ok_or("no object")?;
    /// assert_eq!(Dialect::among(&Dialect::OPENAI, body), None);
    /// assert_eq!(Dialect::among(&Dialect::ALL, body), Some(Dialect::Gemini));
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn among(meant: &[Dialect], body: &Map<String, Value>) -> Option<Dialect> {
        let marked = |dialects: &[Dialect]| dialects.iter().copied().find(|dialect| dialect.marks(body));
        if let Some(dialect) = marked(meant) {
            return Some(dialect);
        }
        let is_other = marked(&Dialect::ALL).is_some();
        // One API's marks may be another's plain fields.
        let knows_all = |dialect: &Dialect| {
            body.keys().all(|name| dialect.fields().first().is_some_and(|fields| fields.get(name).is_some()))
        };
        meant.iter().copied().find(|dialect| dialect.is_plain() && (!is_other || knows_all(dialect)))
    }

    /// The dialects whose marks a body bears. Of several, only its provider tells which is meant.
    ///
    /// ```
    /// use imgcost_wire::Dialect;
    /// let body = serde_json::json!({"model": "m", "input": {"prompt": "a red apple"}});
    /// let body = body.as_object().ok_or("no object")?;
    /// assert_eq!(Dialect::marked(body), [Dialect::DashScope, Dialect::Replicate]);
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn marked(body: &Map<String, Value>) -> Vec<Dialect> {
        Dialect::ALL.into_iter().filter(|dialect| dialect.marks(body)).collect()
    }

    /// Whether a body of this dialect may lack any mark: one of a prompt alone.
    const fn is_plain(self) -> bool {
        match self {
            Dialect::OpenAiImages
            | Dialect::Xai
            | Dialect::OpenRouterImages
            | Dialect::Seedream
            | Dialect::Ideogram
            | Dialect::Fal
            | Dialect::Bfl
            | Dialect::Stability
            | Dialect::Bedrock => true,
            Dialect::OpenAiBatch
            | Dialect::OpenAiChat
            | Dialect::OpenAiResponses
            | Dialect::Gemini
            | Dialect::Imagen
            | Dialect::DashScope
            | Dialect::Replicate
            | Dialect::Vercel => false,
        }
    }

    /// Whether a body has a member that only this dialect has.
    fn marks(self, body: &Map<String, Value>) -> bool {
        let has = |names: &[&str]| names.iter().any(|name| body.contains_key(*name));
        let input = body.get("input");
        match self {
            Dialect::OpenAiBatch => has(&["body"]) && body.get("url").is_some_and(Value::is_string),
            Dialect::OpenAiChat => has(&["messages"]),
            // Chats and Gemini take tools as well.
            Dialect::OpenAiResponses => {
                let is_own = has(&["tools"]) || input.is_some_and(|input| !input.is_object());
                is_own && !has(&["messages", "contents"])
            }
            Dialect::Gemini => has(&["contents"]),
            Dialect::Imagen => has(&["instances"]),
            Dialect::DashScope => input.is_some_and(Value::is_object) && has(&["model", "parameters"]),
            Dialect::Replicate => input.is_some_and(Value::is_object) && !has(&["parameters"]),
            Dialect::Bedrock => has(&["taskType", "imageGenerationConfig", "text_prompts"]),
            // Their paths name the model.
            Dialect::Bfl => !has(&["model"]) && has(&["prompt_upsampling", "input_image"]),
            Dialect::Fal => !has(&["model"]) && has(&["image_size", "num_images", "sync_mode"]),
            Dialect::Seedream => has(&["sequential_image_generation", "sequential_image_generation_options"]),
            Dialect::Ideogram => !has(&["model"]) && has(&["text_prompt", "json_prompt", "magic_prompt"]),
            Dialect::Stability
            | Dialect::Xai
            | Dialect::OpenRouterImages
            | Dialect::Vercel
            | Dialect::OpenAiImages => false,
        }
    }

    /// The dialect of an endpoint's requests and responses.
    #[must_use]
    pub const fn of_endpoint(endpoint: Endpoint) -> Dialect {
        match endpoint {
            Endpoint::Generations | Endpoint::Edits | Endpoint::Variations => Dialect::OpenAiImages,
            Endpoint::Responses => Dialect::OpenAiResponses,
            Endpoint::Chat => Dialect::OpenAiChat,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dialect {
    type Err = Error;

    fn from_str(text: &str) -> Result<Dialect, Error> {
        Dialect::ALL.into_iter().find(|dialect| dialect.name() == text).ok_or_else(|| {
            let message = format!("dialect '{}' is not known", imgcost_core::printable(text));
            Error::new(Code::IllegalValue, message)
                .field("dialect")
                .allowed(Dialect::ALL.map(Dialect::name))
                .nearest_name(text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn price_files_may_name_every_dialect_and_no_other() {
        let mut names = Dialect::ALL.map(Dialect::name);
        names.sort_unstable();
        assert_eq!(names, imgcost_core::DIALECTS);
    }
}
