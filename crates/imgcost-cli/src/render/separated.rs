//! Comma- and tab-separated values, as RFC 4180 quotes them, with lines that end in `\n`.

use std::io::{self, Write};

use memchr::memchr3;

use super::Sheet;
use super::flat::Row;
use crate::failure::Failure;

/// A line that is being written, in a buffer that is used again for the next one.
pub(crate) struct Line {
    bytes: Vec<u8>,
    separator: u8,
}

impl Line {
    /// An empty line.
    pub(crate) fn new(separator: u8) -> Line {
        Line { bytes: Vec::with_capacity(1024), separator }
    }

    /// Writes the line out and starts the next one.
    pub(crate) fn end(&mut self, out: &mut impl Write) -> io::Result<()> {
        if let Some(last) = self.bytes.last_mut() {
            *last = b'\n';
        }
        let written = out.write_all(&self.bytes);
        self.bytes.clear();
        written
    }
}

impl Row for Line {
    fn plain(&mut self, cell: &str) {
        self.bytes.extend_from_slice(cell.as_bytes());
        self.bytes.push(self.separator);
    }

    fn text(&mut self, cell: &str) {
        let quoted = memchr3(self.separator, b'"', b'\n', cell.as_bytes()).is_some() || cell.contains('\r');
        if !quoted {
            return self.plain(cell);
        }
        self.bytes.push(b'"');
        for byte in cell.bytes() {
            if byte == b'"' {
                self.bytes.push(b'"');
            }
            self.bytes.push(byte);
        }
        self.bytes.push(b'"');
        self.bytes.push(self.separator);
    }
}

/// Writes a table with its header.
pub(super) fn sheet<W: Write>(out: &mut W, sheet: &Sheet, separator: u8) -> Result<(), Failure> {
    let mut line = Line::new(separator);
    sheet.columns.iter().for_each(|(name, _)| line.text(name));
    line.end(out)?;
    for row in &sheet.rows {
        row.iter().for_each(|cell| line.text(cell));
        line.end(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_cell_is_quoted_and_reads_back() {
        let cells = ["plain", "", "a,b", "say \"hi\"", "two\nlines", "a\rb", "tab\tbed", "ünï"];
        for separator in [b',', b'\t'] {
            let (mut line, mut written) = (Line::new(separator), Vec::new());
            cells.iter().for_each(|cell| line.text(cell));
            line.end(&mut written).unwrap();
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .delimiter(separator)
                .from_reader(written.as_slice());
            let record = reader.records().next().unwrap().unwrap();
            assert_eq!(record.iter().collect::<Vec<_>>(), cells);
        }
    }
}
