//! Results as text: one file a format.
//!
//! A command gives what it found three ways, each made only when its format is asked for: a
//! [`Page`] for people (table, markdown), a [`Sheet`] for spreadsheets (csv, tsv), and a
//! document for programs (json, jsonl). Files that tell numbers from text (html, xlsx, svg) are
//! made from a [`workbook::Workbook`]; [`mod@file`] writes all of them.

mod cells;
pub(crate) mod currency;
pub(crate) mod file;
pub(crate) mod flat;
mod html;
mod markdown;
mod markup;
mod page;
mod quote;
pub(crate) mod separated;
mod sum;
mod svg;
pub(crate) mod table;
pub(crate) mod workbook;
#[cfg(feature = "xlsx")]
mod xlsx;

use std::io::Write;

use imgcost_core::PerMille;
use serde::Serialize;

pub(crate) use markdown::{page as markdown_page, row as markdown_row};
pub(crate) use page::{Align, Page, Part, Sheet};
pub(crate) use quote::{
    DASH, Priced, amount_words, document, document_in, grouped, heading as quote_heading, item_words, notes,
    page as quote_page, rounded, total_in, warning,
};
pub(crate) use sum::{sum_words, with_counts};

use crate::failure::{Failure, unless_gone};

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
}

impl Format {
    /// Every name of a format.
    pub(crate) const NAMES: [&'static str; 7] = ["table", "json", "jsonl", "csv", "tsv", "markdown", "md"];

    /// The format of a name.
    pub(crate) fn named(name: &str) -> Option<Format> {
        Some(match name {
            "table" => Format::Table,
            "json" => Format::Json,
            "jsonl" => Format::Jsonl,
            "csv" => Format::Csv,
            "tsv" => Format::Tsv,
            "markdown" | "md" => Format::Markdown,
            _ => return None,
        })
    }

    /// Whether programs read it as JSON, errors included.
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Format::Json | Format::Jsonl)
    }
}

/// A share with its sign; a dash where there is none.
pub(crate) fn percent(share: Option<PerMille>) -> String {
    share.map_or_else(|| DASH.to_owned(), |share| format!("{share:+}"))
}

/// Writes a result in a format. That its reader went away is no failure.
pub(crate) fn write<D: Serialize>(
    out: &mut impl Write,
    format: Format,
    page: impl FnOnce() -> Page,
    sheet: impl FnOnce() -> Sheet,
    document: impl FnOnce() -> D,
) -> Result<(), Failure> {
    unless_gone(write_all(out, format, page, sheet, document))
}

fn write_all<D: Serialize>(
    out: &mut impl Write,
    format: Format,
    page: impl FnOnce() -> Page,
    sheet: impl FnOnce() -> Sheet,
    document: impl FnOnce() -> D,
) -> Result<(), Failure> {
    match format {
        Format::Table => out.write_all(table::page(&page(), table::width()).as_bytes())?,
        Format::Markdown => out.write_all(markdown::page(&page()).as_bytes())?,
        Format::Csv => separated::sheet(out, &sheet(), b',')?,
        Format::Tsv => separated::sheet(out, &sheet(), b'\t')?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &document())?;
            out.write_all(b"\n")?;
        }
        Format::Jsonl => {
            serde_json::to_writer(&mut *out, &document())?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    Ok(())
}
