//! What people read, before it has a form: headings, tables, lines and notes.

use crate::plain;

/// To which side a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table: named columns and rows of as many cells.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sheet {
    /// The columns.
    pub(crate) columns: Vec<(String, Align)>,
    /// The rows.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Sheet {
    /// A table without rows. Names that start with `>` are columns of numbers.
    pub(crate) fn new(columns: &[&str]) -> Sheet {
        let column = |name: &&str| match name.strip_prefix('>') {
            Some(name) => (name.to_owned(), Align::Right),
            None => ((*name).to_owned(), Align::Left),
        };
        Sheet { columns: columns.iter().map(column).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }
}

/// A piece of a page.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// A line over what follows it.
    Heading(String),
    /// A table.
    Table(Sheet),
    /// A line of text.
    Line(String),
    /// A line of text that belongs below the one before it.
    Item(String),
    /// What to know.
    Note(String),
    /// An empty line.
    Gap,
}

/// What people read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    /// Its pieces, from top to bottom.
    pub(crate) parts: Vec<Part>,
}

impl Page {
    /// Adds a heading.
    pub(crate) fn heading(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Heading(plain::line(text)));
    }

    /// Adds a table.
    pub(crate) fn table(&mut self, sheet: Sheet) {
        self.parts.push(Part::Table(sheet));
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Line(plain::line(text)));
    }

    /// Adds a line that belongs below the one before it.
    pub(crate) fn item(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Item(plain::line(text)));
    }

    /// Adds a note.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Note(plain::line(text)));
    }

    /// Adds an empty line.
    pub(crate) fn gap(&mut self) {
        self.parts.push(Part::Gap);
    }
}
