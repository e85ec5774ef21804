//! A chunk of a file, and the worker that makes results of its rows.

use std::io::Read;
use std::ops::Range;

use imgcost_analysis::jobs::{Cells, JobRow, Kind, Met, Parser, RawRow, RowResolver, Splitter};
use imgcost_analysis::{RowSum, Volume};
use imgcost_core::Error;

use super::groups::Groups;
use super::said::Said;
use super::write::Writer;
use crate::commands::by::By;
use crate::commands::quote::{NotedQuote, needs_prompt};
use crate::failure::Failure;
use crate::report;

/// How many bytes of rows make a chunk.
const BYTES: usize = 1 << 16;
/// How many rows do.
const ROWS: usize = 1 << 10;
/// Buffers that have grown larger are given back.
const KEPT: usize = 1 << 23;

/// A chunk of a file, and what came of it.
#[derive(Default)]
pub(super) struct Chunk {
    bytes: Vec<u8>,
    rows: Vec<(u64, Kind, Range<usize>)>,
    /// The results as they are written, for each output.
    pub(super) out: Vec<Vec<u8>>,
    /// The results of outputs that are written at the end.
    pub(super) kept: Vec<report::Row<'static>>,
    /// What the rows come to.
    pub(super) sums: RowSum,
    /// The same by group, for each table.
    pub(super) groups: Vec<Groups>,
    /// What the rows were found to have.
    pub(super) met: Met,
    /// What to say of the rows below them.
    pub(super) said: Said,
    /// How many of the rows are lines of a Batch API file.
    pub(super) batch_lines: u64,
    /// Why it could not be done.
    pub(super) failure: Option<Failure>,
}

impl Chunk {
    /// Fills it with the next rows; false at the end of the file.
    ///
    /// # Errors
    /// The file can't be read.
    pub(super) fn fill(&mut self, splitter: &mut Splitter<impl Read>) -> Result<bool, Error> {
        self.clear();
        while self.bytes.len() < BYTES && self.rows.len() < ROWS {
            let Some(raw) = splitter.next()? else { return Ok(false) };
            let start = self.bytes.len();
            self.bytes.extend_from_slice(raw.bytes);
            self.rows.push((raw.line, raw.kind, start..self.bytes.len()));
        }
        Ok(true)
    }

    fn clear(&mut self) {
        for buffer in std::iter::once(&mut self.bytes).chain(&mut self.out) {
            buffer.clear();
            buffer.shrink_to(KEPT);
        }
        self.rows.clear();
        self.kept.clear();
        self.sums = RowSum::default();
        self.groups.iter_mut().for_each(Groups::clear);
        self.met = Met::default();
        self.said = Said::default();
        self.batch_lines = 0;
    }

    /// Whether it holds no rows.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The bytes of its rows.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// What holds for all chunks alike.
pub(super) struct Rules<'r> {
    /// Understands rows.
    pub(super) parser: &'r Parser,
    /// By what rows are added up, for each table.
    pub(super) keys: &'r [Vec<By>],
    /// Whether people read the results, who are told of notes and errors below them.
    pub(super) has_notes: bool,
    /// Whether an output has the columns of the file beside its prices.
    pub(super) keeps: bool,
    /// Whether the rows have a cap, which needs their prompts.
    pub(super) is_capped: bool,
}

/// Makes results of rows: one in each thread.
pub(super) struct Worker<'r, 'b> {
    rules: &'r Rules<'r>,
    resolver: RowResolver<'b>,
    writers: Vec<Writer>,
    row: JobRow,
    cells: Cells,
}

impl<'r, 'b> Worker<'r, 'b> {
    /// A worker, with a writer for each output.
    pub(super) fn new(
        rules: &'r Rules<'r>,
        resolver: RowResolver<'b>,
        writers: Vec<Writer>,
    ) -> Worker<'r, 'b> {
        let row = JobRow::new(resolver.defaults());
        Worker { rules, resolver, writers, row, cells: Cells::default() }
    }

    /// Makes the results of a chunk.
    pub(super) fn run(&mut self, chunk: &mut Chunk) {
        chunk.groups.resize_with(self.rules.keys.len(), Groups::default);
        chunk.out.resize_with(self.writers.len(), Vec::new);
        chunk.failure = self.results(chunk).err();
    }

    fn results(&mut self, chunk: &mut Chunk) -> Result<(), Failure> {
        let bytes = std::mem::take(&mut chunk.bytes);
        let rows = std::mem::take(&mut chunk.rows);
        let done = rows.iter().try_for_each(|(line, kind, range)| {
            let bytes = bytes.get(range.clone()).unwrap_or_default();
            let raw = RawRow::new(*line, *kind, bytes);
            self.rules.parser.read(raw, &mut self.cells, self.resolver.defaults(), &mut self.row);
            chunk.batch_lines += u64::from(self.row.batch_line);
            let own: Vec<String> = match self.rules.keeps {
                true => self.rules.parser.cells(bytes, &self.cells).map(str::to_owned).collect(),
                false => Vec::new(),
            };
            self.result(chunk, &own)
        });
        (chunk.bytes, chunk.rows) = (bytes, rows);
        done
    }

    /// Quotes a row and writes what came of it.
    fn result(&mut self, chunk: &mut Chunk, own: &[String]) -> Result<(), Failure> {
        let Chunk { out, kept, sums, groups, met, said, .. } = chunk;
        let row = &mut self.row;
        met.add(row);
        let mut lacks_prompt = false;
        let quoted = self.resolver.prepare(row).and_then(|offer| {
            let quote = offer.quote(&row.request)?;
            if self.rules.is_capped {
                needs_prompt(&quote).inspect_err(|_| lacks_prompt = true)?;
            }
            Ok(quote)
        });
        let tables = groups.iter_mut().zip(self.rules.keys);
        let mut outputs = self.writers.iter_mut().zip(out);
        let before = kept.len();
        let written = match quoted {
            Ok(quote) => {
                let calls = row.calls.unwrap_or(Volume::ONCE);
                sums.add(&quote, calls);
                tables.for_each(|(groups, keys)| groups.of_quote(keys, row, &quote).add(&quote, calls));
                let priced = NotedQuote { quote: &quote, remarks: &row.remarks };
                if self.rules.has_notes {
                    said.note(&priced);
                }
                outputs.try_for_each(|(writer, out)| writer.row(out, kept, (row, own), Ok(&priced)))
            }
            Err(error) => {
                if self.rules.has_notes {
                    said.error(row.line, &error);
                }
                sums.add_error(lacks_prompt);
                if !self.rules.keys.is_empty() {
                    let offer = self.resolver.known(row);
                    tables.for_each(|(groups, keys)| {
                        groups.of_error(keys, row, offer.as_ref(), &error).add_error(lacks_prompt);
                    });
                }
                outputs.try_for_each(|(writer, out)| writer.row(out, kept, (row, own), Err(&error)))
            }
        };
        // Where a page and a workbook are asked for, they have the same row.
        kept.truncate(before + 1);
        written
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use std::io;

    use super::*;

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }

    #[test]
    fn rows_before_a_failure_are_kept() {
        let mut splitter = Splitter::of_lines("rows", "a\n\nb\nc".as_bytes().chain(Broken));
        let mut chunk = Chunk::default();
        assert!(chunk.fill(&mut splitter).is_err_and(|error| error.message().contains("the disk is gone")));
        let lines: Vec<u64> = chunk.rows.iter().map(|(line, _, _)| *line).collect();
        assert_eq!((lines, chunk.bytes.as_slice()), (vec![1, 3], &b"ab"[..]));
    }

    #[test]
    fn chunks_are_bounded_and_nothing_is_lost_between_them() {
        let rows: String = (0..5_000).map(|row| format!("row {row} {}\n", "x".repeat(row % 200))).collect();
        let mut splitter = Splitter::of_lines("rows", io::Cursor::new(rows.clone()));
        let (mut chunk, mut found, mut more) = (Chunk::default(), String::new(), true);
        while more {
            more = chunk.fill(&mut splitter).unwrap();
            assert!(chunk.rows.len() <= ROWS && chunk.size() < BYTES + 300);
            for (_, _, range) in &chunk.rows {
                found.push_str(std::str::from_utf8(&chunk.bytes[range.clone()]).unwrap());
                found.push('\n');
            }
        }
        assert_eq!(found, rows);
    }
}
