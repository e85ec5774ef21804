//! The accuracy of a log as document and report.

use std::borrow::Cow;
use std::collections::BTreeMap;

use imgcost_analysis::accuracy::{Breach, Money, Subject, Summary, Verdict, Worst};
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
    let by = found.by.iter().map(|name| Column::name(name.clone()).data_only());
    let by = std::iter::once(Column::text("group").text_only()).chain(by);
    let mut table = Table::new("Groups", by.chain(columns()));
    let mut before: Option<&[String]> = None;
    for group in found.sums.groups() {
        let is_first = before.replace(group.keys) != Some(group.keys);
        let keys = group.keys.iter().map(|key| Value::from(key.as_str()));
        let keys = std::iter::once(is_first.then(|| name(group.keys)).into()).chain(keys);
        let breach = found.tolerance.broken_by(group.summary);
        table.row(keys.chain(row(group.subject, group.summary, breach)));
    }
    report.table(table);
    let mut all = Table::new("All", columns()).only(Only::People);
    found.sums.all().iter().for_each(|(subject, summary)| all.row(row(*subject, summary, None)));
    report.gap();
    report.heading("all");
    report.table(all);
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

/// What the calls cost, a row a group.
fn charges<'f>(report: &mut Report<'f>, found: &'f Found) {
    let all = found.charges.all();
    report.heading(format!(
        "charges of {}, by {}",
        counted(all.sum.rows, "call", "calls"),
        found.by.join(", ")
    ));
    let by = found.by.iter().map(|name| Column::name(name.clone()).data_only());
    let billed = Column::number("billed").label("billed USD").places(PLACES);
    let columns = [
        Column::number("calls"),
        Column::number("images"),
        Column::number("usd").label("USD").places(PLACES).text_only(),
        Column::number("floor").data_only(),
        Column::number("expected").data_only(),
        Column::number("ceiling").data_only(),
        if all.sum.unpriced > 0 {
            Column::number("unpriced")
        } else {
            Column::number("unpriced").data_only()
        },
        if all.billed_calls > 0 { billed } else { billed.data_only() },
    ];
    let columns = std::iter::once(Column::text("group").text_only()).chain(by).chain(columns);
    let mut table = Table::new("Charges", columns);
    for (keys, sum) in found.charges.groups() {
        let names = keys.iter().map(|key| Value::from(key.as_str()));
        table.row(std::iter::once(name(keys).into()).chain(names).chain(charge_row(sum)));
    }
    if found.charges.groups().count() > 1 {
        let names = found.by.iter().map(|_| Value::Empty);
        table.row(std::iter::once("total".into()).chain(names).chain(charge_row(&all)));
    }
    // As data, calls with requests are told by their comparison, which has what they cost.
    report.table(if found.sums.records() > 0 { table.only(Only::People) } else { table });
}

fn charge_row(sum: &ChargeSum) -> [Value<'static>; 8] {
    let total = sum.sum.total_of_all();
    [
        sum.sum.rows.into(),
        sum.images.into(),
        match sum.sum.unpriced {
            0 => Value::Estimate((&total).into()),
            _ => Value::Open((&total).into(), total.to_string().into()),
        },
        total.floor.into(),
        total.expected.into(),
        total.ceiling.into(),
        sum.sum.unpriced.into(),
        Value::known(sum.billed.filter(|_| sum.billed_calls > 0)),
    ]
}

fn columns() -> [Column; 19] {
    let data = |key: &'static str| Column::number(key).data_only();
    [
        Column::name("what").label("item").text_only(),
        Column::name("item").data_only(),
        Column::number("compared").label("calls"),
        Column::number("exact"),
        data("expected"),
        data("within"),
        data("below"),
        data("above"),
        Column::number("inside").label("within").text_only(),
        Column::number("outside").text_only(),
        Column::number("unknown").label("open").if_room(1),
        data("paid"),
        Column::number("over").label("USD over").places(PLACES),
        Column::number("under").label("USD under").places(PLACES),
        data("without_money"),
        Column::name("worst").data_only(),
        Column::name("worst_verdict").data_only(),
        Column::name("breach").data_only(),
        Column::name("mark").label("").text_only(),
    ]
}

fn row(subject: Subject, summary: &Summary, breach: Option<Breach>) -> [Value<'static>; 19] {
    let count = |verdict| Value::from(summary.count(verdict));
    let money = |part: fn(Money) -> Usd| Value::known(summary.money.map(part));
    let worst = summary.worst.as_ref();
    [
        subject.as_str().replace('_', " ").into(),
        subject.as_str().into(),
        summary.compared().into(),
        count(Verdict::Exact),
        count(Verdict::Expected),
        count(Verdict::Within),
        count(Verdict::Below),
        count(Verdict::Above),
        (summary.count(Verdict::Expected) + summary.count(Verdict::Within)).into(),
        summary.outside().into(),
        count(Verdict::Unknown),
        money(|money| money.paid),
        money(|money| money.over),
        money(|money| money.under),
        summary.without_money.into(),
        worst.map(|worst| worst.place.clone()).into(),
        worst.map(|worst| worst.verdict.as_str()).into(),
        breach.map(Breach::as_str).into(),
        breach.map(|_| "!").into(),
    ]
}

fn name(keys: &[String]) -> String {
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
        report.item(format!("{} {item}: {what}{worst}", name(group.keys)));
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
