//! `imgcost completions`: written from the same definition as the parser, with the names of the
//! price book.

use std::io::{self, Write};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, CommandFactory, ValueHint};

use super::beside;
use crate::args::{Cli, CompletionsArgs};
use crate::book;
use crate::failure::{End, Failure};
use crate::words::QUALITIES;

/// Sizes that most models take.
const SIZES: [&str; 7] = ["1024x1024", "1536x1024", "1024x1536", "1K", "2K", "4K", "auto"];

/// Writes a shell's completion script.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<End, Failure> {
    let mut command = Cli::command();
    command.build();
    // Once it is built, so that they don't get the options that all other commands have.
    for name in beside::COMMANDS {
        command = command.mut_subcommand(name, |own| of_program(name, &own));
    }
    // The generator panics where it can't write, so that it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut known(command), "imgcost", &mut script);
    let mut out = io::stdout().lock();
    out.write_all(&script)?;
    out.flush()?;
    Ok(End::Done)
}

/// A command of the program beside this one, with that program's options.
fn of_program(name: &'static str, own: &Command) -> Command {
    let flag = |flag: beside::Flag| {
        let arg = Arg::new(flag.long.clone()).long(flag.long).help(flag.help);
        let arg = if let Some(short) = flag.short { arg.short(short) } else { arg };
        arg.action(if flag.takes_value { ArgAction::Set } else { ArgAction::SetTrue })
    };
    Command::new(name)
        .bin_name(format!("imgcost {name}"))
        .about(own.get_about().cloned().unwrap_or_default())
        .args(beside::flags(name).into_iter().map(flag))
        .arg(
            Arg::new("command")
                .num_args(0..)
                .value_hint(ValueHint::CommandWithArguments)
                .trailing_var_arg(true),
        )
}

/// The command with the values of its options, where the book has their names.
fn known(command: Command) -> Command {
    let names = book::names();
    let once = |mut all: Vec<&'static str>| {
        all.sort_unstable();
        all.dedup();
        all
    };
    let models = once(names.models().collect());
    let providers = once(names.providers().collect());
    let values = |id: &str| -> Option<Vec<&'static str>> {
        Some(match id {
            "model" => models.clone(),
            "provider" => providers.clone(),
            "quality" | "min_quality" => QUALITIES.to_vec(),
            "size" => SIZES.to_vec(),
            "words" => [models.as_slice(), &QUALITIES, &SIZES].concat(),
            _ => return None,
        })
    };
    let mut command = command.mut_args(|arg| match values(arg.get_id().as_str()) {
        Some(values) => arg.value_parser(PossibleValuesParser::new(values)),
        None => arg,
    });
    let below: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    for name in below {
        command = command.mut_subcommand(name, known);
    }
    command
}
