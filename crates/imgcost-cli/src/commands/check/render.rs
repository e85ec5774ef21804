//! A check for people and for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use imgcost_analysis::policy::{Finding, Level, Place, Verdict};
use imgcost_core::{Date, Usd};
use serde::Serialize;

use super::Checked;
use crate::failure::{Failure, unless_gone};
use crate::plain;
use crate::render::currency::{ConvertedDocument, converted};
use crate::render::{self, Format, Page, Sheet, grouped, sum_words};

/// The document of the contract.
#[derive(Serialize)]
struct Document<'c> {
    schema: &'static str,
    verdict: Verdict,
    file: &'c str,
    policy: &'c str,
    as_of: Date,
    errors: u64,
    warnings: u64,
    suppressed: u64,
    rows: Rows,
    total: Total,
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedDocument<'c>>,
    findings: &'c [Finding],
    /// How many findings of a code there are beyond those listed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    more: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct Rows {
    rows: u64,
    quoted: u64,
    errors: u64,
    unpriced: u64,
    without_prompt: u64,
}

/// Money of all rows that could be quoted; null where it is unknown.
#[derive(Serialize)]
struct Total {
    floor: Option<Usd>,
    expected: Option<Usd>,
    ceiling: Option<Usd>,
    currency: &'static str,
}

/// Writes a check in a format.
pub(super) fn write(out: &mut impl Write, format: Format, checked: &Checked<'_>) -> Result<(), Failure> {
    if format == Format::Table {
        return unless_gone(lines(out, checked).map_err(Failure::from));
    }
    render::write(out, format, || page(checked), || sheet(checked), || document(checked))
}

fn document<'c>(checked: &'c Checked<'_>) -> Document<'c> {
    let report = &checked.report;
    let sums = &report.sum;
    let quoted = sums.rows - sums.errors;
    let [floor, expected, ceiling] = sums.total().amounts().map(|usd| usd.filter(|_| quoted > 0));
    Document {
        schema: "imgcost.check/1",
        verdict: report.verdict,
        file: &checked.file,
        policy: checked.policy.name(),
        as_of: checked.day,
        errors: report.errors,
        warnings: report.warnings,
        suppressed: report.suppressed,
        rows: Rows {
            rows: sums.rows,
            quoted,
            errors: sums.errors,
            unpriced: sums.unpriced,
            without_prompt: sums.no_prompt,
        },
        total: Total { floor, expected, ceiling, currency: "USD" },
        converted: checked.exchange.as_ref().map(|exchange| converted(exchange, [floor, expected, ceiling])),
        findings: &report.findings,
        more: report.more.iter().map(|(rule, count)| (rule.code(), *count)).collect(),
    }
}

/// Where a finding stands: file and line.
fn place(checked: &Checked<'_>, finding: &Finding) -> String {
    let file = match finding.rule.place() {
        Place::Policy => checked.policy.name(),
        Place::Row | Place::File => &checked.file,
    };
    finding.line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"))
}

/// The word for how much a finding counts.
fn weight(finding: &Finding) -> &'static str {
    if finding.suppressed.is_some() { "excepted" } else { finding.level.as_str() }
}

/// What is wrong, what is allowed, and why it is let pass.
fn words(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    if !finding.allowed.is_empty() && finding.limit.is_none() {
        text.push_str(&format!("; allowed: {}", finding.allowed.join(", ")));
    }
    if let Some(nearest) = &finding.nearest {
        text.push_str(&format!("; nearest: {nearest}"));
    }
    if let Some(suppressed) = &finding.suppressed {
        let until = suppressed.until.map_or_else(String::new, |day| format!(" until {day}"));
        text.push_str(&format!("; let pass{until}: {}", suppressed.reason));
    }
    text
}

/// The findings: errors first, then warnings, then what exceptions let pass; each in the order
/// of the rows.
fn by_weight<'c>(checked: &'c Checked<'_>) -> impl Iterator<Item = &'c Finding> {
    let of = |level: Level, suppressed: bool| {
        checked.report.findings.iter().filter(move |finding| {
            finding.suppressed.is_some() == suppressed && (suppressed || finding.level == level)
        })
    };
    of(Level::Error, false).chain(of(Level::Warning, false)).chain(of(Level::Off, true))
}

/// One line a finding, as compilers write them, so that editors and `grep` find their way.
fn lines(out: &mut impl Write, checked: &Checked<'_>) -> io::Result<()> {
    for finding in by_weight(checked) {
        let id = if finding.id.is_empty() { String::new() } else { format!(" [{}]", finding.id) };
        let line = format!(
            "{}: {} {}: {}{id}",
            place(checked, finding),
            weight(finding),
            finding.rule,
            words(finding)
        );
        writeln!(out, "{}", plain::line(line))?;
    }
    for more in beyond(checked) {
        writeln!(out, "{more}")?;
    }
    writeln!(out, "{}", plain::line(verdict(checked)))?;
    out.flush()
}

/// What is not listed.
fn beyond(checked: &Checked<'_>) -> impl Iterator<Item = String> {
    checked.report.more.iter().map(|(rule, count)| format!("… and {} more of {rule}", grouped(*count)))
}

/// How it ended, in a line.
pub(super) fn verdict(checked: &Checked<'_>) -> String {
    let report = &checked.report;
    let sums = &report.sum;
    let word = match report.verdict {
        Verdict::Passed => "passed",
        Verdict::Incomplete => "incomplete",
        Verdict::Broken => "policy broken",
        Verdict::PromptMissing => "can't be judged without prompts",
    };
    let counted =
        |count: u64, what: &str| format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" });
    let mut parts = vec![counted(report.errors, "error"), counted(report.warnings, "warning")];
    if report.suppressed > 0 {
        parts.push(format!("{} excepted", grouped(report.suppressed)));
    }
    if sums.rows == 0 {
        return format!("{word}: {}; 0 rows: nothing was checked", parts.join(", "));
    }
    format!("{word}: {}; {}: {}", parts.join(", "), counted(sums.rows, "row"), money(checked))
}

fn money(checked: &Checked<'_>) -> String {
    let sums = &checked.report.sum;
    sum_words(sums, checked.exchange.as_ref())
}

fn page(checked: &Checked<'_>) -> Page {
    let mut page = Page::default();
    page.heading(format!("imgcost check: {}", verdict(checked)));
    if checked.report.findings.is_empty() {
        return page;
    }
    let mut sheet = Sheet::new(&["where", "id", "level", "rule", "what"]);
    for finding in by_weight(checked) {
        sheet.row([
            place(checked, finding),
            finding.id.clone(),
            weight(finding).to_owned(),
            finding.rule.to_string(),
            words(finding),
        ]);
    }
    page.table(sheet);
    for more in beyond(checked) {
        page.line(more);
    }
    page
}

fn sheet(checked: &Checked<'_>) -> Sheet {
    let mut sheet = Sheet::new(&[
        "file",
        "line",
        "id",
        "level",
        "code",
        "rule",
        "field",
        "message",
        "allowed",
        "nearest",
        "ceiling",
        "limit",
        "suppressed",
        "reason",
        "until",
    ]);
    for finding in &checked.report.findings {
        let policy = finding.rule.place() == Place::Policy;
        let usd = |usd: Option<Usd>| usd.map_or_else(String::new, |usd| usd.to_string());
        let suppressed = finding.suppressed.as_ref();
        let until = suppressed.and_then(|suppressed| suppressed.until);
        sheet.row([
            if policy { checked.policy.name().to_owned() } else { checked.file.clone() },
            finding.line.map_or_else(String::new, |line| line.to_string()),
            finding.id.clone(),
            finding.level.as_str().to_owned(),
            finding.rule.code().to_owned(),
            finding.rule.name().to_owned(),
            finding.field.clone().unwrap_or_default(),
            finding.message.clone(),
            finding.allowed.join("; "),
            finding.nearest.clone().unwrap_or_default(),
            usd(finding.ceiling),
            usd(finding.limit),
            suppressed.is_some().to_string(),
            suppressed.map_or_else(String::new, |suppressed| suppressed.reason.clone()),
            until.map_or_else(String::new, |day| day.to_string()),
        ]);
    }
    sheet
}
