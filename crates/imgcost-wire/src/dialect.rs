//! The dialects, and what each of them is made of: one `match` for each.

use std::fmt;
use std::str::FromStr;

use imgcost_core::{Code, Endpoint, Error, Provider, Response};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody};
use crate::tree::Tree;
use crate::{
    bedrock, bfl, dashscope, fal, gemini, imagen, openai_batch, openai_chat, openai_images, openai_responses,
    openrouter_images, replicate, stability, vercel, xai,
};

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
    /// Results of Vercel's AI SDK: responses alone.
    Vercel,
    /// OpenAI's Images API.
    OpenAiImages,
}

/// What a field of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Field {
    /// A parameter that is read: the price may depend on it.
    Parameter,
    /// It is checked against what the model takes, and changes no price that is known.
    Choice,
    /// It changes nothing, or nothing that an assumed ceiling does not cover.
    Free,
    /// It brings context that the body does not show.
    Context,
}

/// The fields that an API takes, by name. What is in none of the lists is unknown.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    /// The API's name in errors.
    pub(crate) api: &'static str,
    /// What the names stand behind in errors, such as `tools.`; empty for the body itself.
    pub(crate) path: &'static str,
    pub(crate) lists: &'static [&'static [(&'static str, Field)]],
}

impl Fields {
    /// No field at all.
    pub(crate) const NONE: Fields = Fields { api: "no API", path: "", lists: &[] };

    /// What a field is; none if the API is not known to take it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Field> {
        self.iter().find(|(known, _)| *known == name).map(|(_, field)| field)
    }

    /// Every field that is known of the API.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Field)> + use<> {
        self.lists.iter().copied().flatten().copied()
    }
}

impl Dialect {
    /// All dialects, those with the plainest marks first; of those without any, OpenAI's.
    pub const ALL: [Dialect; 15] = [
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
            | Dialect::Fal
            | Dialect::Bfl
            | Dialect::Replicate
            | Dialect::Bedrock
            | Dialect::Stability
            | Dialect::DashScope => false,
        }
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
        meant.iter().copied().find(|dialect| dialect.is_plain()).filter(|_| !is_other)
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

    /// How the paths of its image calls end, where they do not name the model.
    #[must_use]
    pub const fn paths(self) -> &'static [(&'static str, Endpoint)] {
        match self {
            Dialect::OpenAiImages => &openai_images::PATHS,
            Dialect::OpenAiResponses => &openai_responses::PATHS,
            Dialect::OpenAiChat => &openai_chat::PATHS,
            Dialect::Xai => &xai::PATHS,
            Dialect::OpenRouterImages => &openrouter_images::PATHS,
            // The lines of a batch are uploaded as a file, which makes nothing yet; the paths of
            // the others name a model.
            _ => &[],
        }
    }

    /// The model that the path of an image call names, where this dialect has it there; empty where
    /// the body names it. None if the path makes no image.
    pub(crate) fn model_in(self, path: &str) -> Option<&str> {
        match self {
            Dialect::Gemini => gemini::model_in(path),
            Dialect::Imagen => imagen::model_in(path),
            Dialect::Bedrock => bedrock::model_in(path),
            Dialect::Bfl => bfl::model_in(path),
            Dialect::Fal => fal::model_in(path),
            Dialect::Replicate => replicate::model_in(path),
            Dialect::Stability => stability::model_in(path),
            Dialect::DashScope => dashscope::model_in(path),
            Dialect::OpenAiImages
            | Dialect::OpenAiResponses
            | Dialect::OpenAiChat
            | Dialect::OpenAiBatch
            | Dialect::Xai
            | Dialect::OpenRouterImages
            | Dialect::Vercel => None,
        }
    }

    /// The fields of its requests: of the body first, then of what stands within it.
    #[must_use]
    pub const fn fields(self) -> &'static [&'static Fields] {
        match self {
            Dialect::OpenAiImages => &[&openai_images::FIELDS],
            Dialect::OpenAiResponses => &[&openai_responses::FIELDS, &openai_responses::TOOL_FIELDS],
            Dialect::OpenAiChat => &[&openai_chat::FIELDS, &openai_chat::IMAGE_CONFIG],
            Dialect::OpenAiBatch => &[&openai_batch::FIELDS],
            Dialect::Gemini => &gemini::FIELDS,
            Dialect::Imagen => &imagen::FIELDS,
            Dialect::Xai => &[&xai::FIELDS],
            Dialect::OpenRouterImages => &[&openrouter_images::FIELDS],
            Dialect::Fal => &[&fal::FIELDS],
            Dialect::Bfl => &[&bfl::FIELDS],
            Dialect::Replicate => &replicate::FIELDS,
            Dialect::Bedrock => &bedrock::FIELDS,
            Dialect::Stability => &[&stability::FIELDS],
            Dialect::DashScope => &dashscope::FIELDS,
            Dialect::Vercel => &[&vercel::FIELDS],
        }
    }

    /// Reads a request over the defaults that `read` has.
    pub(crate) fn request(
        self,
        read: &mut ParsedBody,
        body: &Map<String, Value>,
        measure: &dyn Measure,
    ) -> Result<(), Error> {
        match self {
            Dialect::OpenAiImages => openai_images::request(read, body, measure),
            Dialect::OpenAiResponses => openai_responses::request(read, body, measure),
            Dialect::OpenAiChat => openai_chat::request(read, body, measure),
            Dialect::OpenAiBatch => openai_batch::request(read, body, measure),
            Dialect::Gemini => gemini::request(read, body, measure),
            Dialect::Imagen => imagen::request(read, body, measure),
            Dialect::Xai => xai::request(read, body, measure),
            Dialect::OpenRouterImages => openrouter_images::request(read, body, measure),
            Dialect::Fal => fal::request(read, body, measure),
            Dialect::Bfl => bfl::request(read, body, measure),
            Dialect::Replicate => replicate::request(read, body, measure),
            Dialect::Bedrock => bedrock::request(read, body, measure),
            Dialect::Stability => stability::request(read, body, measure),
            Dialect::DashScope => dashscope::request(read, body, measure),
            Dialect::Vercel => vercel::request(),
        }
    }

    /// The members of its responses that are read, beside those of all dialects.
    pub(crate) const fn members(self) -> &'static [&'static str] {
        match self {
            Dialect::OpenAiImages => &openai_images::MEMBERS,
            Dialect::OpenAiResponses => &openai_responses::MEMBERS,
            Dialect::OpenAiChat => &openai_chat::MEMBERS,
            Dialect::Gemini => &gemini::MEMBERS,
            Dialect::Imagen => &imagen::MEMBERS,
            Dialect::Fal => &fal::MEMBERS,
            Dialect::Bfl => &bfl::MEMBERS,
            Dialect::Replicate => &replicate::MEMBERS,
            Dialect::Bedrock => &bedrock::MEMBERS,
            Dialect::Stability => &stability::MEMBERS,
            Dialect::DashScope => &dashscope::MEMBERS,
            Dialect::Vercel => &vercel::MEMBERS,
            // Their responses are in the shape of OpenAI's.
            Dialect::OpenAiBatch | Dialect::Xai | Dialect::OpenRouterImages => &[],
        }
    }

    /// The dialect of a document of a response, by its members.
    pub(crate) fn of_response(value: &Tree<'_>) -> Dialect {
        let marked = may_be_another(value);
        let dialect = Dialect::ALL.into_iter().find(|dialect| marked && dialect.is_response(value));
        dialect.unwrap_or(Dialect::OpenAiImages)
    }

    fn is_response(self, value: &Tree<'_>) -> bool {
        match self {
            Dialect::OpenAiResponses => openai_responses::is_response(value),
            Dialect::OpenAiChat => openai_chat::is_response(value),
            Dialect::Gemini => gemini::is_response(value),
            Dialect::Imagen => imagen::is_response(value),
            Dialect::Fal => fal::is_response(value),
            Dialect::Bfl => bfl::is_response(value),
            Dialect::Replicate => replicate::is_response(value),
            Dialect::Bedrock => bedrock::is_response(value),
            Dialect::Stability => stability::is_response(value),
            Dialect::DashScope => dashscope::is_response(value),
            Dialect::Vercel => vercel::is_response(value),
            Dialect::OpenAiImages | Dialect::OpenAiBatch | Dialect::Xai | Dialect::OpenRouterImages => false,
        }
    }

    /// Reads the usage of a response, and what goes with it, into `read`, which has what all
    /// dialects have in common.
    pub(crate) fn response(self, value: &Tree<'_>, read: &mut Response) -> Result<(), Error> {
        match self {
            Dialect::OpenAiResponses => openai_responses::response(value, read),
            Dialect::OpenAiChat => openai_chat::response(value, read),
            Dialect::Gemini => gemini::response(value, read),
            Dialect::Bfl => bfl::response(value, read),
            Dialect::Replicate => replicate::response(value, read),
            Dialect::DashScope => dashscope::response(value, read),
            Dialect::Vercel => vercel::response(value, read),
            Dialect::Fal => {
                fal::response(value, read);
                Ok(())
            }
            Dialect::Imagen | Dialect::Bedrock | Dialect::Stability => Ok(()),
            Dialect::OpenAiImages | Dialect::OpenAiBatch | Dialect::Xai | Dialect::OpenRouterImages => {
                openai_images::response(value, read)
            }
        }
    }

    /// How many images a response brings; none where it does not say.
    pub(crate) fn images(self, value: &Tree<'_>) -> Option<u64> {
        match self {
            Dialect::OpenAiResponses => openai_responses::images_of(value),
            Dialect::OpenAiChat => openai_chat::images_of(value),
            Dialect::Gemini => gemini::images_of(value),
            Dialect::Imagen => imagen::images_of(value),
            Dialect::Fal => fal::images_of(value),
            Dialect::Bfl => bfl::images_of(value),
            Dialect::Replicate => replicate::images_of(value),
            Dialect::Bedrock => bedrock::images_of(value),
            Dialect::Stability => stability::images_of(value),
            Dialect::DashScope => dashscope::images_of(value),
            Dialect::Vercel => vercel::images_of(value),
            Dialect::OpenAiImages | Dialect::OpenAiBatch | Dialect::Xai | Dialect::OpenRouterImages => {
                openai_images::images_of(value)
            }
        }
    }
}

/// The members by which documents of other dialects than OpenAI's images are told.
const MARKS: [&str; 20] = [
    "artifacts",
    "candidates",
    "choices",
    "image",
    "images",
    "object",
    "output",
    "output_mp",
    "polling_url",
    "predictions",
    "providerMetadata",
    "rawUsage",
    "raw_usage",
    "response_url",
    "result",
    "status",
    "tool_usage",
    "usageMetadata",
    "usage_metadata",
    "sample",
];

/// Whether a document has any of those, so that it is worth asking each dialect.
fn may_be_another(value: &Tree<'_>) -> bool {
    let object = |value: &Tree<'_>| {
        let members = value.as_object().into_iter().flatten();
        // Nearly all differ in length.
        members.into_iter().any(|(name, _)| MARKS.iter().any(|mark| mark == name))
    };
    object(value) || value.get("usage").is_some_and(object)
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
    fn a_table_lists_each_field_once() {
        for fields in Dialect::ALL.iter().flat_map(|dialect| dialect.fields()) {
            let mut names: Vec<&str> = fields.iter().map(|(name, _)| name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{}", fields.api);
        }
    }

    #[test]
    fn a_document_is_of_another_dialect_only_by_its_marks() {
        let names = crate::scan::known_members();
        for name in names {
            for value in
                ["1", "{}", "[]", "[{}]", "[\"a\"]", "\"response\"", "\"succeeded\"", "{\"sample\":1}"]
            {
                for text in
                    [format!("{{\"{name}\":{value}}}"), format!("{{\"usage\":{{\"{name}\":{value}}}}}")]
                {
                    let document: Tree<'_> = serde_json::from_str(&text).unwrap();
                    let asked = Dialect::ALL.into_iter().any(|dialect| dialect.is_response(&document));
                    assert!(!asked || may_be_another(&document), "{text}");
                }
            }
        }
    }

    #[test]
    fn price_files_may_name_every_dialect_and_no_other() {
        let mut names = Dialect::ALL.map(Dialect::name);
        names.sort_unstable();
        assert_eq!(names, imgcost_core::DIALECTS);
    }

    #[test]
    fn every_endpoint_has_a_path_of_its_dialect() {
        for endpoint in Endpoint::NAMES.iter().map(|name| name.parse::<Endpoint>().unwrap()) {
            let paths = Dialect::of_endpoint(endpoint).paths();
            assert!(paths.iter().any(|(_, known)| *known == endpoint), "{endpoint}");
        }
    }
}
