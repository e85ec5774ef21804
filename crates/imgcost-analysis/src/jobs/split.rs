//! A file as raw rows: where one ends and the next begins, before any is understood.

use std::io::Read;
use std::ops::Range;

use imgcost_core::Error;

use super::lines::{Lines, Next};
use super::separated::{Cells, Header};
use super::toml::Jobs;
use crate::input::unreadable;

/// What is known of a row before it is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// It is there as a whole.
    Whole,
    /// It is longer than a row may be; its bytes are not there.
    TooLong,
}

/// A row that is not understood yet.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RawRow<'r> {
    /// The line on which it begins, counted from 1.
    pub line: u64,
    /// What is known of it.
    pub kind: Kind,
    /// Its bytes.
    pub bytes: &'r [u8],
}

impl<'r> RawRow<'r> {
    /// A row that begins on this line.
    #[must_use]
    pub const fn new(line: u64, kind: Kind, bytes: &'r [u8]) -> RawRow<'r> {
        RawRow { line, kind, bytes }
    }
}

/// Splits a file into rows.
#[derive(Debug)]
pub struct Splitter<R> {
    pub(super) name: String,
    pub(super) source: Source<R>,
    /// The bytes of the file, where that is known.
    pub(super) length: Option<u64>,
    pub(super) cells: Cells,
}

/// Where rows come from.
#[derive(Debug)]
pub(super) enum Source<R> {
    Lines { lines: Lines<R>, header: Option<Header> },
    Jobs(Jobs),
}

impl<R: Read> Splitter<R> {
    /// Splits lines, of which none is a header.
    #[must_use]
    pub fn of_lines(name: &str, input: R) -> Splitter<R> {
        Splitter::new(name, Source::Lines { lines: Lines::new(input), header: None })
    }

    pub(super) fn new(name: &str, source: Source<R>) -> Splitter<R> {
        Splitter { name: name.to_owned(), source, length: None, cells: Cells::default() }
    }

    /// The next row; none at the end.
    ///
    /// # Errors
    /// The file can't be read.
    #[allow(clippy::should_implement_trait, reason = "rows borrow its buffer")]
    pub fn next(&mut self) -> Result<Option<RawRow<'_>>, Error> {
        match &mut self.source {
            Source::Jobs(jobs) => {
                Ok(jobs.next().map(|(line, job)| RawRow { line, kind: Kind::Whole, bytes: jobs.bytes(job) }))
            }
            Source::Lines { lines, header } => {
                let next = next_line(lines, header.as_ref(), &mut self.cells)
                    .map_err(|error| unreadable("file", &self.name, &error))?;
                Ok(next.map(|(kind, row)| RawRow { line: lines.line(), kind, bytes: lines.bytes(row) }))
            }
        }
    }

    /// How much is behind, and of how much where that is known.
    #[must_use]
    pub fn passed(&self) -> (u64, Option<u64>) {
        match &self.source {
            Source::Lines { lines, .. } => (lines.passed(), self.length),
            Source::Jobs(jobs) => {
                let (passed, all) = jobs.passed();
                (passed, Some(all))
            }
        }
    }
}

fn next_line(
    lines: &mut Lines<impl Read>,
    header: Option<&Header>,
    cells: &mut Cells,
) -> std::io::Result<Option<(Kind, Range<usize>)>> {
    loop {
        let range = match lines.next()? {
            Next::End => return Ok(None),
            Next::TooLong => return Ok(Some((Kind::TooLong, 0..0))),
            Next::Row(range) => range,
        };
        let row = lines.bytes(range.clone());
        if row.iter().all(u8::is_ascii_whitespace) || header.is_some_and(|header| header.is_blank(row, cells))
        {
            continue;
        }
        // A quote may be open by mistake: the lines behind it are rows of their own.
        if let Some(header) = header
            && memchr::memchr(b'\n', row).is_some()
            && !header.fits(row, cells)
            && let Some(first) = lines.back_to_second_line(range.clone())
        {
            return Ok(Some((Kind::Whole, first)));
        }
        return Ok(Some((Kind::Whole, range)));
    }
}
