//! What a response names of the call that it answers, over what was asked for.

use crate::book::Book;
use crate::error::Error;
use crate::params::{Endpoint, Size};
use crate::quote::{Note, Terms};
use crate::request::{InputImage, Request};
use crate::usage::{Response, ServedTier};

/// How a response's model and tier differ from those that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// That another model answered.
    pub model: Option<Note>,
    /// Whether the provider has no price for that model, so that the one asked for counts.
    pub is_unknown: bool,
    /// That the call was served at another tier, or at one without a price.
    pub tier: Option<Note>,
    /// Whether the tier has no price.
    pub is_unpriced: bool,
}

impl Request {
    /// Takes the model and tier that a response names, where they have prices. Either name of a
    /// model may be spelt otherwise than the book's id, which is what the request has afterwards.
    pub fn take_served(&mut self, book: &Book, response: &Response) -> Served {
        let mut served = Served::default();
        self.take_model(book, response, &mut served);
        match &response.tier {
            Some(ServedTier::Known(tier)) if *tier != self.tier => {
                let message = format!("the response was served at tier {tier}, not {}", self.tier);
                served.tier = Some(Note { code: "other-tier", message });
                self.tier = *tier;
            }
            Some(ServedTier::Other(name)) => {
                let message = format!("the response names tier {name}, which has no price");
                served.tier = Some(Note { code: "tier-unpriced", message });
                served.is_unpriced = true;
            }
            Some(ServedTier::Known(_)) | None => {}
        }
        served
    }

    /// Takes what a response echoes of the call that it answers, where nothing else describes it:
    /// model, quality, size, how many images came, and whether any went in.
    pub fn take_echo(&mut self, response: &Response) {
        if let Some(named) = response.model.as_deref().filter(|_| self.model.is_empty()) {
            named.clone_into(&mut self.model);
        }
        self.quality = response.quality.clone().or(self.quality.take());
        self.size = response.size.map(Size::Exact).or(self.size);
        let images = response.usage.images.and_then(|images| u32::try_from(images).ok());
        self.n = images.filter(|images| *images > 0).unwrap_or(self.n);
        if response.usage.image_input.is_some_and(|tokens| tokens > 0) && self.images.is_empty() {
            self.images = vec![InputImage::Unsized];
        }
        if response.of_responses {
            (self.endpoint, self.n) = (Endpoint::Responses, 1);
            self.responses_model = self.responses_model.take().or(response.responses_model.clone());
        }
    }

    fn take_model(&mut self, book: &Book, response: &Response, served: &mut Served) {
        let Some(named) = response.model.as_deref().filter(|named| *named != self.model) else { return };
        let provider = book.provider(&self.provider).ok();
        let known =
            |name: &str| provider.and_then(|provider| provider.model_like(name)).map(|model| &model.id);
        if let Some(id) = known(&self.model) {
            self.model.clone_from(id);
        }
        let (provider, asked) = (&self.provider, &self.model);
        let message = match known(named) {
            Some(id) if id == asked => return,
            Some(id) => {
                let message = format!("the response names {named}, not {asked}: priced as {id}");
                self.model.clone_from(id);
                message
            }
            None => {
                served.is_unknown = true;
                format!("the response names {named}, which {provider} has no price for: priced as {asked}")
            }
        };
        served.model = Some(Note { code: "other-model", message });
    }
}

impl Book {
    /// The terms of a call that another model may have answered than was asked: a quality or size
    /// that this one does not take is left to it.
    ///
    /// # Errors
    /// The call has no quote without them either.
    pub fn served_terms(&self, request: &Request) -> Result<Terms, Error> {
        if let Ok(quote) = self.quote(request) {
            return Ok(quote.terms());
        }
        let bare = Request { quality: None, size: None, ..request.clone() };
        self.quote(&bare).map(|quote| quote.terms())
    }
}
