//! A difference of jobs for people and for programs.

use imgcost_analysis::RowSum;
use imgcost_analysis::diff::{Deltas, Entry, FieldChange, Job, Kind, MatchedBy};
use imgcost_core::{Availability, Date, PerMille, Total, Usd};
use serde::Serialize;

use super::super::words;
use super::Compared;
use crate::render::{Page, Sheet, grouped, percent, with_counts};

/// The document of the contract.
#[derive(Serialize)]
pub(super) struct Document<'c> {
    schema: &'static str,
    before: SideDocument<'c>,
    after: SideDocument<'c>,
    delta: DeltasDocument,
    counts: Counts,
    entries: Vec<EntryDocument<'c>>,
    /// Rows that are the same on both sides, and in error.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    same_errors: Vec<JobDocument<'c>>,
    notes: Vec<NoteDocument<'c>>,
}

#[derive(Serialize)]
struct NoteDocument<'c> {
    code: &'static str,
    message: &'c str,
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

#[derive(Serialize)]
struct DeltasDocument {
    #[serde(flatten)]
    deltas: Deltas,
    per_mille: Option<PerMille>,
}

#[derive(Serialize)]
struct Counts {
    changed: u64,
    repriced: u64,
    added: u64,
    removed: u64,
    same: u64,
    matched_by_id: u64,
    matched_by_request: u64,
}

#[derive(Serialize)]
struct EntryDocument<'c> {
    kind: Kind,
    matched_by: Option<MatchedBy>,
    before: Option<JobDocument<'c>>,
    after: Option<JobDocument<'c>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    fields: &'c [FieldChange],
    delta: DeltasDocument,
}

#[derive(Serialize)]
struct JobDocument<'c> {
    line: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Total>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'c str>,
    /// `current`, `ends` (within 30 days) or `retired` on the day of the row.
    availability: Availability,
    /// The day of the shutdown, where one is near or past.
    #[serde(skip_serializing_if = "Option::is_none")]
    shutdown: Option<Date>,
}

/// The cost of a row, where it has one.
fn cost(job: Option<&Job>) -> Option<Total> {
    job.and_then(|job| job.cost.as_ref().ok().copied())
}

fn entry_per_mille(entry: &Entry) -> Option<PerMille> {
    entry.delta.per_mille(&cost(entry.before.as_ref())?)
}

fn count(compared: &Compared<'_>, kind: Kind) -> u64 {
    let found = compared.diff.entries.iter().filter(|entry| entry.kind == kind).count();
    u64::try_from(found).unwrap_or(u64::MAX)
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
    let job = |job: &'c Job| JobDocument {
        line: job.line,
        id: &job.id,
        cost: job.cost.as_ref().ok().copied(),
        error: job.cost.as_ref().err().map(AsRef::as_ref),
        availability: job.availability,
        shutdown: job.availability.day(),
    };
    Document {
        schema: "imgcost.diff/1",
        before: side(&compared.before, compared.sides.0, diff.before),
        after: side(&compared.after, compared.sides.1, diff.after),
        delta: DeltasDocument { deltas: diff.delta, per_mille: total_per_mille(compared) },
        counts: Counts {
            changed: count(compared, Kind::Changed),
            repriced: count(compared, Kind::Repriced),
            added: count(compared, Kind::Added),
            removed: count(compared, Kind::Removed),
            same: diff.same,
            matched_by_id: diff.by_id,
            matched_by_request: diff.by_request,
        },
        entries: diff
            .entries
            .iter()
            .map(|entry| EntryDocument {
                kind: entry.kind,
                matched_by: entry.matched,
                before: entry.before.as_ref().map(job),
                after: entry.after.as_ref().map(job),
                fields: &entry.fields,
                delta: DeltasDocument { deltas: entry.delta, per_mille: entry_per_mille(entry) },
            })
            .collect(),
        same_errors: diff.same_errors.iter().map(job).collect(),
        notes: compared
            .notes
            .iter()
            .map(|note| NoteDocument { code: note.code, message: &note.message })
            .collect(),
    }
}

fn total_per_mille(compared: &Compared<'_>) -> Option<PerMille> {
    compared.diff.delta.per_mille(&compared.diff.before.total())
}

/// A total in words, with what is not in it.
fn total(sum: &RowSum) -> String {
    let [floor, expected, ceiling] = sum.total().amounts();
    // Where one amount says it all, the line has the ceilings at its end.
    let amounts = if expected.is_some() { [expected; 3] } else { [floor, None, ceiling] };
    let amounts = if sum.is_complete() { amounts } else { [floor, None, None] };
    with_counts(amounts, sum)
}

/// The first line: the difference of the totals.
fn summary(compared: &Compared<'_>) -> String {
    let diff = &compared.diff;
    let complete = diff.before.is_complete() && diff.after.is_complete();
    let share = total_per_mille(compared).map(|share| format!(" ({})", percent(Some(share))));
    let mut text = format!(
        "{}{}{}: {} → {}",
        words::delta(&diff.delta),
        share.unwrap_or_default(),
        if complete { "" } else { " of what is known" },
        total(&diff.before),
        total(&diff.after)
    );
    let (before, after) = (diff.before.total(), diff.after.total());
    if after.ceiling != after.expected || before.ceiling != before.expected {
        let most = |usd: Option<Usd>| usd.map_or_else(|| "unknown".to_owned(), |usd| format!("${usd}"));
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
    let kinds = [
        (count(compared, Kind::Changed), "changed"),
        (count(compared, Kind::Repriced), "repriced"),
        (count(compared, Kind::Added), "added"),
        (count(compared, Kind::Removed), "removed"),
    ];
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

/// The row, as people find it: its id, else its line; of the new file where it is there.
fn name(entry: &Entry) -> String {
    entry.after.as_ref().or(entry.before.as_ref()).map_or_else(String::new, job_name)
}

fn job_name(job: &Job) -> String {
    if job.id.is_empty() { format!("line {}", job.line) } else { job.id.to_string() }
}

/// What became of a row, in words.
fn what(entry: &Entry) -> String {
    let mut text = match entry.kind {
        Kind::Changed => words::fields(&entry.fields),
        Kind::Repriced | Kind::Added | Kind::Removed => {
            let job = entry.after.as_ref().or(entry.before.as_ref());
            job.map_or_else(String::new, Job::summary)
        }
    };
    let now = entry.after.as_ref().or(entry.before.as_ref());
    if let Some(job) = now.filter(|job| job.availability.is_marked()) {
        text.push_str(&format!("; {}", job.availability));
    }
    for job in [&entry.before, &entry.after].into_iter().flatten() {
        if let Err(error) = &job.cost {
            text.push_str(&format!("; {error}"));
            break;
        }
    }
    text
}

fn kind(entry: &Entry) -> &'static str {
    match entry.kind {
        Kind::Changed => "changed",
        Kind::Repriced => "repriced",
        Kind::Added => "added",
        Kind::Removed => "removed",
    }
}

pub(super) fn page(compared: &Compared<'_>) -> Page {
    let mut page = Page::default();
    page.heading(summary(compared));
    page.line(compared_words(compared));
    page.item(counts(compared));
    let entries = &compared.diff.entries;
    if !entries.is_empty() {
        page.gap();
        page.table(table(compared));
    }
    let rest = entries.len().saturating_sub(compared.top);
    if rest > 0 {
        page.gap();
        page.line(format!("… and {} more", grouped(u64::try_from(rest).unwrap_or(u64::MAX))));
    }
    below(compared, &mut page);
    page
}

/// The rows that differ, as many as are to be shown.
fn table(compared: &Compared<'_>) -> Sheet {
    let mut sheet = Sheet::new(&["row", "", "what", ">before", ">after", ">difference", ">share"]);
    for entry in compared.diff.entries.iter().take(compared.top) {
        sheet.row([
            name(entry),
            kind(entry).to_owned(),
            what(entry),
            words::job_cost(entry.before.as_ref()),
            words::job_cost(entry.after.as_ref()),
            words::delta(&entry.delta),
            percent(entry_per_mille(entry)),
        ]);
    }
    sheet
}

/// What stands below the table: rows in error that the table does not show, and notes.
fn below(compared: &Compared<'_>, page: &mut Page) {
    let errors = &compared.diff.same_errors;
    if !errors.is_empty() || !compared.notes.is_empty() {
        page.gap();
    }
    for job in errors.iter().take(compared.top) {
        let error = job.cost.as_ref().err().map_or("", AsRef::as_ref);
        page.note(format!("{} is in error on both sides: {error}", job_name(job)));
    }
    let rest = errors.len().saturating_sub(compared.top);
    if rest > 0 {
        page.note(format!(
            "… and {} more in error on both sides",
            grouped(u64::try_from(rest).unwrap_or(u64::MAX))
        ));
    }
    for note in &compared.notes {
        page.note(note.message.clone());
    }
}

pub(super) fn sheet(compared: &Compared<'_>) -> Sheet {
    let mut sheet = Sheet::new(&[
        "kind",
        "matched_by",
        "id_before",
        "line_before",
        "id_after",
        "line_after",
        "fields",
        "floor_before",
        "expected_before",
        "ceiling_before",
        "floor_after",
        "expected_after",
        "ceiling_after",
        "floor_delta",
        "expected_delta",
        "ceiling_delta",
        "per_mille",
        "error",
        "availability_before",
        "availability_after",
    ]);
    for entry in &compared.diff.entries {
        let (before, after) = (entry.before.as_ref(), entry.after.as_ref());
        let mut cells = vec![
            kind(entry).to_owned(),
            match entry.matched {
                Some(MatchedBy::Id) => "id",
                Some(MatchedBy::Request) => "request",
                Some(MatchedBy::Place) => "place",
                None => "",
            }
            .to_owned(),
        ];
        for job in [before, after] {
            cells.push(job.map_or_else(String::new, |job| job.id.to_string()));
            cells.push(job.map_or_else(String::new, |job| job.line.to_string()));
        }
        cells.push(words::fields(&entry.fields));
        let usd = |usd: Option<Usd>| usd.map_or_else(String::new, |usd| usd.to_string());
        for cost in [cost(before), cost(after)] {
            cells.push(usd(cost.and_then(|cost| cost.floor)));
            cells.push(usd(cost.and_then(|cost| cost.expected)));
            cells.push(usd(cost.and_then(|cost| cost.ceiling)));
        }
        for delta in [entry.delta.floor, entry.delta.expected, entry.delta.ceiling] {
            cells.push(delta.map_or_else(String::new, |delta| delta.to_string()));
        }
        cells.push(
            entry_per_mille(entry).map_or_else(String::new, |share| share.tenths_of_percent().to_string()),
        );
        let error = [before, after].into_iter().flatten().find_map(|job| job.cost.as_ref().err());
        cells.push(error.map_or_else(String::new, ToString::to_string));
        for job in [before, after] {
            cells.push(job.map_or_else(String::new, |job| job.availability.as_str().to_owned()));
        }
        sheet.rows.push(cells);
    }
    sheet
}
