//! `imgcost budget export`: all that a ledger keeps, in constant memory.

use std::io::{self, BufWriter, Write};

use imgcost_ledger::{Filter, Hold, Ledger, Record, Scope, Timestamp};
use serde::Serialize;

use super::{Context, log, store, words};
use crate::args::BudgetExportArgs;
use crate::clock;
use crate::failure::{End, Failure, bad_input};
use crate::report::{Column, Format, Rows, Table, Value};

/// The first line of an export.
#[derive(Serialize)]
struct Header<'h> {
    schema: &'static str,
    now: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'h Scope>,
}

/// The columns of the holds.
const COLUMNS: [&str; 22] = [
    "id",
    "key",
    "scope",
    "made_at",
    "expires_at",
    "ceiling",
    "assumed",
    "state",
    "cost",
    "usage",
    "reason",
    "quote",
    "book",
    "request",
    "terms",
    "expected",
    "calls",
    "tags",
    "request_id",
    "provider",
    "job",
    "late",
];

/// Writes JSON Lines, or the holds alone as separated values.
pub(super) fn export(args: &BudgetExportArgs, context: Context<'_>) -> Result<End, Failure> {
    let scope = words::some_scope(args.scope.as_deref())?;
    let format = context.output.stdout_only()?;
    let separated = matches!(format, Format::Csv | Format::Tsv);
    if !(separated || format.is_json() || format == Format::Table) {
        let error = bad_input("format", "an export is JSON Lines, or the holds as csv or tsv");
        return Err(error.allowed(["jsonl", "csv", "tsv"]).into());
    }
    let ledger = store::open_to_read(&args.ledger, context)?;
    if separated {
        holds(&*ledger, scope, format)?;
    } else {
        lines(&*ledger, scope)?;
    }
    Ok(End::Done)
}

fn lines(ledger: &dyn Ledger, scope: Option<Scope>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let header = Header { schema: "imgcost.ledger/1", now: clock::now(), scope: scope.as_ref() };
    serde_json::to_writer(&mut out, &header)?;
    out.write_all(b"\n")?;
    log::stream(ledger, &Filter::all().scope(scope), |record| {
        serde_json::to_writer(&mut out, &record)?;
        Ok(out.write_all(b"\n")?)
    })?;
    Ok(out.flush()?)
}

fn holds(ledger: &dyn Ledger, scope: Option<Scope>, format: Format) -> Result<(), Failure> {
    let mut rows = Rows::new(format, Table::new("Holds", COLUMNS.map(Column::name)));
    log::stream(ledger, &Filter::default().holds().scope(scope), |record| match record {
        Record::Hold(hold) => Ok(rows.row(cells(hold))?),
        _ => Ok(()),
    })?;
    Ok(rows.end()?)
}

fn cells(hold: Hold) -> [Value<'static>; 22] {
    let tags = (!hold.tags.is_empty()).then(|| serde_json::to_string(&hold.tags).unwrap_or_default());
    let (provider, job) = hold.job.map(|job| (job.provider, job.id)).unzip();
    [
        Value::of(hold.id),
        hold.key.into(),
        Value::of(hold.scope),
        Value::of(hold.made_at),
        Value::of(hold.expires_at),
        hold.ceiling.into(),
        hold.assumed.into(),
        Value::of(hold.state),
        hold.cost.into(),
        hold.usage.into(),
        hold.reason.into(),
        hold.quote.into(),
        hold.book.into(),
        hold.request.into(),
        hold.terms.into(),
        hold.expected.into(),
        hold.calls.into(),
        tags.into(),
        hold.request_id.into(),
        provider.into(),
        job.into(),
        hold.late.into(),
    ]
}
