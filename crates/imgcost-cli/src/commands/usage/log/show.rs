//! The accuracy of a log as page, rows and document.

use std::collections::BTreeMap;

use imgcost_analysis::accuracy::{Breach, Money, Subject, Tally, Verdict, Worst};
use imgcost_analysis::calls::Unused;
use imgcost_core::{Ratio, Usd};
use serde::Serialize;

use super::Found;
use crate::commands::usage::PLACES;
use crate::render::{DASH, Page, Sheet, grouped};

/// The most groups outside tolerance that are told one by one.
const TOLD_MAX: usize = 10;

/// The JSON document.
#[derive(Serialize)]
pub(super) struct Document<'f> {
    schema: &'static str,
    source: &'static str,
    records: u64,
    within_tolerance: bool,
    tolerance: ToleranceDocument,
    by: &'f [String],
    groups: Vec<GroupDocument<'f>>,
    all: Vec<SumDocument>,
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
    sums: SumDocument,
    breach: Option<Breach>,
}

#[derive(Serialize)]
struct SumDocument {
    item: Subject,
    compared: u64,
    exact: u64,
    expected: u64,
    within: u64,
    below: u64,
    above: u64,
    unknown: u64,
    /// Null where it can't be added up exactly.
    paid: Option<Usd>,
    over: Option<Usd>,
    under: Option<Usd>,
    without_money: u64,
    outside_without_money: u64,
    worst: Option<WorstDocument>,
}

#[derive(Serialize)]
struct WorstDocument {
    record: String,
    verdict: Verdict,
    over: Usd,
    under: Usd,
}

fn sums(item: Subject, tally: &Tally) -> SumDocument {
    let money = |part: fn(Money) -> Usd| tally.money.map(part);
    SumDocument {
        item,
        compared: tally.compared(),
        exact: tally.count(Verdict::Exact),
        expected: tally.count(Verdict::Expected),
        within: tally.count(Verdict::Within),
        below: tally.count(Verdict::Below),
        above: tally.count(Verdict::Above),
        unknown: tally.count(Verdict::Unknown),
        paid: money(|money| money.paid),
        over: money(|money| money.over),
        under: money(|money| money.under),
        without_money: tally.without_money,
        outside_without_money: tally.outside_without_money,
        worst: tally.worst.as_ref().map(|worst| WorstDocument {
            record: worst.place.clone(),
            verdict: worst.verdict,
            over: worst.over,
            under: worst.under,
        }),
    }
}

/// The result as a document.
pub(super) fn document<'f>(found: &'f Found) -> Document<'f> {
    let names = || found.by.iter().map(String::as_str);
    Document {
        schema: "imgcost.usage/1",
        source: if found.from_ledger { "ledger" } else { "log" },
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
                sums: sums(group.subject, group.tally),
                breach: found.tolerance.broken_by(group.tally),
            })
            .collect(),
        all: found.sums.all().iter().map(|(subject, tally)| sums(*subject, tally)).collect(),
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
    notes.extend(let_pass(found));
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
    if read.other_days > 0 {
        notes.push(format!("{} of other days", counted(read.other_days, "record is", "records are")));
    }
    if found.sums.spilled() > 0 {
        let count = counted(found.sums.spilled(), "call is", "calls are");
        notes.push(format!("there are too many groups: {count} summed under (others)"));
    }
    if !read.unknown_keys.is_empty() {
        let keys: Vec<&str> = read.unknown_keys.iter().map(String::as_str).collect();
        notes.push(format!("not known, and passed over: {}", keys.join(", ")));
    }
    notes
}

/// Says that no money was compared at all, though something else was.
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

/// Says what lies outside its quotes and is let pass.
fn let_pass(found: &Found) -> Option<String> {
    let mut passed: BTreeMap<Subject, u64> = BTreeMap::new();
    for group in found.sums.groups() {
        if group.tally.outside() > 0 && found.tolerance.broken_by(group.tally).is_none() {
            *passed.entry(group.subject).or_default() += group.tally.outside();
        }
    }
    if passed.is_empty() {
        return None;
    }
    let item = |(subject, count): (&Subject, &u64)| {
        format!("{} of {}", grouped(*count), subject.as_str().replace('_', " "))
    };
    let items: Vec<String> = passed.iter().map(item).collect();
    Some(format!("outside their quotes, and let pass by the tolerance: {}", items.join(", ")))
}

fn counted(count: u64, one: &str, more: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { more })
}

/// The result for people.
pub(super) fn page(found: &Found) -> Page {
    let mut page = Page::default();
    page.heading(format!(
        "quotes against {}, by {}",
        counted(found.sums.records(), "call", "calls"),
        found.by.join(", ")
    ));
    let mut sheet = Sheet::new(&[
        "group",
        "item",
        ">calls",
        ">exact",
        ">within",
        ">outside",
        ">USD over",
        ">USD under",
        "",
    ]);
    let mut before: Option<&[String]> = None;
    for group in found.sums.groups() {
        let name = if before == Some(group.keys) { String::new() } else { name(group.keys) };
        before = Some(group.keys);
        let mark = if found.tolerance.broken_by(group.tally).is_some() { "!" } else { "" };
        sheet.row(row(name, group.subject, group.tally, mark));
    }
    for (index, (subject, tally)) in found.sums.all().iter().enumerate() {
        let name = if index == 0 { "all" } else { "" };
        sheet.row(row(name.to_owned(), *subject, tally, ""));
    }
    page.table(sheet);
    breaches(&mut page, found);
    if found.read.errors.count > 0 {
        let count = counted(found.read.errors.count, "record", "records");
        page.line(format!("{count} could not be used"));
    }
    if found.compared() == 0 {
        page.line("nothing could be compared");
    }
    notes(found).into_iter().for_each(|note| page.note(note));
    page
}

fn row(name: String, subject: Subject, tally: &Tally, mark: &str) -> [String; 9] {
    let count = |count: u64| if count == 0 { String::new() } else { grouped(count) };
    let money = |part: fn(Money) -> Usd| match tally.money.map(part) {
        Some(usd) if usd == Usd::ZERO => String::new(),
        Some(usd) => rounded(usd),
        None => DASH.to_owned(),
    };
    let unknown = tally.count(Verdict::Unknown);
    let calls = match tally.compared() {
        0 => format!("{unknown} open"),
        compared if unknown > 0 => format!("{} +{unknown} open", grouped(compared)),
        compared => grouped(compared),
    };
    [
        name,
        subject.as_str().replace('_', " "),
        calls,
        count(tally.count(Verdict::Exact)),
        count(tally.count(Verdict::Expected) + tally.count(Verdict::Within)),
        count(tally.outside()),
        money(|money| money.over),
        money(|money| money.under),
        mark.to_owned(),
    ]
}

/// An amount to six decimals; one that is smaller is shown in full, not as zero.
pub(in crate::commands::usage) fn rounded(usd: Usd) -> String {
    let smallest = Usd::from_nanos(1000);
    if usd > Usd::ZERO && usd < smallest {
        return usd.to_string();
    }
    usd.rounded(usd.places().clamp(2, PLACES))
}

fn name(keys: &[String]) -> String {
    let shown = |key: &String| if key.is_empty() { DASH.to_owned() } else { key.clone() };
    keys.iter().map(shown).collect::<Vec<_>>().join(" ")
}

/// Says which groups are outside tolerance, and how the worst call of each stands.
fn breaches(page: &mut Page, found: &Found) {
    let broken: Vec<_> = found.breaches().collect();
    if broken.is_empty() {
        return;
    }
    page.gap();
    page.heading("outside tolerance");
    for (group, breach) in broken.iter().take(TOLD_MAX) {
        let tally = group.tally;
        let what = match breach {
            Breach::Outside => {
                format!("{} of {} outside", grouped(tally.outside()), grouped(tally.compared()))
            }
            Breach::Money => "too much money over and under".to_owned(),
            Breach::MoneyUnknown => format!(
                "{} of {} outside, by how much money is not known",
                grouped(tally.outside_without_money),
                grouped(tally.compared())
            ),
        };
        let worst =
            tally.worst.as_ref().map_or_else(String::new, |worst| format!("; worst: {}", told(worst)));
        let item = group.subject.as_str().replace('_', " ");
        page.item(format!("{} {item}: {what}{worst}", name(group.keys)));
    }
    if broken.len() > TOLD_MAX {
        page.item(format!("and {} more", broken.len() - TOLD_MAX));
    }
}

fn told(worst: &Worst) -> String {
    let money = match (worst.over, worst.under) {
        (over, _) if over > Usd::ZERO => format!(", ${} over", rounded(over)),
        (_, under) if under > Usd::ZERO => format!(", ${} under", rounded(under)),
        _ => String::new(),
    };
    format!("{} ({}{money})", worst.place, worst.verdict.as_str())
}

/// One row a group and item, without the sums of all.
pub(super) fn sheet(found: &Found) -> Sheet {
    let columns = [
        "item",
        ">compared",
        ">exact",
        ">expected",
        ">within",
        ">below",
        ">above",
        ">unknown",
        ">paid",
        ">over",
        ">under",
        ">without_money",
        "worst",
        "worst_verdict",
        "breach",
    ];
    let by = found.by.iter().map(String::as_str);
    let mut sheet = Sheet::new(&by.chain(columns).collect::<Vec<_>>());
    let usd = |usd: Option<Usd>| usd.map_or_else(String::new, |usd| usd.to_string());
    for group in found.sums.groups() {
        let sums = sums(group.subject, group.tally);
        let mut cells = group.keys.to_vec();
        cells.push(sums.item.as_str().to_owned());
        let counts =
            [sums.compared, sums.exact, sums.expected, sums.within, sums.below, sums.above, sums.unknown];
        cells.extend(counts.map(|count| count.to_string()));
        cells.extend([sums.paid, sums.over, sums.under].map(usd));
        cells.push(sums.without_money.to_string());
        let worst = sums.worst.as_ref();
        cells.push(worst.map_or_else(String::new, |worst| worst.record.clone()));
        cells.push(worst.map_or_else(String::new, |worst| worst.verdict.as_str().to_owned()));
        let breach = found.tolerance.broken_by(group.tally);
        cells.push(breach.map_or_else(String::new, |breach| breach.as_str().to_owned()));
        sheet.row(cells);
    }
    sheet
}
