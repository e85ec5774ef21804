//! `imgcost budget log`: what happened, one entry after the other, in constant memory.

use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;

use imgcost_ledger::{Entry, Event, Filter, Ledger, Pause, Record, Scope};
use serde::Serialize;

use super::hold_name::hold_name;
use super::{Context, store, words};
use crate::args::BudgetLogArgs;
use crate::failure::{End, Failure};
use crate::fields;
use crate::report::{Column, Format, Report, Rows, Table, Value};

/// So many entries are shown where nothing narrows them down.
const LAST: u64 = 50;

/// The most decimals of an amount for people.
const PLACES: u32 = 6;

/// One document of all: it is whole or there is none, and all of it is in memory.
#[derive(Serialize)]
struct Journal {
    schema: &'static str,
    entries: Vec<Entry>,
}

/// Shows the journal.
pub(super) fn log(args: &BudgetLogArgs, context: Context<'_>) -> Result<End, Failure> {
    let hold = args.hold.as_deref().map(hold_name).transpose()?;
    let since = args.since.as_deref().map(|text| words::moment("since", text)).transpose()?;
    let last = args.last.as_deref().map(|text| fields::whole("last", text)).transpose()?.map(u64::from);
    let tag = args.tag.as_deref().map(words::tag).transpose()?;
    let narrowed = hold.is_some() || tag.is_some() || since.is_some();
    let ledger = store::open_to_read(&args.ledger, context)?;
    let hold = hold.map(|name| name.of(&*ledger)).transpose()?;
    let what = Filter::default()
        .journal()
        .scope(words::some_scope(args.scope.as_deref())?)
        .last(last.or((!narrowed).then_some(LAST)))
        .hold(hold)
        .tag(tag)
        .since(since);
    let mut table = Table::new("Journal", columns());
    match context.output.format() {
        Format::Jsonl if context.output.paths().is_empty() => {
            let mut out = BufWriter::new(io::stdout().lock());
            entries(&*ledger, &what, |entry| {
                serde_json::to_writer(&mut out, &entry)?;
                Ok(out.write_all(b"\n")?)
            })?;
            out.flush()?;
        }
        format @ (Format::Table | Format::Markdown | Format::Csv | Format::Tsv)
            if context.output.paths().is_empty() =>
        {
            let mut rows = Rows::new(format, table);
            entries(&*ledger, &what, |entry| Ok(rows.row(row(&entry))?))?;
            rows.end()?;
        }
        _ => {
            let mut journal = Journal { schema: "imgcost.journal/1", entries: Vec::new() };
            entries(&*ledger, &what, |entry| {
                journal.entries.push(entry);
                Ok(())
            })?;
            context.output.write(&journal, || {
                journal.entries.iter().for_each(|entry| table.row(row(entry)));
                let mut report = Report::default();
                report.table(table);
                report
            })?;
        }
    }
    Ok(End::Done)
}

fn entries(
    ledger: &dyn Ledger,
    what: &Filter,
    mut each: impl FnMut(Entry) -> Result<(), Failure>,
) -> Result<(), Failure> {
    stream(ledger, what, |record| match record {
        Record::Entry(entry) => each(entry),
        _ => Ok(()),
    })
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

/// The scopes that are paused, of a scope and below.
pub(super) fn pauses(ledger: &dyn Ledger, scope: Option<&Scope>) -> Result<Vec<Pause>, Failure> {
    let mut pauses = Vec::new();
    stream(ledger, &Filter::default().pauses().scope(scope.cloned()), |record| {
        if let Record::Pause(pause) = record {
            pauses.push(pause);
        }
        Ok(())
    })?;
    Ok(pauses)
}

fn columns() -> [Column; 16] {
    [
        Column::number("number").data_only(),
        Column::name("at").data_only(),
        Column::name("time").label("time (UTC)").text_only(),
        Column::name("event"),
        Column::name("scope"),
        Column::name("hold").if_room(1),
        Column::number("amount").label("USD").places(PLACES),
        Column::number("overrun").data_only(),
        Column::text("before").data_only(),
        Column::text("quote").data_only(),
        Column::text("book").data_only(),
        Column::text("details").data_only(),
        Column::name("by").if_room(2),
        Column::text("reason").data_only(),
        Column::name("counts_at").data_only(),
        Column::text("note").text_only(),
    ]
}

fn row(entry: &Entry) -> [Value<'static>; 16] {
    [
        entry.number.into(),
        Value::of(entry.at),
        words::clock(entry.at).into(),
        entry.event.as_str().into(),
        Value::of(&entry.scope),
        entry.hold.as_ref().map(Value::of).into(),
        entry.amount.into(),
        entry.overrun.into(),
        entry.before.map(Value::of).into(),
        entry.quote.clone().into(),
        entry.book.clone().into(),
        entry.details.clone().into(),
        entry.by.clone().into(),
        entry.reason.clone().into(),
        entry.counts_at.map(Value::of).into(),
        note(entry).into(),
    ]
}

/// What people need of the columns that they do not see.
fn note(entry: &Entry) -> String {
    let mut parts = Vec::new();
    if entry.hold.is_none() || entry.event == Event::JobSet {
        parts.extend(entry.details.clone());
    }
    parts.extend(entry.before.map(|before| format!("was {before}")));
    parts.extend(entry.overrun.map(|overrun| format!("${overrun} above its ceiling")));
    parts.extend(entry.reason.clone());
    parts.extend(
        entry.counts_at.filter(|at| *at != entry.at).map(|at| format!("counts at {}", words::clock(at))),
    );
    parts.join(", ")
}
