//! `imgcost man`: the manual page of a command, from the same definition as the parser.

use std::io::{self, Write};

use clap::CommandFactory;
use imgcost_core::{Code, Error};

use crate::args::{Cli, ManArgs};
use crate::failure::{End, Failure};

/// Writes the page of a command, of `imgcost` itself where none is named; or all of them to a folder.
pub(crate) fn man(args: &ManArgs) -> Result<End, Failure> {
    let mut root = Cli::command();
    if let Some(folder) = &args.all {
        std::fs::create_dir_all(folder)?;
        clap_mangen::generate_to(root, folder)?;
        return Ok(End::Done);
    }
    root.build();
    let mut command = &root;
    for word in &args.command {
        let Some(below) = command.find_subcommand(word) else {
            let message = format!("no page for '{}'", crate::fields::shown(word));
            let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            return Err(Error::new(Code::BadInput, message)
                .field("command")
                .allowed(names)
                .nearest_name(word)
                .into());
        };
        command = below;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    let mut out = io::stdout().lock();
    out.write_all(&page)?;
    out.flush()?;
    Ok(End::Done)
}
