//! A log and an export, summed side by side.

use std::collections::{BTreeMap, BTreeSet};

use imgcost_core::{Date, SignedUsd};

use super::finding::{Finding, Weight};
use super::logged::Logged;
use super::names::{LineItem, Names};
use super::sums::{Amount, Cell, CostResult, LeftOut, Measure, Sums, UsageKind, UsageResult, add};

/// A log and an export that are being summed.
#[derive(Debug)]
pub struct BillComparison<'b> {
    names: Names<'b>,
    pub(super) log: Sums,
    /// How many calls of a cell do not report a measure.
    pub(super) silent: BTreeMap<(Measure, Cell), u64>,
    pub(super) export: Sums,
    /// How many results of a cell do not say a measure.
    pub(super) unsaid: BTreeMap<(Measure, Cell), u64>,
    pub(super) usage_left_out: LeftOut,
    pub(super) costs_left_out: LeftOut,
    /// Whether results of others were left out, as was asked for.
    pub(super) is_filtered: bool,
    /// Whether the usage pages have results of other kinds than these.
    pub(super) other_usage: bool,
    pub(super) usage_days: BTreeSet<Date>,
    pub(super) cost_days: BTreeSet<Date>,
    pub(super) kinds: BTreeSet<UsageKind>,
    /// All costs, of whatever.
    pub(super) all_costs: Option<SignedUsd>,
    pub(super) any_cost: bool,
    /// Costs that are not grouped by line item, by day.
    pub(super) whole_days: BTreeMap<Date, Option<SignedUsd>>,
    others: BTreeMap<String, Other>,
}

/// What is not compared, summed under a name.
#[derive(Debug, Default)]
struct Other {
    code: &'static str,
    count: u64,
    usd: Option<SignedUsd>,
}

impl<'b> BillComparison<'b> {
    /// Nothing yet.
    #[must_use]
    pub fn new(names: Names<'b>) -> BillComparison<'b> {
        BillComparison {
            names,
            log: Sums::new(),
            silent: BTreeMap::new(),
            export: Sums::new(),
            unsaid: BTreeMap::new(),
            usage_left_out: LeftOut::default(),
            costs_left_out: LeftOut::default(),
            is_filtered: false,
            other_usage: false,
            usage_days: BTreeSet::new(),
            cost_days: BTreeSet::new(),
            kinds: BTreeSet::new(),
            all_costs: Some(SignedUsd::ZERO),
            any_cost: false,
            whole_days: BTreeMap::new(),
            others: BTreeMap::new(),
        }
    }

    /// Adds a call of the log.
    pub fn logged(&mut self, call: &Logged) {
        let cell = Cell { day: call.day, model: call.model.clone(), size: call.size.clone() };
        let usd = call.usd.map(|usd| Amount::Usd(usd.into()));
        for (measure, amount) in [
            (Measure::Requests, Some(Amount::Count(1))),
            (Measure::Images, call.images.map(Amount::Count)),
            (Measure::InputTokens, call.input.map(Amount::Count)),
            (Measure::OutputTokens, call.output.map(Amount::Count)),
            (Measure::Usd, usd),
        ] {
            match amount {
                Some(amount) => add(&mut self.log, measure, cell.clone(), amount),
                None => {
                    // The cell is there, so that it is compared as "at least nothing".
                    let none =
                        if measure == Measure::Usd { Amount::Usd(SignedUsd::ZERO) } else { Amount::Count(0) };
                    add(&mut self.log, measure, cell.clone(), none);
                    *self.silent.entry((measure, cell.clone())).or_default() += 1;
                }
            }
        }
    }

    /// Says that a usage page covers a day, also where it has no result for it.
    pub fn usage_day(&mut self, day: Date) {
        self.usage_days.insert(day);
    }

    /// Says that a cost page covers a day.
    pub fn cost_day(&mut self, day: Date) {
        self.cost_days.insert(day);
    }

    /// Says that results of these days are left out of the usage, though they may be of the
    /// calls: what the pages have of them is not all.
    pub fn usage_left_out(&mut self, first: Date, last: Date) {
        self.usage_left_out.add(first, last);
    }

    /// Says that costs of these days are left out, though they may be of the calls.
    pub fn costs_left_out(&mut self, first: Date, last: Date) {
        self.costs_left_out.add(first, last);
    }

    /// Says that results are left out because they are of another project or key than was asked
    /// for.
    pub fn filtered(&mut self) {
        self.is_filtered = true;
    }

    /// Says that the usage pages have results of a kind that is not compared.
    pub fn other_usage(&mut self) {
        self.other_usage = true;
    }

    /// Adds a result of a usage page.
    pub fn usage(&mut self, result: &UsageResult) {
        let model = match &result.model {
            None => String::new(),
            Some(name) => match self.names.model(name) {
                Some(model) => model.to_owned(),
                None => {
                    let code = if result.kind == UsageKind::Images || self.names.looks_like_images(name) {
                        "unknown-model"
                    } else {
                        "not-images"
                    };
                    return self.other(code, name, None);
                }
            },
        };
        if result.kind == UsageKind::Completions && model.is_empty() {
            return self.other("tokens-not-by-model", "tokens", None);
        }
        self.kinds.insert(result.kind);
        let size = result.size.clone().unwrap_or_default();
        let cell = Cell { day: result.day, model, size };
        let amounts = match result.kind {
            UsageKind::Images => [
                (Measure::Requests, "num_model_requests", result.requests),
                (Measure::Images, "images", result.images),
            ],
            UsageKind::Completions => [
                (Measure::InputTokens, "input_tokens", result.input),
                (Measure::OutputTokens, "output_tokens", result.output),
            ],
        };
        for (measure, name, count) in amounts {
            // A cell of which nothing is reported is there, too: at least nothing.
            add(&mut self.export, measure, cell.clone(), Amount::Count(count.unwrap_or(0)));
            if count.is_none() {
                *self.unsaid.entry((measure, cell.clone())).or_default() += 1;
                let of = if cell.model.is_empty() { String::new() } else { format!(" of {}", cell.model) };
                self.other("count-missing", &format!("{name}{of} on {}", cell.day), None);
            }
        }
    }

    /// Adds a result of a cost page.
    pub fn cost(&mut self, result: &CostResult) {
        self.any_cost |= result.amount != SignedUsd::ZERO;
        self.all_costs = self.all_costs.and_then(|sum| sum.checked_add(result.amount));
        let Some(text) = &result.line_item else {
            let sum = self.whole_days.entry(result.day).or_insert(Some(SignedUsd::ZERO));
            *sum = sum.and_then(|sum| sum.checked_add(result.amount));
            return;
        };
        let model = match self.names.line_item(text) {
            LineItem::Model(model) => model,
            LineItem::AllImages => String::new(),
            LineItem::UnknownImages => return self.other("unknown-line-item", text, Some(result.amount)),
            LineItem::Other => return self.other("not-images", text, Some(result.amount)),
        };
        let cell = Cell { day: result.day, model, size: String::new() };
        add(&mut self.export, Measure::Usd, cell, Amount::Usd(result.amount));
    }

    /// Counts something that is not compared.
    fn other(&mut self, code: &'static str, name: &str, usd: Option<SignedUsd>) {
        // A bounded number of names; what comes after them is summed.
        let name: String = name.chars().take(60).collect();
        let key = format!("{code} {name}");
        let key = if self.others.len() < 200 || self.others.contains_key(&key) {
            key
        } else {
            format!("{code} …")
        };
        let other = self.others.entry(key).or_insert(Other { code, count: 0, usd: Some(SignedUsd::ZERO) });
        other.count += 1;
        other.usd = other.usd.and_then(|sum| sum.checked_add(usd.unwrap_or(SignedUsd::ZERO)));
    }

    /// What was not compared, as findings.
    pub(super) fn other_findings(&self) -> Vec<Finding> {
        let finding = |(key, other): (&String, &Other)| {
            let name = key.get(other.code.len()..).unwrap_or_default().trim_start();
            let money = match other.usd {
                Some(usd) if usd == SignedUsd::ZERO => String::new(),
                Some(usd) => format!(", ${usd}"),
                None => ", too large to be added exactly".to_owned(),
            };
            let results =
                if other.count == 1 { "1 result".to_owned() } else { format!("{} results", other.count) };
            let (what, weight) = match other.code {
                "not-images" => ("is no model that draws", Weight::Note),
                "unknown-model" => ("is no model of the price book", Weight::Unmatched),
                "count-missing" => ("is not reported", Weight::Unmatched),
                "unknown-line-item" => ("names no model of the price book", Weight::Unmatched),
                _ => ("are not grouped by model: text and images can't be told apart", Weight::Unmatched),
            };
            Finding { code: other.code, weight, message: format!("{name} {what}: {results}{money}") }
        };
        self.others.iter().map(finding).collect()
    }
}
