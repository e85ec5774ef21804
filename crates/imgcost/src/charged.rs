//! What a call did cost, where there is no quote of it.

use std::ops::Deref;

use imgcost_core::{Charge, Code, Date, Error as Problem, Note, Response, TotalDocument};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::estimator::Estimator;
use crate::quote::Quote;
use crate::request::Request;

/// A charge, with the terms it was made at.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Charged {
    /// The id of the provider.
    pub provider: String,
    /// The id of the model.
    pub model: String,
    /// The day whose prices count.
    pub day: Date,
    /// What the call cost.
    pub charge: Charge,
    /// How the response differs from what was said of the call.
    pub notes: Vec<Note>,
}

impl Charged {
    /// A charge that was made at a quote's terms.
    #[must_use]
    pub fn of_quote(quote: &Quote, charge: Charge) -> Charged {
        let (provider, model) = (quote.provider().to_owned(), quote.model().to_owned());
        Charged { provider, model, day: quote.day(), charge, notes: Vec::new() }
    }
}

impl Serialize for Charged {
    /// The document `imgcost.usage/1`: its members that are about the charge.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("Charged", 9)?;
        document.serialize_field("schema", "imgcost.usage/1")?;
        document.serialize_field("provider", &self.provider)?;
        document.serialize_field("model", &self.model)?;
        document.serialize_field("as_of", &self.day)?;
        document.serialize_field("complete", &self.complete)?;
        document.serialize_field("settles", &self.settles)?;
        document.serialize_field("lines", &self.lines)?;
        document.serialize_field("total", &TotalDocument::from(self.known_total()))?;
        let notes: Vec<&str> = self.notes.iter().map(|note| note.message.as_str()).collect();
        document.serialize_field("notes", &notes)?;
        document.end()
    }
}

impl Deref for Charged {
    type Target = Charge;

    fn deref(&self) -> &Charge {
        &self.charge
    }
}

impl Estimator {
    /// What a call cost, by the body of its response and what is known of its request: at the least
    /// its model, where the response does not name it. What the response says of itself, model, tier
    /// and day, goes before what the request says, but for a day that was given.
    ///
    /// ```
    /// use imgcost::{Estimator, Request};
    /// let response = r#"{"created": 1795219200, "usage": {
    ///     "input_tokens": 9, "input_tokens_details": {"text_tokens": 9, "image_tokens": 0}, "output_tokens": 5488
    /// }}"#;
    /// let charged = Estimator::new().charge(response, Request::new("gpt-image-2"))?;
    /// assert_eq!(charged.total.ceiling.to_string(), "0.164685");
    /// assert_eq!((charged.provider.as_str(), charged.day.to_string()), ("openai", "2026-11-21".to_owned()));
    /// # Ok::<(), imgcost::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Response`], or what a quote of the request would be.
    pub fn charge(&self, response: impl AsRef<[u8]>, request: Request) -> Result<Charged, Error> {
        let response = imgcost_wire::response(response).map_err(Error::Response)?;
        self.charge_response(&response, request)
    }

    fn charge_response(&self, response: &Response, request: Request) -> Result<Charged, Error> {
        let book = self.book();
        let described = request.describes_a_call();
        let day_given = request.day();
        let with = |request: Request| {
            let counts = request.of_model_in(response).resolve(book)?;
            book.quote(&counts)?;
            Ok::<_, Error>(counts)
        };
        let mut counts = if described {
            with(request)?
        } else {
            // What a response echoes may be nothing that could be asked for; its tokens count all
            // the same.
            with(request.clone().echoing(response)).or_else(|_| with(request))?
        };
        let served = counts.take_served(self.prices(), response);
        let mut notes: Vec<Note> = served.model.into_iter().chain(served.tier).collect();
        if let Some(day) = response.day.filter(|day| day_given.is_none() && *day != counts.as_of) {
            if book.offer(&counts.provider, &counts.model, day).is_ok() {
                counts.as_of = day;
            } else {
                let (model, as_of) = (&counts.model, counts.as_of);
                let message =
                    format!("the response is dated {day}, when {model} had no price: priced on {as_of}");
                notes.push(Note::new("day-not-known", message));
            }
        }
        let mut terms = book.served_terms(&counts)?;
        if !described {
            terms = terms.undescribed();
        }
        if served.is_unpriced {
            terms = terms.without_rates();
        }
        let offer = book.offer(&counts.provider, &counts.model, counts.as_of)?;
        let charge = terms.with_writer(&offer, response).charge(response).ok_or_else(|| {
            Error::TooLarge(
                Problem::new(Code::TooLarge, "the usage is too large to be priced exactly").field("usage"),
            )
        })?;
        notes.extend(response.contradiction.map(|words| {
            Note::new(
                "usage-contradictory",
                format!("{words}: the counts contradict each other, and the amount is a range"),
            )
        }));
        let (provider, model) = (offer.provider.id.clone(), offer.model.id.clone());
        Ok(Charged { provider, model, day: counts.as_of, charge, notes })
    }
}
