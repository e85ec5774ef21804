//! Files of jobs: one call a row, in one pass and bounded memory. `batch`, `check` and `diff`
//! read the same rows and say the same of a bad one.

mod batch_api;
mod desk;
mod field;
mod json;
mod lines;
mod paths;
mod row;
mod separated;
mod split;
mod toml;

use std::io::{self, Read};
use std::path::Path;

use imgcost_core::{Code, Error, Request};

pub(crate) use desk::Desk;
pub(crate) use field::Field;
pub(crate) use row::Row;
pub(crate) use separated::Cells;
pub(crate) use split::{Kind, RawRow, Splitter};

use self::lines::{LINE_MAX, Lines, Next, ROW_MAX};
use self::paths::Paths;
use self::separated::Header;
use self::split::Source;
use crate::failure::bad_input;
use crate::inputs;

/// The names of the formats of rows.
pub(crate) const FORMATS: [&str; 5] = ["jsonl", "csv", "tsv", "toml", "batch-api"];

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Jsonl,
    Csv,
    Tsv,
    BatchApi,
}

/// How a line becomes a row.
enum Form {
    /// A row, or a line of a Batch API file: each line says which.
    Json,
    BatchApi,
    Separated(Header),
}

/// A file of jobs that is being read.
pub(crate) struct JobFile {
    splitter: Splitter,
    parser: Parser,
    cells: Cells,
}

/// Understands the rows of a file. Several threads may share it.
pub(crate) struct Parser {
    form: Form,
    paths: Paths,
}

impl JobFile {
    /// Opens a file of jobs, or standard input. Without a format its name decides, else its
    /// first byte.
    ///
    /// # Errors
    /// It can't be read, or its header names a column that there is not.
    pub(crate) fn open(path: &Path, format: Option<&str>, allow_paths: bool) -> Result<JobFile, Error> {
        let length = std::fs::metadata(path).ok().filter(|found| found.is_file()).map(|found| found.len());
        let paths = Paths::new(path, allow_paths);
        let (form, source) = if is_toml(path, format) {
            let text = inputs::text("file", path, toml::FILE_MAX)?;
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            (Form::Json, Source::Jobs(toml::Jobs::read(&inputs::name(path), text, &paths)?))
        } else {
            let mut lines = Lines::new(inputs::open("file", path)?);
            let input = input_format(path, format, &mut lines)?;
            let form = form(path, &mut lines, input)?;
            let header = match &form {
                Form::Separated(header) => Some(header.clone()),
                Form::Json | Form::BatchApi => None,
            };
            (form, Source::Lines { lines, header })
        };
        let splitter = Splitter {
            path: path.to_owned(),
            source,
            length: length.filter(|_| !inputs::is_stdin(path)),
            cells: Cells::default(),
        };
        Ok(JobFile { splitter, parser: Parser { form, paths }, cells: Cells::default() })
    }

    /// The names of the tag columns; none where each row has tags of its own.
    pub(crate) fn tag_columns(&self) -> Option<Vec<String>> {
        match &self.parser.form {
            Form::Json | Form::BatchApi => None,
            Form::Separated(header) => Some(header.tags().map(str::to_owned).collect()),
        }
    }

    /// Reads the next row over the defaults; false at the end. What is wrong with a row ends
    /// up in it.
    ///
    /// # Errors
    /// The file can't be read.
    pub(crate) fn next(&mut self, defaults: &Request, row: &mut Row) -> Result<bool, Error> {
        let Some(raw) = self.splitter.next()? else { return Ok(false) };
        self.parser.read(raw, &mut self.cells, defaults, row);
        Ok(true)
    }

    /// Its two halves: one finds the rows, the other understands them, in other threads if need be.
    pub(crate) fn parts(self) -> (Splitter, Parser) {
        (self.splitter, self.parser)
    }
}

impl Parser {
    /// Reads a row over the defaults. What is wrong with it ends up in it.
    pub(crate) fn read(&self, raw: RawRow<'_>, cells: &mut Cells, defaults: &Request, row: &mut Row) {
        row.reset(defaults, raw.line);
        if raw.kind == Kind::TooLong {
            let most = if matches!(self.form, Form::Separated(_)) { ROW_MAX } else { LINE_MAX };
            return row.fail_unread(too_long(most));
        }
        match &self.form {
            Form::Json => {
                if json::read(raw.bytes, row, &self.paths) == json::Read::BatchLine {
                    batch_api::read(raw.bytes, row, defaults);
                }
            }
            Form::BatchApi => batch_api::read(raw.bytes, row, defaults),
            Form::Separated(header) => header.row(raw.bytes, cells, row, &self.paths),
        }
    }
}

/// That a row has more bytes than it may.
fn too_long(most: usize) -> Error {
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    Error::new(Code::TooLarge, format!("the row has more than {}", inputs::size_words(most)))
}

fn extension(path: &Path) -> Option<String> {
    path.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase)
}

fn is_toml(path: &Path, format: Option<&str>) -> bool {
    match format {
        Some(format) => format == "toml",
        None => extension(path).as_deref() == Some("toml"),
    }
}

/// The format that was said, else the file name's, else what the first byte looks like.
fn input_format(path: &Path, format: Option<&str>, lines: &mut Lines<impl Read>) -> Result<Input, Error> {
    Ok(match (format, extension(path).as_deref()) {
        (Some("csv"), _) | (None, Some("csv")) => Input::Csv,
        (Some("tsv"), _) | (None, Some("tsv")) => Input::Tsv,
        (Some("batch-api"), _) => Input::BatchApi,
        (Some(_), _) | (None, Some("jsonl" | "ndjson" | "json")) => Input::Jsonl,
        _ => match lines.peek().map_err(|error| inputs::unreadable("file", path, &error))? {
            Some(b'{' | b'[') | None => Input::Jsonl,
            Some(_) => Input::Csv,
        },
    })
}

fn form(path: &Path, lines: &mut Lines<impl Read>, input: Input) -> Result<Form, Error> {
    let failed = |error: io::Error| inputs::unreadable("file", path, &error);
    // A byte order mark is taken, whatever the format.
    lines.peek().map_err(failed)?;
    if matches!(input, Input::Jsonl | Input::BatchApi) {
        lines.let_rows_have(LINE_MAX);
        return Ok(if input == Input::Jsonl { Form::Json } else { Form::BatchApi });
    }
    lines.quotes_count();
    let separator = if input == Input::Tsv { b'\t' } else { b',' };
    loop {
        return match lines.next().map_err(failed)? {
            Next::Row(range) if range.is_empty() => continue,
            Next::Row(range) => Ok(Form::Separated(Header::read(lines.bytes(range), separator)?)),
            Next::TooLong => Err(bad_input(
                "header",
                format!("the header has more than {}", inputs::size_words(ROW_MAX as u64)),
            )),
            // A file without anything has no rows, as in every format.
            Next::End => Ok(Form::Separated(Header::empty(separator))),
        };
    }
}
