//! A dated row of the price book, as `prices show` and `explain` have it.

use imgcost_core::{Book, Date, DatedRow};
use serde::Serialize;

use crate::report::Report;

/// Since when a price holds, how it is known and where it is from.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct Dated<'b> {
    pub(in crate::commands) from: Date,
    pub(in crate::commands) to: Option<Date>,
    pub(in crate::commands) from_assumed: bool,
    pub(in crate::commands) evidence: &'static str,
    pub(in crate::commands) confidence: &'static str,
    pub(in crate::commands) source: &'b str,
    pub(in crate::commands) checked: Option<Date>,
    /// File and line.
    pub(in crate::commands) row: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) note: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) reason: Option<&'b str>,
}

impl<'b> Dated<'b> {
    pub(in crate::commands) fn of(book: &Book, row: &'b DatedRow) -> Dated<'b> {
        Dated {
            from: row.from,
            to: row.to,
            from_assumed: row.from_assumed,
            evidence: row.evidence.as_str(),
            confidence: row.confidence.as_str(),
            source: &row.source,
            checked: row.checked,
            row: book.location(row.location),
            note: row.note.as_deref(),
            reason: row.reason.as_deref(),
        }
    }

    /// Its first day.
    pub(in crate::commands) fn since(&self) -> String {
        format!("{}{}", self.from, if self.from_assumed { " (assumed)" } else { "" })
    }

    /// Its source, the day it was checked, and how sure it is, where that is not high.
    pub(in crate::commands) fn source_words(&self) -> String {
        let checked = self.checked.map_or_else(String::new, |day| format!(", checked {day}"));
        let confidence = if self.confidence == "high" { "" } else { ", medium confidence" };
        format!("{}{checked}{confidence}", self.source)
    }

    /// Adds what is noted of it.
    pub(in crate::commands) fn notes(&self, report: &mut Report<'_>) {
        [self.note, self.reason].into_iter().flatten().for_each(|note| report.item(note));
    }
}
