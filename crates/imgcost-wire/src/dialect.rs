//! The dialects, and what each of them is made of: one `match` for each.

use imgcost_core::{Endpoint, Error, Response};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody};
use crate::{openai_batch, openai_chat, openai_images, openai_responses};

/// The wire format of one API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// OpenAI's Images API.
    OpenAiImages,
    /// OpenAI's Responses API, with its image tool.
    OpenAiResponses,
    /// OpenAI's chat completions, by which some relays make images.
    OpenAiChat,
    /// A line of a file for OpenAI's Batch API, around a body in one of the others.
    OpenAiBatch,
}

/// What a field of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Field {
    /// A parameter that is read: the price may depend on it.
    Parameter,
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
    pub(crate) lists: &'static [&'static [(&'static str, Field)]],
}

impl Fields {
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
    /// All dialects that are read.
    pub const ALL: [Dialect; 4] =
        [Dialect::OpenAiImages, Dialect::OpenAiResponses, Dialect::OpenAiChat, Dialect::OpenAiBatch];

    /// The dialect of a body, by its members: one with `messages` is a chat completion, one with
    /// `tools` or `input` is for the Responses API, anything else for the Images API.
    #[must_use]
    pub fn of_body(body: &Map<String, Value>) -> Dialect {
        let has = |name| body.contains_key(name);
        if has("body") && body.get("url").is_some_and(Value::is_string) {
            Dialect::OpenAiBatch
        } else if has("messages") {
            Dialect::OpenAiChat
        } else if has("tools") || has("input") {
            Dialect::OpenAiResponses
        } else {
            Dialect::OpenAiImages
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

    /// How the paths of its image calls end.
    #[must_use]
    pub const fn paths(self) -> &'static [(&'static str, Endpoint)] {
        match self {
            Dialect::OpenAiImages => &openai_images::PATHS,
            Dialect::OpenAiResponses => &openai_responses::PATHS,
            Dialect::OpenAiChat => &openai_chat::PATHS,
            // Its lines are uploaded as a file, which makes nothing yet.
            Dialect::OpenAiBatch => &[],
        }
    }

    /// The fields of its requests.
    #[must_use]
    pub const fn fields(self) -> &'static Fields {
        match self {
            Dialect::OpenAiImages => &openai_images::FIELDS,
            Dialect::OpenAiResponses => &openai_responses::FIELDS,
            Dialect::OpenAiChat => &openai_chat::FIELDS,
            Dialect::OpenAiBatch => &openai_batch::FIELDS,
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
        }
    }

    /// The dialect of a document of a response, by its members.
    pub(crate) fn of_response(value: &Value) -> Dialect {
        if openai_responses::is_response(value) {
            Dialect::OpenAiResponses
        } else if openai_chat::is_response(value) {
            Dialect::OpenAiChat
        } else {
            Dialect::OpenAiImages
        }
    }

    /// Reads the usage of a response, and what goes with it, into `read`, which has what all
    /// dialects have in common.
    pub(crate) fn response(self, value: &Value, read: &mut Response) -> Result<(), Error> {
        match self {
            Dialect::OpenAiImages => openai_images::response(value, read),
            Dialect::OpenAiResponses => openai_responses::response(value, read),
            // Its usage is of the relay's own making: the call is what counts.
            Dialect::OpenAiChat => Ok(()),
            // A line of a result wraps a response in another: `batch_response`.
            Dialect::OpenAiBatch => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lists_each_field_once() {
        let tool = ("the image tool", &openai_responses::TOOL_FIELDS);
        let tables = Dialect::ALL.map(|dialect| (dialect.fields().api, dialect.fields()));
        for (api, fields) in tables.into_iter().chain([tool]) {
            let mut names: Vec<&str> = fields.iter().map(|(name, _)| name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{api}");
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
