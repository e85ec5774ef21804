//! `imgcost budget`: keeps calls within budgets. One file a subcommand, and what they share:
//! where the ledger is (`store`), what words mean (`words`), what became of a hold (`changed`).

mod adjust;
mod backup;
mod batch;
mod changed;
mod close;
mod doctor;
mod export;
mod hold;
mod holds;
mod job;
mod log;
mod pause;
mod set;
mod settle;
mod show;
mod store;
mod words;

pub(super) use log::stream;

use std::path::Path;

use imgcost_ledger::{Alert, Ledger};

use crate::args::BudgetCommand;
use crate::failure::{End, Failure, say};
use crate::report::Output;
use crate::settings::Settings;

/// What every subcommand is given.
#[derive(Clone, Copy)]
struct Context<'c> {
    settings: &'c Settings,
    output: &'c Output,
}

impl Context<'_> {
    /// Tells on stderr what a document on stdout has already.
    fn say(self, message: &str) {
        if !self.output.format().is_json() {
            say(message);
        }
    }

    /// Tells which budgets have reached a threshold.
    fn tell(self, alerts: &[Alert]) {
        alerts.iter().for_each(|alert| self.say(&format!("imgcost: {alert}")));
    }
}

/// Opens a ledger by its name, for commands that only read it.
pub(super) fn open_ledger(ledger: &Path) -> Result<Box<dyn Ledger>, Failure> {
    store::open_named(ledger)
}

/// Runs a subcommand of `budget`.
pub(crate) fn budget(command: &BudgetCommand, settings: &Settings, output: &Output) -> Result<End, Failure> {
    let context = Context { settings, output };
    match command {
        BudgetCommand::Set(args) => set::set(args, context),
        BudgetCommand::Remove(args) => set::remove(args, context),
        BudgetCommand::Show(args) => show::show(args, context),
        BudgetCommand::Hold(args) => hold::hold(args, context),
        BudgetCommand::Holds(args) => holds::holds(args, context),
        BudgetCommand::Settle(args) => settle::settle(args, context),
        BudgetCommand::Job(args) => job::job(args, context),
        BudgetCommand::Release(args) => close::release(args, context),
        BudgetCommand::Presume(args) => close::presume(args, context),
        BudgetCommand::Pause(args) => pause::pause(args, context),
        BudgetCommand::Resume(args) => pause::resume(args, context),
        BudgetCommand::Adjust(args) => adjust::adjust(args, context),
        BudgetCommand::Log(args) => log::log(args, context),
        BudgetCommand::Export(args) => export::export(args, context),
        BudgetCommand::Backup(args) => backup::backup(args, context),
        BudgetCommand::Doctor(args) => doctor::doctor(args, context),
    }
}
