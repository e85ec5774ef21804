//! Files that a command writes to be edited or kept, neither results nor tables: a policy to start
//! from, prices to fill in, a whole book.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use imgcost_core::Error;

use super::check::STARTER;
use super::prices::{init, pack};
use crate::args::{Command, PricesCommand};
use crate::failure::{End, Failure, bad_input, unless_gone};
use crate::inputs;
use crate::settings::Settings;

/// The text that a command writes, if it is one of these.
pub(crate) fn starter(command: &Command, settings: &Settings) -> Option<Result<String, Error>> {
    match command {
        Command::Check(args) if args.init => Some(Ok(STARTER.to_owned())),
        Command::Prices(PricesCommand::Init(args)) => Some(init::file(args, settings)),
        Command::Prices(PricesCommand::Pack(args)) => Some(pack::file(args)),
        _ => None,
    }
}

/// Prints a text, or writes it to new files.
pub(crate) fn write_starter(files: &[PathBuf], text: &str) -> Result<End, Failure> {
    for path in files {
        let mut file = File::create_new(path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                bad_input("out", format!("{} exists, and is not overwritten", inputs::name(path))).into()
            }
            _ => Failure::Output(error),
        })?;
        file.write_all(text.as_bytes())?;
    }
    if files.is_empty() {
        unless_gone(io::stdout().lock().write_all(text.as_bytes()).map_err(Failure::from))?;
    }
    Ok(End::Done)
}
