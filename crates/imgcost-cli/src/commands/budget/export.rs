//! `imgcost budget export`: all that a ledger keeps, in constant memory.

use std::io::{self, BufWriter, Write};

use imgcost_ledger::{Filter, Hold, Ledger, Record, Scope, Timestamp};
use serde::Serialize;

use super::{Context, log, set, store, words};
use crate::args::BudgetExportArgs;
use crate::clock;
use crate::failure::{End, Failure, bad_input};
use crate::render::flat::Row as _;
use crate::render::{Format, separated};

/// The first line of an export.
#[derive(Serialize)]
struct Header<'h> {
    schema: &'static str,
    now: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'h Scope>,
}

/// A budget's line, with the same fields as everywhere else.
#[derive(Serialize)]
struct BudgetLine<'b> {
    kind: &'static str,
    #[serde(flatten)]
    budget: set::BudgetDocument<'b>,
}

/// The columns of the holds.
const COLUMNS: [&str; 15] = [
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
];

/// Writes JSON Lines, or the holds alone as separated values.
pub(super) fn export(args: &BudgetExportArgs, context: Context<'_>) -> Result<End, Failure> {
    let scope = words::some_scope(args.scope.as_deref())?;
    if context.format == Format::Markdown {
        let error = bad_input("format", "an export is JSON Lines, or the holds as csv or tsv");
        return Err(error.allowed(["jsonl", "csv", "tsv"]).into());
    }
    let ledger = store::open(&args.ledger, context)?;
    let mut out = BufWriter::new(io::stdout().lock());
    match context.format {
        Format::Csv => holds(&*ledger, scope, &mut out, b',')?,
        Format::Tsv => holds(&*ledger, scope, &mut out, b'\t')?,
        _ => lines(&*ledger, scope, &mut out)?,
    }
    out.flush()?;
    Ok(End::Done)
}

fn lines(ledger: &dyn Ledger, scope: Option<Scope>, out: &mut impl Write) -> Result<(), Failure> {
    let header = Header { schema: "imgcost.ledger/1", now: clock::now(), scope: scope.as_ref() };
    serde_json::to_writer(&mut *out, &header)?;
    out.write_all(b"\n")?;
    log::stream(ledger, &Filter::all().scope(scope), |record| {
        match &record {
            Record::Budget(budget) => {
                let line = BudgetLine { kind: "budget", budget: set::document(budget) };
                serde_json::to_writer(&mut *out, &line)?;
            }
            record => serde_json::to_writer(&mut *out, record)?,
        }
        Ok(out.write_all(b"\n")?)
    })
}

fn holds(
    ledger: &dyn Ledger,
    scope: Option<Scope>,
    out: &mut impl Write,
    separator: u8,
) -> Result<(), Failure> {
    let mut line = separated::Line::new(separator);
    COLUMNS.iter().for_each(|name| line.plain(name));
    line.end(out)?;
    log::stream(ledger, &Filter::default().holds().scope(scope), |record| {
        if let Record::Hold(hold) = record {
            cells(&hold).iter().for_each(|cell| line.text(cell));
            line.end(out)?;
        }
        Ok(())
    })
}

fn cells(hold: &Hold) -> [String; 15] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        hold.id.to_string(),
        text(&hold.key),
        hold.scope.to_string(),
        hold.made_at.to_string(),
        hold.expires_at.to_string(),
        hold.ceiling.to_string(),
        hold.assumed.to_string(),
        hold.state.to_string(),
        hold.cost.map_or_else(String::new, |cost| cost.to_string()),
        text(&hold.usage),
        text(&hold.reason),
        hold.quote.clone(),
        hold.book.clone(),
        hold.request.clone(),
        hold.terms.clone(),
    ]
}
