//! Rows of CSV and TSV.

use std::ops::Range;

use imgcost_core::{Code, Error};
use memchr::{memchr, memchr_iter};

use super::paths::Paths;
use super::row::{Row, unknown};
use crate::failure::bad_input;
use crate::fields::{Field, shown};

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Field(Field),
    Id,
    Tag(String),
}

/// The columns of a file, by its header.
pub(super) struct Header {
    columns: Vec<Column>,
    separator: u8,
}

impl Header {
    /// Reads a header.
    pub(super) fn read(line: &[u8], separator: u8) -> Result<Header, Error> {
        let line = std::str::from_utf8(line).map_err(|_| bad_input("header", "the header is not UTF-8"))?;
        let mut cells = Cells::default();
        let mut columns: Vec<Column> = Vec::new();
        cells.split(line, separator)?;
        for index in 0..cells.count() {
            let named = cells.get(index, line).unwrap_or_default().trim();
            let column = match (named, named.strip_prefix("tag:")) {
                (_, Some(tag)) if !tag.is_empty() => Column::Tag(tag.to_owned()),
                ("id", _) => Column::Id,
                (named, _) => Column::Field(Field::named(named).ok_or_else(|| unknown("column", named))?),
            };
            if columns.contains(&column) {
                return Err(bad_input(
                    "header",
                    format!("column '{}' stands twice in the header", shown(named)),
                ));
            }
            columns.push(column);
        }
        Ok(Header { columns, separator })
    }

    /// The names of the tag columns.
    pub(super) fn tags(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter_map(|column| match column {
            Column::Tag(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Reads a line into a row; what is wrong with it ends up in the row. False where the
    /// line does not have the header's cells.
    pub(super) fn row(&self, line: &[u8], cells: &mut Cells, row: &mut Row, paths: &Paths) -> bool {
        let Ok(line) = std::str::from_utf8(line) else {
            row.fail(Error::new(Code::BadInput, "the row is not UTF-8"));
            return true;
        };
        let whole = match cells.split(line, self.separator) {
            Ok(whole) => whole,
            Err(error) => {
                row.fail(error);
                return false;
            }
        };
        let fits = whole && cells.count() == self.columns.len();
        if !fits {
            let message = format!("the row has {} cells, the header {}", cells.count(), self.columns.len());
            row.fail(Error::new(Code::BadInput, message));
        }
        for (index, column) in self.columns.iter().enumerate() {
            let text = cells.get(index, line).unwrap_or_default();
            match column {
                Column::Tag(name) => row.tag(name, text),
                _ if text.is_empty() => {}
                Column::Id => row.id.push_str(text),
                Column::Field(Field::Images) => images(row, text, paths),
                Column::Field(field) => {
                    row.mark(*field);
                    row.text(*field, text, paths);
                }
            }
        }
        fits
    }
}

/// Takes images separated by `;`.
pub(super) fn images(row: &mut Row, text: &str, paths: &Paths) {
    for (index, named) in text.split(';').map(str::trim).filter(|named| !named.is_empty()).enumerate() {
        row.image(index, named, paths);
    }
}

/// The cells of a line, in buffers that are used again.
#[derive(Default)]
pub(super) struct Cells {
    ends: Vec<Range<usize>>,
    /// The unquoted text, where the line has quotes.
    unquoted: Option<String>,
}

impl Cells {
    fn count(&self) -> usize {
        self.ends.len()
    }

    fn get<'c>(&'c self, index: usize, line: &'c str) -> Option<&'c str> {
        self.unquoted.as_deref().unwrap_or(line).get(self.ends.get(index)?.clone())
    }

    /// Splits a line into cells. False where the line goes on behind the row that it begins
    /// with: its quotes do not enclose its line breaks.
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
        Ok(usize::try_from(reader.position().byte()).is_ok_and(|read| read >= line.len()))
    }
}
