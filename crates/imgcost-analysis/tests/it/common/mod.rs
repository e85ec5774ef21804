//! What the tests share: the built-in price book, read once.

use std::sync::LazyLock;

use imgcost_core::{Book, File};

/// The built-in book.
pub(crate) static BOOK: LazyLock<Book> = LazyLock::new(|| read(&files()));

/// Its files.
pub(crate) fn files() -> Vec<(&'static str, String)> {
    imgcost_pricing::BOOK.iter().map(|&(name, text)| (name, text.to_owned())).collect()
}

/// A book of files.
pub(crate) fn read(files: &[(&str, String)]) -> Book {
    let files: Vec<File<'_>> = files.iter().map(|(name, text)| File::new(name, text)).collect();
    Book::read(&files).unwrap_or_else(|errors| panic!("{errors}"))
}
