//! A quote with the remarks on how its request was understood.

use imgcost_analysis::currency::Exchange;
use imgcost_core::{Note, Quote};

use crate::report::{ConvertedTotal, converted};
use crate::request::MODEL_DEFAULTED;

/// A quote with what a reader should know of how the request was understood.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NotedQuote<'q> {
    /// The quote.
    pub(crate) quote: &'q Quote<'q>,
    /// The remarks; they are shown with the quote's own notes.
    pub(crate) remarks: &'q [Note],
}

impl NotedQuote<'_> {
    /// What to know before anything else: that the model is the default one.
    pub(super) fn defaulted(&self) -> Option<&Note> {
        self.remarks.iter().find(|note| note.code == MODEL_DEFAULTED)
    }

    /// Whether nothing named the model.
    pub(crate) fn is_model_defaulted(&self) -> bool {
        self.defaulted().is_some()
    }
}

/// A quote's total in another currency.
pub(crate) fn total_in<'x>(quote: &Quote<'_>, exchange: &'x Exchange) -> ConvertedTotal<'x> {
    converted(exchange, quote.total())
}
