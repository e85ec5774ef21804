//! The built-in price book.

use std::sync::{Arc, LazyLock};

use imgcost_core::Book;

/// The built-in price book, shared by all guards.
#[must_use]
pub fn built_in_book() -> Arc<Book> {
    static BOOK: LazyLock<Arc<Book>> = LazyLock::new(|| Arc::new(imgcost_pricing::book().clone()));
    Arc::clone(&BOOK)
}
