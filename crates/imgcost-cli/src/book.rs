//! The price book: the built-in one or a whole one in its place, and a user's own over it.

use std::borrow::Cow;
use std::path::Path;
use std::sync::OnceLock;

use imgcost_core::{Book, Date, Error, File};

use crate::failure::{bad_input, say};
use crate::inputs;
use crate::settings::Told;

pub(crate) use imgcost_core::DEFAULT_PROVIDER;

/// The most bytes that a price book in a file may have.
const BOOK_MAX: u64 = 8 << 20;

/// The built-in book.
pub(crate) fn built_in() -> Cow<'static, Book> {
    Cow::Borrowed(imgcost_pricing::book())
}

/// Tells which providers of the built-in book were read: in debug builds, for the test of what a start
/// reads.
pub(crate) fn tell_what_was_read() {
    if cfg!(debug_assertions) && std::env::var_os("IMGCOST_TELL_READ").is_some() {
        let read: Vec<&str> = imgcost_pricing::book().read_so_far().collect();
        say(&format!("imgcost: read {}", read.join(" ")));
    }
}

/// The whole book of a file, in place of the built-in one. A command reads one, and looks at it
/// several times.
pub(crate) fn whole(path: &Path, allow_older: bool) -> Result<Cow<'static, Book>, Error> {
    static READ: OnceLock<Result<Book, Error>> = OnceLock::new();
    READ.get_or_init(|| read_whole(path, allow_older)).as_ref().map(Cow::Borrowed).map_err(Clone::clone)
}

/// The same, for one of two sides.
pub(crate) fn read_whole(path: &Path, allow_older: bool) -> Result<Book, Error> {
    let text = inputs::text("book", path, BOOK_MAX)?;
    let name = inputs::name(path);
    let file = File::new(&name, &text);
    let book = if allow_older { Book::read_whole(file) } else { imgcost_pricing::book().replaced_by(file) };
    book.map_err(|errors| {
        let is_older = Book::read_whole(file).is_ok();
        let how = if is_older { ": --allow-older-book, or allow_older_book in the settings" } else { "" };
        bad_input("book", format!("{errors}{how}"))
    })
}

/// A book with the user's own prices over it.
pub(crate) fn with_own(base: &Book, path: &Path, today: Date) -> Result<Cow<'static, Book>, Error> {
    let text = inputs::text("prices", path, BOOK_MAX)?;
    let name = inputs::name(path);
    if text.lines().any(|line| line.starts_with("#:file ")) {
        let message = format!("{name} is a whole price book: give it with --book");
        return Err(bad_input("prices", message));
    }
    let book = base.with_own(File::new(&name, &text), today);
    book.map(Cow::Owned).map_err(|errors| bad_input("prices", errors.to_string()))
}

/// A book in which models have names of the user's own, too.
pub(crate) fn with_aliases(book: Cow<'static, Book>, aliases: &[Told]) -> Result<Cow<'static, Book>, Error> {
    if aliases.is_empty() {
        return Ok(book);
    }
    let mut own = book.into_owned();
    for Told { name, value, origin } in aliases {
        own.add_alias(name, value).map_err(|error| {
            let message = format!("{origin}: {}", error.message());
            let again = bad_input("config", message).allowed(error.allowed_values());
            match error.nearest_value() {
                Some(nearest) => again.nearest(nearest),
                None => again,
            }
        })?;
    }
    Ok(Cow::Owned(own))
}

/// The names of a book's providers and models, in any case. Those of the default provider are
/// looked at first: most calls are found there, and no other provider has to be decoded.
pub(crate) struct Names<'b>(&'b Book);

impl<'b> Names<'b> {
    /// The names of a book.
    pub(crate) fn of(book: &'b Book) -> Names<'b> {
        Names(book)
    }

    /// The name of a model in the book's own spelling.
    pub(crate) fn model(&self, name: &str) -> Option<&'b str> {
        self.models().find(|known| *known == name).or_else(|| self.models().find(|known| is(known, name)))
    }

    /// Whether a provider has a model of just this name.
    pub(crate) fn offers(&self, provider: &str, model: &str) -> bool {
        self.0.provider(provider).is_ok_and(|provider| provider.model(model).is_some())
    }

    /// The name of a provider in the book's own spelling.
    pub(crate) fn provider(&self, name: &str) -> Option<&'b str> {
        self.providers().find(|known| is(known, name))
    }

    /// The provider that is meant by a model where none is named, if it is not openai, and why; none
    /// where it has to be named.
    pub(crate) fn other_provider(&self, model: &str) -> Option<(&'b str, &'static str)> {
        let provider = self.0.usual_provider(model).ok()?.id.as_str();
        if provider == DEFAULT_PROVIDER {
            // The others are not decoded for that.
            return None;
        }
        let why = if self.offering(model).len() == 1 { "the only provider of" } else { "the maker of" };
        Some((provider, why))
    }

    /// The providers that offer a model.
    pub(crate) fn offering(&self, model: &str) -> Vec<&'b str> {
        let offers = self.0.providers().filter(|provider| provider.model(model).is_some());
        offers.map(|provider| provider.id.as_str()).collect()
    }

    /// All names of models.
    pub(crate) fn models(&self) -> impl Iterator<Item = &'b str> {
        let (book, first) = (self.0, self.0.provider(DEFAULT_PROVIDER).ok());
        // Not decoded before the first provider's names are used up.
        let others = std::iter::once(book).flat_map(Book::providers);
        let others = others.filter(|provider| provider.id != DEFAULT_PROVIDER);
        let models = first.into_iter().chain(others).flat_map(|provider| &provider.models);
        models.flat_map(|model| std::iter::once(&model.id).chain(&model.aliases)).map(String::as_str)
    }

    /// The same, those of openai without a shutdown first.
    pub(crate) fn likely_models(&self) -> impl Iterator<Item = &'b str> {
        let first = self.0.provider(DEFAULT_PROVIDER).into_iter().flat_map(|provider| &provider.models);
        let first = first.filter(|model| model.retired.is_none()).map(|model| model.id.as_str());
        first.chain(self.models())
    }

    /// All names of providers.
    pub(crate) fn providers(&self) -> impl Iterator<Item = &'b str> {
        self.0.provider_names()
    }
}

fn is(known: &str, name: &str) -> bool {
    known.eq_ignore_ascii_case(name)
}

/// The names of the built-in book.
pub(crate) fn names() -> Names<'static> {
    Names::of(imgcost_pricing::book())
}
