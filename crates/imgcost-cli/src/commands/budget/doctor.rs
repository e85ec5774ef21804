//! `imgcost budget doctor`: whether the store is sound and its books balance.

use imgcost_ledger::{Audit, Inspection, Timestamp};
use serde::Serialize;

use super::holds::Open;
use super::{Context, store};
use crate::args::BudgetDoctorArgs;
use crate::failure::{End, Failure};
use crate::report::{Column, Report, Table, grouped};

/// What was found.
struct Found {
    store: Inspection,
    audit: Audit,
    calls: Open,
}

#[derive(Serialize)]
struct Document<'f> {
    schema: &'static str,
    ok: bool,
    kind: &'static str,
    store: &'f str,
    now: Timestamp,
    facts: Vec<Fact<'f>>,
    holds: u64,
    counters: u64,
    #[serde(flatten)]
    calls: Open,
    /// What the store's own check found.
    problems: &'f [String],
    /// Where sums, holds and journal disagree: the first places, and how many there are.
    imbalances: &'f [String],
    differences: u64,
    /// Journal entries that are earlier than the one before.
    out_of_order: u64,
}

#[derive(Serialize)]
struct Fact<'f> {
    name: &'f str,
    value: &'f str,
}

/// Checks the ledger; ends with 5 where something is wrong.
pub(super) fn doctor(args: &BudgetDoctorArgs, context: Context<'_>) -> Result<End, Failure> {
    let ledger = store::open_to_read(&args.ledger, context)?;
    let found = Found {
        store: ledger.inspect()?,
        audit: imgcost_ledger::audit(&*ledger)?,
        calls: Open::count(&*ledger, None)?,
    };
    context.output.write(&document(&found), || report(&found))?;
    Ok(if found.is_sound() { End::Done } else { End::Failed })
}

impl Found {
    fn is_sound(&self) -> bool {
        self.store.problems.is_empty() && self.audit.differences == 0
    }

    /// Names, values and whether they are in order.
    fn rows(&self) -> Vec<[String; 3]> {
        let row = |name: &str, value: &str, verdict: &str| [name, value, verdict].map(str::to_owned);
        let mut rows = vec![row("ledger", &self.store.store, ""), row("kind", self.store.kind, "")];
        rows.extend(self.store.facts.iter().map(|(name, value)| row(name, value, "")));
        if self.store.problems.is_empty() {
            rows.push(row("the store's own check", "nothing found", "ok"));
        }
        rows.extend(self.store.problems.iter().map(|problem| row("the store", problem, "problem")));
        let (holds, sums) = (grouped(self.audit.holds), grouped(self.audit.counters));
        match self.audit.differences {
            0 => rows.push(row("books", &format!("{sums} sums are those of their {holds} holds"), "ok")),
            count => {
                rows.extend(self.audit.problems.iter().map(|problem| row("books", problem, "problem")));
                let words =
                    format!("{} differences in {sums} sums, {holds} holds and their journal", grouped(count));
                rows.push(row("books", &words, "problem"));
            }
        }
        if self.audit.out_of_order > 0 {
            let count = grouped(self.audit.out_of_order);
            let words = format!("{count} entries are earlier than the one before: a clock was set back");
            rows.push(row("journal", &words, "note"));
        }
        rows
    }
}

fn report(found: &Found) -> Report<'static> {
    let columns = [Column::name("what"), Column::text("found"), Column::name("verdict").label("")];
    let mut table = Table::new("Checks", columns);
    found.rows().into_iter().for_each(|row| table.row(row.map(Into::into)));
    let mut report = Report::default();
    report.table(table);
    if let Some(words) = found.calls.words() {
        report.line(words);
    }
    report
}

fn document(found: &Found) -> Document<'_> {
    Document {
        schema: "imgcost.doctor/1",
        ok: found.is_sound(),
        kind: found.store.kind,
        store: &found.store.store,
        now: found.store.now,
        facts: found.store.facts.iter().map(|(name, value)| Fact { name, value }).collect(),
        holds: found.audit.holds,
        counters: found.audit.counters,
        calls: found.calls,
        problems: &found.store.problems,
        imbalances: &found.audit.problems,
        differences: found.audit.differences,
        out_of_order: found.audit.out_of_order,
    }
}
