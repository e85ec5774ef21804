//! What is known of each dialect's requests: their paths and their fields.

use imgcost_core::Endpoint;

use crate::dialect::Dialect;
use crate::fields::Fields;
use crate::{
    bedrock, bfl, dashscope, fal, gemini, ideogram, imagen, openai_batch, openai_chat, openai_images,
    openai_responses, openrouter_images, replicate, seedream, stability, vercel, xai,
};

impl Dialect {
    /// How the paths of its image calls end, where they do not name the model.
    #[must_use]
    pub const fn paths(self) -> &'static [(&'static str, Endpoint)] {
        match self {
            Dialect::OpenAiImages => &openai_images::PATHS,
            Dialect::OpenAiResponses => &openai_responses::PATHS,
            Dialect::OpenAiChat => &openai_chat::PATHS,
            Dialect::Xai => &xai::PATHS,
            Dialect::OpenRouterImages => &openrouter_images::PATHS,
            Dialect::Seedream => &seedream::PATHS,
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
            Dialect::Ideogram => ideogram::model_in(path),
            Dialect::OpenAiImages
            | Dialect::OpenAiResponses
            | Dialect::OpenAiChat
            | Dialect::OpenAiBatch
            | Dialect::Xai
            | Dialect::OpenRouterImages
            | Dialect::Seedream
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
            Dialect::Seedream => &[&seedream::FIELDS, &seedream::GROUP],
            Dialect::Ideogram => &[&ideogram::FIELDS],
            Dialect::Fal => &[&fal::FIELDS],
            Dialect::Bfl => &[&bfl::FIELDS],
            Dialect::Replicate => &replicate::FIELDS,
            Dialect::Bedrock => &bedrock::FIELDS,
            Dialect::Stability => &[&stability::FIELDS],
            Dialect::DashScope => &dashscope::FIELDS,
            Dialect::Vercel => &[&vercel::FIELDS],
        }
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
    fn every_endpoint_has_a_path_of_its_dialect() {
        for endpoint in Endpoint::NAMES.iter().map(|name| name.parse::<Endpoint>().unwrap()) {
            let paths = Dialect::of_endpoint(endpoint).paths();
            assert!(paths.iter().any(|(_, known)| *known == endpoint), "{endpoint}");
        }
    }
}
