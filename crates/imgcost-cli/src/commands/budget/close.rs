//! `imgcost budget release` and `presume`.

use imgcost_ledger::{Error, Filter, Hold, HoldId, Ledger, NanoUsd, Scope};
use serde::Serialize;

use super::{Context, changed, holds, store, words};
use crate::args::{BudgetPresumeArgs, BudgetReleaseArgs};
use crate::failure::{self, End, Failure, bad_input};
use crate::report::{Column, Only, Report, Table, Value};

/// The reason where all expired holds are presumed and none is given.
const PAST: &str = "past its time";
/// So many expired holds are read at once.
const AT_ONCE: usize = 1000;

#[derive(Serialize)]
struct Document<'h> {
    schema: &'static str,
    presumed: usize,
    total: NanoUsd,
    reason: &'h str,
    holds: Vec<Presumed<'h>>,
    /// What ended it before all were presumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Broken<'h>>,
}

/// Why not all were presumed.
#[derive(Serialize)]
struct Broken<'e> {
    code: &'e str,
    message: String,
}

#[derive(Serialize)]
struct Presumed<'h> {
    hold: &'h HoldId,
    scope: &'h Scope,
    ceiling: NanoUsd,
    expires_at: imgcost_ledger::Timestamp,
}

/// Gives a hold's money back.
pub(super) fn release(args: &BudgetReleaseArgs, context: Context<'_>) -> Result<End, Failure> {
    let id = words::hold(&args.hold)?;
    let ledger = store::open(&args.ledger, context)?;
    changed::write(&ledger.release(&id, &args.reason, &words::by(&args.by, context.settings))?, &[], context)
}

/// Books a hold at its ceiling, or all that have expired.
pub(super) fn presume(args: &BudgetPresumeArgs, context: Context<'_>) -> Result<End, Failure> {
    let by = words::by(&args.by, context.settings);
    if args.expired {
        let scope = words::some_scope(args.scope.as_deref())?;
        let reason = args.reason.as_deref().unwrap_or(PAST);
        let ledger = store::open(&args.ledger, context)?;
        return all(&*ledger, scope.as_ref(), reason, &by, context);
    }
    let (Some(id), Some(reason)) = (&args.hold, &args.reason) else {
        return Err(bad_input("hold", "a hold and a reason are needed, or --expired").into());
    };
    let id = words::hold(id)?;
    changed::write(&store::open(&args.ledger, context)?.presume(&id, reason, &by)?, &[], context)
}

fn all(
    ledger: &dyn Ledger,
    scope: Option<&Scope>,
    reason: &str,
    by: &str,
    context: Context<'_>,
) -> Result<End, Failure> {
    let (mut presumed, mut alerts) = (Vec::new(), Vec::new());
    let broken = each(ledger, scope, &mut |hold| {
        let changed = ledger.presume(&hold.id, reason, by)?;
        alerts.extend(changed.alerts);
        let mut hold = changed.hold;
        (hold.terms, hold.request) = (String::new(), String::new());
        presumed.push(hold);
        Ok(())
    });
    // What was presumed before a failure is booked, and has to be shown.
    let broken = match broken {
        Err(error) if presumed.is_empty() => return Err(error.into()),
        other => other.err(),
    };
    let total = presumed.iter().try_fold(NanoUsd::ZERO, |sum, hold| sum.checked_add(hold.ceiling));
    let document = Document {
        schema: "imgcost.presumed/1",
        presumed: presumed.len(),
        total: total.unwrap_or(NanoUsd::MAX),
        reason,
        holds: presumed.iter().map(row).collect(),
        error: broken.as_ref().map(|error| Broken { code: error.code(), message: error.to_string() }),
    };
    context.output.write(&document, || report(&document))?;
    context.tell(&alerts);
    let Some(error) = broken else { return Ok(End::Done) };
    context.say(&format!("imgcost: not all were presumed: {error}"));
    Ok(failure::end_of(&error))
}

/// Closes every expired hold that is not closed by others meanwhile.
fn each(
    ledger: &dyn Ledger,
    scope: Option<&Scope>,
    close: &mut dyn FnMut(&Hold) -> Result<(), Error>,
) -> Result<(), Error> {
    let what = Filter::default().holds().expired().scope(scope.cloned());
    loop {
        let some = holds::read(ledger, &what, AT_ONCE)?;
        for hold in &some {
            match close(hold) {
                Ok(()) | Err(Error::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if some.len() < AT_ONCE {
            return Ok(());
        }
    }
}

fn row(hold: &Hold) -> Presumed<'_> {
    Presumed { hold: &hold.id, scope: &hold.scope, ceiling: hold.ceiling, expires_at: hold.expires_at }
}

fn report<'h>(document: &Document<'h>) -> Report<'h> {
    let mut report = Report::default();
    let total = document.total;
    report.heading(match document.presumed {
        0 => "no hold has expired".to_owned(),
        1 => format!("1 hold presumed to have cost its ceiling, ${total}"),
        count => format!("{count} holds presumed to have cost their ceilings, ${total} in all"),
    });
    let table = Table::of("Presumed", &document.holds)
        .column(Column::name("hold"), |row| Value::of(row.hold))
        .column(Column::name("scope"), |row| Value::of(row.scope))
        .column(Column::number("ceiling").label("USD"), |row| row.ceiling)
        .column(Column::text("expires_at").data_only(), |row| Value::of(row.expires_at));
    report.table(table.only(if document.presumed == 0 { Only::Data } else { Only::Anyone }).end());
    report
}
