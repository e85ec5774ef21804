//! `imgcost budget adjust`: corrects what was spent, by an entry of its own.

use imgcost_ledger::{Adjustment, Alert, NanoUsd, Scope, Timestamp};
use serde::Serialize;

use super::{Context, store, words};
use crate::args::BudgetAdjustArgs;
use crate::failure::{End, Failure};
use crate::report::{Report, Value};

#[derive(Serialize)]
struct Document<'d> {
    schema: &'static str,
    scope: &'d Scope,
    /// `charged` or `credited`.
    event: &'static str,
    amount: NanoUsd,
    counts_at: Timestamp,
    reason: &'d str,
    repeated: bool,
    alerts: &'d [Alert],
}

/// Adds to what was spent, or takes off.
pub(super) fn adjust(args: &BudgetAdjustArgs, context: Context<'_>) -> Result<End, Failure> {
    let scope = words::scope(&args.scope)?;
    let by = words::by(&args.by, context.settings);
    let at = args.at.as_deref().map(|text| words::moment("at", text)).transpose()?;
    let off = args.usd.strip_prefix('-');
    let amount = words::amount("usd", off.unwrap_or(&args.usd))?;
    let (event, new) = match off {
        Some(_) => ("credited", Adjustment::credit(scope.clone(), amount, &args.reason, by)),
        None => ("charged", Adjustment::charge(scope.clone(), amount, &args.reason, by)),
    };
    let ledger = store::open(&args.ledger, context)?;
    let adjusted = ledger.adjust(&new.at(at).key(args.key.as_deref()))?;
    let document = Document {
        schema: "imgcost.adjusted/1",
        scope: &scope,
        event,
        amount,
        counts_at: adjusted.counts_at,
        reason: &args.reason,
        repeated: adjusted.repeated,
        alerts: &adjusted.alerts,
    };
    context.output.write(&document, || {
        let mut report = Report::default();
        let what = if off.is_some() { "taken off" } else { "added to" };
        report.heading(format!("${amount} {what} what {scope} has spent: {}", args.reason));
        report.line(format!("it counts at {} UTC", words::clock(adjusted.counts_at)));
        if adjusted.repeated {
            report.note("its key was used for it before; nothing has changed");
        }
        report.data(
            "Correction",
            vec![
                ("scope", Value::of(&scope)),
                ("event", event.into()),
                ("amount", amount.into()),
                ("counts_at", Value::of(adjusted.counts_at)),
                ("reason", args.reason.as_str().into()),
                ("repeated", adjusted.repeated.into()),
            ],
        );
        report
    })?;
    context.tell(&adjusted.alerts);
    Ok(End::Done)
}
