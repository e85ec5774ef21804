//! A row of separated values as it is written.

/// Takes the cells of a row, one after the other.
pub(crate) trait Row {
    /// A cell that needs no quotes: a number, or a word of the API or the price book.
    fn plain(&mut self, cell: &str);
    /// A cell of any text: names that a user's own price book may have brought.
    fn text(&mut self, cell: &str);
}
