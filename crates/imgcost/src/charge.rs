//! What a call did cost, by its response.

use imgcost_core::{Charge, Code, Error as Problem, Request as Counts, Response, ServedTier, Terms};

use crate::error::Error;
use crate::quote::Quote;

impl Quote {
    /// What the call cost, by the body of its response: JSON, or a stream of server-sent events, as
    /// bytes or text.
    ///
    /// The prices are those of the quote's day. A response that names another model, where the book
    /// knows it at the provider, or another tier is charged at what that costs.
    /// [`Charge::settles`] says whether the response reports all that is billed.
    ///
    /// # Errors
    /// [`Error::Response`]: it is neither, or an error, or reports nothing that can be charged.
    pub fn charge(&self, response: impl AsRef<[u8]>) -> Result<Charge, Error> {
        let response = imgcost_wire::response(response).map_err(Error::Response)?;
        let charge = self.terms_of(&response)?.charge(&response);
        charge.ok_or_else(|| {
            Error::TooLarge(
                Problem::new(Code::TooLarge, "the usage is too large to be priced exactly").field("usage"),
            )
        })
    }

    /// The terms of the model and tier that a response names.
    fn terms_of(&self, response: &Response) -> Result<Terms, Error> {
        let provider = self.prices.provider(self.provider())?;
        let named = response.model.as_deref().and_then(|name| provider.model_like(name));
        let model = named.map_or(self.model(), |model| model.id.as_str());
        let (tier, priced) = match &response.tier {
            None => (self.counts.tier, true),
            Some(ServedTier::Known(tier)) => (*tier, true),
            Some(ServedTier::Other(_)) => (self.counts.tier, false),
        };
        let mut terms = self.terms.clone();
        if model != self.model() || tier != self.counts.tier {
            let counts = Counts { model: model.to_owned(), tier, ..self.counts.clone() };
            // What the other model does not take is left to it.
            let bare = Counts { quality: None, size: None, ..counts.clone() };
            let quote = self.prices.quote(&counts).or_else(|_| self.prices.quote(&bare));
            terms = quote?.terms();
        }
        Ok(if priced { terms } else { terms.without_rates() })
    }
}
