//! `imgcost budget backup`: a copy of the ledger, made while it is in use.

use std::io;

use serde::Serialize;

use super::{Context, store};
use crate::args::BudgetBackupArgs;
use crate::failure::{End, Failure};
use crate::inputs;
use crate::render::{self, Page, Sheet};

#[derive(Serialize)]
struct Document<'f> {
    schema: &'static str,
    ledger: &'f str,
    backup: &'f str,
}

/// Copies the ledger to a file that is not there yet.
pub(super) fn backup(args: &BudgetBackupArgs, context: Context<'_>) -> Result<End, Failure> {
    let ledger = store::open_file(&args.ledger, context)?;
    ledger.backup(&args.file)?;
    let (ledger, backup) = (inputs::name(ledger.path()), inputs::name(&args.file));
    let page = || {
        let mut page = Page::default();
        page.line(format!("{ledger} copied to {backup}"));
        page
    };
    let sheet = || {
        let mut sheet = Sheet::new(&["ledger", "backup"]);
        sheet.row([ledger.clone(), backup.clone()]);
        sheet
    };
    let document = || Document { schema: "imgcost.backup/1", ledger: &ledger, backup: &backup };
    render::write(&mut io::stdout().lock(), context.format, page, sheet, document)?;
    Ok(End::Done)
}
