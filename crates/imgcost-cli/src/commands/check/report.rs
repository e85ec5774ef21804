//! A check for people and for programs.

use std::collections::BTreeMap;

use imgcost_analysis::policy::{Finding, Level, Verdict};
use imgcost_core::Date;
use serde::Serialize;

use super::Checked;
use crate::commands::sums::{self, Amounts, Counts, Sums, counted};
use crate::plain;
use crate::report::{Column, ConvertedTotal, Only, Report, Table, Value, grouped};
use crate::volume::Per;

/// The most values that are named instead of a wrong one.
const INSTEAD_MAX: usize = 8;

/// The document of the contract.
#[derive(Serialize)]
pub(super) struct Document<'c> {
    schema: &'static str,
    verdict: Verdict,
    files: Vec<&'c str>,
    policy: &'c str,
    as_of: Date,
    errors: u64,
    warnings: u64,
    excepted: u64,
    rows: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    per: Option<Per>,
    total: Amounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedTotal<'c>>,
    findings: &'c [Finding],
    /// How many findings of a code there are beyond those listed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    more: BTreeMap<&'static str, u64>,
}

pub(super) fn document<'c>(checked: &'c Checked<'_>) -> Document<'c> {
    let found = &checked.report;
    let Sums { counts, per, total, converted } =
        sums::document(&found.sum, checked.often.per, checked.exchange.as_ref());
    Document {
        schema: "imgcost.check/1",
        verdict: found.verdict,
        files: checked.files.iter().map(|(name, _)| name.as_str()).collect(),
        policy: checked.policy.name(),
        as_of: checked.day,
        errors: found.errors,
        warnings: found.warnings,
        excepted: found.excepted,
        rows: counts,
        per,
        total,
        converted,
        findings: &found.findings,
        more: found.more.iter().map(|(rule, count)| (rule.code(), *count)).collect(),
    }
}

/// File and line of a finding.
fn place(finding: &Finding) -> String {
    let file = &finding.file;
    finding.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"))
}

/// What is wrong, and why it is excepted or which line of the policy asks for it.
fn what(checked: &Checked<'_>, finding: &Finding) -> String {
    let message = &finding.message;
    match (&finding.exception, finding.policy_line) {
        (Some(exception), _) => {
            let until = exception.until.map_or_else(String::new, |day| format!("until {day}: "));
            format!("{message}; {until}{}", exception.reason)
        }
        (None, Some(line)) => format!("{message} ({}:{line})", checked.policy.name()),
        (None, None) => message.clone(),
    }
}

/// What would be accepted, the nearest first.
fn instead(finding: &Finding) -> Option<String> {
    let nearest = finding.nearest.as_ref();
    let names: Vec<&str> = match nearest {
        _ if finding.exception.is_some() => return None,
        Some(nearest) if !finding.allowed.contains(nearest) => vec![nearest],
        // A limit is no value to give.
        None if finding.limit.is_some() => return None,
        _ => {
            let others = finding.allowed.iter().filter(|name| Some(*name) != nearest);
            nearest.into_iter().chain(others).take(INSTEAD_MAX).map(String::as_str).collect()
        }
    };
    let (last, first) = names.split_last()?;
    Some(if first.is_empty() { (*last).to_owned() } else { format!("{} or {last}", first.join(", ")) })
}

/// A finding in a line.
pub(super) fn words(checked: &Checked<'_>, finding: &Finding) -> String {
    let instead = instead(finding).map(|names| format!("; try: {names}")).unwrap_or_default();
    what(checked, finding) + &instead
}

/// The findings: errors first, then warnings, then excepted ones; each in the order
/// of the rows.
pub(super) fn by_weight<'c>(checked: &'c Checked<'_>) -> impl Iterator<Item = &'c Finding> {
    let of = |level: Level| checked.report.findings.iter().filter(move |finding| finding.level == level);
    of(Level::Error).chain(of(Level::Warning)).chain(of(Level::Excepted))
}

/// A finding as compilers write them, so that editors and `grep` find their way, and below it what
/// would be accepted.
pub(super) fn lines(checked: &Checked<'_>) -> Vec<u8> {
    let finding = |finding: &Finding| {
        let (place, level, rule) = (place(finding), finding.level.as_str(), finding.rule);
        let line = format!("{place}: {level}[{rule}]: {}", what(checked, finding));
        std::iter::once(line).chain(instead(finding).map(|names| format!("  try: {names}")))
    };
    let lines = by_weight(checked).flat_map(finding).chain(beyond(checked)).chain([verdict(checked)]);
    lines.flat_map(|line| plain::line(line).into_bytes().into_iter().chain([b'\n'])).collect()
}

/// What is not listed.
fn beyond(checked: &Checked<'_>) -> impl Iterator<Item = String> {
    checked.report.more.iter().map(|(rule, count)| format!("… and {} more of {rule}", grouped(*count)))
}

/// How it ended, in a line: what the jobs come to, and how many findings there are.
pub(super) fn verdict(checked: &Checked<'_>) -> String {
    let (found, exchange) = (&checked.report, checked.exchange.as_ref());
    let mut jobs = counted(found.sum.rows, "job");
    let one = checked.files.len() == 1;
    if !one {
        jobs.push_str(&format!(" in {} files", checked.files.len()));
    }
    let mut parts = vec![counted(found.errors, "error"), counted(found.warnings, "warning")];
    if found.excepted > 0 {
        parts.push(format!("{} excepted", grouped(found.excepted)));
    }
    if found.verdict == Verdict::PromptMissing {
        parts.push("no verdict without the prompts".to_owned());
    }
    let (images, parts) = (sums::volumes(&found.sum), parts.join(", "));
    if found.sum.rows == 0 {
        return format!("{jobs}, nothing was checked: {parts}");
    }
    // The limit is one of each file.
    let label = checked.often.label();
    let most = sums::most(&found.sum, checked.policy.max_per_file().filter(|_| one)) + &label;
    format!("{jobs}, {images}, {most}: {parts}{}", sums::in_currency(&found.sum, exchange))
}

/// How it ended, and the findings.
pub(super) fn report<'c>(checked: &'c Checked<'_>) -> Report<'c> {
    let mut report = Report::default();
    report.heading(format!("imgcost check: {}", verdict(checked)));
    let exception = |finding: &'c Finding| finding.exception.as_ref();
    let table = Table::of("Findings", by_weight(checked))
        .column(Column::name("where").text_only(), place)
        .column(Column::name("file").data_only(), |finding| &finding.file)
        .column(Column::number("line").data_only(), |finding| finding.line)
        .column(Column::name("id"), |finding| &finding.id)
        .column(Column::text("level"), |finding| finding.level.as_str())
        .column(Column::name("code").data_only(), |finding| finding.rule.code())
        .column(Column::name("rule name").label("rule").text_only(), |finding| finding.rule.to_string())
        .column(Column::name("rule").data_only(), |finding| finding.rule.name())
        .column(Column::text("what").text_only(), |finding| words(checked, finding))
        .column(Column::text("field").data_only(), |finding| finding.field.as_ref())
        .column(Column::text("message").data_only(), |finding| &finding.message)
        .column(Column::text("allowed").data_only(), |finding| Value::list(&finding.allowed))
        .column(Column::text("nearest").data_only(), |finding| finding.nearest.as_ref())
        .column(Column::number("ceiling").data_only(), |finding| finding.ceiling)
        .column(Column::number("limit").data_only(), |finding| finding.limit)
        .column(Column::number("over").data_only(), |finding| finding.over)
        .column(Column::text("reason").data_only(), |finding| Some(&exception(finding)?.reason))
        .column(Column::name("until").data_only(), |finding| exception(finding)?.until);
    // A line of names without rows below it is of use to programs only.
    let only = if checked.report.findings.is_empty() { Only::Data } else { Only::Anyone };
    report.table(table.only(only).end());
    beyond(checked).for_each(|more| report.line(more));
    report
}
