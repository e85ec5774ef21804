//! Names of a user's own for models.

use super::Book;
use crate::error::{Code, Error};

impl Book {
    /// Gives a model one more name, at every provider that offers it. Prices and digest stay as
    /// they are.
    ///
    /// # Errors
    /// There is no such model, or the name is that of another.
    pub fn add_alias(&mut self, alias: &str, model: &str) -> Result<(), Error> {
        let offered = |name: &str| self.providers().any(|provider| provider.model(name).is_some());
        if offered(alias) {
            let message = format!("{} is the name of a model already", super::offer::printable(alias));
            return Err(Error::new(Code::BadInput, message).field("model"));
        }
        if !offered(model) {
            let message = format!("no model '{}'", super::offer::printable(model));
            let names = self.providers().flat_map(|provider| &provider.models).map(|model| model.id.as_str());
            let nearest = crate::nearest::name(model, names);
            let error = Error::new(Code::UnknownModel, message).field("model");
            return Err(match nearest {
                Some(nearest) => error.nearest(nearest),
                None => error,
            });
        }
        for shelf in &mut self.providers {
            // Those that don't offer it stay as they are packed.
            let Some(id) = shelf.provider().model(model).map(|model| model.id.clone()) else { continue };
            let models = &mut shelf.provider_mut().models;
            let known = models.iter_mut().find(|model| model.id == id);
            known.into_iter().for_each(|model| model.aliases.push(alias.to_owned()));
        }
        Ok(())
    }
}
