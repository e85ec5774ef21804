//! A reconciliation as page, rows and document.

use imgcost_analysis::bill::{Amount, Finding, Measure, Row, Standing, Weight};
use imgcost_analysis::calls::Unused;
use imgcost_core::Ratio;
use serde::Serialize;

use super::Found;
use crate::commands::usage::log::rounded;
use crate::render::{DASH, Page, Sheet, grouped};

/// The most rows of a page; the other formats have all.
const ROWS_MAX: usize = 100;

/// The JSON document.
#[derive(Serialize)]
pub(super) struct Document<'f> {
    schema: &'static str,
    calls: u64,
    agrees: bool,
    tolerance_percent: Ratio,
    usage_export: bool,
    costs_export: bool,
    rows: &'f [Row],
    findings: &'f [Finding],
    unused: u64,
    unused_records: &'f [Unused],
    other_days: u64,
}

/// A reconciliation as a document.
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

/// A reconciliation for people: findings first, then what does not match.
pub(super) fn page(found: &Found) -> Page {
    let rows = &found.outcome.rows;
    let mut page = Page::default();
    let against = match (found.has_usage, found.has_costs) {
        (true, true) => "usage and costs",
        (true, false) => "usage",
        _ => "costs",
    };
    let calls =
        if found.calls == 1 { "1 call".to_owned() } else { format!("{} calls", grouped(found.calls)) };
    page.heading(format!("{calls} against {against}"));
    let off: Vec<&Row> = rows.iter().filter(|row| row.standing != Standing::Matched).collect();
    let matched = rows.len() - off.len();
    let sums = |count: usize| format!("{} of {} sums", grouped(len(count)), grouped(len(rows.len())));
    if rows.is_empty() {
        page.line("there is nothing to compare");
    } else {
        page.line(format!("{} match", sums(matched)));
    }
    if !off.is_empty() {
        page.table(table(&off));
    }
    if off.len() > ROWS_MAX {
        page.line(format!("and {} more that do not match; csv and json have all", off.len() - ROWS_MAX));
    }
    let mut findings: Vec<&Finding> = found.outcome.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    for finding in findings {
        let text = format!("{}: {}", finding.code, finding.message);
        match finding.weight {
            Weight::Note => page.note(text),
            Weight::Unmatched => page.line(text),
            Weight::Difference => page.line(format!("! {text}")),
        }
    }
    if found.read.errors.count > 0 {
        page.line(format!("{} records could not be used", grouped(found.read.errors.count)));
    }
    if found.read.other_days > 0 {
        page.note(format!("{} records are of other days", grouped(found.read.other_days)));
    }
    page
}

fn len(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn table(rows: &[&Row]) -> Sheet {
    let by_size = rows.iter().any(|row| !row.size.is_empty());
    let mut columns = vec!["day", "model"];
    columns.extend(by_size.then_some("size"));
    columns.extend(["of", ">log", ">export", ">log more", ""]);
    let mut sheet = Sheet::new(&columns);
    for row in rows.iter().take(ROWS_MAX) {
        let mut cells = vec![row.day.to_string(), words(&row.model, "all")];
        cells.extend(by_size.then(|| words(&row.size, "all")));
        let at_least = if row.silent > 0 { "at least " } else { "" };
        cells.push(match row.measure {
            Measure::Usd => "USD".to_owned(),
            measure => measure.as_str().replace('_', " "),
        });
        cells.push(row.log.map_or_else(|| DASH.to_owned(), |amount| format!("{at_least}{}", shown(amount))));
        let at_least = if row.export_is_part { "at least " } else { "" };
        cells.push(
            row.export.map_or_else(|| DASH.to_owned(), |amount| format!("{at_least}{}", shown(amount))),
        );
        cells.push(more(row).map_or_else(String::new, shown_more));
        cells.push(row.standing.as_str().replace('-', " "));
        sheet.row(cells);
    }
    sheet
}

fn words(text: &str, none: &str) -> String {
    if text.is_empty() { none.to_owned() } else { text.to_owned() }
}

/// By how much the log is above the export: signed, exact.
fn more(row: &Row) -> Option<String> {
    match (row.log?, row.export?) {
        (Amount::Count(log), Amount::Count(export)) => {
            let sign = if log < export { "-" } else { "" };
            Some(format!("{sign}{}", log.abs_diff(export)))
        }
        (Amount::Usd(log), Amount::Usd(export)) => log.checked_sub(export).map(|usd| usd.to_string()),
        _ => None,
    }
}

/// A signed number, its decimals cut to what people read.
fn shown_more(text: String) -> String {
    let (sign, size) = text.strip_prefix('-').map_or(("+", text.as_str()), |size| ("-", size));
    match size.split_once('.') {
        Some(_) => match size.parse::<imgcost_core::SignedUsd>() {
            Ok(usd) => format!("{sign}{}", rounded(usd.size())),
            Err(_) => text,
        },
        None => format!("{sign}{size}"),
    }
}

fn shown(amount: Amount) -> String {
    match amount {
        Amount::Count(count) => grouped(count),
        Amount::Usd(usd) => format!("{}{}", if usd.is_negative() { "-" } else { "" }, rounded(usd.size())),
    }
}

/// Every sum as a row.
pub(super) fn sheet(found: &Found) -> Sheet {
    let mut sheet = Sheet::new(&[
        "day",
        "model",
        "size",
        "measure",
        ">log",
        ">silent",
        ">export",
        "export_is_part",
        ">log_more",
        "standing",
    ]);
    let exact = |amount: Option<Amount>| match amount {
        None => String::new(),
        Some(Amount::Count(count)) => count.to_string(),
        Some(Amount::Usd(usd)) => usd.to_string(),
    };
    for row in &found.outcome.rows {
        sheet.row([
            row.day.to_string(),
            row.model.clone(),
            row.size.clone(),
            row.measure.as_str().to_owned(),
            exact(row.log),
            row.silent.to_string(),
            exact(row.export),
            row.export_is_part.to_string(),
            more(row).unwrap_or_default(),
            row.standing.as_str().to_owned(),
        ]);
    }
    sheet
}
