//! Results of a batch, one a row, as they come: nothing is kept for later.

use std::io::Write;

use imgcost_analysis::RowSum;
use imgcost_analysis::currency::Exchange;
use imgcost_analysis::jobs::Row;
use imgcost_core::{Availability, Error, QuoteDocument, Usd};
use serde::{Serialize, Serializer};

use super::sums::{self, SumsDocument};
use super::tables::{self, Tables};
use crate::failure::Failure;
use crate::render::flat::Row as _;
use crate::render::{self, DASH, Format, Priced, flat, separated};

/// The columns of the table: name, width, and whether it holds numbers.
const TABLE: &[(&str, usize, bool)] = &[
    ("row", 9, false),
    ("model", 22, false),
    ("quality", 8, false),
    ("size", 9, false),
    ("n", 2, true),
    ("USD", 11, true),
    ("at most", 11, true),
];
/// The model's column in the table.
const MODEL: usize = 1;

/// Writes results in a format, into a buffer that somebody else empties.
pub(super) struct Writer {
    form: Form,
    scratch: flat::Scratch,
}

enum Form {
    Json,
    Separated { line: separated::Line, tags: Tags },
    Table,
    Markdown,
}

/// How tags stand in separated values: a column each where a header names them all in
/// advance, else all in one.
#[derive(Clone)]
pub(super) enum Tags {
    /// A column each.
    Columns(Vec<String>),
    /// One column of JSON.
    Json,
}

#[derive(Serialize)]
struct Line<'r> {
    row: Place<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<QuoteDocument<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'r Error>,
}

#[derive(Serialize)]
struct Place<'r> {
    line: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'r str,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "as_map")]
    tags: &'r [(String, String)],
}

fn as_map<S: Serializer>(tags: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(tags.iter().map(|(name, value)| (name, value)))
}

#[derive(Serialize)]
struct Summary<'x> {
    summary: SummaryDocument<'x>,
}

/// The last line of a batch.
#[derive(Serialize)]
struct SummaryDocument<'x> {
    #[serde(flatten)]
    sums: SumsDocument<'x>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<tables::GroupDocument>,
}

impl Writer {
    /// A writer.
    pub(super) fn new(format: Format, tags: Tags) -> Writer {
        let separated = |separator, tags| Form::Separated { line: separated::Line::new(separator), tags };
        let form = match format {
            Format::Json | Format::Jsonl => Form::Json,
            Format::Csv => separated(b',', tags),
            Format::Tsv => separated(b'\t', tags),
            Format::Table => Form::Table,
            // Others were refused.
            _ => Form::Markdown,
        };
        Writer { form, scratch: flat::Scratch::default() }
    }

    /// Writes what stands above the first row.
    pub(super) fn header(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let names = || TABLE.iter().map(|(name, _, _)| *name);
        match &mut self.form {
            Form::Json => Ok(()),
            Form::Separated { line, tags } => {
                line.plain("line");
                line.plain("id");
                match tags {
                    Tags::Columns(names) => names.iter().for_each(|name| line.text(&format!("tag:{name}"))),
                    Tags::Json => line.plain("tags"),
                }
                flat::COLUMNS.iter().for_each(|name| line.plain(name));
                line.plain("error");
                Ok(line.end(out)?)
            }
            Form::Table => table_row(out, &names().map(str::to_owned).collect::<Vec<_>>()),
            Form::Markdown => {
                markdown_row(out, names().chain(["status"]))?;
                let rule = TABLE.iter().map(|(_, _, number)| if *number { "---:" } else { "---" });
                markdown_row(out, rule.chain(["---"]))
            }
        }
    }

    /// Writes a row's quote.
    pub(super) fn quote(&mut self, out: &mut Vec<u8>, row: &Row, priced: &Priced<'_>) -> Result<(), Failure> {
        match &mut self.form {
            Form::Json => {
                line(out, &Line { row: place(row), quote: Some(render::document(priced)), error: None })
            }
            Form::Separated { line, tags } => {
                lead(line, row, tags)?;
                flat::cells(priced, &mut self.scratch, line);
                line.empty(1);
                Ok(line.end(out)?)
            }
            Form::Table => {
                let mut cells = table_cells(row, priced);
                mark(&mut cells, availability(priced));
                table_row(out, &cells)
            }
            Form::Markdown => {
                let mut cells = table_cells(row, priced);
                cells.push(availability(priced).to_string());
                markdown_row(out, cells.iter().map(String::as_str))
            }
        }
    }

    /// Writes what is wrong with a row.
    pub(super) fn error(&mut self, out: &mut Vec<u8>, row: &Row, error: &Error) -> Result<(), Failure> {
        match &mut self.form {
            Form::Json => line(out, &Line { row: place(row), quote: None, error: Some(error) }),
            Form::Separated { line, tags } => {
                lead(line, row, tags)?;
                line.empty(flat::COLUMNS.len());
                line.text(&error.to_string());
                Ok(line.end(out)?)
            }
            Form::Table => {
                let text = format!("{:9} error: {}", label(row), crate::plain::line(error.message()));
                Ok(writeln!(out, "{}", cut(&text, 79))?)
            }
            Form::Markdown => {
                let cells = [label(row), format!("error: {error}")];
                let rest = std::iter::repeat_n("", TABLE.len() + 1 - cells.len());
                markdown_row(out, cells.iter().map(String::as_str).chain(rest))
            }
        }
    }

    /// Writes the sums below the last row.
    pub(super) fn summary(
        &mut self,
        out: &mut Vec<u8>,
        sums: &RowSum,
        exchange: Option<&Exchange>,
        tables: &Tables,
    ) -> Result<(), Failure> {
        let document = sums::document(sums, exchange);
        let total = [document.total.floor, document.total.expected, document.total.ceiling];
        match &mut self.form {
            Form::Json => line(
                out,
                &Summary { summary: SummaryDocument { sums: document, groups: tables.documents() } },
            ),
            Form::Separated { line, tags } => {
                line.empty(1);
                line.plain("total");
                line.empty(tags.columns());
                for name in flat::COLUMNS {
                    let usd = ["total_floor", "total_expected", "total_ceiling"]
                        .iter()
                        .position(|total| total == name);
                    let usd = usd.and_then(|index| total.get(index).copied().flatten());
                    line.plain(&usd.map_or_else(String::new, |usd| usd.to_string()));
                }
                line.empty(1);
                Ok(line.end(out)?)
            }
            Form::Table => {
                writeln!(out, "total: {}", sums::words(sums, exchange))?;
                Ok(out.write_all(tables.text().as_bytes())?)
            }
            Form::Markdown => {
                writeln!(out, "\ntotal: {}", sums::words(sums, exchange))?;
                Ok(out.write_all(tables.markdown().as_bytes())?)
            }
        }
    }

    /// Whether its summary says what rows come to by group too: a spreadsheet that adds up its
    /// column would count groups twice.
    pub(super) fn shows_groups(&self) -> bool {
        !matches!(self.form, Form::Separated { .. })
    }
}

impl Tags {
    fn columns(&self) -> usize {
        match self {
            Tags::Columns(names) => names.len(),
            Tags::Json => 1,
        }
    }
}

/// The cells before those of the quote: line, id and tags.
fn lead(line: &mut separated::Line, row: &Row, tags: &Tags) -> Result<(), Failure> {
    line.plain(itoa::Buffer::new().format(row.line));
    line.text(&row.id);
    match tags {
        Tags::Columns(names) => {
            for name in names {
                let value = row.tags().iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
                line.text(value);
            }
        }
        Tags::Json if row.tags().is_empty() => line.empty(1),
        Tags::Json => {
            let mut text = Vec::with_capacity(64);
            as_map(row.tags(), &mut serde_json::Serializer::new(&mut text))?;
            line.text(&String::from_utf8_lossy(&text));
        }
    }
    Ok(())
}

fn place(row: &Row) -> Place<'_> {
    Place { line: row.line, id: &row.id, tags: row.tags() }
}

fn line(out: &mut Vec<u8>, document: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer(&mut *out, document)?;
    Ok(out.write_all(b"\n")?)
}

/// What stands for a row: its own id, else its line.
fn label(row: &Row) -> String {
    let text = if row.id.is_empty() { row.line.to_string() } else { row.id.clone() };
    cut(&text.replace(char::is_control, "?"), 9)
}

fn table_cells(row: &Row, priced: &Priced<'_>) -> Vec<String> {
    let quote = priced.quote;
    let total = quote.total();
    let usd = |usd: Option<Usd>| usd.map_or_else(|| DASH.to_owned(), |usd| fitted(usd, 11));
    vec![
        label(row),
        quote.offer().model.id.clone(),
        quote.quality().map_or_else(String::new, ToString::to_string),
        quote.chosen_size().to_string(),
        quote.request().n.to_string(),
        usd(total.expected),
        usd(total.ceiling),
    ]
}

fn availability(priced: &Priced<'_>) -> Availability {
    let offer = priced.quote.offer();
    offer.model.availability(offer.as_of)
}

/// Marks the model of a row that is retired or ends soon, in the width that its name has; other
/// formats have the day.
fn mark(cells: &mut [String], availability: Availability) {
    let width = TABLE.get(MODEL).map_or(0, |(_, width, _)| *width);
    if let (true, Some(model)) = (availability.is_marked(), cells.get_mut(MODEL)) {
        let word = availability.as_str();
        *model = format!("{} {word}", cut(model, width.saturating_sub(word.len() + 1)));
    }
}

/// An amount in so many characters: exact where it fits, else rounded.
fn fitted(usd: Usd, width: usize) -> String {
    let exact = usd.to_string();
    if exact.len() <= width {
        return exact;
    }
    let whole = exact.find('.').unwrap_or(exact.len());
    usd.rounded(u32::try_from(width.saturating_sub(whole + 1)).unwrap_or(0))
}

/// Text cut to so many characters.
fn cut(text: &str, width: usize) -> String {
    if text.chars().nth(width).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

fn table_row(out: &mut Vec<u8>, cells: &[String]) -> Result<(), Failure> {
    let mut text = String::new();
    for ((_, width, number), cell) in TABLE.iter().zip(cells) {
        let cell = cut(cell, *width);
        if *number {
            text.push_str(&format!("{cell:>width$} "));
        } else {
            text.push_str(&format!("{cell:<width$} "));
        }
    }
    Ok(writeln!(out, "{}", text.trim_end())?)
}

fn markdown_row<'c>(out: &mut Vec<u8>, cells: impl Iterator<Item = &'c str>) -> Result<(), Failure> {
    let mut text = String::new();
    render::markdown_row(&mut text, cells);
    Ok(out.write_all(text.as_bytes())?)
}
