//! `imgcost`: says what an image-generation API call will cost before it is made.
//!
//! Thin by intent: it understands arguments, calls `imgcost-core`, and writes the result.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done; where the reader of the output went away, what was found out counts all the same |
//! | 2 | the request or arguments can't be accepted, or an input can't be read |
//! | 3 | over the cap or a budget, no budget, a bill above its ceiling, a broken policy (check), grown beyond `--fail-above` (diff), outside tolerance (drift), a log that disagrees (reconcile) |
//! | 4 | incomplete: something has no price, a response no usage, a row is in error (batch, check, diff), a record can't be used or matched (drift, reconcile) |
//! | 5 | the ledger failed, or the output can't be written |
//!
//! Where several hold, 5 counts before 3 and 3 before 4 (`check`: 2 before 3). Results go to stdout, everything
//! else to stderr; with `--format json` stdout always holds one document, errors included.

mod args;
mod book;
mod clock;
mod commands;
mod failure;
mod fields;
mod images;
mod inputs;
mod jobs;
mod parse;
mod plain;
mod render;
mod report;
mod request;
mod responses;
mod served;
mod settings;
mod subcommands;

use std::process::ExitCode;

use args::Cli;
use failure::{End, Failure};
use report::Format;
use settings::{Key, Settings};
use subcommands::Command;

fn main() -> ExitCode {
    let (cli, asked) = match parse::arguments() {
        parse::Parsed::Run(cli, format) => (cli, format),
        parse::Parsed::Ended(code) => return code,
    };
    let settings = match clock::start().and_then(|()| Settings::load()) {
        Ok(settings) => settings,
        Err(error) => return failure::report(&Failure::Refused(error), asked.unwrap_or(Format::Table)),
    };
    let format = match format(asked, &settings) {
        Ok(format) => format,
        Err(error) => return failure::report(&Failure::Refused(error), Format::Table),
    };
    match run(&cli, &settings, format) {
        Ok(end) => end.code(),
        Err(failure) => failure::report(&failure, format),
    }
}

fn format(asked: Option<Format>, settings: &Settings) -> Result<Format, imgcost_core::Error> {
    match (asked, settings.get(Key::Format)) {
        (Some(format), _) => Ok(format),
        (None, None) => Ok(Format::Table),
        (None, Some(name)) => Format::named(name).ok_or_else(|| {
            fields::illegal("format", name, "no such format").allowed(Format::names()).nearest_name(name)
        }),
    }
}

fn run(cli: &Cli, settings: &Settings, format: Format) -> Result<End, Failure> {
    match &cli.command {
        None => commands::quote(&cli.quote, settings, format),
        Some(Command::Quote(args)) => commands::quote(args, settings, format),
        Some(Command::Explain(args)) => commands::explain(args, settings, format),
        Some(Command::Models(args)) => commands::models(args, settings, format),
        Some(Command::Prices(command)) => commands::prices(command, settings, format),
        Some(Command::Usage(args)) => commands::usage(args, settings, format),
        Some(Command::Batch(args)) => commands::batch(args, settings, format),
        Some(Command::Compare(args)) => commands::compare(args, settings, format),
        Some(Command::Solve(args)) => commands::solve(args, settings, format),
        Some(Command::Check(args)) => commands::check(args, settings, format),
        Some(Command::Diff(args)) => commands::diff(args, settings, format),
        Some(Command::Drift(args)) => commands::drift(args, settings, format),
        Some(Command::Reconcile(args)) => commands::reconcile(args, settings, format),
        Some(Command::Budget(command)) => commands::budget(command, settings, format),
        Some(Command::Completions(args)) => commands::completions(args),
        Some(Command::Man) => commands::man(),
    }
}
