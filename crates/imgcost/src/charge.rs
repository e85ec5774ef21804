//! What a call did cost, by its response.

use imgcost_core::{Charge, Code, Error as Problem, Response, Terms};

use crate::error::Error;
use crate::quote::Quote;

impl Quote {
    /// What the call cost, by the body of its response: JSON, or a stream of server-sent events, as
    /// bytes or text.
    ///
    /// The prices are those of the quote's day. A response that names another model, where the book
    /// knows it at the provider, or another tier is charged at what that costs.
    /// [`Charge::settles`] tells whether the response reports all that is billed.
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
        let mut counts = self.counts.clone();
        let served = counts.take_served(&self.prices, response);
        let terms =
            if counts == self.counts { self.terms.clone() } else { self.prices.served_terms(&counts)? };
        let terms = match self.prices.offer(&counts.provider, &counts.model, counts.as_of) {
            Ok(offer) => terms.with_writer(&offer, response),
            Err(_) => terms,
        };
        Ok(if served.is_unpriced { terms.without_rates() } else { terms })
    }
}
