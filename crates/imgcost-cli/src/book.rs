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
