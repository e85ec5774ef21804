//! Results as text: one file a format.
//!
//! A command gives what it found three ways, each made only when its format is asked for: a
//! [`Page`] for people (table, markdown), a [`Sheet`] for spreadsheets (csv, tsv), and a
//! document for programs (json, jsonl).

pub(crate) mod currency;
pub(crate) mod flat;
mod markdown;
mod page;
pub(crate) mod separated;
mod sum;
pub(crate) mod table;

use std::io::Write;

use imgcost_core::PerMille;
use serde::Serialize;

pub(crate) use crate::commands::quote::{Priced, amount_words, document};
pub(crate) use crate::report::{DASH, grouped};
pub(crate) use markdown::{page as markdown_page, row as markdown_row};
pub(crate) use page::{Align, Page, Part, Sheet};
pub(crate) use sum::{sum_words, with_counts};

use crate::failure::{Failure, unless_gone};

pub(crate) use crate::report::Format;

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
        #[cfg(feature = "xlsx")]
        Format::Xlsx => return Err(not_yet().into()),
        Format::Html => return Err(not_yet().into()),
    }
    out.flush()?;
    Ok(())
}

/// This command has no such format.
pub(crate) fn not_yet() -> imgcost_core::Error {
    crate::failure::bad_input("format", "this command writes no html or xlsx")
}
