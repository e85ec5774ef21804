//! Closing many holds, one step each.

use std::ops::ControlFlow;

use crate::error::Error;
use crate::hold::{Change, Changed, Hold, State};
use crate::ledger::{Filter, Ledger, Record};

/// So many holds are read at once.
const AT_ONCE: usize = 1000;

/// Makes the same change of every hold that the filter finds, each in a step and an entry of its
/// own, and passes each result to `each`. A hold that others have changed meanwhile, so that the
/// change is a conflict, is left as it is. It can be repeated after a failure: what was changed
/// is no longer found.
///
/// ```
/// use imgcost_ledger::{Budget, Cap, Change, Filter, Ledger, MemoryLedger, NanoUsd, NewHold, State, Window};
/// # let ledger = MemoryLedger::new();
/// # ledger.set_budget(&Budget::new("team".parse()?, Window::Day, Cap::Unlimited), "ops")?;
/// # let hold = ledger.hold(&NewHold::new("team".parse()?, NanoUsd::new(9).unwrap(), "app"))?.hold;
/// # ledger.presume(&hold.id, "answered 503", "app")?;
/// // An outage of the provider, which bills nothing for it.
/// let outage = Filter::default().state(State::Presumed).reason_like("answered 503");
/// let free = Change::Release { reason: "503 is free, says their invoice".to_owned() };
/// let mut released = 0;
/// imgcost_ledger::change_all(&ledger, &outage, &free, "ops", &mut |_| released += 1)?;
/// assert_eq!(released, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::BadInput`] for a filter that the change leaves as it was, such as settled holds. A
/// failure of the store: those before it are changed.
pub fn change_all(
    ledger: &dyn Ledger,
    what: &Filter,
    change: &Change,
    by: &str,
    each: &mut dyn FnMut(Changed),
) -> Result<(), Error> {
    let from = if what.expired { Some(State::Held) } else { what.state };
    if !from.is_some_and(|from| from != change.leads_to() && from != State::Settled) {
        let why = "holds of one state other than settled or that of the change are needed".to_owned();
        return Err(Error::BadInput { field: "state", why });
    }
    let what =
        Filter { budgets: false, counters: false, pauses: false, journal: false, ..what.clone().holds() };
    loop {
        let some = some(ledger, &what)?;
        let mut is_changed = false;
        for hold in &some {
            match ledger.change(&hold.id, change, by) {
                Ok(changed) => {
                    is_changed |= !changed.repeated;
                    each(changed);
                }
                Err(Error::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        // Without a change the same holds would be found again.
        if some.len() < AT_ONCE || !is_changed {
            return Ok(());
        }
    }
}

/// Presumes all holds of a scope and below that have expired; all scopes for none. As
/// [`change_all`].
///
/// # Errors
/// As [`change_all`].
pub fn presume_expired(
    ledger: &dyn Ledger,
    scope: Option<&crate::Scope>,
    reason: &str,
    by: &str,
    each: &mut dyn FnMut(Changed),
) -> Result<(), Error> {
    let expired = Filter::default().holds().expired().scope(scope.cloned());
    change_all(ledger, &expired, &Change::Presume { reason: reason.to_owned() }, by, each)
}

fn some(ledger: &dyn Ledger, what: &Filter) -> Result<Vec<Hold>, Error> {
    let mut holds = Vec::new();
    ledger.read(what, &mut |record| {
        if let Record::Hold(hold) = record {
            holds.push(hold);
        }
        if holds.len() < AT_ONCE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(holds)
}
