//! What several tests need: the built-in book, and a request in few words.

use std::sync::LazyLock;

use imgcost_core::{Book, Date, File, Request, Size};

pub(crate) static BOOK: LazyLock<Book> = LazyLock::new(|| match Book::read(&files()) {
    Ok(book) => book,
    Err(errors) => panic!("{errors}"),
});

pub(crate) const TODAY: Date = Date::constant(2026, 11, 21);

fn files() -> Vec<File<'static>> {
    imgcost_pricing::BOOK.iter().map(|&(name, text)| File::new(name, text)).collect()
}

/// `model quality size n`, each but the model optional with `-`.
pub(crate) fn request(words: &str) -> Request {
    let mut words = words.split(' ');
    let model = words.next().unwrap();
    let (provider, model) = model.split_once('/').unwrap_or(("openai", model));
    let mut request = Request::new(provider, model, TODAY);
    let mut next = || words.next().filter(|word| *word != "-");
    request.quality = next().map(|quality| quality.parse().unwrap());
    request.size = next().map(|size| size.parse::<Size>().unwrap());
    request.n = next().map_or(1, |n| n.parse().unwrap());
    request
}
