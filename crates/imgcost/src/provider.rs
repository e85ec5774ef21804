//! Which provider is meant where none is named.

use imgcost_core::{Book, Code, Error as Problem};

use crate::error::Error;

/// The provider whose API the parameters are named after.
const USUAL: &str = "openai";

/// Makers who offer their models at more than one address: how the models' names begin, and where
/// the maker's own API is.
const MAKERS: &[(&str, &str)] = &[("gemini-", "google-gemini-api")];

/// OpenAI if it offers the model, else its maker, else the only one who does.
pub(crate) fn of<'b>(book: &'b Book, model: &str) -> Result<&'b str, Error> {
    let offers = |id: &str| book.provider(id).ok().filter(|provider| provider.model(model).is_some());
    if let Some(provider) = offers(USUAL) {
        return Ok(&provider.id);
    }
    let maker = MAKERS.iter().find(|(begin, _)| model.starts_with(begin));
    if let Some(provider) = maker.and_then(|(_, id)| offers(id)) {
        return Ok(&provider.id);
    }
    let mut all = book.providers().filter(|provider| provider.model(model).is_some());
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(&only.id),
        // The book names who else has it, or which name is nearest.
        (None, _) => Ok(book.provider(USUAL).map_or(USUAL, |usual| &usual.id)),
        (Some(first), Some(second)) => {
            let ids = [first, second].into_iter().chain(all).map(|provider| &provider.id);
            let message = format!("several providers offer {model}: name one");
            Err(Error::SeveralProviders(
                Problem::new(Code::IllegalCombination, message).field("provider").allowed(ids),
            ))
        }
    }
}
