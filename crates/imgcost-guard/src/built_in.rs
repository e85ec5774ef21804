//! The built-in price book.

use std::sync::{Arc, OnceLock};

use imgcost_core::{Book, Code, File};

use crate::error::Error;

/// The built-in price book: read once, which takes some milliseconds, then shared.
///
/// # Errors
/// It can't be read, which its tests rule out.
pub fn built_in_book() -> Result<Arc<Book>, Error> {
    static BOOK: OnceLock<Arc<Book>> = OnceLock::new();
    if let Some(book) = BOOK.get() {
        return Ok(Arc::clone(book));
    }
    let files: Vec<File<'_>> =
        imgcost_pricing::BOOK.iter().map(|&(name, text)| File { name, text }).collect();
    let book = Book::read(&files).map_err(|errors| {
        let message = format!("the built-in price book is damaged: {errors}");
        Error::NotQuotable(imgcost_core::Error::new(Code::BadInput, message).field("prices"))
    })?;
    Ok(Arc::clone(BOOK.get_or_init(|| Arc::new(book))))
}
