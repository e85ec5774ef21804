//! The subcommands of `budget`, made when they are needed: a shell's loop starts the program
//! twice for every call.

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, FromArgMatches, Subcommand};

use super::lazy;
use crate::args::{
    BudgetBackupArgs, BudgetDoctorArgs, BudgetExportArgs, BudgetHoldArgs, BudgetLogArgs, BudgetPresumeArgs,
    BudgetReleaseArgs, BudgetRemoveArgs, BudgetSetArgs, BudgetSettleArgs, BudgetShowArgs, LedgerArgs,
};

/// What to do with the ledger.
#[derive(Debug)]
pub(crate) enum BudgetCommand {
    /// `budget set`.
    Set(BudgetSetArgs),
    /// `budget remove`.
    Remove(BudgetRemoveArgs),
    /// `budget show`.
    Show(BudgetShowArgs),
    /// `budget hold`.
    Hold(Box<BudgetHoldArgs>),
    /// `budget settle`.
    Settle(BudgetSettleArgs),
    /// `budget release`.
    Release(BudgetReleaseArgs),
    /// `budget presume`.
    Presume(BudgetPresumeArgs),
    /// `budget log`.
    Log(BudgetLogArgs),
    /// `budget export`.
    Export(BudgetExportArgs),
    /// `budget backup`.
    Backup(BudgetBackupArgs),
    /// `budget doctor`.
    Doctor(BudgetDoctorArgs),
}

const NAMES: [&str; 11] =
    ["set", "remove", "show", "hold", "settle", "release", "presume", "log", "export", "backup", "doctor"];

impl BudgetCommand {
    /// Where the ledger is, and how to write the result.
    pub(crate) fn ledger(&self) -> &LedgerArgs {
        match self {
            BudgetCommand::Set(args) => &args.ledger,
            BudgetCommand::Remove(args) => &args.ledger,
            BudgetCommand::Show(args) => &args.ledger,
            BudgetCommand::Hold(args) => &args.ledger,
            BudgetCommand::Settle(args) => &args.ledger,
            BudgetCommand::Release(args) => &args.ledger,
            BudgetCommand::Presume(args) => &args.ledger,
            BudgetCommand::Log(args) => &args.ledger,
            BudgetCommand::Export(args) => &args.ledger,
            BudgetCommand::Backup(args) => &args.ledger,
            BudgetCommand::Doctor(args) => &args.ledger,
        }
    }
}

impl Subcommand for BudgetCommand {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        command.subcommands([
            lazy!("set", BudgetSetArgs, "Sets a scope's budget"),
            lazy!("remove", BudgetRemoveArgs, "Takes a scope's budget away"),
            lazy!("show", BudgetShowArgs, "Shows budgets with what is held, spent and left"),
            lazy!(
                "hold",
                BudgetHoldArgs,
                "Sets a call's ceiling aside, if every budget on its path has room"
            ),
            lazy!("settle", BudgetSettleArgs, "Books what a call cost, by the API's response"),
            lazy!(
                "release",
                BudgetReleaseArgs,
                "Gives a hold's money back: the call was not sent, or was free"
            ),
            lazy!("presume", BudgetPresumeArgs, "Books a hold at its ceiling: its outcome is not known"),
            lazy!("log", BudgetLogArgs, "Shows the journal"),
            lazy!("export", BudgetExportArgs, "Writes everything as JSON Lines, or the holds as CSV"),
            lazy!("backup", BudgetBackupArgs, "Copies the ledger to a new file while it is in use"),
            lazy!("doctor", BudgetDoctorArgs, "Checks the ledger, and that its books balance"),
        ])
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        NAMES.contains(&name)
    }
}

impl FromArgMatches for BudgetCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let Some((name, matches)) = matches.subcommand() else {
            return Err(clap::Error::raw(ErrorKind::MissingSubcommand, "a subcommand is missing"));
        };
        Ok(match name {
            "set" => BudgetCommand::Set(BudgetSetArgs::from_arg_matches(matches)?),
            "remove" => BudgetCommand::Remove(BudgetRemoveArgs::from_arg_matches(matches)?),
            "show" => BudgetCommand::Show(BudgetShowArgs::from_arg_matches(matches)?),
            "hold" => BudgetCommand::Hold(Box::new(BudgetHoldArgs::from_arg_matches(matches)?)),
            "settle" => BudgetCommand::Settle(BudgetSettleArgs::from_arg_matches(matches)?),
            "release" => BudgetCommand::Release(BudgetReleaseArgs::from_arg_matches(matches)?),
            "presume" => BudgetCommand::Presume(BudgetPresumeArgs::from_arg_matches(matches)?),
            "log" => BudgetCommand::Log(BudgetLogArgs::from_arg_matches(matches)?),
            "export" => BudgetCommand::Export(BudgetExportArgs::from_arg_matches(matches)?),
            "backup" => BudgetCommand::Backup(BudgetBackupArgs::from_arg_matches(matches)?),
            "doctor" => BudgetCommand::Doctor(BudgetDoctorArgs::from_arg_matches(matches)?),
            _ => return Err(clap::Error::raw(ErrorKind::InvalidSubcommand, "there is no such subcommand")),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
