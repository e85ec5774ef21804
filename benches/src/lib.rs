//! What the benchmarks measure: the built-in book and typical requests.

use imgcost_core::{Book, BookErrors, Date, File, Prompt, Quality, Request};

/// The library example of README.md, as a test.
#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
pub struct Readme;

/// The built-in book, parsed from its text.
///
/// # Errors
/// The book has problems; its own tests find them first.
pub fn book() -> Result<Book, BookErrors> {
    let files: Vec<File<'_>> =
        imgcost_pricing::BOOK.iter().map(|&(name, text)| File::new(name, text)).collect();
    Book::read(&files)
}

/// An image with a prompt: two lines, both exact.
#[must_use]
pub fn exact_request(model: &str) -> Request {
    let mut request = Request::new("openai", model, Date::constant(2026, 11, 21));
    request.quality = Some(Quality::High);
    request.size = "1536x1024".parse().ok();
    request.n = 4;
    request.prompt = Some(Prompt::of_tokens(94));
    request
}

/// Everything left to the model.
#[must_use]
pub fn auto_request(model: &str) -> Request {
    Request::new("openai", model, Date::constant(2026, 11, 21))
}
