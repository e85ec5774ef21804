//! The formats of results: their names and endings, and the bytes of a report in each.

use std::io;
use std::path::Path;

use imgcost_core::{Code, Error};
use serde::Serialize;

use super::sink::name;
use super::{Report, csv, html, markdown, text};
use crate::failure::Failure;

/// The most rows of a page or workbook: more would open in no program, or only slowly.
const ROWS_MAX: usize = 100_000;

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One document.
    Json,
    /// A document on a line.
    Jsonl,
    /// Comma-separated values.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// A Markdown table.
    Markdown,
    /// A web page.
    Html,
    /// A workbook.
    #[cfg(feature = "xlsx")]
    Xlsx,
    /// Findings as code hosts take them: of `check` only, as the next.
    Sarif,
    /// Findings as GitHub shows them beside the code.
    Github,
}

/// The names and endings of formats.
const FORMATS: &[(&str, Format)] = &[
    ("table", Format::Table),
    ("json", Format::Json),
    ("jsonl", Format::Jsonl),
    ("csv", Format::Csv),
    ("tsv", Format::Tsv),
    ("markdown", Format::Markdown),
    ("md", Format::Markdown),
    ("html", Format::Html),
    #[cfg(feature = "xlsx")]
    ("xlsx", Format::Xlsx),
    ("sarif", Format::Sarif),
    ("github", Format::Github),
];

impl Format {
    /// Every name of a format.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        FORMATS.iter().map(|(name, _)| *name)
    }

    /// The format of a name.
    pub(crate) fn named(name: &str) -> Option<Format> {
        FORMATS.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }

    /// Whether it has values with commas or tabs between them.
    pub(crate) fn is_separated(self) -> bool {
        matches!(self, Format::Csv | Format::Tsv)
    }

    /// Whether it is made of all rows at once.
    pub(crate) fn is_kept(self) -> bool {
        match self {
            Format::Html => true,
            #[cfg(feature = "xlsx")]
            Format::Xlsx => true,
            _ => false,
        }
    }

    /// Whether programs read it as JSON, errors included.
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Format::Json | Format::Jsonl)
    }
}

/// The endings of file names: those of the formats, but a table is text, and what GitHub reads
/// from standard output is no file.
fn endings() -> impl Iterator<Item = (&'static str, Format)> {
    let kept = FORMATS.iter().filter(|(_, format)| *format != Format::Github);
    kept.map(|&(name, format)| if name == "table" { ("txt", format) } else { (name, format) })
}

/// Refuses what would be too long a page or workbook.
pub(super) fn has_room(format: Format, report: &Report<'_>) -> Result<(), Error> {
    has_room_for(format, report.tables().map(|table| table.rows.len()).sum())
}

/// Refuses so many rows in a page or workbook.
pub(crate) fn has_room_for(format: Format, rows: usize) -> Result<(), Error> {
    let limited = match format {
        Format::Html => "html",
        #[cfg(feature = "xlsx")]
        Format::Xlsx => "xlsx",
        _ => return Ok(()),
    };
    if rows <= ROWS_MAX {
        return Ok(());
    }
    let message = format!("{limited} takes at most {ROWS_MAX} rows: use csv or jsonl");
    Err(Error::new(Code::TooLarge, message).field("format").allowed(["csv", "jsonl"]))
}

/// A report's bytes in a format for which it is made: not in json or jsonl.
///
/// # Errors
/// The workbook can't be made.
pub(crate) fn report_bytes(format: Format, report: &Report<'_>) -> Result<Vec<u8>, Failure> {
    bytes(format, &(), report, |report| text::report(report, text::width()))
}

/// The bytes of a result, of which a table is made by `page`.
pub(super) fn bytes<T: Serialize>(
    format: Format,
    result: &T,
    report: &Report<'_>,
    page: fn(&Report<'_>) -> String,
) -> Result<Vec<u8>, Failure> {
    let line = |mut bytes: Vec<u8>| {
        bytes.push(b'\n');
        bytes
    };
    Ok(match format {
        Format::Table => page(report).into_bytes(),
        Format::Markdown => markdown::report(report).into_bytes(),
        Format::Csv => csv::report(report, b','),
        Format::Tsv => csv::report(report, b'\t'),
        Format::Json => line(serde_json::to_vec_pretty(result)?),
        Format::Jsonl => line(serde_json::to_vec(result)?),
        Format::Html => html::report(report).into_bytes(),
        #[cfg(feature = "xlsx")]
        Format::Xlsx => super::xlsx::report(report).map_err(io::Error::other)?,
        // Refused before, or made by the command.
        Format::Sarif | Format::Github => Vec::new(),
    })
}

/// The format by the ending of a file's name.
pub(super) fn format_of(path: &Path) -> Result<Format, Error> {
    let refused = |why: String| {
        Error::new(Code::IllegalValue, format!("out: {why}"))
            .field("out")
            .allowed(endings().map(|(ending, _)| format!(".{ending}")))
    };
    let Some(ending) = path.extension() else {
        return Err(refused(format!("{} has no ending to tell the format by", name(path))));
    };
    let ending = ending.to_string_lossy().to_ascii_lowercase();
    if let Some((_, format)) = endings().find(|(known, _)| *known == ending) {
        return Ok(format);
    }
    if ending == "xlsx" {
        return Err(refused("this imgcost was built without .xlsx, the cargo feature `xlsx`".to_owned()));
    }
    Err(refused(format!("no format has the ending of {}", name(path))).nearest_name(&format!(".{ending}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Column, Table};

    fn table(rows: usize) -> Report<'static> {
        let mut report = Report::default();
        let mut table = Table::new("t", [Column::text("a"), Column::number("b")]);
        (0..rows).for_each(|_| table.row(["x".into(), 1_u64.into()]));
        report.table(table);
        report
    }

    #[test]
    fn an_ending_gives_the_format() {
        for (path, format) in [
            ("a.csv", Format::Csv),
            ("a.b.TSV", Format::Tsv),
            ("./x/a.markdown", Format::Markdown),
            ("a.txt", Format::Table),
            ("a.html", Format::Html),
        ] {
            assert_eq!(format_of(Path::new(path)).unwrap(), format, "{path}");
        }
    }

    #[test]
    fn a_page_of_too_many_rows_is_refused_and_csv_is_not() {
        let report = table(ROWS_MAX + 1);
        let error = has_room(Format::Html, &report).unwrap_err();
        assert_eq!(error.code(), Code::TooLarge);
        assert!(error.message().contains("at most 100000 rows"), "{error}");
        has_room(Format::Csv, &report).unwrap();
        has_room(Format::Html, &table(ROWS_MAX)).unwrap();
    }
}
