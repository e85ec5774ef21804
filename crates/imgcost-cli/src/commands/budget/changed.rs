//! What became of a hold, written the same way by `settle`, `release` and `presume`.

use imgcost_ledger::{Alert, Changed, HoldId, NanoUsd, Scope, State};
use serde::Serialize;

use super::Context;
use crate::failure::{End, Failure};
use crate::report::{Report, Value};

#[derive(Serialize)]
struct Outcome<'c> {
    schema: &'static str,
    hold: &'c HoldId,
    scope: &'c Scope,
    state: State,
    before: State,
    repeated: bool,
    /// Usage came in for a hold that had been released.
    late: bool,
    ceiling: NanoUsd,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<NanoUsd>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_back: Option<NanoUsd>,
    overrun: NanoUsd,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'c str>,
    alerts: &'c [Alert],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'c [String],
}

/// Writes what became of a hold, with notes. A bill above its ceiling ends with 3.
pub(super) fn write(changed: &Changed, notes: &[String], context: Context<'_>) -> Result<End, Failure> {
    let hold = &changed.hold;
    let outcome = Outcome {
        schema: "imgcost.change/1",
        hold: &hold.id,
        scope: &hold.scope,
        state: hold.state,
        before: changed.before,
        repeated: changed.repeated,
        late: changed.is_late(),
        ceiling: hold.ceiling,
        cost: hold.cost,
        given_back: given_back(changed),
        overrun: hold.overrun(),
        reason: hold.reason.as_deref(),
        alerts: &changed.alerts,
        notes,
    };
    context.output.write(&outcome, || report(&outcome))?;
    context.tell(&changed.alerts);
    let Outcome { overrun, ceiling, .. } = outcome;
    if overrun == NanoUsd::ZERO {
        return Ok(End::Done);
    }
    context.say(&format!(
        "imgcost: the bill is ${overrun} above the ceiling of ${ceiling}; it is booked in full"
    ));
    Ok(End::Over)
}

/// What the budgets have room for again; none where nothing of it was set aside any more.
fn given_back(changed: &Changed) -> Option<NanoUsd> {
    let hold = &changed.hold;
    match (hold.state, changed.before) {
        (State::Settled, State::Released) if !changed.repeated => None,
        (State::Settled, _) => hold.cost.map(|cost| hold.ceiling.less(cost)),
        (State::Released, _) => Some(hold.ceiling),
        (State::Held | State::Presumed, _) => None,
    }
}

fn report<'c>(outcome: &Outcome<'c>) -> Report<'c> {
    let Outcome { hold, scope, state, ceiling, cost, given_back, .. } = outcome;
    let mut report = Report::default();
    let reason = outcome.reason.unwrap_or_default();
    report.heading(match state {
        State::Settled => format!("{hold} settled at ${}", cost.unwrap_or_default()),
        State::Presumed => format!("{hold} presumed to have cost ${ceiling}: {reason}"),
        State::Released | State::Held => format!("{hold} {state}: {reason}"),
    });
    if let Some(back) = given_back.filter(|back| *back > NanoUsd::ZERO) {
        report.line(format!("${back} of ${ceiling} given back to {scope}"));
    }
    if outcome.repeated {
        report.note("it was so before; nothing has changed");
    }
    if outcome.late {
        report.note("it had been released: it was billed after all, and is booked as late");
    }
    outcome.notes.iter().for_each(|note| report.note(note));
    report.data(
        "Hold",
        vec![
            ("hold", Value::of(hold)),
            ("scope", Value::of(scope)),
            ("state", Value::of(state)),
            ("before", Value::of(outcome.before)),
            ("ceiling", (*ceiling).into()),
            ("cost", (*cost).into()),
            ("given_back", (*given_back).into()),
            ("overrun", outcome.overrun.into()),
            ("late", outcome.late.into()),
            ("repeated", outcome.repeated.into()),
            ("reason", outcome.reason.into()),
        ],
    );
    report
}
