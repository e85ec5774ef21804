//! Files of jobs: one call a row, in one pass and bounded memory.
//!
//! A [`JobFile`] reads CSV, TSV, JSON Lines, TOML, or the files of OpenAI's Batch API from anything
//! that can be read; a [`RowResolver`] finds the offer of each row. Its two halves, [`Splitter`] and
//! [`Parser`], may work in different threads.
//!
//! ```
//! use imgcost_analysis::jobs::{Defaults, RowResolver, Format, JobFile, NoFiles, Outside, JobRow};
//! use imgcost_core::{Date, Request};
//! let today = Date::constant(2026, 11, 21);
//! let defaults = Defaults::new(Request::new("openai", "", today), "add the column model");
//! let mut resolver = RowResolver::new(imgcost_pricing::book(), defaults);
//! let rows = "model,quality,size\ngpt-image-2,low,1024x1024\n";
//! let outside = Outside::new(today, Box::new(NoFiles));
//! let mut file = JobFile::new("jobs.csv", rows.as_bytes(), Some(Format::Csv), outside)?;
//! let mut row = JobRow::new(resolver.defaults());
//! while file.next(resolver.defaults(), &mut row)? {
//!     let quote = resolver.prepare(&mut row)?.quote(&row.request)?;
//!     assert_eq!(quote.total().ceiling, "0.00588".parse().ok());
//! }
//! # Ok::<(), imgcost_core::Error>(())
//! ```

mod batch_api;
mod column;
mod field;
mod files;
mod format;
mod json;
mod lines;
mod met;
mod other;
mod resolver;
mod row;
mod separated;
mod split;
mod toml;

use std::io::{self, Read};

use imgcost_core::{Code, Error, Request};

pub use column::Columns;
pub use field::Field;
pub use files::{Files, NoFiles, Outside};
pub use format::Format;
pub use met::Met;
pub use resolver::{Defaults, RowResolver};
pub use row::JobRow;
pub use separated::Cells;
pub use split::{Kind, RawRow, Splitter};

use self::lines::{LINE_MAX, Lines, Next, ROW_MAX};
use self::separated::Header;
use self::split::Source;
use crate::input::{self, bad_input, placed, unreadable};

/// How a line becomes a row.
#[derive(Debug)]
enum Form {
    /// A row, or a line of a Batch API file: each line tells which.
    Json,
    BatchApi,
    Separated(Header),
}

/// A file of jobs that is being read.
#[derive(Debug)]
pub struct JobFile<R> {
    splitter: Splitter<R>,
    parser: Parser,
    cells: Cells,
    met: Met,
}

/// Understands the rows of a file. Several threads may share it.
#[derive(Debug)]
pub struct Parser {
    form: Form,
    outside: Outside,
}

impl<R: Read> JobFile<R> {
    /// Reads a file of jobs, by its name in messages. Without a format its first byte decides
    /// between JSON Lines and CSV.
    ///
    /// # Errors
    /// It can't be read, or its header names a column that there is not.
    pub fn new(name: &str, input: R, format: Option<Format>, outside: Outside) -> Result<JobFile<R>, Error> {
        let (form, source) = if format == Some(Format::Toml) {
            let text = input::text("file", name, input, toml::FILE_MAX)?;
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            (Form::Json, Source::Jobs(toml::Jobs::read(name, text, &outside)?))
        } else {
            let mut lines = Lines::new(input);
            let failed = |error: io::Error| unreadable("file", name, &error);
            lines.peek().map_err(failed)?;
            if let Some((what, instead)) = other::kind(lines.at_hand()) {
                return Err(bad_input("file", format!("{name} looks like {what}: {instead}")));
            }
            let may_be_list = matches!(format, None | Some(Format::Jsonl));
            if may_be_list && lines.peek().map_err(failed)? == Some(b'[') {
                let text = lines.rest(toml::FILE_MAX).map_err(failed)?;
                (Form::Json, Source::Jobs(toml::Jobs::of_list(name, text)?))
            } else {
                let form = form(name, &mut lines, format)?;
                let header = match &form {
                    Form::Separated(header) => Some(header.clone()),
                    Form::Json | Form::BatchApi => None,
                };
                (form, Source::Lines { lines, header })
            }
        };
        let splitter = Splitter::new(name, source);
        let mut met = Met::default();
        if let Form::Separated(header) = &form {
            header.kept().iter().for_each(|name| met.keep(name));
        }
        Ok(JobFile { splitter, parser: Parser { form, outside }, cells: Cells::default(), met })
    }

    /// Tells how many bytes it has, for [`Splitter::passed`].
    #[must_use]
    pub fn of_length(mut self, length: Option<u64>) -> JobFile<R> {
        self.splitter.length = length;
        self
    }

    /// The names of the tag columns; none where each row has tags of its own.
    #[must_use]
    pub fn tag_columns(&self) -> Option<Vec<String>> {
        match &self.parser.form {
            Form::Json | Form::BatchApi => None,
            Form::Separated(header) => Some(header.tags().map(str::to_owned).collect()),
        }
    }

    /// Whether rows may say how often their calls are made, as far as the header or the beginning of
    /// the file shows.
    #[must_use]
    pub fn has_calls(&self) -> bool {
        match &self.parser.form {
            Form::Separated(header) => header.has_calls(),
            Form::Json | Form::BatchApi => {
                let begins = match &self.splitter.source {
                    Source::Lines { lines, .. } => lines.at_hand(),
                    Source::Jobs(jobs) => jobs.all(),
                };
                let named = [&br#""calls""#[..], br#""share""#];
                named.into_iter().any(|name| memchr::memmem::find(begins, name).is_some())
            }
        }
    }

    /// Reads the next row over the defaults; false at the end. What is wrong with a row ends
    /// up in it.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn next(&mut self, defaults: &Request, row: &mut JobRow) -> Result<bool, Error> {
        let Some(raw) = self.splitter.next()? else { return Ok(false) };
        self.parser.read(raw, &mut self.cells, defaults, row);
        self.met.add(row);
        Ok(true)
    }

    /// What the header and the rows that were read have.
    #[must_use]
    pub fn met(&self) -> &Met {
        &self.met
    }

    /// The names of its columns as they are in the file; none where each row has keys of its own.
    #[must_use]
    pub fn columns(&self) -> Option<&[String]> {
        match &self.parser.form {
            Form::Separated(header) => Some(header.names()),
            Form::Json | Form::BatchApi => None,
        }
    }

    /// Its two halves: one finds the rows, the other understands them, in other threads if need be.
    #[must_use]
    pub fn parts(self) -> (Splitter<R>, Parser) {
        (self.splitter, self.parser)
    }
}

impl Parser {
    /// Reads a row over the defaults. What is wrong with it ends up in it.
    pub fn read(&self, raw: RawRow<'_>, cells: &mut Cells, defaults: &Request, row: &mut JobRow) {
        row.reset(defaults, raw.line);
        if raw.kind == Kind::TooLong {
            let most = if matches!(self.form, Form::Separated(_)) { ROW_MAX } else { LINE_MAX };
            return row.fail_unread(too_long(most));
        }
        match &self.form {
            Form::Json => {
                if json::read(raw.bytes, row, &self.outside) == json::Read::BatchLine {
                    batch_api::read(raw.bytes, row, defaults);
                }
            }
            Form::BatchApi => batch_api::read(raw.bytes, row, defaults),
            Form::Separated(header) => header.row(raw.bytes, cells, row, &self.outside),
        }
        row.override_with(&self.outside);
    }

    /// The cells of a row of columns as they are in the file, after it was read.
    pub fn cells<'c>(&self, bytes: &'c [u8], cells: &'c Cells) -> impl Iterator<Item = &'c str> {
        let is_row = matches!(self.form, Form::Separated(_));
        let line = std::str::from_utf8(bytes).ok().filter(|_| is_row);
        line.into_iter().flat_map(|line| cells.texts(line))
    }
}

/// That a row has more bytes than it may.
fn too_long(most: usize) -> Error {
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    Error::new(Code::TooLarge, format!("the row has more than {}", input::size_words(most)))
}

/// How the lines of a file become rows: by its format, else by its first byte.
fn form(name: &str, lines: &mut Lines<impl Read>, format: Option<Format>) -> Result<Form, Error> {
    let failed = |error: io::Error| unreadable("file", name, &error);
    // A byte order mark is taken, whatever the format.
    let first = lines.peek().map_err(failed)?;
    let format = format.unwrap_or(match first {
        Some(b'{') | None => Format::Jsonl,
        Some(_) => Format::Csv,
    });
    let mut separator = match format {
        Format::Csv => b',',
        Format::Tsv => b'\t',
        Format::Jsonl | Format::BatchApi | Format::Toml => {
            lines.let_rows_have(LINE_MAX);
            return Ok(if format == Format::BatchApi { Form::BatchApi } else { Form::Json });
        }
    };
    lines.quotes_count();
    loop {
        return match lines.next().map_err(failed)? {
            Next::Row(range) if range.is_empty() => continue,
            Next::Row(range) => match lines.bytes(range) {
                // What some programs write above the header.
                [b's', b'e', b'p', b'=', own] => {
                    separator = *own;
                    continue;
                }
                header => {
                    let read = Header::read(header, separator_of(header, separator));
                    let place = || format!("{name}:{}", lines.line());
                    Ok(Form::Separated(read.map_err(|error| placed(error, &place()))?))
                }
            },
            Next::TooLong => {
                Err(bad_input("header", format!("the header has more than {}", input::size_words(ROW_MAX))))
            }
            // A file without anything has no rows, as in every format.
            Next::End => Ok(Form::Separated(Header::empty(separator))),
        };
    }
}

/// What stands between the cells of a header: where there is no comma in one, the semicolon or tab
/// that some programs write in its place.
fn separator_of(header: &[u8], separator: u8) -> u8 {
    let others = [separator, b';', b'\t'].into_iter().filter(|_| separator == b',');
    others.into_iter().find(|other| memchr::memchr(*other, header).is_some()).unwrap_or(separator)
}
