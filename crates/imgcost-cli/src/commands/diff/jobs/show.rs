//! A difference of jobs for people and for programs.

use imgcost_analysis::diff::{Change, Counts, Deltas, Entry, FieldChange, Job, Kind, MatchedBy};
use imgcost_analysis::{RowSum, Volume};
use imgcost_core::{Date, Note, Usd};
use serde::Serialize;

use super::Compared;
use crate::commands::sums::with_counts;
use crate::report::{Column, Only, Report, Table, Value, grouped, money};
use crate::volume::Per;

/// The document of the contract.
#[derive(Serialize)]
pub(super) struct Document<'c> {
    schema: &'static str,
    before: SideDocument<'c>,
    after: SideDocument<'c>,
    delta: Change,
    counts: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    per: Option<Per>,
    entries: &'c [Entry],
    /// Rows that are the same on both sides, and in error.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    same_errors: &'c [Job],
    notes: &'c [Note],
}

#[derive(Serialize)]
struct SideDocument<'c> {
    file: &'c str,
    as_of: Date,
    book: &'c str,
    complete: bool,
    total: RowSum,
    currency: &'static str,
}

pub(super) fn document<'c>(compared: &'c Compared<'_>) -> Document<'c> {
    let diff = &compared.diff;
    let side = |file: &'c str, side: &'c super::Side, total: RowSum| SideDocument {
        file,
        as_of: side.day,
        book: side.book.digest(),
        complete: total.is_complete(),
        total,
        currency: "USD",
    };
    Document {
        schema: "imgcost.diff/1",
        before: side(&compared.before, compared.sides.0, diff.before),
        after: side(&compared.after, compared.sides.1, diff.after),
        delta: diff.change(),
        counts: diff.counts(),
        per: compared.often.per,
        entries: &diff.entries,
        same_errors: &diff.same_errors,
        notes: &compared.notes,
    }
}

/// A total in words, with what is not in it.
fn total(sum: &RowSum) -> String {
    let [floor, expected, ceiling] = sum.total().amounts();
    // Where one amount is enough, the line has the ceilings at its end.
    let amounts = if expected.is_some() { [expected; 3] } else { [floor, None, ceiling] };
    let amounts = if sum.is_complete() { amounts } else { [floor, None, None] };
    with_counts(amounts, sum)
}

/// The first line: the difference of the totals.
fn summary(compared: &Compared<'_>) -> String {
    let diff = &compared.diff;
    let complete = diff.before.is_complete() && diff.after.is_complete();
    let share = diff.change().per_mille.map(|share| format!(" ({share:+})"));
    let mut text = format!(
        "{}{}{}{}: {} → {}",
        delta_words(&diff.delta),
        compared.often.label(),
        share.unwrap_or_default(),
        if complete { "" } else { " of what is known" },
        total(&diff.before),
        total(&diff.after)
    );
    let (before, after) = (diff.before.total(), diff.after.total());
    if after.ceiling != after.expected || before.ceiling != before.expected {
        let most = |usd: Option<Usd>| usd.map_or_else(|| "unknown".to_owned(), money);
        text.push_str(&format!("; at most {} → {}", most(before.ceiling), most(after.ceiling)));
    }
    text
}

/// What was compared.
fn compared_words(compared: &Compared<'_>) -> String {
    let (old, new) = compared.sides;
    let mut text = if compared.same_file {
        compared.before.clone()
    } else {
        format!("{} → {}", compared.before, compared.after)
    };
    text.push_str(&if old.day == new.day {
        format!(", prices of {}", old.day)
    } else {
        format!(", prices of {} → {}", old.day, new.day)
    });
    if old.book.digest() != new.book.digest() {
        text.push_str(", of two price books");
    }
    text
}

/// How many rows became what.
fn counts(compared: &Compared<'_>) -> String {
    let diff = &compared.diff;
    let Counts { changed, repriced, added, removed, .. } = diff.counts();
    let kinds = [(changed, "changed"), (repriced, "repriced"), (added, "added"), (removed, "removed")];
    let mut parts: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", grouped(*count)))
        .collect();
    parts.push(format!("{} the same", grouped(diff.same)));
    let mut text = format!("rows: {}", parts.join(", "));
    if diff.by_request > 0 {
        text.push_str(&format!(
            "; {} matched by id, {} by what they ask for",
            grouped(diff.by_id),
            grouped(diff.by_request)
        ));
    }
    text
}

/// The difference in words where there is room for one: `+$0.5`, `-$0.5` or `±$0`.
fn delta_words(deltas: &Deltas) -> String {
    let Some(delta) = deltas.main() else { return "unknown".to_owned() };
    let sign = match (delta.is_zero(), delta.is_negative()) {
        (true, _) => "±",
        (false, true) => "-",
        (false, false) => "+",
    };
    format!("{sign}{}", money(delta.size()))
}

/// Which terms became which.
fn field_words(changes: &[FieldChange]) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let words: Vec<String> = changes
        .iter()
        .map(|change| format!("{} {} → {}", change.field, value(&change.before), value(&change.after)))
        .collect();
    words.join(", ")
}

/// What became of a row, in words.
fn what(entry: &Entry) -> String {
    let mut text = match entry.kind {
        Kind::Changed => field_words(&entry.fields),
        Kind::Repriced | Kind::Added | Kind::Removed => entry.job().map_or_else(String::new, Job::summary),
    };
    if let Some(job) = entry.job().filter(|job| job.availability.is_marked()) {
        text.push_str(&format!("; {}", job.availability));
    }
    if let Some(error) = error(entry) {
        text.push_str(&format!("; {error}"));
    }
    text
}

/// The difference of the totals, the rows that differ, and what to know of them.
pub(super) fn report<'c>(compared: &'c Compared<'_>) -> Report<'c> {
    let mut report = Report::default();
    report.heading(summary(compared));
    report.line(compared_words(compared));
    report.item(counts(compared));
    let entries = &compared.diff.entries;
    let (shown, rest) = entries.split_at(entries.len().min(compared.top));
    if !shown.is_empty() {
        report.gap();
    }
    report.table(table(shown).only(if shown.is_empty() { Only::Data } else { Only::Anyone }));
    if !rest.is_empty() {
        report.table(table(rest).only(Only::Data));
        report.gap();
        report.line(format!("… and {} more", grouped(rest.len())));
    }
    below(compared, &mut report);
    report
}

/// Rows that differ.
fn table(entries: &[Entry]) -> Table<'_> {
    let jobs = entries.iter().flat_map(|entry| entry.before.iter().chain(&entry.after));
    let has_calls = jobs.into_iter().any(|job| job.calls != Volume::ONCE);
    let table = Table::of("Rows", entries)
        .column(Column::name("row").text_only(), |entry| entry.job().map(Job::name))
        .column(Column::text("kind").label(""), |entry| entry.kind.as_str())
        .column(Column::text("matched_by").data_only(), |entry| entry.matched.map(MatchedBy::as_str))
        .column(Column::name("id_before").data_only(), |entry| Some(&*entry.before.as_ref()?.id))
        .column(Column::number("line_before").data_only(), |entry| Some(entry.before.as_ref()?.line))
        .column(Column::name("id_after").data_only(), |entry| Some(&*entry.after.as_ref()?.id))
        .column(Column::number("line_after").data_only(), |entry| Some(entry.after.as_ref()?.line));
    let table = match has_calls {
        false => table,
        true => table
            .column(Column::number("calls_before").data_only(), |entry| Some(entry.before.as_ref()?.calls))
            .column(Column::number("calls_after").data_only(), |entry| Some(entry.after.as_ref()?.calls)),
    };
    table
        .column(Column::text("what").text_only(), what)
        .column(Column::text("fields").data_only(), |entry| field_words(&entry.fields))
        .column(Column::estimate("before").or_range().label("USD before"), |entry| {
            entry.before.as_ref().map(cost_value)
        })
        .column(Column::estimate("after").or_range().label("after"), |entry| {
            entry.after.as_ref().map(cost_value)
        })
        .column(Column::number("difference").text_only(), |entry| {
            entry.delta.main().map_or(Value::Unknown("unknown".into()), Value::from)
        })
        .column(Column::number("delta_floor").data_only(), |entry| entry.delta.floor)
        .column(Column::number("delta_expected").data_only(), |entry| entry.delta.expected)
        .column(Column::number("delta_ceiling").data_only(), |entry| entry.delta.ceiling)
        .column(Column::number("per_mille").label("share").if_room(0), |entry| {
            Value::known(entry.change().per_mille)
        })
        .column(Column::text("error").data_only(), error)
        .column(Column::text("availability_before").data_only(), |entry| {
            Some(entry.before.as_ref()?.availability.as_str())
        })
        .column(Column::text("availability_after").data_only(), |entry| {
            Some(entry.after.as_ref()?.availability.as_str())
        })
        .end()
}

/// What is wrong with a row, on either side.
fn error(entry: &Entry) -> Option<&str> {
    [&entry.before, &entry.after].into_iter().flatten().find_map(Job::error)
}

fn cost_value(job: &Job) -> Value<'_> {
    job.cost.as_ref().map_or(Value::Unknown("in error".into()), Value::from)
}

/// Adds the rows in error that the table does not show, and the notes.
fn below(compared: &Compared<'_>, report: &mut Report<'_>) {
    let errors = &compared.diff.same_errors;
    if !errors.is_empty() || !compared.notes.is_empty() {
        report.gap();
    }
    for job in errors.iter().take(compared.top) {
        let error = job.error().unwrap_or_default();
        report.note(format!("{} is in error on both sides: {error}", job.name()));
    }
    let rest = errors.len().saturating_sub(compared.top);
    if rest > 0 {
        report.note(format!("… and {} more in error on both sides", grouped(rest)));
    }
    compared.notes.iter().for_each(|note| report.note(note.message.clone()));
}
