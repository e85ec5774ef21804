//! A log compared with a bill, as document and report.

use imgcost_analysis::bill::{Amount, BillRow, Finding, Measure, Standing, Weight};
use imgcost_analysis::calls::Unused;
use imgcost_core::Ratio;
use serde::Serialize;

use super::Found;
use crate::commands::sums::counted;
use crate::report::{Column, Only, Report, Table, Value, grouped};

/// The most decimals of an amount for people.
const PLACES: u32 = 6;

/// The JSON document.
#[derive(Serialize)]
pub(super) struct Document<'f> {
    schema: &'static str,
    calls: u64,
    agrees: bool,
    tolerance_percent: Ratio,
    usage_export: bool,
    costs_export: bool,
    rows: &'f [BillRow],
    findings: &'f [Finding],
    unused: u64,
    unused_records: &'f [Unused],
    other_days: u64,
}

/// The comparison as a document.
pub(super) fn document<'f>(found: &'f Found) -> Document<'f> {
    Document {
        schema: "imgcost.usage/1",
        calls: found.calls,
        agrees: found.outcome.weight() != Weight::Difference,
        tolerance_percent: found.tolerance,
        usage_export: found.has_usage,
        costs_export: found.has_costs,
        rows: &found.outcome.rows,
        findings: &found.outcome.findings,
        unused: found.read.errors.count,
        unused_records: &found.read.errors.named,
        other_days: found.read.other_days,
    }
}

/// What does not match, then the findings; programs get all sums.
pub(super) fn report(found: &Found) -> Report<'_> {
    let rows = &found.outcome.rows;
    let mut report = Report::default();
    let against = match (found.has_usage, found.has_costs) {
        (true, true) => "usage and costs",
        (true, false) => "usage",
        _ => "costs",
    };
    report.heading(format!("{} against {against}", counted(found.calls, "call")));
    let off: Vec<&BillRow> = rows.iter().filter(|row| row.standing != Standing::Matched).collect();
    let matched = rows.len() - off.len();
    report.line(match rows.len() {
        0 => "there is nothing to compare".to_owned(),
        all => format!("{} of {} sums match", grouped(matched), grouped(all)),
    });
    if !off.is_empty() {
        report.table(table("Differences", &off).only(Only::People));
    }
    report.table(table("Sums", &rows.iter().collect::<Vec<_>>()).only(Only::Data));
    let mut findings: Vec<&Finding> = found.outcome.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    for finding in findings {
        let text = format!("{}: {}", finding.code, finding.message);
        match finding.weight {
            Weight::Note => report.note(text),
            Weight::Unmatched => report.line(text),
            Weight::Difference => report.line(format!("! {text}")),
        }
    }
    if found.read.errors.count > 0 {
        report.line(format!("{} could not be used", counted(found.read.errors.count, "record")));
    }
    if found.read.other_days > 0 {
        report.note(format!("{} records are of other days", grouped(found.read.other_days)));
    }
    report
}

fn table<'f>(name: &'static str, rows: &[&'f BillRow]) -> Table<'f> {
    let has_sizes = rows.iter().any(|row| !row.size.is_empty());
    let or_all = |name: &'f str| if name.is_empty() { Value::Unknown("all".into()) } else { name.into() };
    let of = |row: &BillRow| match row.measure {
        Measure::Usd => "USD".to_owned(),
        measure => measure.as_str().replace('_', " "),
    };
    let verdict = |row: &BillRow| {
        let part = match (row.silent > 0, row.export_is_part) {
            (false, false) => "",
            (true, false) => ", the log is at least",
            (false, true) => ", the export is at least",
            (true, true) => ", both are at least",
        };
        format!("{}{part}", row.standing.as_str().replace('-', " "))
    };
    Table::of(name, rows.iter().copied())
        .column(Column::name("day"), |row| row.day)
        .column(Column::name("model"), |row| or_all(&row.model))
        .column_if(has_sizes, Column::name("size"), |row| or_all(&row.size))
        .column(Column::text("measure").data_only(), |row| row.measure.as_str())
        .column(Column::text("of").text_only(), of)
        .column(Column::number("log").places(PLACES), |row| Value::known(row.log.map(amount)))
        .column(Column::number("silent").data_only(), |row| row.silent)
        .column(Column::number("export").places(PLACES), |row| Value::known(row.export.map(amount)))
        .column(Column::text("export_is_part").data_only(), |row| row.export_is_part)
        .column(Column::number("log_more").places(PLACES), |row| Value::from(more(row)))
        .column(Column::text("standing").data_only(), |row| row.standing.as_str())
        .column(Column::text("verdict").label("").text_only(), verdict)
        .end()
}

fn amount(amount: Amount) -> Value<'static> {
    match amount {
        Amount::Count(count) => count.into(),
        Amount::Usd(usd) if usd.is_negative() => usd.into(),
        Amount::Usd(usd) => usd.size().into(),
    }
}

/// By how much the log is above the export.
fn more(row: &BillRow) -> Option<Value<'static>> {
    match (row.log?, row.export?) {
        (Amount::Count(log), Amount::Count(export)) => Some(Value::Change(log.checked_signed_diff(export)?)),
        (Amount::Usd(log), Amount::Usd(export)) => log.checked_sub(export).map(Value::from),
        _ => None,
    }
}
