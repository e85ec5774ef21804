//! The price book that an estimator and its quotes share.

use std::ops::Deref;
use std::sync::Arc;

use imgcost_core::Book;

/// A book that its quotes share.
#[derive(Debug, Clone)]
pub(crate) enum Prices {
    #[cfg(feature = "prices")]
    BuiltIn(&'static Book),
    Own(Arc<Book>),
}

impl Deref for Prices {
    type Target = Book;

    fn deref(&self) -> &Book {
        match self {
            #[cfg(feature = "prices")]
            Prices::BuiltIn(book) => book,
            Prices::Own(book) => book,
        }
    }
}
