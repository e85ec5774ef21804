//! Rows written one by one, for results that are too long to be kept: memory does not grow.

use std::io::{self, BufWriter, StdoutLock, Write};

use super::format::Format;
use super::table::{Grid, Head, Table, heads};
use super::text::{self, Layout};
use super::value::Value;
use super::{csv, markdown};

/// So many rows say how wide and how fine the columns of text are.
const SAMPLE: usize = 1000;

/// Rows on standard output, written as they come.
pub(crate) struct Rows<'a> {
    out: BufWriter<StdoutLock<'static>>,
    format: Format,
    /// The first rows, until there are enough of them.
    first: Table<'a>,
    stream: Option<Stream>,
}

impl<'a> Rows<'a> {
    /// A writer of the rows of a table that has none yet.
    pub(crate) fn new(format: Format, table: Table<'a>) -> Rows<'a> {
        Rows { out: BufWriter::new(io::stdout().lock()), format, first: table, stream: None }
    }

    /// Writes a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Value<'a>>) -> io::Result<()> {
        let Some(stream) = &mut self.stream else {
            self.first.row(cells);
            return if self.first.rows.len() < SAMPLE { Ok(()) } else { self.begin() };
        };
        let mut bytes = Vec::new();
        stream.row(&mut bytes, &cells.into_iter().collect::<Vec<_>>());
        self.out.write_all(&bytes)
    }

    fn begin(&mut self) -> io::Result<()> {
        let mut stream = Stream::new(self.format, &self.first, text::width());
        let mut bytes = Vec::new();
        stream.head(&mut bytes);
        self.first.rows.drain(..).for_each(|row| stream.row(&mut bytes, &row.cells));
        self.stream = Some(stream);
        self.out.write_all(&bytes)
    }

    /// Writes what is left.
    pub(crate) fn end(mut self) -> io::Result<()> {
        if self.stream.is_none() {
            self.begin()?;
        }
        let mut bytes = Vec::new();
        self.stream.iter().for_each(|stream| stream.foot(&mut bytes));
        self.out.write_all(&bytes)?;
        self.out.flush()
    }
}

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
                let layout = Layout::new(heads.clone(), rows.iter(), width).with_whole_names();
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

    /// Adds what is below the last row.
    pub(crate) fn foot(&self, bytes: &mut Vec<u8>) {
        let mut text = String::new();
        if let Stream::Text(_, layout) = self {
            layout.foot(&mut text);
        }
        bytes.extend_from_slice(text.as_bytes());
    }
}
