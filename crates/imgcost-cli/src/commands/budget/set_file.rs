//! `imgcost budget set --config FILE`: all budgets of the file's table `[budgets]`.
//!
//! A budget that is there already and the same is left alone, so that its thresholds do not start
//! over; one that is not in the file stays.

use imgcost_core::Error;
use imgcost_ledger::{Budget, Cap, Window};
use serde::Serialize;

use super::{Context, store, words};
use crate::args::BudgetSetArgs;
use crate::failure::{End, Failure, bad_input};
use crate::report::{Column, Report, Table, Value};
use crate::settings::Told;

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    budgets: Vec<Line>,
}

/// A budget, and what became of the file's.
#[derive(Serialize)]
struct Line {
    budget: Budget,
    /// `in force`, or `replaced` where another cap was.
    outcome: &'static str,
}

/// Sets every budget of the file that is not in force.
pub(super) fn set(args: &BudgetSetArgs, context: Context<'_>) -> Result<End, Failure> {
    let told = context.settings.budgets();
    if told.is_empty() {
        let message = "a scope and an amount are needed, or a file with [budgets] by --config";
        return Err(bad_input("scope", message).into());
    }
    let budgets = told.iter().map(budget).collect::<Result<Vec<_>, _>>()?;
    let ledger = store::open_or_make(&args.ledger, context)?;
    let by = words::by(&args.by, context.settings);
    let mut lines = Vec::new();
    for budget in budgets {
        let mut in_force = ledger.ensure_budget(&budget, &by)?;
        let replaces = in_force.cap != budget.cap && !args.if_absent;
        if replaces {
            // Its thresholds stay as they were set.
            in_force.cap = budget.cap;
            ledger.set_budget(&in_force, &by)?;
        }
        lines.push(Line { budget: in_force, outcome: if replaces { "replaced" } else { "in force" } });
    }
    let document = Document { schema: "imgcost.budgets-set/1", budgets: lines };
    context.output.write(&document, || report(&document))?;
    Ok(End::Done)
}

/// A line of the table: `team = "200 per month"`, `lab = "unlimited"`.
fn budget(told: &Told) -> Result<Budget, Error> {
    let Told { name, value, origin } = told;
    let at = |error: Error| bad_input("config", format!("{origin}: {name}: {}", error.message()));
    let (scope, each_child) = words::place(name).map_err(at)?;
    let (usd, per) = value.split_once(" per ").unwrap_or((value, Window::Total.as_str()));
    let window: Window = per.trim().parse().map_err(|_| {
        let windows = Window::ALL.map(Window::as_str);
        at(bad_input("per", format!("no window '{}'", crate::fields::shown(per)))).allowed(windows)
    })?;
    let cap = match usd.trim() {
        "unlimited" => Cap::Unlimited,
        usd => Cap::Usd(words::amount("usd", usd).map_err(at)?),
    };
    let mut budget = Budget::new(scope, window, cap);
    budget.each_child = each_child;
    Ok(budget)
}

fn report(document: &Document) -> Report<'_> {
    let mut report = Report::default();
    let table = Table::of("Budgets", &document.budgets)
        .column(Column::name("scope"), |line| Value::of(line.budget.place()))
        .column(Column::name("window").label("per"), |line| Value::of(line.budget.window))
        .column(Column::number("cap"), |line| line.budget.cap.limit().map_or("unlimited".into(), Value::from))
        .column(Column::name("outcome").label(""), |line| line.outcome);
    report.table(table.end());
    report
}
