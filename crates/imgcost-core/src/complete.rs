//! What a request leaves open, filled in once its offer is known.

use crate::book::{Book, Offer, Provider};
use crate::error::{Code, Error};
use crate::money::Ratio;
use crate::params::{Basis, Endpoint, Param};
use crate::quote::Note;
use crate::request::{Prompt, Request};

/// The provider where none is named: the API's parameters are named after its own.
pub const DEFAULT_PROVIDER: &str = "openai";

/// How many models an error names.
const MODELS_SHOWN: usize = 8;

/// What holds for all calls, but only where their offers take it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OfferDefaults {
    /// Prompt tokens of a call without a prompt.
    pub assume_prompt_tokens: Option<u64>,
    /// A gateway's group ratio, where one is billed.
    pub group_ratio: Option<Ratio>,
    /// The calling model of a Responses API call.
    pub responses_model: Option<String>,
}

impl Offer<'_> {
    /// Fills in what a request leaves open: its endpoint, unless that is known, and the defaults
    /// that the offer takes. The note tells that a prompt was assumed.
    pub fn complete(
        &self,
        request: &mut Request,
        endpoint_known: bool,
        defaults: &OfferDefaults,
    ) -> Option<Note> {
        if !endpoint_known {
            request.endpoint = self.endpoint(request.usual_endpoint());
        }
        if request.group_ratio.is_none() && self.model.basis == Basis::Ratio {
            request.group_ratio = defaults.group_ratio;
        }
        if request.responses_model.is_none() && request.endpoint == Endpoint::Responses {
            request.responses_model.clone_from(&defaults.responses_model);
        }
        request.assume_prompt(defaults.assume_prompt_tokens?)
    }

    /// An endpoint, or chat for a model that answers only there.
    #[must_use]
    pub fn endpoint(&self, wanted: Endpoint) -> Endpoint {
        let endpoints = &self.family.limits.rule.endpoints;
        let only_chat = endpoints.contains(&Endpoint::Chat) && !endpoints.contains(&wanted);
        if only_chat { Endpoint::Chat } else { wanted }
    }

    /// Adds the model's own range to the error of a value that is no whole number.
    #[must_use]
    pub fn with_range(&self, error: Error) -> Error {
        if error.code() != Code::IllegalValue || !error.allowed_values().is_empty() {
            return error;
        }
        let param = error.field_name().and_then(|field| field.parse::<Param>().ok());
        match param.and_then(|param| param.range(&self.family.limits.rule)) {
            Some(range) => error.allowed([range]),
            None => error,
        }
    }
}

impl Request {
    /// Where a call goes that does not say: edits with input images, generations without.
    #[must_use]
    pub fn usual_endpoint(&self) -> Endpoint {
        if self.images.is_empty() { Endpoint::Generations } else { Endpoint::Edits }
    }

    /// Takes so many prompt tokens for a call without a prompt, and tells so.
    pub fn assume_prompt(&mut self, tokens: u64) -> Option<Note> {
        if self.prompt.is_some() {
            return None;
        }
        self.prompt = Some(Prompt::of_tokens(tokens));
        Some(Note {
            code: "prompt-assumed",
            message: format!("no prompt given: {tokens} prompt tokens are assumed"),
        })
    }
}

impl Book {
    /// The provider that is meant where none is named: openai where it offers the model, else the
    /// model's maker, else the only one that does.
    ///
    /// # Errors
    /// Nobody offers it, or several do and none of them makes it: those that do.
    pub fn usual_provider(&self, model: &str) -> Result<&Provider, Vec<&Provider>> {
        let offers = |provider: &&Provider| provider.model(model).is_some();
        if let Some(usual) = self.provider(DEFAULT_PROVIDER).ok().filter(offers) {
            return Ok(usual);
        }
        let offering: Vec<&Provider> = self.providers().filter(offers).collect();
        match offering.as_slice() {
            [only] => Ok(only),
            several => several.iter().find(|provider| provider.makes(model)).copied().ok_or(offering),
        }
    }

    /// That a request names no model, with those that it is likely to be for. `remedy` says how
    /// to name one.
    #[must_use]
    pub fn model_missing(&self, request: &Request, remedy: &str) -> Error {
        let provider = match self.provider(&request.provider) {
            Ok(provider) => provider,
            Err(error) => return error,
        };
        let current = provider.current_models(request.as_of);
        let names = current.into_iter().take(MODELS_SHOWN).map(|model| model.id.as_str());
        Error::new(Code::NoModel, format!("no model is named: {remedy}")).field("model").allowed(names)
    }
}
