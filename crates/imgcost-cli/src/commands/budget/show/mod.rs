//! `imgcost budget show`: each budget with what is held, spent and left of it.
//!
//! Budgets count in those above them, so that there is no sum of all: it would count the same
//! money several times.

mod page;

use std::io;

use imgcost_core::Error;
use imgcost_ledger::{Scope, Status, Thresholds, Timestamp, Window};
use serde::Serialize;

use super::expired::{self, Expired};
use super::{Context, store, words};
use crate::args::BudgetShowArgs;
use crate::failure::{End, Failure, say};
use crate::render::{self, Sheet};
use crate::{clock, fields};

/// What there is to show.
struct Shown<'s> {
    scope: Option<&'s Scope>,
    budgets: &'s [Status],
    expired: Expired,
    now: Timestamp,
}

#[derive(Serialize)]
struct Document<'s> {
    schema: &'static str,
    now: Timestamp,
    budgets: Vec<BudgetDocument<'s>>,
    /// Holds of these budgets' scopes and below that are past their time.
    expired: Expired,
}

#[derive(Serialize)]
struct BudgetDocument<'s> {
    scope: &'s Scope,
    window: Window,
    unlimited: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<String>,
    held: String,
    held_assumed: String,
    presumed: String,
    settled: String,
    overrun: String,
    used: String,
    open: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<String>,
    over: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resets_at: Option<Timestamp>,
    alerts: &'s Thresholds,
    alerted: u8,
    allow_assumed_ceiling: bool,
}

/// Shows budgets.
pub(super) fn show(args: &BudgetShowArgs, context: Context<'_>) -> Result<End, Failure> {
    let scope = words::some_scope(args.scope.as_deref())?;
    let limit = args.fail_above.as_deref().map(percent).transpose()?;
    let ledger = store::open(&args.ledger, context)?;
    let budgets = ledger.status(scope.as_ref())?;
    let expired = expired::count(&*ledger, scope.as_ref())?;
    let shown = Shown { scope: scope.as_ref(), budgets: &budgets, expired, now: clock::now() };
    let mut out = io::stdout().lock();
    render::write(&mut out, context.format, || page::page(&shown), || sheet(&budgets), || document(&shown))?;
    let Some(limit) = limit else { return Ok(End::Done) };
    let above: Vec<&Status> = budgets.iter().filter(|status| is_above(status, limit)).collect();
    if !context.format.is_json() {
        for status in &above {
            let (scope, per) = (&status.budget.scope, words::per(status.budget.window));
            say(&format!("imgcost: more than {limit} % of the budget of {scope}{per} is held or spent"));
        }
    }
    Ok(if above.is_empty() { End::Done } else { End::Over })
}

fn percent(text: &str) -> Result<u32, Error> {
    let number = text.strip_suffix('%').unwrap_or(text);
    fields::whole("fail_above", number).map_err(|error| error.allowed(["a percentage"]))
}

fn is_above(status: &Status, percent: u32) -> bool {
    let used = u128::from(status.sums.used().nano());
    status.budget.cap.limit().is_some_and(|cap| used * 100 > u128::from(cap.nano()) * u128::from(percent))
}

fn document<'s>(shown: &Shown<'s>) -> Document<'s> {
    let budget = |status: &'s Status| {
        let (budget, sums) = (&status.budget, &status.sums);
        BudgetDocument {
            scope: &budget.scope,
            window: budget.window,
            unlimited: budget.cap.limit().is_none(),
            cap: budget.cap.limit().map(|cap| cap.to_string()),
            held: sums.held.to_string(),
            held_assumed: sums.held_assumed.to_string(),
            presumed: sums.presumed.to_string(),
            settled: sums.settled.to_string(),
            overrun: sums.overrun.to_string(),
            used: sums.used().to_string(),
            open: sums.open,
            left: status.left().map(|left| left.to_string()),
            over: status.over().to_string(),
            since: status.resets_at().map(|_| status.period.start),
            resets_at: status.resets_at(),
            alerts: &budget.alerts,
            alerted: sums.alerted,
            allow_assumed_ceiling: budget.allow_assumed_ceiling,
        }
    };
    Document {
        schema: "imgcost.budget/1",
        now: shown.now,
        budgets: shown.budgets.iter().map(budget).collect(),
        expired: shown.expired,
    }
}

fn sheet(budgets: &[Status]) -> Sheet {
    let mut sheet = Sheet::new(&[
        "scope",
        "window",
        ">cap",
        ">held",
        ">held_assumed",
        ">presumed",
        ">settled",
        ">overrun",
        ">open",
        ">left",
        ">over",
        "resets_at",
        "alerts",
        ">alerted",
        "allow_assumed_ceiling",
    ]);
    for status in budgets {
        let (budget, sums) = (&status.budget, &status.sums);
        let unlimited = || "unlimited".to_owned();
        sheet.row([
            budget.scope.to_string(),
            budget.window.to_string(),
            budget.cap.limit().map_or_else(unlimited, |cap| cap.to_string()),
            sums.held.to_string(),
            sums.held_assumed.to_string(),
            sums.presumed.to_string(),
            sums.settled.to_string(),
            sums.overrun.to_string(),
            sums.open.to_string(),
            status.left().map_or_else(String::new, |left| left.to_string()),
            status.over().to_string(),
            status.resets_at().map_or_else(String::new, |at| at.to_string()),
            budget.alerts.to_string(),
            sums.alerted.to_string(),
            budget.allow_assumed_ceiling.to_string(),
        ]);
    }
    sheet
}
