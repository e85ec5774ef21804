//! The responses of each dialect: the marks by which a document is told to be one, and its readers.

use imgcost_core::{Error, Response};

use crate::dialect::Dialect;
use crate::tree::Tree;
use crate::{
    bedrock, bfl, dashscope, fal, gemini, imagen, openai_chat, openai_images, openai_responses, replicate,
    stability, vercel,
};

impl Dialect {
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
            Dialect::OpenAiBatch
            | Dialect::Xai
            | Dialect::OpenRouterImages
            | Dialect::Seedream
            | Dialect::Ideogram => &[],
        }
    }

    /// The dialect of a document of a response, by its members.
    pub(crate) fn of_response(value: &Tree<'_>) -> Dialect {
        let marked = may_be_another(value);
        let dialect = Dialect::ALL.into_iter().find(|dialect| marked && dialect.is_response(value));
        dialect.unwrap_or(Dialect::OpenAiImages)
    }

    pub(crate) fn is_response(self, value: &Tree<'_>) -> bool {
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
            Dialect::OpenAiImages
            | Dialect::OpenAiBatch
            | Dialect::Xai
            | Dialect::OpenRouterImages
            | Dialect::Seedream
            | Dialect::Ideogram => false,
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
            Dialect::OpenAiImages
            | Dialect::OpenAiBatch
            | Dialect::Xai
            | Dialect::OpenRouterImages
            | Dialect::Seedream
            | Dialect::Ideogram => openai_images::response(value, read),
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
            Dialect::OpenAiImages
            | Dialect::OpenAiBatch
            | Dialect::Xai
            | Dialect::OpenRouterImages
            | Dialect::Seedream
            | Dialect::Ideogram => openai_images::images_of(value),
        }
    }
}

/// Whether a member is one by which documents of other dialects than OpenAI's images are told.
fn is_mark(name: &str) -> bool {
    matches!(
        name,
        "artifacts"
            | "candidates"
            | "choices"
            | "generatedImages"
            | "image"
            | "images"
            | "object"
            | "output"
            | "output_mp"
            | "polling_url"
            | "predictions"
            | "providerMetadata"
            | "rawUsage"
            | "raw_usage"
            | "response_url"
            | "result"
            | "status"
            | "tool_usage"
            | "usageMetadata"
            | "usage_metadata"
            | "sample"
    )
}

/// Whether a document has any of them, so that it is worth asking each dialect.
pub(crate) fn may_be_another(value: &Tree<'_>) -> bool {
    let object = |value: &Tree<'_>| value.as_object().into_iter().flatten().any(|(name, _)| is_mark(name));
    object(value) || value.get("usage").is_some_and(object)
}
