//! What a command found out, and how it is written: one file a format.
//!
//! A command gives its result, which json and jsonl write as it is, and a [`Report`] of it, which
//! every other format writes: headings, tables of typed values, lines and notes in reading order.

mod csv;
mod currency;
mod figure;
mod filled;
mod format;
mod html;
mod markdown;
mod output;
mod sink;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod value;
#[cfg(feature = "xlsx")]
mod xlsx;

use crate::plain;

pub(crate) use currency::{ConvertedTotal, converted};
pub(crate) use figure::{Bounds, DASH, Part, money, rounded};
pub(crate) use format::{Format, has_room_for, report_bytes};
pub(crate) use imgcost_analysis::grouped;
pub(crate) use output::Output;
pub(crate) use sink::Sink;
pub(crate) use stream::{Rows, Stream};
pub(crate) use table::{Column, Formula, Only, Row, Table};
pub(crate) use text::width;
pub(crate) use value::Value;

/// What a command found out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report<'a> {
    blocks: Vec<Block<'a>>,
}

/// A piece of a report.
#[derive(Debug, Clone)]
enum Block<'a> {
    /// A line over what follows it.
    Heading(String),
    Table(Table<'a>),
    Line(String),
    /// A line that tells a sum.
    Total(String),
    /// A line that belongs below the one before it.
    Item(String),
    Note(Note),
    /// An empty line.
    Gap,
}

/// What to know.
#[derive(Debug, Clone)]
struct Note {
    message: String,
}

impl<'a> Report<'a> {
    /// Adds a heading. The first is the title.
    pub(crate) fn heading(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Heading(plain::line(text)));
    }

    /// Adds a table.
    pub(crate) fn table(&mut self, table: Table<'a>) {
        self.blocks.push(Block::Table(table));
    }

    /// Adds what csv, tsv and workbooks have in place of the lines: one row, by its columns.
    pub(crate) fn data(&mut self, name: &'static str, row: Vec<(&'static str, Value<'a>)>) {
        let (columns, cells): (Vec<&str>, Vec<Value<'a>>) = row.into_iter().unzip();
        let mut table = Table::new(name, columns.into_iter().map(Column::name)).only(Only::Data);
        table.row(cells);
        self.table(table);
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Line(plain::line(text)));
    }

    /// Adds a line that tells a sum.
    pub(crate) fn total(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Total(plain::line(text)));
    }

    /// Adds a line that belongs below the one before it.
    pub(crate) fn item(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Item(plain::line(text)));
    }

    /// Adds a note.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Note(Note { message: plain::line(text) }));
    }

    /// Adds an empty line.
    pub(crate) fn gap(&mut self) {
        self.blocks.push(Block::Gap);
    }

    /// Whether nothing was added yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    fn tables(&self) -> impl Iterator<Item = &Table<'a>> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
    }
}
