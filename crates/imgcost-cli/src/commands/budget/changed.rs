//! What became of a hold, written the same way by `settle`, `release` and `presume`.

use std::io;

use imgcost_ledger::{Alert, Changed, HoldId, NanoUsd, Scope, State};
use serde::Serialize;

use super::{Context, hold};
use crate::failure::{End, Failure, say};
use crate::render::{self, Page, Sheet};

#[derive(Serialize)]
struct Document<'c> {
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

/// Writes what became of a hold. A bill above its ceiling ends with 3.
pub(super) fn write(changed: &Changed, context: Context<'_>) -> Result<End, Failure> {
    write_noting(changed, &[], context)
}

/// The same with what else to know of it.
pub(super) fn write_noting(
    changed: &Changed,
    notes: &[String],
    context: Context<'_>,
) -> Result<End, Failure> {
    let mut out = io::stdout().lock();
    let page = || {
        let mut page = page(changed);
        notes.iter().for_each(|note| page.note(note.clone()));
        page
    };
    let document = || Document { notes, ..document(changed) };
    render::write(&mut out, context.format, page, || sheet(changed), document)?;
    hold::tell(&changed.alerts, context);
    let overrun = changed.hold.overrun();
    if overrun == NanoUsd::ZERO {
        return Ok(End::Done);
    }
    if !context.format.is_json() {
        let ceiling = changed.hold.ceiling;
        say(&format!(
            "imgcost: the bill is ${overrun} above the ceiling of ${ceiling}; it is booked in full"
        ));
    }
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

fn page(changed: &Changed) -> Page {
    let hold = &changed.hold;
    let mut page = Page::default();
    let reason = hold.reason.as_deref().unwrap_or_default();
    page.heading(match hold.state {
        State::Settled => format!("{} settled at ${}", hold.id, hold.cost.unwrap_or_default()),
        State::Presumed => format!("{} presumed to have cost ${}: {reason}", hold.id, hold.ceiling),
        State::Released | State::Held => format!("{} {}: {reason}", hold.id, hold.state),
    });
    if let Some(back) = given_back(changed).filter(|back| *back > NanoUsd::ZERO) {
        page.line(format!("${back} of ${} given back to {}", hold.ceiling, hold.scope));
    }
    if changed.repeated {
        page.note("it was so before; nothing has changed");
    }
    if changed.is_late() {
        page.note("it had been released: it was billed after all, and is booked as late");
    }
    page
}

fn document(changed: &Changed) -> Document<'_> {
    let hold = &changed.hold;
    Document {
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
        notes: &[],
    }
}

fn sheet(changed: &Changed) -> Sheet {
    let hold = &changed.hold;
    let cell = |amount: Option<NanoUsd>| amount.map_or_else(String::new, |amount| amount.to_string());
    let mut sheet = Sheet::new(&[
        "hold",
        "scope",
        "state",
        "before",
        ">ceiling",
        ">cost",
        ">given_back",
        ">overrun",
        "late",
        "repeated",
        "reason",
    ]);
    sheet.row([
        hold.id.to_string(),
        hold.scope.to_string(),
        hold.state.to_string(),
        changed.before.to_string(),
        hold.ceiling.to_string(),
        cell(hold.cost),
        cell(given_back(changed)),
        hold.overrun().to_string(),
        changed.is_late().to_string(),
        changed.repeated.to_string(),
        hold.reason.clone().unwrap_or_default(),
    ]);
    sheet
}
