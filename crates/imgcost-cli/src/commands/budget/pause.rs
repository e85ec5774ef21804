//! `imgcost budget pause` and `resume`.

use imgcost_ledger::{Ledger, Pause, Scope};
use serde::Serialize;

use super::{Context, store, words};
use crate::args::{BudgetPauseArgs, BudgetResumeArgs};
use crate::failure::{End, Failure, bad_input};
use crate::report::{Report, Value};

#[derive(Serialize)]
struct Document<'p> {
    schema: &'static str,
    pause: &'p Pause,
}

/// Refuses the calls of a scope from now on.
pub(super) fn pause(args: &BudgetPauseArgs, context: Context<'_>) -> Result<End, Failure> {
    let scope = words::scope(&args.scope)?;
    let by = words::by(&args.by, context.settings);
    let ledger = store::open(&args.ledger, context)?;
    let pause = ledger.pause(&scope, &args.reason, &by)?;
    context.output.write(&Document { schema: "imgcost.paused/1", pause: &pause }, || {
        let mut report = Report::default();
        report.heading(format!("{scope}: holds there and below are refused"));
        report.line(words_of(&pause));
        if pause.reason != args.reason {
            report.note("it was paused before, and stays so for the earlier reason");
        }
        data(&mut report, &pause);
        report
    })?;
    Ok(End::Done)
}

/// Accepts the calls of a scope again.
pub(super) fn resume(args: &BudgetResumeArgs, context: Context<'_>) -> Result<End, Failure> {
    let scope = words::scope(&args.scope)?;
    let ledger = store::open(&args.ledger, context)?;
    let Some(pause) = ledger.resume(&scope, &words::by(&args.by, context.settings))? else {
        let all = super::log::pauses(&*ledger, None)?;
        let error = bad_input("scope", format!("{scope} is not paused"));
        return Err(error.allowed(all.iter().map(|pause| &pause.scope)).into());
    };
    let above = above(&*ledger, &scope)?;
    context.output.write(&Document { schema: "imgcost.resumed/1", pause: &pause }, || {
        let mut report = Report::default();
        report.heading(format!("{scope}: holds are accepted again"));
        report.line(words_of(&pause));
        if let Some(above) = &above {
            report.note(format!("{} is still paused, and so is all below it", above.scope));
        }
        data(&mut report, &pause);
        report
    })?;
    Ok(End::Done)
}

/// A pause of a scope above another.
fn above(ledger: &dyn Ledger, scope: &Scope) -> Result<Option<Pause>, Failure> {
    let all = super::log::pauses(ledger, None)?;
    Ok(all.into_iter().find(|pause| pause.scope.covers(scope.as_str())))
}

fn words_of(pause: &Pause) -> String {
    format!("paused by {} at {} UTC: {}", pause.by, words::clock(pause.since), pause.reason)
}

fn data(report: &mut Report<'_>, pause: &Pause) {
    report.data(
        "Pause",
        vec![
            ("scope", Value::of(&pause.scope)),
            ("since", Value::of(pause.since)),
            ("by", pause.by.clone().into()),
            ("reason", pause.reason.clone().into()),
        ],
    );
}
