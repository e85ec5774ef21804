//! `imgcost completions` and `imgcost man`: written from the same definition as the parser.

use std::io::{self, Write};

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::failure::{End, Failure};

/// Writes a shell's completion script.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<End, Failure> {
    // The generator panics where it can't write, so that it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "imgcost", &mut script);
    write(&script)
}

/// Writes the manual page, subcommands included.
pub(crate) fn man() -> Result<End, Failure> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    sections(&command, &mut page)?;
    write(&page)
}

/// The sections of all subcommands, each followed by those of its own.
fn sections(command: &clap::Command, page: &mut Vec<u8>) -> Result<(), Failure> {
    for subcommand in command.get_subcommands() {
        let man = clap_mangen::Man::new(subcommand.clone());
        let mut part = Vec::new();
        man.render_synopsis_section(&mut part)?;
        man.render_description_section(&mut part)?;
        man.render_options_section(&mut part)?;
        page.extend(part);
        sections(subcommand, page)?;
    }
    Ok(())
}

fn write(bytes: &[u8]) -> Result<End, Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(End::Done)
}
