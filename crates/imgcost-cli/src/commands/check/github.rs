//! Findings as workflow commands of GitHub Actions, which shows them beside the code: one a line.

use std::fmt::Write;

use imgcost_analysis::policy::{Finding, Level};

use super::{Checked, report};
use crate::plain;

/// One line a finding; excepted ones are left out, as they ask for nothing.
pub(super) fn lines(checked: &Checked<'_>) -> Vec<u8> {
    let mut text = String::new();
    for finding in report::by_weight(checked).filter(|finding| finding.level != Level::Excepted) {
        let command = if finding.level == Level::Error { "error" } else { "warning" };
        let _ = write!(text, "::{command} file={}", property(&finding.file));
        if let Some(line) = finding.line {
            let _ = write!(text, ",line={line}");
        }
        let (title, message) = (property(&finding.rule.to_string()), message(checked, finding));
        let _ = writeln!(text, ",title={title}::{message}");
    }
    text.into_bytes()
}

fn message(checked: &Checked<'_>, finding: &Finding) -> String {
    let id = if finding.id.is_empty() { String::new() } else { format!(" [{}]", finding.id) };
    escaped(&plain::line(format!("{}{id}", report::words(checked, finding))))
}

/// A value between commas and colons.
fn property(text: &str) -> String {
    escaped(&plain::line(text)).replace(':', "%3A").replace(',', "%2C")
}

/// What would end a line or is an escape itself.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
