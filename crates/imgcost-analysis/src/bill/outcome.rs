//! The comparison of a log with an export.

use std::collections::{BTreeMap, BTreeSet};

use imgcost_core::{Date, Ratio, SignedUsd, Usd};
use serde::{Serialize, Serializer};

use super::comparison::BillComparison;
use super::finding::{Finding, Weight};
use super::sums::{Amount, Cell, Measure, UsageKind, add};

/// Money that differs by less is the same: floats end about there. In billionths of a dollar.
const SAME_NANO: u64 = 1000;

/// How the two sides of a row compare. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// The same, within the tolerance.
    Matched,
    /// Both have something, and it differs.
    Differs,
    /// The export has nothing of it.
    OnlyLog,
    /// The log has nothing of it.
    OnlyExport,
    /// One side does not have all of it, and what it has is not more than the other has: calls
    /// of the log that do not report it, results of the export that do not say it or were left
    /// out.
    Open,
    /// The log does not reach to that day.
    OutsideLog,
    /// The export does not cover that day.
    OutsideExport,
    /// A sum is too large or too fine to be exact.
    TooLarge,
}

impl Standing {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Standing::Matched => "matched",
            Standing::Differs => "differs",
            Standing::OnlyLog => "only-in-log",
            Standing::OnlyExport => "only-in-export",
            Standing::Open => "open",
            Standing::OutsideLog => "day-not-in-log",
            Standing::OutsideExport => "day-not-in-export",
            Standing::TooLarge => "too-large",
        }
    }

    /// What it means for the whole.
    #[must_use]
    pub const fn weight(self) -> Weight {
        match self {
            Standing::Matched => Weight::Note,
            Standing::Differs | Standing::OnlyLog | Standing::OnlyExport => Weight::Difference,
            _ => Weight::Unmatched,
        }
    }
}

impl Serialize for Standing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A sum of the log beside that of the export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BillRow {
    /// The day, by UTC.
    pub day: Date,
    /// The model; empty for all that draw.
    pub model: String,
    /// The size; empty for all.
    pub size: String,
    /// What is compared.
    pub measure: Measure,
    /// What the log has; none where it has nothing or its sum can't be exact.
    pub log: Option<Amount>,
    /// Calls of the log that do not report it: what the log has is at least this.
    pub silent: u64,
    /// What the export has.
    pub export: Option<Amount>,
    /// Whether the export has at least this: results do not say it, or were left out.
    pub export_is_part: bool,
    /// How the two sides compare.
    pub standing: Standing,
}

/// The whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// Every sum, by day, model, size and measure.
    pub rows: Vec<BillRow>,
    /// What else there is to say.
    pub findings: Vec<Finding>,
}

impl Outcome {
    /// The heaviest of all that was found.
    #[must_use]
    pub fn weight(&self) -> Weight {
        let rows = self.rows.iter().map(|row| row.standing.weight());
        rows.chain(self.findings.iter().map(|finding| finding.weight)).max().unwrap_or(Weight::Note)
    }
}

impl BillComparison<'_> {
    /// Compares. A difference of up to `percent` of every count and sum is accepted.
    #[must_use]
    pub fn finish(&self, percent: Ratio) -> Outcome {
        finish(self, percent)
    }
}

fn finish(comparison: &BillComparison<'_>, percent: Ratio) -> Outcome {
    let mut rows = Vec::new();
    for measure in
        [Measure::Requests, Measure::Images, Measure::InputTokens, Measure::OutputTokens, Measure::Usd]
    {
        if is_compared(comparison, measure) {
            rows.extend(compared(comparison, measure, percent));
        }
    }
    rows.sort_by(|a, b| (a.day, &a.model, &a.size, a.measure).cmp(&(b.day, &b.model, &b.size, b.measure)));
    let mut findings = Vec::new();
    findings.extend(wrong_organization(comparison));
    findings.extend(whole_days(comparison));
    if !comparison.usage_days.is_empty() && !comparison.kinds.contains(&UsageKind::Completions) {
        let message = "the usage pages have no tokens of models that draw: tokens are not compared";
        findings.push(Finding { code: "no-token-usage", weight: Weight::Note, message: message.to_owned() });
    }
    findings.extend(comparison.other_findings());
    Outcome { rows, findings }
}

/// Whether the export speaks of a measure at all.
fn is_compared(comparison: &BillComparison<'_>, measure: Measure) -> bool {
    match measure {
        Measure::Requests | Measure::Images => {
            // Pages without any result say that nothing was used.
            !comparison.usage_days.is_empty()
                && (comparison.kinds.contains(&UsageKind::Images)
                    || comparison.kinds.is_empty() && !comparison.other_usage)
        }
        Measure::InputTokens | Measure::OutputTokens => comparison.kinds.contains(&UsageKind::Completions),
        Measure::Usd => !comparison.cost_days.is_empty() && comparison.whole_days.is_empty(),
    }
}

fn compared(comparison: &BillComparison<'_>, measure: Measure, percent: Ratio) -> Vec<BillRow> {
    let nothing = BTreeMap::new();
    let export = comparison.export.get(&measure).unwrap_or(&nothing);
    let log = comparison.log.get(&measure).unwrap_or(&nothing);
    // As finely as every result of the pages is grouped.
    let by_model = !export.keys().any(|cell| cell.model.is_empty());
    let by_size = !export.is_empty() && !export.keys().any(|cell| cell.size.is_empty());
    let project = |cell: &Cell| Cell {
        day: cell.day,
        model: if by_model { cell.model.clone() } else { String::new() },
        size: if by_size { cell.size.clone() } else { String::new() },
    };
    let projected = |sums: &BTreeMap<Cell, Option<Amount>>| {
        let mut all = BTreeMap::new();
        let mut broken: BTreeSet<Cell> = BTreeSet::new();
        for (cell, amount) in sums {
            match amount {
                Some(amount) => add(&mut all, measure, project(cell), *amount),
                None => {
                    broken.insert(project(cell));
                }
            }
        }
        let mut all = all.remove(&measure).unwrap_or_default();
        all.extend(broken.into_iter().map(|cell| (cell, None)));
        all
    };
    let mut silent: BTreeMap<Cell, u64> = BTreeMap::new();
    for ((silent_measure, cell), count) in &comparison.silent {
        if *silent_measure == measure {
            *silent.entry(project(cell)).or_default() += count;
        }
    }
    let unsaid = comparison.unsaid.keys().filter(|(unsaid, _)| *unsaid == measure);
    let unsaid: BTreeSet<Cell> = unsaid.map(|(_, cell)| project(cell)).collect();
    let left_out =
        if measure == Measure::Usd { &comparison.costs_left_out } else { &comparison.usage_left_out };
    let (log, export) = (projected(log), projected(export));
    let cells: BTreeSet<&Cell> = log.keys().chain(export.keys()).collect();
    let all_days: BTreeSet<Date> =
        comparison.log.values().flat_map(|cells| cells.keys()).map(|cell| cell.day).collect();
    let span = all_days.first().copied().zip(all_days.last().copied());
    let covered = if measure == Measure::Usd { &comparison.cost_days } else { &comparison.usage_days };
    let row = |cell: &Cell| {
        let (mine, theirs) = (log.get(cell).copied(), export.get(cell).copied());
        let silent = silent.get(cell).copied().unwrap_or(0);
        let export_is_part = unsaid.contains(cell) || left_out.has(cell.day);
        let is_in_span = span.is_some_and(|(first, last)| first <= cell.day && cell.day <= last);
        let standing = match (mine, theirs) {
            (Some(None), _) | (_, Some(None)) => Standing::TooLarge,
            (Some(Some(_)), None) if !covered.contains(&cell.day) => Standing::OutsideExport,
            (None, Some(Some(theirs))) if !is_in_span && !theirs.is_nothing() => Standing::OutsideLog,
            (mine, theirs) => {
                let incomplete = Incomplete { log: silent > 0, export: export_is_part };
                standing(mine.flatten(), theirs.flatten(), incomplete, percent)
            }
        };
        BillRow {
            day: cell.day,
            model: cell.model.clone(),
            size: cell.size.clone(),
            measure,
            log: mine.flatten(),
            silent,
            export: theirs.flatten(),
            export_is_part,
            standing,
        }
    };
    // Nothing on both sides is no row.
    let is_something = |row: &BillRow| {
        let nothing = |amount: Option<Amount>| amount.is_none_or(Amount::is_nothing);
        let is_open = row.silent > 0 || unsaid.contains(&cell_of(row));
        !nothing(row.log) || !nothing(row.export) || is_open || row.standing == Standing::TooLarge
    };
    cells.into_iter().map(row).filter(is_something).collect()
}

fn cell_of(row: &BillRow) -> Cell {
    Cell { day: row.day, model: row.model.clone(), size: row.size.clone() }
}

/// Which sides do not have all: what they have is at least that.
#[derive(Debug, Clone, Copy)]
struct Incomplete {
    log: bool,
    export: bool,
}

fn standing(log: Option<Amount>, export: Option<Amount>, incomplete: Incomplete, percent: Ratio) -> Standing {
    let has = |amount: Option<Amount>| amount.filter(|amount| !amount.is_nothing());
    let (mine, theirs) = match (has(log), has(export)) {
        (None, None) if incomplete.log || incomplete.export => return Standing::Open,
        (None, None) => return Standing::Matched,
        (Some(_), None) if incomplete.export => return Standing::Open,
        (Some(_), None) => return Standing::OnlyLog,
        (None, Some(_)) if incomplete.log => return Standing::Open,
        (None, Some(_)) => return Standing::OnlyExport,
        (Some(mine), Some(theirs)) => (mine, theirs),
    };
    let Some((is_more, is_same)) = difference(mine, theirs, percent) else { return Standing::TooLarge };
    // What one side does not have may be what is missing.
    let may_differ = if is_more { incomplete.export } else { incomplete.log };
    match is_same {
        true if incomplete.log || incomplete.export => Standing::Open,
        true => Standing::Matched,
        false if may_differ => Standing::Open,
        false => Standing::Differs,
    }
}

/// Whether the log has more, and whether the two are the same within the tolerance.
fn difference(log: Amount, export: Amount, percent: Ratio) -> Option<(bool, bool)> {
    match (log, export) {
        (Amount::Count(log), Amount::Count(export)) => {
            let most = percent.of(export)?.0;
            Some((log > export, log.abs_diff(export).checked_mul(100)? <= most))
        }
        (Amount::Usd(log), Amount::Usd(export)) => {
            let difference = log.checked_sub(export)?;
            let is_same = difference.size() < Usd::from_nanos(SAME_NANO)
                || difference.size().checked_mul(100)? <= scaled(export.size(), percent)?;
            Some((!difference.is_negative(), is_same))
        }
        _ => None,
    }
}

/// A share of an amount, to the nano-dollar below it: the amounts of pages have too many digits
/// to be multiplied exactly.
fn scaled(usd: Usd, percent: Ratio) -> Option<Usd> {
    usd.checked_scale(percent).or_else(|| {
        let nano = usd.nano_rounded_up().and_then(|nano| u64::try_from(nano).ok())?;
        Usd::from_nanos(nano.saturating_sub(1)).checked_scale(percent)
    })
}

/// Costs of nothing while the log or the usage says otherwise: the pages are of another
/// organization or project, or not complete yet.
fn wrong_organization(comparison: &BillComparison<'_>) -> Option<Finding> {
    // Costs that were left out are not zero.
    if comparison.cost_days.is_empty() || comparison.any_cost || !comparison.costs_left_out.is_empty() {
        return None;
    }
    let days = |cell: &&Cell| comparison.cost_days.contains(&cell.day);
    let sums = |measure: Measure, sums: &super::sums::Sums| {
        let mut all = SignedUsd::ZERO;
        let mut count = 0_u64;
        for (cell, amount) in sums.get(&measure).into_iter().flatten() {
            match amount.filter(|_| days(&cell)) {
                Some(Amount::Usd(usd)) => all = all.checked_add(usd).unwrap_or(usd),
                Some(Amount::Count(more)) => count = count.saturating_add(more),
                None => {}
            }
        }
        (all, count)
    };
    let (logged, _) = sums(Measure::Usd, &comparison.log);
    let (_, images) = sums(Measure::Images, &comparison.export);
    let says = match (logged == SignedUsd::ZERO, images) {
        (false, _) => format!("the log has ${logged} on these days"),
        (true, 1..) => format!("the usage pages have {images} images on these days"),
        (true, 0) => return None,
    };
    let all = if comparison.is_filtered { "all costs that were asked for" } else { "all costs" };
    let message = format!(
        "{all} are zero, and {says}: the cost pages are of another organization or project than \
         the calls (an admin key sees its own organization only), or the costs are not there yet"
    );
    Some(Finding { code: "wrong-organization", weight: Weight::Difference, message })
}

/// Costs without line items cover everything that the organization was billed for: only that
/// they are less than the log shows something.
fn whole_days(comparison: &BillComparison<'_>) -> Vec<Finding> {
    if comparison.whole_days.is_empty() {
        return Vec::new();
    }
    let mut findings = vec![Finding {
        code: "costs-not-by-line-item",
        weight: Weight::Unmatched,
        message: "the cost pages are not grouped by line item: images can't be told from other costs, \
                  and money is only compared with the sum of each day (group_by=line_item tells them apart)"
            .to_owned(),
    }];
    let mut logged: BTreeMap<Date, Option<SignedUsd>> = BTreeMap::new();
    for (cell, amount) in comparison.log.get(&Measure::Usd).into_iter().flatten() {
        if let Some(Amount::Usd(usd)) = amount {
            let sum = logged.entry(cell.day).or_insert(Some(SignedUsd::ZERO));
            *sum = sum.and_then(|sum| sum.checked_add(*usd));
        }
    }
    for (day, mine) in logged {
        let all = comparison.whole_days.get(&day).copied().flatten();
        // Of a day with costs that were left out, the sum is not all.
        let Some((mine, all)) = mine.zip(all).filter(|_| !comparison.costs_left_out.has(day)) else {
            continue;
        };
        let less = mine.checked_sub(all).is_some_and(|difference| {
            !difference.is_negative() && difference.size() >= Usd::from_nanos(SAME_NANO)
        });
        if less {
            let message = format!("{day}: the log has ${mine}, all costs of the day are ${all}");
            findings.push(Finding { code: "less-than-logged", weight: Weight::Difference, message });
        }
    }
    findings
}
