//! `imgcost budget log`: what happened, one entry after the other, in constant memory.

use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;

use imgcost_ledger::{Entry, Event, Filter, Ledger, Record};
use serde::Serialize;

use super::{Context, store, words};
use crate::args::BudgetLogArgs;
use crate::failure::{End, Failure};
use crate::fields;
use crate::plain;
use crate::render::flat::Row as _;
use crate::render::{self, Format, separated};

/// So many entries are shown where nothing narrows them down.
const LAST: u64 = 50;
/// The width of the table.
const WIDTH: usize = 80;

/// The columns of separated values and Markdown.
const COLUMNS: [&str; 13] = [
    "number", "at", "event", "scope", "hold", "amount", "overrun", "before", "quote", "book", "details",
    "by", "reason",
];

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    entries: Vec<Entry>,
}

/// Shows the journal.
pub(super) fn log(args: &BudgetLogArgs, context: Context<'_>) -> Result<End, Failure> {
    let hold = args.hold.as_deref().map(words::hold).transpose()?;
    let since = args.since.as_deref().map(|text| words::moment("since", text)).transpose()?;
    let last = args.last.as_deref().map(|text| fields::whole("last", text)).transpose()?.map(u64::from);
    let narrowed = hold.is_some() || since.is_some();
    let what = Filter::default()
        .journal()
        .scope(words::some_scope(args.scope.as_deref())?)
        .last(last.or((!narrowed).then_some(LAST)))
        .hold(hold)
        .since(since);
    let ledger = store::open(&args.ledger, context)?;
    if context.format == Format::Json {
        return document(&*ledger, &what);
    }
    let mut writer = Writer::new(BufWriter::new(io::stdout().lock()), context.format)?;
    stream(&*ledger, &what, |record| match record {
        Record::Entry(entry) => writer.entry(&entry),
        _ => Ok(()),
    })?;
    writer.out.flush()?;
    Ok(End::Done)
}

/// Hands records over as they are read, until one can't be written.
pub(in crate::commands) fn stream(
    ledger: &dyn Ledger,
    what: &Filter,
    mut each: impl FnMut(Record) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut failure = None;
    ledger.read(what, &mut |record| match each(record) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    })?;
    failure.map_or(Ok(()), Err)
}

/// One document of all: it is whole or there is none, and all of it is in memory.
fn document(ledger: &dyn Ledger, what: &Filter) -> Result<End, Failure> {
    let mut entries = Vec::new();
    stream(ledger, what, |record| {
        if let Record::Entry(entry) = record {
            entries.push(entry);
        }
        Ok(())
    })?;
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &Document { schema: "imgcost.journal/1", entries })?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(End::Done)
}

struct Writer<W: Write> {
    out: W,
    form: Form,
}

enum Form {
    Table,
    Lines,
    Markdown,
    Separated(separated::Line),
}

impl<W: Write> Writer<W> {
    fn new(mut out: W, format: Format) -> Result<Self, Failure> {
        let form = match format {
            Format::Table => {
                writeln!(out, "{:<19} {:<14} {:>12} scope", "time (UTC)", "event", "USD")?;
                Form::Table
            }
            Format::Json | Format::Jsonl => Form::Lines,
            Format::Markdown => {
                markdown(&mut out, COLUMNS.into_iter())?;
                markdown(&mut out, COLUMNS.iter().map(|_| "---"))?;
                Form::Markdown
            }
            Format::Csv | Format::Tsv => {
                let mut line = separated::Line::new(if format == Format::Csv { b',' } else { b'\t' });
                COLUMNS.iter().for_each(|name| line.plain(name));
                line.end(&mut out)?;
                Form::Separated(line)
            }
            _ => return Err(render::not_yet().into()),
        };
        Ok(Writer { out, form })
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), Failure> {
        match &mut self.form {
            Form::Table => self.out.write_all(table_lines(entry).as_bytes())?,
            Form::Lines => {
                serde_json::to_writer(&mut self.out, entry)?;
                self.out.write_all(b"\n")?;
            }
            Form::Markdown => markdown(&mut self.out, cells(entry).iter().map(String::as_str))?,
            Form::Separated(line) => {
                cells(entry).iter().for_each(|cell| line.text(cell));
                line.end(&mut self.out)?;
            }
        }
        Ok(())
    }
}

fn markdown<'c>(out: &mut impl Write, cells: impl Iterator<Item = &'c str>) -> io::Result<()> {
    let mut text = String::new();
    render::markdown_row(&mut text, cells);
    out.write_all(text.as_bytes())
}

/// An entry for people: what happened, and below it to what, by whom and why.
fn table_lines(entry: &Entry) -> String {
    let amount = entry.amount.map_or_else(String::new, |amount| amount.to_string());
    let at = words::clock(entry.at);
    let first = format!("{at:<19} {:<14} {amount:>12} {}", entry.event.as_str(), entry.scope);
    let mut second = Vec::new();
    // An alert's reason says it all, and needs the room.
    let hold = entry.hold.as_ref().filter(|_| entry.event != Event::Alert);
    second.extend(hold.map(ToString::to_string));
    if entry.hold.is_none() {
        second.extend(entry.details.clone());
    }
    second.push(format!("by {}", entry.by));
    second.extend(entry.before.map(|before| format!("was {before}")));
    second.extend(entry.overrun.map(|overrun| format!("${overrun} above its ceiling")));
    second.extend(entry.reason.clone());
    format!("{}\n    {}\n", cut(&first, WIDTH), cut(&second.join(", "), WIDTH - 4))
}

/// Text of which every character is shown, cut to so many columns.
fn cut(text: &str, width: usize) -> String {
    // The end of the last character after which the mark of a cut still fits.
    let (mut used, mut end) = (0, 0);
    let text = plain::line(text);
    for (at, c) in text.char_indices() {
        used += render::table::columns(c.encode_utf8(&mut [0; 4]));
        if used < width {
            end = at + c.len_utf8();
        }
        if used > width {
            return format!("{}…", text.get(..end).unwrap_or_default());
        }
    }
    text
}

fn cells(entry: &Entry) -> [String; 13] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        entry.number.to_string(),
        entry.at.to_string(),
        entry.event.as_str().to_owned(),
        entry.scope.to_string(),
        entry.hold.as_ref().map_or_else(String::new, ToString::to_string),
        entry.amount.map_or_else(String::new, |amount| amount.to_string()),
        entry.overrun.map_or_else(String::new, |overrun| overrun.to_string()),
        entry.before.map_or_else(String::new, |before| before.to_string()),
        text(&entry.quote),
        text(&entry.book),
        text(&entry.details),
        entry.by.clone(),
        text(&entry.reason),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_by_columns() {
        for (text, cut_text) in [
            ("12345678", "12345678"),
            ("123456789", "1234567…"),
            ("図図図図", "図図図図"),
            ("図図図図図", "図図図…"),
            ("1図図図図", "1図図図…"),
            ("a\u{1b}b\u{202e}c", "a?b?c"),
        ] {
            assert_eq!(cut(text, 8), cut_text, "{text}");
            assert!(render::table::columns(&cut(text, 8)) <= 8);
        }
    }
}
