//! Files of the Batch API: `budget hold FILE SCOPE`, and `budget settle HOLD OUTPUT`.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use imgcost_analysis::jobs::{Format, JobFile, NoFiles, Outside};
use imgcost_core::Error;
use imgcost_guard::HoldError;
use imgcost_guard::batch::{BatchError, BatchHold, BatchSettlement, requests_of};
use imgcost_ledger::{HoldId, Ledger, NewHold, Scope};

use super::settle::damaged;
use super::{Context, changed};
use crate::args::{BookArgs, BudgetHoldArgs};
use crate::failure::{End, Failure, bad_input};
use crate::volume::Often;
use crate::{clock, inputs, jobs, request};

/// The wish to hold a batch's input file.
pub(super) fn new_hold(
    path: &Path,
    args: &BudgetHoldArgs,
    scope: Scope,
    by: &str,
    context: Context<'_>,
) -> Result<NewHold, Failure> {
    let book = request::book(&args.request.book, context.settings)?;
    let mut resolver = jobs::resolver(&args.request, Often::default(), context.settings, &book)?;
    let name = inputs::name(path);
    let outside = Outside::new(clock::today(), Box::new(NoFiles));
    let mut file = JobFile::new(&name, inputs::open("file", path)?, Some(Format::BatchApi), outside)?;
    let refused = |why| refused(&name, why);
    let batch = BatchHold::read(&mut file, &mut resolver).map_err(refused)?;
    if let Some(line) = batch.first_assumed().filter(|_| args.require_proven) {
        return Err(Failure::Unproven(format!("not proven: the ceiling of {name}:{line} is assumed")));
    }
    batch.new_hold(scope, by).map_err(refused)
}

fn refused(name: &str, why: BatchError) -> Failure {
    let at = |line: u64, message: &str| format!("{name}:{line}: {message}");
    match why {
        BatchError::Line { line, error } => {
            let message = at(line, error.message());
            let again = Error::new(error.code(), message).allowed(error.allowed_values().iter().cloned());
            let again = match error.field_name() {
                Some(field) => again.field(field),
                None => again,
            };
            match error.nearest_value() {
                Some(nearest) => again.nearest(nearest),
                None => again,
            }
            .into()
        }
        BatchError::NoCeiling { line, why: why @ (HoldError::Unpriced | HoldError::Unbounded) } => {
            Failure::Unpriced(format!("{}; nothing is held", at(line, &why.to_string())), End::Over)
        }
        BatchError::NoCeiling { line, why } => bad_input("file", at(line, &why.to_string())).into(),
        BatchError::File(error) => bad_input("file", format!("{name}: {}", error.message())).into(),
        other => bad_input("file", format!("{name}: {other}")).into(),
    }
}

/// Settles the hold of a batch file by the files that the batch has left. Requests of unknown cost
/// count at their ceilings, and end with 4.
pub(super) fn settle(
    ledger: &dyn Ledger,
    id: &HoldId,
    files: &[PathBuf],
    by: &str,
    context: Context<'_>,
) -> Result<End, Failure> {
    let hold = ledger.find(id)?.ok_or(imgcost_ledger::Error::NoHold(id.clone()))?;
    if requests_of(&hold).is_none() {
        let message = format!("hold {id} is of one call: settle it with --usage FILE or --cost USD");
        return Err(bad_input("file", message).into());
    }
    let book = request::book(&BookArgs::default(), context.settings)?;
    let mut settlement = BatchSettlement::of(&book, &hold).map_err(|error| damaged(id, &error))?;
    for path in files {
        settlement.read(&inputs::name(path), BufReader::new(inputs::open("file", path)?))?;
    }
    let bill = settlement.end()?;
    let changed = ledger.settle(id, bill.cost, Some(bill.usage), by)?;
    let end = changed::write(&changed, &bill.notes, context)?;
    Ok(if bill.counts.is_complete() { end } else { end.and(End::Incomplete) })
}
