//! `imgcost budget backup`: a copy of the ledger, made while it is in use.

use serde::Serialize;

use super::{Context, store};
use crate::args::BudgetBackupArgs;
use crate::failure::{End, Failure};
use crate::inputs;
use crate::report::{Report, Value};

#[derive(Serialize)]
struct Backup {
    schema: &'static str,
    ledger: String,
    backup: String,
}

/// Copies the ledger to a file that is not there yet.
pub(super) fn backup(args: &BudgetBackupArgs, context: Context<'_>) -> Result<End, Failure> {
    let ledger = store::open_file(&args.ledger, context)?;
    ledger.backup(&args.file)?;
    let (ledger, backup) = (inputs::name(ledger.path()), inputs::name(&args.file));
    let made = Backup { schema: "imgcost.backup/1", ledger, backup };
    context.output.write(&made, || {
        let mut report = Report::default();
        report.line(format!("{} copied to {}", made.ledger, made.backup));
        report.data("Backup", vec![("ledger", Value::of(&made.ledger)), ("backup", Value::of(&made.backup))]);
        report
    })?;
    Ok(End::Done)
}
