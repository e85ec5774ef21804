//! `imgcost budget release` and `presume`.

use imgcost_ledger::{Alert, Change, Changed, Error, Filter, Hold, HoldId, Ledger, NanoUsd, Scope, State};
use serde::Serialize;

use super::hold_name::hold_name;
use super::{Context, changed, store, words};
use crate::args::{BudgetPresumeArgs, BudgetReleaseArgs};
use crate::failure::{self, End, Failure, bad_input};
use crate::report::{Column, Only, Report, Table, Value};

/// The reason where all expired holds are presumed and none is given.
const PAST: &str = "past its time";

#[derive(Serialize)]
struct Document<'h> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    presumed: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    released: Option<usize>,
    total: NanoUsd,
    reason: &'h str,
    holds: Vec<Closed<'h>>,
    /// What ended it before all were closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Broken<'h>>,
}

/// Why not all were closed.
#[derive(Serialize)]
struct Broken<'e> {
    code: &'e str,
    message: String,
}

#[derive(Serialize)]
struct Closed<'h> {
    hold: &'h HoldId,
    scope: &'h Scope,
    ceiling: NanoUsd,
    expires_at: imgcost_ledger::Timestamp,
}

/// Gives a hold's money back, or that of all calls of unknown outcome that the options let pass.
pub(super) fn release(args: &BudgetReleaseArgs, context: Context<'_>) -> Result<End, Failure> {
    let by = words::by(&args.by, context.settings);
    if args.presumed {
        let since = args.since.as_deref().map(|text| words::moment("since", text)).transpose()?;
        let what = Filter::default()
            .state(State::Presumed)
            .scope(words::some_scope(args.scope.as_deref())?)
            .since(since)
            .reason_like(args.reason_like.as_deref());
        let ledger = store::open(&args.ledger, context)?;
        let change = Change::Release { reason: args.reason.clone() };
        return all(&*ledger, &what, &change, &args.reason, &by, context);
    }
    let Some(id) = &args.hold else {
        return Err(bad_input("hold", "a hold is needed, or --presumed").into());
    };
    let name = hold_name(id)?;
    let ledger = store::open(&args.ledger, context)?;
    changed::write(&ledger.release(&name.of(&*ledger)?, &args.reason, &by)?, &[], context)
}

/// Books a hold at its ceiling, or all that have expired.
pub(super) fn presume(args: &BudgetPresumeArgs, context: Context<'_>) -> Result<End, Failure> {
    let by = words::by(&args.by, context.settings);
    if args.expired {
        let what = Filter::default().expired().scope(words::some_scope(args.scope.as_deref())?);
        let reason = args.reason.as_deref().unwrap_or(PAST);
        let ledger = store::open(&args.ledger, context)?;
        let change = Change::Presume { reason: reason.to_owned() };
        return all(&*ledger, &what, &change, reason, &by, context);
    }
    let (Some(id), Some(reason)) = (&args.hold, &args.reason) else {
        return Err(bad_input("hold", "a hold and a reason are needed, or --expired").into());
    };
    let name = hold_name(id)?;
    let ledger = store::open(&args.ledger, context)?;
    changed::write(&ledger.presume(&name.of(&*ledger)?, reason, &by)?, &[], context)
}

fn all(
    ledger: &dyn Ledger,
    what: &Filter,
    change: &Change,
    reason: &str,
    by: &str,
    context: Context<'_>,
) -> Result<End, Failure> {
    let (mut closed, mut alerts): (Vec<Hold>, Vec<Alert>) = (Vec::new(), Vec::new());
    let broken = imgcost_ledger::change_all(ledger, what, change, by, &mut |changed: Changed| {
        alerts.extend(changed.alerts);
        let mut hold = changed.hold;
        (hold.terms, hold.request) = (String::new(), String::new());
        closed.push(hold);
    });
    // What was closed before a failure is booked, and has to be shown.
    let broken = match broken {
        Err(error) if closed.is_empty() => return Err(error.into()),
        other => other.err(),
    };
    let total = closed.iter().try_fold(NanoUsd::ZERO, |sum, hold| sum.checked_add(hold.ceiling));
    let is_release = change.leads_to() == State::Released;
    let document = Document {
        schema: if is_release { "imgcost.released/1" } else { "imgcost.presumed/1" },
        presumed: (!is_release).then_some(closed.len()),
        released: is_release.then_some(closed.len()),
        total: total.unwrap_or(NanoUsd::MAX),
        reason,
        holds: closed.iter().map(row).collect(),
        error: broken.as_ref().map(|error: &Error| Broken { code: error.code(), message: error.to_string() }),
    };
    context.output.write(&document, || report(&document, is_release))?;
    context.tell(&alerts);
    let Some(error) = broken else { return Ok(End::Done) };
    let what = if is_release { "released" } else { "presumed" };
    context.say(&format!("imgcost: not all were {what}: {error}"));
    Ok(failure::end_of(&error))
}

fn row(hold: &Hold) -> Closed<'_> {
    Closed { hold: &hold.id, scope: &hold.scope, ceiling: hold.ceiling, expires_at: hold.expires_at }
}

fn report<'h>(document: &Document<'h>, is_release: bool) -> Report<'h> {
    let mut report = Report::default();
    let (count, total) = (document.holds.len(), document.total);
    report.heading(match (count, is_release) {
        (0, false) => "no hold has expired".to_owned(),
        (1, false) => format!("1 hold presumed to have cost its ceiling, ${total}"),
        (count, false) => format!("{count} holds presumed to have cost their ceilings, ${total} in all"),
        (0, true) => "no such call is presumed".to_owned(),
        (1, true) => format!("1 call released, ${total} given back"),
        (count, true) => format!("{count} calls released, ${total} given back in all"),
    });
    let table = Table::of(if is_release { "Released" } else { "Presumed" }, &document.holds)
        .column(Column::name("hold"), |row| Value::of(row.hold))
        .column(Column::name("scope"), |row| Value::of(row.scope))
        .column(Column::number("ceiling").label("USD"), |row| row.ceiling)
        .column(Column::text("expires_at").data_only(), |row| Value::of(row.expires_at));
    report.table(table.only(if count == 0 { Only::Data } else { Only::Anyone }).end());
    report
}
