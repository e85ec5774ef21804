//! `imgcost budget set` and `remove`.

use imgcost_ledger::{Budget, Cap, Ledger, NanoUsd, Status, Window};
use serde::Serialize;

use super::words::{self, per};
use super::{Context, set_file, store};
use crate::args::{BudgetRemoveArgs, BudgetSetArgs};
use crate::failure::{End, Failure, bad_input};
use crate::report::{Report, Value};

/// The JSON document of `set`.
#[derive(Serialize)]
struct SetDocument<'b> {
    schema: &'static str,
    budget: &'b Budget,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced: Option<&'b Budget>,
}

/// The JSON document of `remove`.
#[derive(Serialize)]
struct RemovedDocument<'b> {
    schema: &'static str,
    removed: &'b Budget,
}

/// Sets a budget, and shows what it replaces and how much of it is used already.
pub(super) fn set(args: &BudgetSetArgs, context: Context<'_>) -> Result<End, Failure> {
    let Some(place) = &args.scope else { return set_file::set(args, context) };
    let (scope, each_child) = words::place(place)?;
    let cap = match &args.usd {
        Some(text) => Cap::Usd(words::amount("usd", text)?),
        None if args.unlimited => Cap::Unlimited,
        None => return Err(bad_input("usd", "an amount is needed, or --unlimited").into()),
    };
    let mut budget = Budget::new(scope, words::window(&args.per)?, cap);
    budget.each_child = each_child;
    budget.allow_assumed_ceiling = !args.require_proven;
    if let Some(text) = &args.alerts {
        let thresholds = text.parse();
        budget.alerts = thresholds.map_err(|error: imgcost_ledger::ParseThresholdsError| {
            bad_input("alerts", error.to_string().replace(char::is_control, "?"))
        })?;
    }
    let ledger = store::open_or_make(&args.ledger, context)?;
    let by = words::by(&args.by, context.settings);
    let replaced = if args.if_absent {
        let in_force = ledger.ensure_budget(&budget, &by)?;
        // None was there, or the same; nothing else tells them apart, and nothing is replaced.
        if in_force != budget {
            budget = in_force.clone();
        }
        Some(in_force)
    } else {
        ledger.set_budget(&budget, &by)?
    };
    let status = status(&*ledger, &budget)?;
    let document = SetDocument {
        schema: "imgcost.budget-set/1",
        budget: &budget,
        replaced: replaced.as_ref().filter(|_| !args.if_absent),
    };
    context.output.write(&document, || {
        let mut report = Report::default();
        report.heading(format!("{}: {}", budget.place(), summary(&budget)));
        report.line(match &replaced {
            _ if args.if_absent => "in force; nothing was replaced".to_owned(),
            Some(before) if *before == budget => "as it was before".to_owned(),
            Some(before) => format!("it replaces {}", summary(before)),
            None => "none was set there before".to_owned(),
        });
        if let Some(status) = &status {
            used(&mut report, status);
        }
        if budget.window == Window::Total && budget.cap != Cap::Unlimited {
            report.note("a total never starts over; --per day, week or month does");
        }
        data(&mut report, &budget);
        report
    })?;
    Ok(End::Done)
}

/// A budget in words.
fn summary(budget: &Budget) -> String {
    let mut words = words::cap(budget);
    match budget.alerts.to_string().as_str() {
        "none" => words.push_str(", no alerts"),
        _ if budget.cap == Cap::Unlimited => {}
        percents => words.push_str(&format!(", alerts at {} %", percents.replace(',', ", "))),
    }
    if !budget.allow_assumed_ceiling {
        words.push_str(", proven ceilings only");
    }
    words
}

/// Adds what the open period has come to, where it has come to anything.
fn used(report: &mut Report<'_>, status: &Status) {
    let used = status.sums.used();
    if used == NanoUsd::ZERO {
        return;
    }
    report.line(match status.left() {
        Some(left) if status.over() == NanoUsd::ZERO => {
            format!("${used} is held or spent already, ${left} is left")
        }
        Some(_) => format!("${used} is held or spent already, ${} more than the cap", status.over()),
        None => format!("${used} is held or spent already"),
    });
}

fn status(ledger: &dyn Ledger, budget: &Budget) -> Result<Option<Status>, Failure> {
    let all = ledger.status(Some(&budget.scope))?;
    if budget.each_child {
        return Ok(None);
    }
    let same = |status: &Status| status.budget.scope == budget.scope && status.budget.window == budget.window;
    Ok(all.into_iter().find(same))
}

fn data(report: &mut Report<'_>, budget: &Budget) {
    report.data(
        "Budget",
        vec![
            ("scope", budget.place().into()),
            ("window", Value::of(budget.window)),
            ("cap", budget.cap.limit().map_or("unlimited".into(), Value::from)),
            ("allow_assumed_ceiling", budget.allow_assumed_ceiling.into()),
            ("alerts", Value::of(&budget.alerts)),
        ],
    );
}

/// Removes a budget, and notes where its path has none now.
pub(super) fn remove(args: &BudgetRemoveArgs, context: Context<'_>) -> Result<End, Failure> {
    let ((scope, each_child), window) = (words::place(&args.scope)?, words::window(&args.per)?);
    let ledger = store::open(&args.ledger, context)?;
    let by = words::by(&args.by, context.settings);
    let removed = if each_child {
        ledger.remove_default(&scope, window, &by)?
    } else {
        ledger.remove_budget(&scope, window, &by)?
    };
    let place = if each_child { format!("{scope}/*") } else { scope.to_string() };
    let left = ledger.status(Some(&scope))?;
    let Some(removed) = removed else {
        let kind = if window == Window::Total {
            "total budget".to_owned()
        } else {
            format!("budget{}", per(window))
        };
        let message = format!("{place} has no {kind}");
        let others = left.iter().filter(|status| status.budget.scope == scope && !status.is_default);
        let others = others.filter(|_| !each_child);
        return Err(bad_input("per", message).allowed(others.map(|status| status.budget.window)).into());
    };
    let document = RemovedDocument { schema: "imgcost.budget-removed/1", removed: &removed };
    context.output.write(&document, || {
        let mut report = Report::default();
        report.heading(format!("{place}: the budget of {} is removed", words::cap(&removed)));
        if !each_child && !left.iter().any(|status| status.budget.scope.covers(scope.as_str())) {
            report.note(format!("no budget is left for {scope} or above it: its calls are refused"));
        }
        data(&mut report, &removed);
        report
    })?;
    Ok(End::Done)
}
