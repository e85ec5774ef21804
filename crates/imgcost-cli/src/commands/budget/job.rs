//! `imgcost budget job`: the provider's job that a call was accepted as.

use imgcost_ledger::{HoldId, Job, Scope};
use serde::Serialize;

use super::hold_name::hold_name;
use super::{Context, store, words};
use crate::args::BudgetJobArgs;
use crate::failure::{End, Failure};
use crate::report::{Report, Value};

#[derive(Serialize)]
struct Document<'d> {
    schema: &'static str,
    hold: &'d HoldId,
    scope: &'d Scope,
    job: &'d Job,
}

/// Records a hold's job.
pub(super) fn job(args: &BudgetJobArgs, context: Context<'_>) -> Result<End, Failure> {
    let (name, job) = (hold_name(&args.hold)?, words::job(&args.job)?);
    let by = words::by(&args.by, context.settings);
    let ledger = store::open(&args.ledger, context)?;
    let hold = ledger.set_job(&name.of(&*ledger)?, &job, &by)?;
    let document = Document { schema: "imgcost.job/1", hold: &hold.id, scope: &hold.scope, job: &job };
    context.output.write(&document, || {
        let mut report = Report::default();
        report.heading(format!("{} is the job {job}", hold.id));
        report.data(
            "Job",
            vec![
                ("hold", Value::of(&hold.id)),
                ("scope", Value::of(&hold.scope)),
                ("provider", job.provider.as_str().into()),
                ("job", job.id.as_str().into()),
            ],
        );
        report
    })?;
    Ok(End::Done)
}
