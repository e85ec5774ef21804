//! Quotes by one price book.

use std::sync::Arc;

use imgcost_core::{Book, Request as Counts};

use crate::error::Error;
use crate::prices::Prices;
use crate::quote::Quote;
use crate::request::Request;

/// Quotes calls by a price book: the built-in one, or one with prices of your own. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Estimator {
    book: Prices,
}

#[cfg(feature = "prices")]
impl Default for Estimator {
    fn default() -> Self {
        Estimator::new()
    }
}

impl Estimator {
    /// By the built-in price book.
    #[cfg(feature = "prices")]
    #[must_use]
    pub fn new() -> Estimator {
        Estimator { book: Prices::BuiltIn(imgcost_pricing::book()) }
    }

    /// By a book that you have.
    #[must_use]
    pub fn with_book(book: impl Into<Arc<Book>>) -> Estimator {
        Estimator { book: Prices::Own(book.into()) }
    }

    /// By a whole book in one file, as `imgcost prices pack` writes it, in place of the built-in one.
    /// It is checked as that was when it was built in, and refused where its prices were last checked
    /// on an earlier day; [`Book::read_whole`] and [`Estimator::with_book`] take an older one.
    ///
    /// ```
    /// use imgcost::{Book, Estimator, File};
    /// let error = Estimator::with_book_file("schema = \"imgcost.prices/1\"").unwrap_err();
    /// assert!(error.to_string().starts_with("book:1: these are prices of one provider"));
    /// assert!(Book::read_whole(File::new("book", "")).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::Prices`], with everything that is wrong in the text.
    #[cfg(all(feature = "prices", feature = "toml"))]
    pub fn with_book_file(text: &str) -> Result<Estimator, Error> {
        let book = imgcost_pricing::book().replaced_by(imgcost_core::File::new("book", text));
        book.map(Estimator::with_book).map_err(Error::Prices)
    }

    /// The same with prices of your own over it: a file in TOML as `docs/prices.md` has it, each
    /// row with a `reason`. Quotes that use such a row say so in a note.
    ///
    /// ```
    /// use imgcost::{Estimator, Request};
    /// let ours = Estimator::new().with_prices(r#"
    ///     schema = "imgcost.prices/1"
    ///     provider = "openai"
    ///     [[model]]
    ///     id = "gpt-image-2"
    ///     [[model.rates]]
    ///     from = "2026-01-01"
    ///     image_output = "24"
    ///     reason = "contract of January"
    /// "#)?;
    /// let request = Request::new("gpt-image-2").size("1024x1024").on("2026-11-21".parse()?);
    /// assert!(ours.quote(&request)?.total().ceiling < imgcost::quote(&request)?.total().ceiling);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Prices`], with everything that is wrong in the text.
    #[cfg(feature = "toml")]
    pub fn with_prices(&self, text: &str) -> Result<Estimator, Error> {
        let file = imgcost_core::File::new("prices", text);
        let read_on = crate::today().unwrap_or(imgcost_core::Date::ZERO);
        let book = self.book.with_own(file, read_on).map_err(Error::Prices)?;
        Ok(Estimator::with_book(book))
    }

    /// The book.
    #[must_use]
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Quotes a call.
    ///
    /// # Errors
    /// No such provider or model, no price on the day, or something that the API would refuse: the
    /// error names the field, what is allowed and the nearest of it.
    pub fn quote(&self, request: &Request) -> Result<Quote, Error> {
        Quote::new(self.book.clone(), request.resolve(&self.book)?)
    }

    /// Quotes a call whose every detail is known, such as one read from the body of a request.
    ///
    /// # Errors
    /// As [`Estimator::quote`].
    pub fn quote_counts(&self, request: &Counts) -> Result<Quote, Error> {
        Quote::new(self.book.clone(), request.clone())
    }

    pub(crate) fn prices(&self) -> &Prices {
        &self.book
    }
}
