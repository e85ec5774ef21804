//! Money of a budget: set aside before a call, booked afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use imgcost_guard::{Amount, Bill};
use imgcost_ledger::{Changed, Hold, HoldId, Ledger, Scope, State};
use serde_json::{Map, Value as Json, json};

use super::failure::Failure;
use super::tools::{Answer, text};
use super::{BY, Shared};

impl Shared {
    fn ledger(&self) -> Result<&Arc<dyn Ledger>, Failure> {
        self.ledger.as_ref().ok_or(Failure::NoLedger)
    }

    /// The scope that is named, which is the server's own or below it: an agent spends no other money.
    fn scope(&self, arguments: &mut Map<String, Json>) -> Result<Scope, Failure> {
        let Some(name) = text(arguments, "scope")? else { return Ok(self.budget.clone()) };
        let scope: Scope = name.parse().map_err(|error| Failure::argument("scope", format!("{error}")))?;
        if !self.budget.covers(scope.as_str()) {
            let why = format!("'{scope}' is not below {}, whose money this server spends", self.budget);
            return Err(Failure::argument("scope", why));
        }
        Ok(scope)
    }

    /// A hold of the server's own scope or below.
    fn find(&self, ledger: &dyn Ledger, arguments: &mut Map<String, Json>) -> Result<Hold, Failure> {
        let name = text(arguments, "hold")?.ok_or_else(|| Failure::argument("hold", "its id is needed"))?;
        let id = name.parse::<HoldId>().map_err(|error| Failure::argument("hold", error.to_string()))?;
        let hold = ledger.find(&id)?.filter(|hold| self.budget.covers(hold.scope.as_str()));
        hold.ok_or_else(|| imgcost_ledger::Error::NoHold(id).into())
    }
}

/// The budgets of the server's scope, and of those above and below.
pub(super) fn status(shared: &Shared, mut arguments: Map<String, Json>) -> Answer {
    let ledger = shared.ledger()?;
    let scope = shared.scope(&mut arguments)?;
    let budgets = ledger.status(Some(&scope))?;
    let words: Vec<String> = budgets
        .iter()
        .map(|status| {
            let (name, window) = (&status.budget.scope, status.budget.window);
            match (status.budget.cap.limit(), status.left()) {
                (Some(cap), Some(left)) => format!("{name}: ${left} left of ${cap} ({window})"),
                _ => format!("{name}: unlimited"),
            }
        })
        .collect();
    let words = if words.is_empty() { format!("{scope} has no budget") } else { words.join("\n") };
    Ok((words, json!({"schema": "imgcost.budget-status/1", "scope": scope, "budgets": budgets})))
}

/// Quotes a call and holds its ceiling.
pub(super) fn hold(shared: &Shared, mut arguments: Map<String, Json>) -> Answer {
    let ledger = shared.ledger()?;
    let scope = shared.scope(&mut arguments)?;
    let key = text(&mut arguments, "key")?;
    let tags = match arguments.remove("tags") {
        None | Some(Json::Null) => BTreeMap::new(),
        Some(tags) => serde_json::from_value(tags)
            .map_err(|_| Failure::argument("tags", "expected an object whose values are texts"))?,
    };
    let quote = shared.estimator.quote(&shared.request(&arguments)?)?;
    let core = shared.estimator.book().quote(quote.request())?;
    let mut new = imgcost_guard::new_hold(&core, Amount::Ceiling, &scope, BY).map_err(Failure::Unbounded)?;
    (new.key, new.tags) = (key, tags);
    let held = ledger.hold(&new).map_err(|error| {
        let left = error.refusal().and_then(imgcost_ledger::Refusal::left);
        let fits = left.map(|left| core.alternatives_under(left.usd())).unwrap_or_default();
        Failure::Ledger(error, fits)
    })?;
    let hold = &held.hold;
    let left = held.left.map(|left| format!(", ${left} left")).unwrap_or_default();
    let words = format!(
        "{} holds ${} for {}{left}. Make the call, then settle it with the response; release it if it is not made.",
        hold.id, hold.ceiling, hold.scope
    );
    let document = json!({
        "schema": "imgcost.hold/1",
        "hold": hold.id,
        "key": hold.key,
        "scope": hold.scope,
        "state": hold.state,
        "ceiling": hold.ceiling,
        "ceiling_basis": if hold.assumed { "assumed" } else { "proven" },
        "left": held.left,
        "quote": hold.quote,
        "made_at": hold.made_at,
        "expires_at": hold.expires_at,
        "repeated": held.repeated,
    });
    Ok((words, document))
}

/// Books what a call cost, by its response.
pub(super) fn settle(shared: &Shared, mut arguments: Map<String, Json>) -> Answer {
    let ledger = shared.ledger()?;
    let hold = shared.find(&**ledger, &mut arguments)?;
    let body = response(&mut arguments)?;
    let response = imgcost_wire::response(body).map_err(imgcost::Error::Response)?;
    let bill = imgcost_guard::bill(shared.estimator.book(), &hold, &response);
    let bill = bill.map_err(|_| Failure::argument("hold", "it was made without rates, and needs a cost"))?;
    let changed = match bill {
        Bill::Cost { cost, usage, .. } => ledger.settle(&hold.id, cost, Some(usage), BY)?,
        // What was presumed before stays as it is.
        Bill::Open { .. } if hold.state == State::Presumed => Changed::repeated(hold),
        Bill::Open { why } => ledger.presume(&hold.id, &why, BY)?,
    };
    Ok(booked(&changed))
}

/// Gives a hold's money back.
pub(super) fn release(shared: &Shared, mut arguments: Map<String, Json>) -> Answer {
    let ledger = shared.ledger()?;
    let hold = shared.find(&**ledger, &mut arguments)?;
    let reason = text(&mut arguments, "reason")?.unwrap_or_else(|| "the call was not made".to_owned());
    Ok(booked(&ledger.release(&hold.id, &reason, BY)?))
}

/// The response that arguments give: an object, or the body as text.
pub(super) fn response(arguments: &mut Map<String, Json>) -> Result<Vec<u8>, Failure> {
    match arguments.remove("response") {
        Some(Json::String(body)) => Ok(body.into_bytes()),
        Some(object @ Json::Object(_)) => Ok(object.to_string().into_bytes()),
        _ => Err(Failure::argument("response", "expected the response's body, an object or its text")),
    }
}

fn booked(changed: &Changed) -> (String, Json) {
    let hold = &changed.hold;
    let reason = hold.reason.as_deref().unwrap_or_default();
    let words = match (hold.state, hold.cost) {
        (State::Settled, Some(cost)) => format!("{} is settled at ${cost}", hold.id),
        (State::Presumed, _) => format!("{} is presumed to have cost ${}: {reason}", hold.id, hold.ceiling),
        (state, _) => format!("{} is {state}: {reason}", hold.id),
    };
    let document = json!({
        "schema": "imgcost.change/1",
        "hold": hold.id,
        "scope": hold.scope,
        "state": hold.state,
        "before": changed.before,
        "repeated": changed.repeated,
        "late": changed.is_late(),
        "ceiling": hold.ceiling,
        "cost": hold.cost,
        "overrun": hold.overrun(),
        "reason": hold.reason,
    });
    (words, document)
}
