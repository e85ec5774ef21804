//! Rows written one by one, for results that are too long to be kept: memory does not grow.

use super::files::Format;
use super::table::{Grid, Head, Table, heads};
use super::text::Layout;
use super::value::Value;
use super::{csv, markdown};

/// Writes rows of one table. json and jsonl are the caller's: they have a document a row.
pub(crate) enum Stream {
    Separated(csv::Writer),
    Markdown(Vec<Head>),
    Text(Vec<Head>, Layout),
}

impl Stream {
    /// A writer of rows like those of `sample`, which are the first ones: the widths and decimals
    /// of text are theirs, and wider cells after them push the line.
    pub(crate) fn new(format: Format, sample: &Table<'_>, width: Option<usize>) -> Stream {
        match format {
            Format::Csv => Stream::Separated(csv::Writer::new(&sample.columns, b',')),
            Format::Tsv => Stream::Separated(csv::Writer::new(&sample.columns, b'\t')),
            Format::Markdown => Stream::Markdown(heads(sample)),
            _ => {
                let Grid { heads, rows, .. } = Grid::of(sample);
                let layout = Layout::new(heads.clone(), rows.iter(), width);
                Stream::Text(heads, layout)
            }
        }
    }

    /// Adds what is above the first row.
    pub(crate) fn head(&self, bytes: &mut Vec<u8>) {
        let mut text = String::new();
        match self {
            Stream::Separated(writer) => writer.head(bytes),
            Stream::Markdown(heads) => markdown::head(&mut text, heads),
            Stream::Text(_, layout) => layout.head(&mut text),
        }
        bytes.extend_from_slice(text.as_bytes());
    }

    /// Adds a row.
    #[cfg_attr(not(test), allow(dead_code, reason = "rows of one piece"))]
    pub(crate) fn row(&mut self, bytes: &mut Vec<u8>, cells: &[Value<'_>]) {
        self.parts(bytes, &[cells]);
    }

    /// Adds a row whose cells come in parts.
    pub(crate) fn parts(&mut self, bytes: &mut Vec<u8>, parts: &[&[Value<'_>]]) {
        let words = |heads: &[Head]| -> Vec<String> {
            let cell = |head: &Head| head.cell(csv::cell(parts, head.from));
            heads.iter().map(cell).collect()
        };
        let mut text = String::new();
        match self {
            Stream::Separated(writer) => writer.row(bytes, parts),
            Stream::Markdown(heads) => {
                markdown::row(&mut text, words(heads).iter().map(String::as_str));
            }
            Stream::Text(heads, layout) => layout.row(&mut text, &words(heads)),
        }
        bytes.extend_from_slice(text.as_bytes());
    }
}
