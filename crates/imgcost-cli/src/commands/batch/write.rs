//! Results of a batch, one a row, as they come: nothing is kept for later but for pages and
//! workbooks.

use std::io::Write;

use imgcost_analysis::Volume;
use imgcost_analysis::jobs::JobRow;
use imgcost_core::{Error, QuoteDocument, Usd};
use serde::{Serialize, Serializer};

use super::groups::{GroupDocument, Groupings};
use super::priced;
use crate::commands::quote::{NotedQuote, document, row as quote_row};
use crate::commands::sums::Sums;
use crate::failure::Failure;
use crate::report::{self, Bounds, Column, Format, Stream, Table, Value, width};

/// The columns of a quote that people see too.
const SHOWN: [&str; 4] = ["model", "quality", "size", "n"];
/// The decimals of a bill for people.
const BILL_PLACES: u32 = 4;
/// The cells of a quote.
const QUOTE: usize = 21;

/// Writes results in a format, into a buffer that its owner empties.
pub(super) struct Writer {
    format: Format,
    layout: Layout,
    form: Form,
}

enum Form {
    /// Nothing of a row: the sums alone are asked for.
    Sums,
    /// A document on a line, or in the list of one document.
    Json,
    /// A row as it comes.
    Rows(Stream),
    /// A row that is kept until all are there.
    Kept,
}

/// What rows of a file may have beside their quotes.
#[derive(Clone)]
pub(super) struct Layout {
    /// How their tags are written.
    pub(super) tags: Tags,
    /// Whether a row may say how often its call is made.
    pub(super) has_calls: bool,
    /// The columns of the file as they are in it; none where each row has keys of its own.
    pub(super) own: Option<Vec<String>>,
}

/// How tags are written: a column each where a header names them all in advance, else all in one.
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
    /// What all of the row's calls come to, where it is said how many they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    bill: Option<Bounds<Usd>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'r Error>,
}

#[derive(Serialize)]
struct Place<'r> {
    line: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    calls: Option<Volume>,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "as_map")]
    tags: &'r [(String, String)],
}

fn as_map<S: Serializer>(tags: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(tags.iter().map(|(name, value)| (name, value)))
}

/// The sums alone.
#[derive(Serialize)]
struct LastLine<'x> {
    schema: &'static str,
    summary: SummaryDocument<'x>,
}

#[derive(Serialize)]
struct SummaryDocument<'x> {
    #[serde(flatten)]
    sums: Sums<'x>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupDocument>,
}

impl Writer {
    /// A writer; where the output is a terminal, as wide as that.
    pub(super) fn new(format: Format, layout: &Layout, is_stdout: bool, summary: bool) -> Writer {
        let form = match format {
            _ if summary => Form::Sums,
            Format::Json | Format::Jsonl => Form::Json,
            Format::Table | Format::Markdown | Format::Csv | Format::Tsv => {
                let width = if is_stdout { width() } else { None };
                Form::Rows(Stream::new(format, &sample(format, layout), width))
            }
            _ => Form::Kept,
        };
        Writer { format, layout: layout.clone(), form }
    }

    /// Whether its rows are kept until all are there.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self.form, Form::Kept)
    }

    /// The table of the rows, without any.
    pub(super) fn table(&self) -> Table<'static> {
        priced::table(&self.layout)
    }

    /// Writes what is above the first row.
    pub(super) fn header(&self, out: &mut Vec<u8>) {
        match (&self.form, self.format) {
            (Form::Rows(stream), _) => stream.head(out),
            (Form::Json, Format::Json) => {
                out.extend_from_slice(b"{\"schema\":\"imgcost.batch/1\",\"rows\":[")
            }
            _ => {}
        }
    }

    /// Writes a row's quote, or what is wrong with the row.
    pub(super) fn row(
        &mut self,
        out: &mut Vec<u8>,
        kept: &mut Vec<report::Row<'static>>,
        (row, own): (&JobRow, &[String]),
        quoted: Result<&NotedQuote<'_>, &Error>,
    ) -> Result<(), Failure> {
        if let Form::Kept = self.form {
            kept.push(priced::row(&self.layout, row, own, quoted)?);
            return Ok(());
        }
        if let Form::Sums = self.form {
            return Ok(());
        }
        if let Form::Json = self.form {
            if self.format == Format::Json {
                out.extend_from_slice(b",\n");
            }
            let place = Place { line: row.line, id: &row.id, calls: row.calls, tags: row.tags() };
            let bill = row.calls.zip(quoted.ok()).map(|(calls, priced)| bill(calls, priced));
            let quote = quoted.ok().map(document);
            serde_json::to_writer(&mut *out, &Line { row: place, quote, bill, error: quoted.err() })?;
            if self.format == Format::Jsonl {
                out.push(b'\n');
            }
            return Ok(());
        }
        let label = if row.id.is_empty() { row.line.into() } else { Value::from(row.id.as_str()) };
        if let (Format::Table, Err(_)) = (self.format, quoted) {
            // What is wrong is told below, whole.
            return Ok(writeln!(out, " {:<6}  in error", label.words())?);
        }
        let lead = [label, row.line.into(), row.id.as_str().into()];
        let tags = tags(row, &self.layout.tags)?;
        let volume = if self.layout.has_calls { self::volume(row, quoted.ok()) } else { Vec::new() };
        let (quote, tail) = match quoted {
            Ok(priced) => {
                let offer = priced.quote.offer();
                let availability = offer.model.availability(offer.as_of);
                let status = availability.is_marked().then(|| availability.to_string());
                let mut cells = quote_row::cells(priced);
                // A terminal has no room for a column of it.
                if let (Format::Table, Some(status), Some(model)) = (self.format, &status, cells.get_mut(1)) {
                    *model = format!("{} {status}", offer.model.id).into();
                }
                (cells, [status.into(), Value::Empty])
            }
            Err(error) => {
                let error = error.to_string();
                (nothing(), [format!("error: {error}").into(), error.into()])
            }
        };
        if let Form::Rows(stream) = &mut self.form {
            stream.parts(out, &[&lead, &tags, &quote, &volume, &tail]);
        }
        Ok(())
    }

    /// What ends the documents: the sums.
    pub(super) fn end(&self, sums: Sums<'_>, groups: &Groupings) -> Result<Vec<u8>, Failure> {
        let summary = SummaryDocument { sums, groups: groups.documents() };
        let mut out = Vec::new();
        match (&self.form, self.format) {
            (Form::Json, Format::Json) => {
                out.extend_from_slice(b"\n],\"summary\":");
                serde_json::to_writer(&mut out, &summary)?;
                out.extend_from_slice(b"}\n");
            }
            (Form::Sums, format) => {
                let document = LastLine { schema: "imgcost.batch/1", summary };
                match format {
                    Format::Json => serde_json::to_writer_pretty(&mut out, &document)?,
                    _ => serde_json::to_writer(&mut out, &document)?,
                }
                out.push(b'\n');
            }
            _ => {}
        }
        Ok(out)
    }

    /// Whether people read it on their terminals.
    pub(super) fn is_for_people(&self) -> bool {
        matches!(self.format, Format::Table | Format::Markdown)
    }

    /// Whether what rows come to by group is in its output: below rows of csv, a spreadsheet that adds
    /// up its column would count groups twice.
    pub(super) fn shows_groups(&self, summary: bool) -> bool {
        self.is_kept() || summary || self.format == Format::Json
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

/// The columns of a row: its place, its tags, its quote, what is wrong with it.
fn columns(format: Format, layout: &Layout) -> Vec<Column> {
    let mut columns = vec![
        Column::name("row").text_only(),
        Column::number("line").data_only(),
        Column::name("id").data_only(),
    ];
    match &layout.tags {
        Tags::Columns(names) => {
            columns.extend(names.iter().map(|name| Column::text(format!("tag:{name}")).data_only()));
        }
        Tags::Json => columns.push(Column::text("tags").data_only()),
    }
    columns.extend(quote_row::columns().into_iter().map(|column| match column.key.as_ref() {
        "total" if layout.has_calls => column.label("USD a call").places(6).if_room(1),
        "total" => column.label("USD").ranged("floor to ceiling").places(6),
        "provider" => column.if_room(2),
        key if SHOWN.contains(&key) => column,
        _ => column.data_only(),
    }));
    if layout.has_calls {
        columns.extend([
            Column::number("calls"),
            Column::number("expected").text_only().decimals(BILL_PLACES),
            Column::number("most").label("at most").text_only().decimals(BILL_PLACES),
            Column::estimate("bill").data_only(),
        ]);
    }
    if format != Format::Table {
        columns.push(Column::text("status").text_only());
    }
    columns.push(Column::text("error").data_only());
    columns
}

/// A row as wide as most are: the columns of a table are laid out before its rows are known.
fn sample(format: Format, layout: &Layout) -> Table<'static> {
    let mut table = Table::new("Rows", columns(format, layout));
    let total = [Some(Usd::from_nanos(10_000)), None, Some(Usd::from_nanos(999_999_000))];
    let quote = quote_row::columns().map(|column| match column.key.as_ref() {
        "provider" => "azure-openai".into(),
        "model" => "gpt-image-2.6-flare".into(),
        "quality" => "medium".into(),
        "size" => "1024x1024".into(),
        "n" => 10_u32.into(),
        "total" => Bounds::from(total).into(),
        _ => Value::Empty,
    });
    let lead = ["row-99".into(), Value::Empty, Value::Empty];
    let most = Value::Usd(Usd::from_nanos(99_999_999_900_000));
    let volume = if layout.has_calls { vec![1_000_000_u64.into(), most.clone(), most] } else { Vec::new() };
    table.row(lead.into_iter().chain(vec![Value::Empty; layout.tags.columns()]).chain(quote).chain(volume));
    table
}

/// What all of a row's calls come to.
pub(super) fn bill(calls: Volume, priced: &NotedQuote<'_>) -> Bounds<Usd> {
    Bounds::from(&calls.of(priced.quote.total()))
}

/// How often a row's call is made, and what that comes to.
fn volume(row: &JobRow, priced: Option<&NotedQuote<'_>>) -> Vec<Value<'static>> {
    let calls = row.calls.unwrap_or(Volume::ONCE);
    let bill = priced.map(|priced| bill(calls, priced));
    let (expected, most) = (bill.and_then(|bill| bill.expected), bill.and_then(|bill| bill.ceiling));
    // Rounded as it is shown, it still is the most.
    let most = most.map(|usd| usd.rounded_up_to(10_u32.pow(BILL_PLACES)).unwrap_or(usd));
    let known = |usd| if priced.is_some() { Value::known(usd) } else { Value::Empty };
    vec![calls.into(), known(expected), known(most), bill.into()]
}

/// The cells of a quote, empty.
fn nothing() -> [Value<'static>; QUOTE] {
    std::array::from_fn(|_| Value::Empty)
}

/// The cells of a row's tags.
pub(super) fn tags<'r>(row: &'r JobRow, tags: &Tags) -> Result<Vec<Value<'r>>, Failure> {
    let value =
        |name: &String| row.tags().iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    Ok(match tags {
        Tags::Columns(names) => names.iter().map(|name| value(name).into()).collect(),
        Tags::Json if row.tags().is_empty() => vec![Value::Empty],
        Tags::Json => {
            let mut text = Vec::with_capacity(64);
            as_map(row.tags(), &mut serde_json::Serializer::new(&mut text))?;
            vec![String::from_utf8_lossy(&text).into_owned().into()]
        }
    })
}
