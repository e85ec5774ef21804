//! The price book: the built-in one, and a user's own over it.

use std::borrow::Cow;
use std::path::Path;

use imgcost_core::{Book, Date, Error, File};

use crate::failure::bad_input;
use crate::inputs;

/// The most bytes that a user's own price book may have.
const OWN_BOOK_MAX: u64 = 8 << 20;

/// The built-in book.
pub(crate) fn built_in() -> Cow<'static, Book> {
    Cow::Borrowed(imgcost_pricing::book())
}

/// The built-in book with the user's own over it.
pub(crate) fn with_own(path: &Path, today: Date) -> Result<Cow<'static, Book>, Error> {
    let text = inputs::text("prices", path, OWN_BOOK_MAX)?;
    let name = path.display().to_string();
    let book = imgcost_pricing::book().with_own(File { name: &name, text: &text }, today);
    book.map(Cow::Owned).map_err(|errors| bad_input("prices", errors.to_string()))
}

/// Every provider with its models, each by all of their names, the id first.
pub(crate) struct Names<'b>(Vec<(Vec<&'b str>, Vec<&'b str>)>);

impl<'b> Names<'b> {
    /// The names of a book.
    pub(crate) fn of(book: &'b Book) -> Names<'b> {
        fn all<'b>(id: &'b str, aliases: &'b [String]) -> Vec<&'b str> {
            std::iter::once(id).chain(aliases.iter().map(String::as_str)).collect()
        }
        let offers = book.providers().flat_map(|provider| {
            let of_model = move |model: &'b imgcost_core::Model| {
                (all(&provider.id, &provider.aliases), all(&model.id, &model.aliases))
            };
            provider.models.iter().map(of_model)
        });
        Names(offers.collect())
    }

    /// The name of a model in the book's own spelling.
    pub(crate) fn model(&self, name: &str) -> Option<&'b str> {
        self.models().find(|known| *known == name).or_else(|| self.models().find(|known| is(known, name)))
    }

    /// The name of a provider in the book's own spelling.
    pub(crate) fn provider(&self, name: &str) -> Option<&'b str> {
        self.providers().find(|known| is(known, name))
    }

    /// The providers that offer a model.
    pub(crate) fn offering(&self, model: &str) -> Vec<&'b str> {
        let offers = self.0.iter().filter(|(_, models)| models.contains(&model));
        let mut ids: Vec<&str> = offers.filter_map(|(providers, _)| providers.first().copied()).collect();
        ids.dedup();
        ids
    }

    /// All names of models.
    pub(crate) fn models(&self) -> impl Iterator<Item = &'b str> {
        self.0.iter().flat_map(|(_, models)| models.iter().copied())
    }

    /// All names of providers.
    pub(crate) fn providers(&self) -> impl Iterator<Item = &'b str> {
        self.0.iter().flat_map(|(providers, _)| providers.iter().copied())
    }
}

fn is(known: &str, name: &str) -> bool {
    known.eq_ignore_ascii_case(name)
}

/// The names of the built-in book.
pub(crate) fn names() -> Names<'static> {
    Names::of(imgcost_pricing::book())
}
