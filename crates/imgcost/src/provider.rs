//! Which provider is meant where none is named.

use imgcost_core::{Book, Code, DEFAULT_PROVIDER, Error as Problem};

use crate::error::Error;

/// The model's usual provider: see [`Book::usual_provider`].
pub(crate) fn of<'b>(book: &'b Book, model: &str) -> Result<&'b str, Error> {
    let offering = match book.usual_provider(model) {
        Ok(provider) => return Ok(&provider.id),
        Err(offering) => offering,
    };
    if offering.is_empty() {
        // The book names who else has it, or which name is nearest.
        return Ok(DEFAULT_PROVIDER);
    }
    let ids = offering.iter().map(|provider| &provider.id);
    let message = format!("several providers offer {model}: name one");
    Err(Error::SeveralProviders(
        Problem::new(Code::IllegalCombination, message).field("provider").allowed(ids),
    ))
}
