//! `imgcost budget`: keeps calls within budgets. One file a subcommand, and what they share:
//! where the ledger is (`store`), what words mean (`words`), what became of a hold (`changed`), what
//! runs at a threshold (`alert`).

mod adjust;
mod alert;
mod backup;
mod batch;
mod changed;
mod close;
mod doctor;
mod export;
mod hold;
mod hold_name;
mod holds;
mod job;
mod log;
mod pause;
mod report;
mod set;
mod set_file;
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
    /// The command to run where a budget reaches a threshold.
    on_alert: Option<&'c str>,
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
        for alert in alerts {
            self.say(&format!("imgcost: {alert}"));
            if let Some(command) = self.on_alert {
                alert::run(command, alert);
            }
        }
    }
}

/// Opens a ledger by its name, for commands that only read it.
pub(super) fn open_ledger(ledger: &Path) -> Result<Box<dyn Ledger>, Failure> {
    store::open_named(ledger)
}

/// Runs a subcommand of `budget`.
pub(crate) fn budget(command: &BudgetCommand, settings: &Settings, output: &Output) -> Result<End, Failure> {
    let alert = match command {
        BudgetCommand::Hold(args) => Some(&args.alert),
        BudgetCommand::Settle(args) => Some(&args.alert),
        BudgetCommand::Presume(args) => Some(&args.alert),
        BudgetCommand::Adjust(args) => Some(&args.alert),
        _ => None,
    };
    let context = Context { settings, output, on_alert: alert.and_then(|alert| alert.on_alert.as_deref()) };
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
        BudgetCommand::Report(args) => report::report(args, context),
        BudgetCommand::Export(args) => export::export(args, context),
        BudgetCommand::Backup(args) => backup::backup(args, context),
        BudgetCommand::Doctor(args) => doctor::doctor(args, context),
    }
}
