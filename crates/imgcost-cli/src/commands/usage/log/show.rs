//! The accuracy of a log as document and report.

use std::borrow::Cow;
use std::collections::BTreeMap;

use imgcost_analysis::accuracy::{Breach, Group, Money, Subject, Summary, Verdict, Worst};
use imgcost_analysis::calls::{ChargeSum, Unused};
use imgcost_core::{Ratio, Usd};
use serde::Serialize;

use super::Found;
use crate::report::{Bounds, Column, DASH, Only, Report, Table, Value, grouped};

/// The most decimals of an amount for people.
const PLACES: u32 = 6;
/// The most groups outside tolerance that are listed one by one.
const TOLD_MAX: usize = 10;

/// The JSON document.
#[derive(Serialize)]
pub(super) struct Document<'f> {
    schema: &'static str,
    source: &'static str,
    charges: Vec<ChargeDocument<'f>>,
    charged: SumOfCharges,
    duplicates: u64,
    records: u64,
    within_tolerance: bool,
    tolerance: ToleranceDocument,
    by: &'f [String],
    groups: Vec<GroupDocument<'f>>,
    all: Vec<SumDocument<'f>>,
    unused: u64,
    unused_records: &'f [Unused],
    other_days: u64,
    without_usage: &'f BTreeMap<&'static str, u64>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct ToleranceDocument {
    money_percent: Option<Ratio>,
    outside_percent: Option<Ratio>,
}

#[derive(Serialize)]
struct GroupDocument<'f> {
    group: BTreeMap<&'f str, &'f str>,
    #[serde(flatten)]
    sums: SumDocument<'f>,
    breach: Option<Breach>,
}

#[derive(Serialize)]
struct SumDocument<'f> {
    item: Subject,
    #[serde(flatten)]
    sums: Cow<'f, Summary>,
}

#[derive(Serialize)]
struct ChargeDocument<'f> {
    group: BTreeMap<&'f str, &'f str>,
    #[serde(flatten)]
    sums: SumOfCharges,
}

/// What calls cost.
#[derive(Serialize)]
pub(in crate::commands) struct SumOfCharges {
    calls: u64,
    images: u64,
    /// Calls of which something has no price or is not reported.
    unpriced: u64,
    total: Bounds<Usd>,
    billed_calls: u64,
    billed: Option<Usd>,
}

impl From<&ChargeSum> for SumOfCharges {
    fn from(sum: &ChargeSum) -> Self {
        SumOfCharges {
            calls: sum.sum.rows,
            images: sum.images,
            unpriced: sum.sum.unpriced,
            total: (&sum.sum.total_of_all()).into(),
            billed_calls: sum.billed_calls,
            billed: sum.billed.filter(|_| sum.billed_calls > 0),
        }
    }
}

/// The result as a document.
pub(super) fn document<'f>(found: &'f Found) -> Document<'f> {
    let names = || found.by.iter().map(String::as_str);
    let all = found.sums.all().into_iter();
    Document {
        schema: "imgcost.usage/1",
        source: if found.from_ledger { "ledger" } else { "log" },
        charges: (found.charges.groups())
            .map(|(keys, sum)| ChargeDocument {
                group: names().zip(keys.iter().map(String::as_str)).collect(),
                sums: sum.into(),
            })
            .collect(),
        charged: (&found.charges.all()).into(),
        duplicates: found.read.duplicates,
        records: found.sums.records(),
        within_tolerance: found.breaches().next().is_none(),
        tolerance: ToleranceDocument {
            money_percent: found.tolerance.money,
            outside_percent: found.tolerance.outside,
        },
        by: &found.by,
        groups: found
            .sums
            .groups()
            .map(|group| GroupDocument {
                group: names().zip(group.keys.iter().map(String::as_str)).collect(),
                sums: SumDocument { item: group.subject, sums: Cow::Borrowed(group.summary) },
                breach: found.tolerance.broken_by(group.summary),
            })
            .collect(),
        all: all.map(|(item, summary)| SumDocument { item, sums: Cow::Owned(summary) }).collect(),
        unused: found.read.errors.count,
        unused_records: &found.read.errors.named,
        other_days: found.read.other_days,
        without_usage: &found.read.without_usage,
        notes: notes(found),
    }
}

/// What to know of the result.
fn notes(found: &Found) -> Vec<String> {
    let read = &found.read;
    let mut notes = Vec::new();
    notes.extend(no_money(found));
    notes.extend(tolerated(found));
    if found.seen.self_priced > 0 {
        notes.push(format!(
            "{} at the book's own rates: tokens that the rules miss show, a wrong rate does not; \
             a field billed, a ledger or --bill shows it",
            counted(found.seen.self_priced, "call is priced", "calls are priced")
        ));
    }
    if found.seen.other_model > 0 {
        notes.push(format!(
            "{} by another model than asked for: each is priced as that model, where the book knows it",
            counted(found.seen.other_model, "call was answered", "calls were answered")
        ));
    }
    if found.from_ledger {
        notes.push("a ledger keeps no responses: what quality and size came back is not known".to_owned());
    }
    for (state, count) in &read.without_usage {
        notes.push(format!("{} {state}, without usage", counted(*count, "hold is", "holds are")));
    }
    if read.duplicates > 0 {
        let count = counted(read.duplicates, "record is a response", "records are responses");
        notes.push(format!("{count} that the log has already, and not counted; --no-dedupe counts them"));
    }
    if read.other_days > 0 {
        notes.push(format!("{} of other days", counted(read.other_days, "record is", "records are")));
    }
    if found.sums.spilled() > 0 {
        let count = counted(found.sums.spilled(), "call is", "calls are");
        notes.push(format!("there are too many groups: {count} summed under (others)"));
    }
    if !read.unknown_keys.is_empty() {
        let keys: Vec<&str> = read.unknown_keys.iter().map(String::as_str).collect();
        notes.push(format!("unknown keys, ignored: {}", keys.join(", ")));
    }
    notes
}

/// Notes that no money was compared at all, though something else was.
fn no_money(found: &Found) -> Option<String> {
    if found.compared() == 0 || found.money_compared() > 0 {
        return None;
    }
    let why = match found.seen.without_prompt {
        0 => "what the calls cost is not reported, or something in their quotes has no price".to_owned(),
        count => format!(
            "{} given; prompt_tokens in the log is enough",
            counted(count, "prompt is not", "prompts are not")
        ),
    };
    Some(format!("the money of no call could be compared, tokens only: {why}"))
}

/// Notes what lies outside its quotes within the tolerance.
fn tolerated(found: &Found) -> Option<String> {
    let mut passed: BTreeMap<Subject, u64> = BTreeMap::new();
    for group in found.sums.groups() {
        if group.summary.outside() > 0 && found.tolerance.broken_by(group.summary).is_none() {
            *passed.entry(group.subject).or_default() += group.summary.outside();
        }
    }
    if passed.is_empty() {
        return None;
    }
    let item = |(subject, count): (&Subject, &u64)| {
        format!("{} of {}", grouped(*count), subject.as_str().replace('_', " "))
    };
    let items: Vec<String> = passed.iter().map(item).collect();
    Some(format!("outside their quotes, and within the tolerance: {}", items.join(", ")))
}

fn counted(count: u64, one: &str, more: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { more })
}

/// The groups, the sums of all, and what is outside tolerance.
pub(super) fn report<'f>(found: &'f Found) -> Report<'f> {
    let mut report = Report::default();
    charges(&mut report, found);
    if found.sums.records() == 0 {
        end(&mut report, found);
        return report;
    }
    report.gap();
    report.heading(format!(
        "quotes against {}, by {}",
        counted(found.sums.records(), "call", "calls"),
        found.by.join(", ")
    ));
    let mut before: Option<&[String]> = None;
    let row = |Group { keys, subject, summary, .. }| {
        let is_first = before.replace(keys) != Some(keys);
        ItemRow { keys, is_first, subject, summary, breach: found.tolerance.broken_by(summary) }
    };
    report.table(items("Groups", &found.by, &found.sums.groups().map(row).collect::<Vec<_>>()));
    report.gap();
    report.heading("all");
    let sums = found.sums.all();
    let all: Vec<ItemRow<'_>> = (sums.iter())
        .map(|(subject, summary)| ItemRow {
            keys: &[],
            is_first: false,
            subject: *subject,
            summary,
            breach: None,
        })
        .collect();
    report.table(items("All", &[], &all).only(Only::People));
    breaches(&mut report, found);
    if found.compared() == 0 {
        report.line("nothing could be compared");
    }
    end(&mut report, found);
    report
}

/// What could not be used, and what to know.
fn end(report: &mut Report<'_>, found: &Found) {
    if found.read.errors.count > 0 {
        let count = counted(found.read.errors.count, "record", "records");
        report.line(format!("{count} could not be used"));
    }
    notes(found).into_iter().for_each(|note| report.note(note));
}

/// What the calls cost, a row a group, the total last.
fn charges<'f>(report: &mut Report<'f>, found: &'f Found) {
    let all = found.charges.all();
    report.heading(format!(
        "charges of {}, by {}",
        counted(all.sum.rows, "call", "calls"),
        found.by.join(", ")
    ));
    let groups = || found.charges.groups().map(|(keys, sum)| (Some(keys), *sum));
    let total = (groups().count() > 1).then_some((None, all));
    let mut table = Table::of("Charges", groups().chain(total))
        .column(Column::text("group").text_only(), |(keys, _)| {
            keys.map_or_else(|| "total".to_owned(), in_common)
        });
    for (index, by) in found.by.iter().enumerate() {
        table = table.column(Column::name(by.clone()).data_only(), |(keys, _)| keys?.get(index));
    }
    let table = table
        .column(Column::number("calls"), |(_, sum)| sum.sum.rows)
        .column(Column::number("images"), |(_, sum)| sum.images)
        .column(Column::number("usd").label("USD").places(PLACES).text_only(), |(_, sum)| {
            let total = sum.sum.total_of_all();
            match sum.sum.unpriced {
                0 => Value::from(&total),
                _ => Value::Open((&total).into(), total.to_string().into()),
            }
        })
        .column(Column::number("floor").data_only(), |(_, sum)| sum.sum.total_of_all().floor)
        .column(Column::number("expected").data_only(), |(_, sum)| sum.sum.total_of_all().expected)
        .column(Column::number("ceiling").data_only(), |(_, sum)| sum.sum.total_of_all().ceiling)
        .column_if(all.sum.unpriced > 0, Column::number("unpriced"), |(_, sum)| sum.sum.unpriced)
        .column_if(
            all.billed_calls > 0,
            Column::number("billed").label("billed USD").places(PLACES),
            |(_, sum)| Value::known(sum.billed.filter(|_| sum.billed_calls > 0)),
        );
    // As data, calls with requests are told by their comparison, which has what they cost.
    report.table(table.only(if found.sums.records() > 0 { Only::People } else { Only::Anyone }).end());
}

/// What an item of some calls came to against their quotes.
#[derive(Clone, Copy)]
struct ItemRow<'s> {
    /// What the calls have in common, where it is not all of them.
    keys: &'s [String],
    /// Whether it is the first of these calls.
    is_first: bool,
    subject: Subject,
    summary: &'s Summary,
    breach: Option<Breach>,
}

/// A row an item, with what its calls have in common.
fn items(name: &'static str, by: &[String], rows: &[ItemRow<'_>]) -> Table<'static> {
    let count = |verdict| move |row: &ItemRow<'_>| row.summary.count(verdict);
    let money = |part: fn(Money) -> Usd| move |row: &ItemRow<'_>| Value::known(row.summary.money.map(part));
    let data = |key: &'static str| Column::number(key).data_only();
    let mut table = Table::of(name, rows);
    if !by.is_empty() {
        table =
            table.column(Column::text("group").text_only(), |row| row.is_first.then(|| in_common(row.keys)));
    }
    for (index, name) in by.iter().enumerate() {
        table = table.column(Column::name(name.clone()).data_only(), |row| row.keys.get(index).cloned());
    }
    table
        .column(Column::name("what").label("item").text_only(), |row| row.subject.as_str().replace('_', " "))
        .column(Column::name("item").data_only(), |row| row.subject.as_str())
        .column(Column::number("compared").label("calls"), |row| row.summary.compared())
        .column(Column::number("exact"), count(Verdict::Exact))
        .column(data("expected"), count(Verdict::Expected))
        .column(data("within"), count(Verdict::Within))
        .column(data("below"), count(Verdict::Below))
        .column(data("above"), count(Verdict::Above))
        .column(Column::number("inside").label("within").text_only(), |row| {
            row.summary.count(Verdict::Expected) + row.summary.count(Verdict::Within)
        })
        .column(Column::number("outside").text_only(), |row| row.summary.outside())
        .column(Column::number("unknown").label("open").if_room(1), count(Verdict::Unknown))
        .column(data("paid"), money(|money| money.paid))
        .column(Column::number("over").label("USD over").places(PLACES), money(|money| money.over))
        .column(Column::number("under").label("USD under").places(PLACES), money(|money| money.under))
        .column(data("without_money"), |row| row.summary.without_money)
        .column(Column::name("worst").data_only(), |row| Some(row.summary.worst.as_ref()?.place.clone()))
        .column(Column::name("worst_verdict").data_only(), |row| {
            Some(row.summary.worst.as_ref()?.verdict.as_str())
        })
        .column(Column::name("breach").data_only(), |row| row.breach.map(Breach::as_str))
        .column(Column::name("mark").label("").text_only(), |row| row.breach.map(|_| "!"))
        .end()
}

fn in_common(keys: &[String]) -> String {
    let shown = |key: &String| if key.is_empty() { DASH.to_owned() } else { key.clone() };
    keys.iter().map(shown).collect::<Vec<_>>().join(" ")
}

/// Lists the groups outside tolerance, each with its worst call.
fn breaches(report: &mut Report<'_>, found: &Found) {
    let broken: Vec<_> = found.breaches().collect();
    if broken.is_empty() {
        return;
    }
    report.gap();
    report.heading("outside tolerance");
    for (group, breach) in broken.iter().take(TOLD_MAX) {
        let summary = group.summary;
        let what = match breach {
            Breach::Outside => {
                format!("{} of {} outside", grouped(summary.outside()), grouped(summary.compared()))
            }
            Breach::Money => "too much money over and under".to_owned(),
            Breach::MoneyUnknown => format!(
                "{} of {} outside, by how much money is not known",
                grouped(summary.outside_without_money),
                grouped(summary.compared())
            ),
        };
        let worst =
            summary.worst.as_ref().map_or_else(String::new, |worst| format!("; worst: {}", told(worst)));
        let item = group.subject.as_str().replace('_', " ");
        report.item(format!("{} {item}: {what}{worst}", in_common(group.keys)));
    }
    if broken.len() > TOLD_MAX {
        report.item(format!("and {} more", broken.len() - TOLD_MAX));
    }
}

fn told(worst: &Worst) -> String {
    let money = match (worst.over, worst.under) {
        (over, _) if over > Usd::ZERO => format!(", ${over} over"),
        (_, under) if under > Usd::ZERO => format!(", ${under} under"),
        _ => String::new(),
    };
    format!("{} ({}{money})", worst.place, worst.verdict.as_str())
}
