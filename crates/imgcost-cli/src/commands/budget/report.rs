//! `imgcost budget report`: what the money was spent on, by scope, day, model or tag.
//!
//! Each hold counts once, at the moment when it was made, as budgets count it; a correction counts
//! at the moment whose windows it corrects. So all of a ledger adds up to what its budgets show.

use std::collections::BTreeMap;

use imgcost_core::{Error, SignedUsd, Usd};
use imgcost_ledger::{Entry, Event, Filter, Hold, NanoUsd, Record, Scope, State, Timestamp};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

use super::{Context, log, store, words};
use crate::args::BudgetReportArgs;
use crate::commands::by::By;
use crate::failure::{End, Failure, bad_input};
use crate::fields;
use crate::report::{Column, Only, Report, Table, Value};

/// The most groups that are kept apart.
const GROUPS_MAX: usize = 100_000;

/// What a group has of the names to group by; none where that is not known or nothing.
type Name = Vec<Option<String>>;

/// What the calls of a group come to.
#[derive(Debug, Clone, Copy, Serialize)]
struct Sums {
    /// Calls that cost or may cost something: those that were released are none.
    calls: u64,
    /// What is settled and presumed, with corrections.
    spent: SignedUsd,
    /// What of it is presumed: the outcome is unknown.
    presumed: NanoUsd,
    /// What open holds set aside.
    held: NanoUsd,
}

/// A group, as documents have it.
#[derive(Serialize)]
struct Group<'g> {
    #[serde(serialize_with = "named")]
    group: (&'g [String], &'g Name),
    #[serde(flatten)]
    sums: Sums,
}

#[derive(Serialize)]
struct Document<'d> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'d Scope>,
    by: &'d [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    groups: Vec<Group<'d>>,
    total: Sums,
}

/// The calls that count.
struct Asked {
    by: Vec<By>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// Shows what was spent on what.
pub(super) fn report(args: &BudgetReportArgs, context: Context<'_>) -> Result<End, Failure> {
    let scope = words::some_scope(args.scope.as_deref())?;
    let asked = Asked::of(args)?;
    let ledger = store::open_to_read(&args.ledger, context)?;
    let (mut groups, mut total) = (BTreeMap::<Name, Sums>::new(), Sums::default());
    // A correction may have been entered long after the moment that it corrects.
    let what = Filter::default().holds().journal().scope(scope.clone());
    log::stream(&*ledger, &what, |record| {
        let counted = match &record {
            Record::Hold(hold) if asked.has(hold.made_at) => {
                Sums::of_hold(hold).map(|sums| (asked.name_of_hold(hold), sums))
            }
            Record::Entry(entry) if asked.has(entry.counts_at.unwrap_or(entry.at)) => {
                Sums::of_correction(entry).map(|sums| (asked.name_of_correction(entry), sums))
            }
            _ => None,
        };
        if let Some((name, sums)) = counted {
            if groups.len() >= GROUPS_MAX && !groups.contains_key(&name) {
                let message = format!("by: there are more than {GROUPS_MAX} groups");
                return Err(bad_input("by", message).into());
            }
            groups.entry(name).or_default().add(sums);
            total.add(sums);
        }
        Ok(())
    })?;
    let by: Vec<String> = asked.by.iter().map(By::to_string).collect();
    let mut groups: Vec<(Name, Sums)> = groups.into_iter().collect();
    // By time in order, else the dearest first.
    if !matches!(asked.by.first(), Some(By::Day | By::Month)) {
        let weight = |sums: &Sums| (!sums.spent.is_negative(), sums.spent.size(), sums.held);
        groups.sort_by_key(|(_, sums)| std::cmp::Reverse(weight(sums)));
    }
    let document = Document {
        schema: "imgcost.budget-report/1",
        scope: scope.as_ref(),
        by: &by,
        since: asked.since,
        until: asked.until,
        groups: groups.iter().map(|(name, sums)| Group { group: (&by, name), sums: *sums }).collect(),
        total,
    };
    context.output.write(&document, || page(&document))?;
    Ok(End::Done)
}

impl Asked {
    fn of(args: &BudgetReportArgs) -> Result<Asked, Error> {
        let since = args.since.as_deref().map(|text| words::moment("since", text)).transpose()?;
        let until = args.until.as_deref().map(until).transpose()?;
        if since.zip(until).is_some_and(|(since, until)| since >= until) {
            return Err(bad_input("until", "until is before since"));
        }
        Ok(Asked { by: By::list(&args.by, true)?, since, until })
    }

    fn has(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }

    fn name_of_hold(&self, hold: &Hold) -> Name {
        let words: Map<String, Json> = serde_json::from_str(&hold.request).unwrap_or_default();
        let of_call = |by: &By| words.get(&by.to_string()).and_then(Json::as_str).map(str::to_owned);
        let of = |by: &By| match by {
            By::Day | By::Month => Some(day(by, hold.made_at)),
            By::Scope => Some(hold.scope.to_string()),
            By::Tag(name) => hold.tags.get(name).cloned(),
            By::Model | By::Quality | By::Size | By::Provider | By::Endpoint => of_call(by),
        };
        self.by.iter().map(of).collect()
    }

    fn name_of_correction(&self, entry: &Entry) -> Name {
        let of = |by: &By| match by {
            By::Day | By::Month => Some(day(by, entry.counts_at.unwrap_or(entry.at))),
            By::Scope => Some(entry.scope.to_string()),
            _ => None,
        };
        self.by.iter().map(of).collect()
    }
}

/// A moment before which calls count: of a day, its end.
fn until(text: &str) -> Result<Timestamp, Error> {
    match fields::date("until", text) {
        Ok(day) => {
            let next = day.tomorrow().map_err(|_| fields::illegal("until", text, "too far"))?;
            words::moment("until", &next.to_string())
        }
        Err(_) => words::moment("until", text),
    }
}

fn day(by: &By, at: Timestamp) -> String {
    by.day(&imgcost_core::utc_day(at).to_string()).to_owned()
}

impl Default for Sums {
    fn default() -> Sums {
        Sums { calls: 0, spent: SignedUsd::ZERO, presumed: NanoUsd::ZERO, held: NanoUsd::ZERO }
    }
}

impl Sums {
    /// What a hold counts as; nothing once it was released.
    fn of_hold(hold: &Hold) -> Option<Sums> {
        let counted = Sums { calls: hold.calls, ..Sums::default() };
        Some(match hold.state {
            State::Released => return None,
            State::Held => Sums { held: hold.ceiling, ..counted },
            State::Presumed => Sums { spent: signed(hold.ceiling), presumed: hold.ceiling, ..counted },
            State::Settled => Sums { spent: signed(hold.cost.unwrap_or_default()), ..counted },
        })
    }

    fn of_correction(entry: &Entry) -> Option<Sums> {
        let amount = signed(entry.amount?);
        let spent = match entry.event {
            Event::Charged => amount,
            Event::Credited => -amount,
            _ => return None,
        };
        Some(Sums { spent, ..Sums::default() })
    }

    fn add(&mut self, more: Sums) {
        let sum = |one: NanoUsd, other| one.checked_add(other).unwrap_or(NanoUsd::MAX);
        self.calls = self.calls.saturating_add(more.calls);
        self.spent = self.spent.checked_add(more.spent).unwrap_or(self.spent);
        self.presumed = sum(self.presumed, more.presumed);
        self.held = sum(self.held, more.held);
    }
}

/// An amount as one that a correction may take below zero, in a group without what it corrects.
fn signed(amount: NanoUsd) -> SignedUsd {
    SignedUsd::between(Usd::ZERO, amount.usd())
}

/// `{"model": "gpt-image-2", "tag:order": null}`.
fn named<S: Serializer>(group: &(&[String], &Name), serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(group.0.iter().zip(group.1))
}

fn page<'d>(document: &'d Document<'_>) -> Report<'d> {
    let mut report = Report::default();
    if document.groups.is_empty() {
        report.heading("nothing was spent");
    }
    let names = document.by.iter().map(|name| Column::name(name.clone()));
    let sums = ["spent", "presumed", "held"].map(Column::number);
    let columns: Vec<Column> = names.chain([Column::number("calls")]).chain(sums).collect();
    let mut table = Table::new("Report", columns);
    for Group { group: (_, name), sums } in &document.groups {
        let labels = name.iter().map(|label| Value::known(label.as_deref()));
        table.row(labels.chain(cells(*sums)).collect::<Vec<_>>());
    }
    if document.groups.len() > 1 {
        let label = |at: usize| if at == 0 { Value::from("total") } else { Value::from("") };
        table.total = Some((0..document.by.len()).map(label).chain(cells(document.total)).collect());
    }
    let only = if document.groups.is_empty() { Only::Data } else { Only::Anyone };
    report.table(table.only(only));
    if document.total.presumed > NanoUsd::ZERO {
        report.line("spent includes what is presumed: calls whose outcome is unknown");
    }
    report
}

fn cells<'v>(sums: Sums) -> [Value<'v>; 4] {
    let spent = sums.spent;
    let spent = if spent.is_negative() { Value::from(spent) } else { Value::from(spent.size()) };
    [sums.calls.into(), spent, sums.presumed.into(), sums.held.into()]
}
