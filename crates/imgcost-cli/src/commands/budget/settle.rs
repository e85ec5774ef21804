//! `imgcost budget settle`: books what a call cost, at the rates that its hold was made at.

use std::path::{Path, PathBuf};

use imgcost_core::{Error, Response};
use imgcost_guard::Bill;
use imgcost_guard::batch::requests_of;
use imgcost_ledger::{Changed, Hold, HoldId, Ledger, State};

use super::hold::NO_TERMS;
use super::hold_name::hold_name;
use super::{Context, batch, changed, store, words};
use crate::args::{BookArgs, BudgetSettleArgs};
use crate::failure::{End, Failure, bad_input};
use crate::{inputs, request, responses};

/// What to do where the response is no bill.
const NO_BILL: &str = "the hold stays open; imgcost budget release gives its money back, \
                       if the call was free, and budget presume books its ceiling";

/// Settles a hold by a response or by a cost. A response that does not say what was used books
/// the ceiling, and ends with 4.
pub(super) fn settle(args: &BudgetSettleArgs, context: Context<'_>) -> Result<End, Failure> {
    let by = words::by(&args.by, context.settings);
    // With a job, no hold is named, and all words are files.
    let job = args.job.as_deref().map(words::job).transpose()?;
    let named = args.hold.as_deref().filter(|_| job.is_none()).map(hold_name).transpose()?;
    let first = args.hold.as_ref().filter(|_| job.is_some()).map(PathBuf::from);
    let files: Vec<PathBuf> = first.into_iter().chain(args.files.iter().cloned()).collect();
    let id_in = |ledger: &dyn Ledger| match (&named, &job) {
        (Some(name), _) => name.of(ledger),
        (None, Some(job)) => {
            let hold = ledger.find_job(job)?;
            hold.map(|hold| hold.id).ok_or_else(|| imgcost_ledger::Error::NoJob(job.clone()).into())
        }
        (None, None) => Err(Failure::from(bad_input("hold", "a hold is needed, or --job"))),
    };
    if !files.is_empty() {
        let ledger = store::open(&args.ledger, context)?;
        let id = id_in(&*ledger)?;
        return batch::settle(&*ledger, &id, &files, &by, context);
    }
    if let Some(text) = &args.cost {
        let cost = words::amount("cost", text)?;
        let ledger = store::open(&args.ledger, context)?;
        let id = id_in(&*ledger)?;
        return changed::write(&ledger.settle(&id, cost, None, &by)?, &[], context);
    }
    let Some(path) = &args.usage else {
        return Err(bad_input("usage", "a response or a cost is needed: --usage FILE or --cost USD").into());
    };
    let response = read(path)?;
    let ledger = store::open(&args.ledger, context)?;
    let id = id_in(&*ledger)?;
    let hold = ledger.find(&id)?.ok_or(imgcost_ledger::Error::NoHold(id.clone()))?;
    match bill(&hold, &response, context)? {
        Bill::Cost { cost, usage, notes } => {
            changed::write(&ledger.settle(&id, cost, Some(usage), &by)?, &notes, context)
        }
        Bill::Open { why } => {
            let outcome = match hold.state {
                // What was presumed before stays as it is.
                State::Presumed => Changed::repeated(hold),
                _ => ledger.presume(&id, &why, &by)?,
            };
            let end = changed::write(&outcome, &[], context)?;
            context.say(&format!("imgcost: {why}: the call is presumed to have cost its ceiling"));
            Ok(end.and(End::Incomplete))
        }
    }
}

fn read(path: &Path) -> Result<Response, Error> {
    responses::read(path).map_err(|error| {
        // A file that can't be read is an error of the option; a response without a bill is one of the call.
        if error.field_name() == Some("file") {
            return bad_input("usage", error.message());
        }
        bad_input("usage", format!("{}: {}; {NO_BILL}", inputs::name(path), error.message()))
    })
}

fn bill(hold: &Hold, response: &Response, context: Context<'_>) -> Result<Bill, Failure> {
    if hold.terms == NO_TERMS {
        let message =
            format!("hold {} was made without rates (--ceiling): settle it with --cost USD", hold.id);
        return Err(bad_input("usage", message).into());
    }
    if requests_of(hold).is_some() {
        let message = format!(
            "hold {} is of a batch file: settle it with the batch's output, \
             imgcost budget settle {} OUTPUT.jsonl",
            hold.id, hold.id
        );
        return Err(bad_input("usage", message).into());
    }
    let book = request::book(&BookArgs::default(), context.settings)?;
    imgcost_guard::bill(&book, hold, response).map_err(|error| damaged(&hold.id, &error).into())
}

pub(super) fn damaged(hold: &HoldId, error: &serde_json::Error) -> imgcost_ledger::Error {
    let why = format!("the rates of hold {hold} can't be read: {error}");
    imgcost_ledger::Error::Damaged { store: "behind --ledger".to_owned(), why }
}
