//! The price book: the built-in one, and a user's own over it.

use std::path::Path;

use imgcost_core::{Book, Code, Date, Error, File, Offer, Request};

use crate::failure::bad_input;
use crate::inputs;

/// The whole book, made from the TOML files by `build.rs`.
static BOOK: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/book.bin"));

/// Names of a provider, names of a model, and the part of the book that quotes of it need. No
/// model stands for all of the provider's.
type Part = (&'static [&'static str], &'static [&'static str], &'static [u8]);

/// All parts, made by `build.rs` too.
static PARTS: &[Part] = include!(concat!(env!("OUT_DIR"), "/parts.rs"));

/// The most bytes that a user's own price book may have.
const OWN_BOOK_MAX: u64 = 8 << 20;

/// The built-in book.
pub(crate) fn built_in() -> Result<Book, Error> {
    decode(BOOK)
}

/// As much of the built-in book as quotes of a model at a provider need, or of any model there;
/// all of it for a provider that is not in it. The part of a model has no text models, which
/// only endpoint responses needs.
pub(crate) fn for_quotes(provider: &str, model: Option<&str>) -> Result<Book, Error> {
    let providers = || PARTS.iter().filter(|(providers, _, _)| providers.contains(&provider));
    let of_model = model.and_then(|model| providers().find(|(_, models, _)| models.contains(&model)));
    let part = of_model.or_else(|| providers().find(|(_, models, _)| models.is_empty()));
    decode(part.map_or(BOOK, |(_, _, bytes)| bytes))
}

fn decode(bytes: &[u8]) -> Result<Book, Error> {
    postcard::from_bytes(bytes)
        .map_err(|error| bad_input("prices", format!("the built-in price book is damaged: {error}")))
}

/// The built-in book with the user's own over it.
pub(crate) fn with_own(path: &Path, today: Date) -> Result<Book, Error> {
    let text = inputs::text("prices", path, OWN_BOOK_MAX)?;
    let name = path.display().to_string();
    built_in()?
        .with_own(File { name: &name, text: &text }, today)
        .map_err(|errors| bad_input("prices", errors.to_string()))
}

/// Every provider with its models, each by all of their names, the id first.
pub(crate) struct Names<'b>(Vec<(Vec<&'b str>, Vec<&'b str>)>);

impl<'b> Names<'b> {
    /// The names of a book.
    pub(crate) fn of(book: &'b Book) -> Names<'b> {
        fn all<'b>(id: &'b str, aliases: &'b [String]) -> Vec<&'b str> {
            std::iter::once(id).chain(aliases.iter().map(String::as_str)).collect()
        }
        let offers = book.providers().iter().flat_map(|provider| {
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

/// The names of the built-in book, without decoding it.
pub(crate) fn names() -> Names<'static> {
    let of_models = PARTS.iter().filter(|(_, models, _)| !models.is_empty());
    Names(of_models.map(|(providers, models, _)| (providers.to_vec(), models.to_vec())).collect())
}

/// What a provider asks. A part of the book can't say who else sells a model, so that a model
/// that is not found is looked up in the whole.
pub(crate) fn offer<'b>(book: &'b Book, request: &Request) -> Result<Offer<'b>, Error> {
    let (provider, model, day) = (&request.provider, &request.model, request.as_of);
    book.offer(provider, model, day).map_err(|error| {
        let is_part = book.sources().is_empty();
        let elsewhere =
            matches!(error.code(), Code::UnknownProvider | Code::UnknownModel | Code::NotSoldHere);
        let whole = if is_part && elsewhere { built_in() } else { return error };
        whole.and_then(|whole| whole.offer(provider, model, day).map(|_| ())).err().unwrap_or(error)
    })
}
