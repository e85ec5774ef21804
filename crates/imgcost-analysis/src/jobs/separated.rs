//! Rows of CSV and TSV.

use std::ops::Range;

use imgcost_core::read::shown;
use imgcost_core::{Code, Error};
use memchr::{memchr, memchr_iter, memchr3};

use super::column::{Column, has_calls};
use super::files::Outside;
use super::row::JobRow;
use crate::input::bad_input;

/// The columns of a file, by its header.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    columns: Vec<Column>,
    separator: u8,
    /// The names as they are in the file.
    names: Vec<String>,
    /// Those that are no fields: each is a tag.
    kept: Vec<String>,
}

impl Header {
    /// Reads a header.
    pub(crate) fn read(line: &[u8], separator: u8) -> Result<Header, Error> {
        let line = std::str::from_utf8(line).map_err(|_| bad_input("header", "the header is not UTF-8"))?;
        let mut cells = Cells::default();
        let (mut columns, mut names, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        if !cells.split(line, separator)? {
            return Err(bad_input("header", "the header's quotes do not enclose its line breaks"));
        }
        for index in 0..cells.count() {
            let named = cells.get(index, line).unwrap_or_default().trim();
            let column = Column::named(named)?;
            if let (Column::Tag(tag), None) = (&column, named.strip_prefix("tag:")) {
                kept.push(tag.clone());
            }
            names.push(named.to_owned());
            if column != Column::Nameless && columns.contains(&column) {
                return Err(bad_input("header", format!("column '{}' is twice in the header", shown(named))));
            }
            columns.push(column);
        }
        Ok(Header { columns, separator, names, kept })
    }

    /// The header of a file that has none, and no rows.
    pub(crate) fn empty(separator: u8) -> Header {
        Header { columns: Vec::new(), separator, names: Vec::new(), kept: Vec::new() }
    }

    /// The names of all columns, as they are in the file.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The columns that are no fields, and tags.
    pub(crate) fn kept(&self) -> &[String] {
        &self.kept
    }

    /// The names of the tag columns.
    pub(crate) fn tags(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter_map(|column| match column {
            Column::Tag(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Whether a column says how often calls are made.
    pub(crate) fn has_calls(&self) -> bool {
        has_calls(&self.columns)
    }

    /// Whether a line has the header's cells, each as it should be, and nothing behind them.
    pub(crate) fn fits(&self, line: &[u8], cells: &mut Cells) -> bool {
        std::str::from_utf8(line).map_or(true, |line| {
            cells.split(line, self.separator).is_ok_and(|whole| whole && cells.count() == self.columns.len())
        })
    }

    /// Whether all cells of a line are empty or blank, however many they are: spreadsheets write
    /// such rows below and between others.
    pub(crate) fn is_blank(&self, line: &[u8], cells: &mut Cells) -> bool {
        // Nearly every row ends the search at its first byte.
        if line.iter().any(u8::is_ascii_alphanumeric) {
            return false;
        }
        std::str::from_utf8(line).is_ok_and(|line| {
            cells.split(line, self.separator).is_ok_and(|whole| whole)
                && (0..cells.count())
                    .all(|index| cells.get(index, line).is_some_and(|cell| cell.trim().is_empty()))
        })
    }

    /// Reads a line into a row; what is wrong with it ends up in the row.
    pub(crate) fn row(&self, line: &[u8], cells: &mut Cells, row: &mut JobRow, outside: &Outside) {
        let Ok(line) = std::str::from_utf8(line) else {
            return row.fail_unread(Error::new(Code::BadInput, "the row is not UTF-8"));
        };
        match cells.split(line, self.separator) {
            Ok(true) if cells.count() == self.columns.len() => {}
            Ok(_) => {
                let message =
                    format!("the row has {} cells, the header {}", cells.count(), self.columns.len());
                row.fail_unread(Error::new(Code::BadInput, message));
            }
            Err(error) => row.fail_unread(error),
        }
        for (index, column) in self.columns.iter().enumerate() {
            column.take(row, cells.get(index, line).unwrap_or_default(), outside);
        }
    }
}

/// The cells of a line, in buffers that are used again.
#[derive(Debug, Default)]
pub struct Cells {
    ends: Vec<Range<usize>>,
    /// The unquoted text, where the line has quotes.
    unquoted: Option<String>,
}

impl Cells {
    /// The cells of the line that was split last.
    pub(crate) fn texts<'c>(&'c self, line: &'c str) -> impl Iterator<Item = &'c str> {
        (0..self.count()).map(move |index| self.get(index, line).unwrap_or_default())
    }

    fn count(&self) -> usize {
        self.ends.len()
    }

    fn get<'c>(&'c self, index: usize, line: &'c str) -> Option<&'c str> {
        self.unquoted.as_deref().unwrap_or(line).get(self.ends.get(index)?.clone())
    }

    /// Splits a line into cells. False where the line goes on behind the row that it begins
    /// with: its quotes do not enclose its line breaks.
    ///
    /// # Errors
    /// A quote is not closed, or its cell goes on behind it; the cells are what could be read.
    fn split(&mut self, line: &str, separator: u8) -> Result<bool, Error> {
        self.ends.clear();
        self.unquoted = None;
        if memchr(b'"', line.as_bytes()).is_some() {
            return self.split_quoted(line, separator);
        }
        let mut start = 0;
        for at in memchr_iter(separator, line.as_bytes()) {
            self.ends.push(start..at);
            start = at + 1;
        }
        self.ends.push(start..line.len());
        Ok(true)
    }

    fn split_quoted(&mut self, line: &str, separator: u8) -> Result<bool, Error> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .delimiter(separator)
            .flexible(true)
            .buffer_capacity(line.len())
            .from_reader(line.as_bytes());
        let mut record = csv::StringRecord::new();
        let broken = |_| Error::new(Code::BadInput, "the row is not CSV");
        reader.read_record(&mut record).map_err(broken)?;
        let mut text = String::with_capacity(line.len());
        for cell in &record {
            let start = text.len();
            text.push_str(cell);
            self.ends.push(start..text.len());
        }
        self.unquoted = Some(text);
        check_quotes(line.as_bytes(), separator)?;
        Ok(usize::try_from(reader.position().byte()).is_ok_and(|read| read >= line.len()))
    }
}

/// Whether each quote that opens a cell of the first record is closed at the cell's end. The
/// reader of CSV takes a cell up to the end of its input, and what follows a closing quote,
/// as if nothing were wrong: rows would be swallowed unseen.
fn check_quotes(mut rest: &[u8], separator: u8) -> Result<(), Error> {
    let bad = |message: &str| Err(Error::new(Code::BadInput, message));
    loop {
        if let Some(opened) = rest.strip_prefix(b"\"") {
            let Some(behind) = behind_quote(opened) else {
                return bad("a quote that opens on this line is not closed on it");
            };
            rest = behind;
            if rest.first().is_some_and(|byte| ![separator, b'\n', b'\r'].contains(byte)) {
                return bad("a quote closes before its cell ends; a quote inside a cell is written twice");
            }
        }
        match memchr3(separator, b'\n', b'\r', rest) {
            Some(at) if rest.get(at) == Some(&separator) => rest = rest.get(at + 1..).unwrap_or_default(),
            _ => return Ok(()),
        }
    }
}

/// What follows the quote that closes a cell; none where none does. Two quotes mean
/// one in the cell.
fn behind_quote(mut cell: &[u8]) -> Option<&[u8]> {
    loop {
        cell = cell.get(memchr(b'"', cell)? + 1..)?;
        match cell.strip_prefix(b"\"") {
            Some(inside) => cell = inside,
            None => return Some(cell),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_close_at_the_end_of_their_cells() {
        for (line, is_good) in [
            ("a,b", true),
            ("\"a\",\"b, \"\"c\"\"\"", true),
            ("a,\"\"", true),
            ("\"a\nb\",c", true),
            ("5\" wide,c", true),
            ("a,\"b\"\nc,\"d", true),
            ("a,\"b", false),
            ("a,\"b\"\"", false),
            ("\"a\"b,c", false),
            ("\"a\" ,c", false),
            ("a,\"", false),
        ] {
            assert_eq!(check_quotes(line.as_bytes(), b',').is_ok(), is_good, "{line}");
        }
        assert!(check_quotes(b"\"a\"\tb", b'\t').is_ok());
        assert!(check_quotes(b"\"a\",b", b'\t').is_err());
    }
}
