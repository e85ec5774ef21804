//! `imgcost`: estimates what an image-generation API call will cost, before it is made.
//!
//! Thin by intent: it understands arguments, calls `imgcost-core`, and writes the result.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done; where the reader of the output went away, what was found out counts all the same |
//! | 2 | the request or arguments can't be accepted, or an input can't be read |
//! | 3 | over the cap or a budget, no budget, a bill above its ceiling, a broken policy (check), grown beyond `--fail-above` (diff), outside the quote or the tolerance, a log that disagrees with the bill (usage) |
//! | 4 | incomplete: something has no price, a response no usage, a row is in error (batch, check, diff), a record can't be used or matched (usage) |
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
mod globs;
mod images;
mod inputs;
mod jobs;
mod mend;
mod parse;
mod plain;
mod report;
mod request;
mod responses;
mod settings;
mod terminal;
mod volume;
mod words;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use args::{Cli, Command};
use clap::error::ErrorKind;
use failure::{Advice, End, Failure, say_note};
use report::{Format, Output};
use settings::{Key, Settings};

/// The commands that read words and options of a call; what they refuse can be mended.
const ASKING: [&str; 7] = ["quote", "explain", "compare", "models", "usage", "solve", "diff"];

fn main() -> ExitCode {
    let typed: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(words) = parse::first_of_its_own(&typed).and_then(|at| commands::beside::words(&typed, at)) {
        return commands::beside::become_it(&words);
    }
    let asked = parse::format(&typed);
    let settings =
        clock::start().and_then(|()| Settings::load(parse::config(&typed).as_deref(), is_of_project(&typed)));
    let cli = match parse::cli(&typed) {
        Ok(cli) => cli,
        Err(error) if is_help(error.kind()) => return help(&error),
        Err(error) => {
            terminal::start(None, false, false);
            let set = settings.as_ref().ok().and_then(|settings| settings.get(Key::Format));
            let format = asked.or_else(|| set.and_then(Format::named)).unwrap_or(Format::Table);
            let advice = advice(&typed, settings.as_ref().ok(), None);
            return failure::report(&Failure::Refused(parse::refusal(&error)), format, &advice);
        }
    };
    terminal::start(cli.global.color.as_deref(), cli.global.quiet, cli.global.verbose);
    let fallback = asked.unwrap_or(Format::Table);
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return failure::report(&Failure::Refused(error), fallback, &Advice::default()),
    };
    let format = match format(&cli, &settings) {
        Ok(format) => format,
        Err(error) => {
            let advice = advice(&typed, Some(&settings), Some(&error));
            return failure::report(&Failure::Refused(error), Format::Table, &advice);
        }
    };
    if cli.global.verbose {
        commands::tell_settings(&settings);
    }
    if let Some(project) = settings.project() {
        say_note(&format!("settings from {}", inputs::name(project)));
    }
    let starter = cli.command.as_ref().and_then(|command| commands::starter(command, &settings));
    let ended = match starter {
        Some(text) => {
            text.map_err(Failure::Refused).and_then(|text| commands::write_starter(&cli.global.out, &text))
        }
        None => Output::new(format, &cli.global.out)
            .map_err(Failure::Refused)
            .and_then(|output| run(cli, &settings, &output)),
    };
    book::tell_what_was_read();
    match ended {
        Ok(end) => end.code(),
        Err(failure) => {
            let advice = match &failure {
                Failure::Refused(error) => advice(&typed, Some(&settings), Some(error)),
                _ => Advice::default(),
            };
            failure::report(&failure, format, &advice)
        }
    }
}

/// Whether the command takes the project's file.
fn is_of_project(typed: &[OsString]) -> bool {
    let first = parse::first_of_its_own(typed).and_then(|at| typed.get(at));
    first.is_some_and(|word| word == "check" || word == "batch")
}

/// Whether the parser has something to show and nothing to refuse: a group of commands alone
/// shows its help, too.
fn is_help(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::MissingSubcommand
    )
}

/// Shows help on stdout.
fn help(error: &clap::Error) -> ExitCode {
    use std::io::Write;
    let text = error.render();
    let text = if std::io::stdout().is_terminal() { text.ansi().to_string() } else { text.to_string() };
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&Failure::Output(error), Format::Table, &Advice::default()),
    }
}

/// What to do about a refusal: where its value comes from, the command to type instead, and the
/// help to read.
fn advice(typed: &[OsString], settings: Option<&Settings>, error: Option<&imgcost_core::Error>) -> Advice {
    let command = mend::command_of(typed);
    let is_asking =
        command == "budget set" || command.split(' ').next().is_some_and(|first| ASKING.contains(&first));
    let field = error.and_then(imgcost_core::Error::field_name);
    let origin = field.filter(|field| !mend::gives(typed, field));
    let origin = origin.and_then(|field| settings?.origin(field)).map(str::to_owned);
    // What the parser refused, and what those commands refuse, is a matter of what was typed.
    if error.is_some() && !is_asking {
        return Advice { origin, ..Advice::default() };
    }
    let help = if command.is_empty() { "imgcost help".to_owned() } else { format!("imgcost help {command}") };
    Advice { command: settings.and_then(|settings| mend::command(typed, settings)), help: Some(help), origin }
}

fn format(cli: &Cli, settings: &Settings) -> Result<Format, imgcost_core::Error> {
    match (cli.global.format(), settings.get(Key::Format), &cli.command) {
        // Its result is JSON, and so are its errors.
        (_, _, Some(Command::Prices(args::PricesCommand::Schema(_)))) => Ok(Format::Json),
        // Their results have one form.
        (_, _, Some(Command::Completions(_) | Command::Man(_))) => Ok(Format::Table),
        (Some(format), _, _) => Ok(format),
        (None, None, _) => Ok(Format::Table),
        (None, Some(name), _) => Format::named(name).ok_or_else(|| {
            fields::illegal("format", name, "no such format").allowed(Format::names()).nearest_name(name)
        }),
    }
}

fn run(cli: Cli, settings: &Settings, output: &Output) -> Result<End, Failure> {
    if !matches!(cli.command, Some(Command::Check(_))) {
        output.without_findings()?;
    }
    match cli.command {
        None => commands::price_list(settings, output),
        Some(Command::Quote(mut args)) => {
            words::one_call(&args.0.words, &mut args.0.request, settings)?;
            commands::quote(&args, settings, output)
        }
        Some(Command::Explain(mut args)) => {
            words::one_call(&args.0.words, &mut args.0.request, settings)?;
            commands::explain(&args, settings, output)
        }
        Some(Command::Usage(mut args)) => {
            let own = args.0.request.book.clone();
            args.0.more = words::take_files(&mut args.0.words, &own, settings)?;
            words::one_call(&args.0.words, &mut args.0.request, settings)?;
            commands::usage(&args, settings, output)
        }
        Some(Command::Compare(mut args)) => {
            let own = args.0.request.book.clone();
            args.0.logs = words::take_files(&mut args.0.words, &own, settings)?;
            words::lists(&args.0.words, &mut args.0.request, settings)?;
            commands::compare(&args, settings, output)
        }
        Some(Command::Models(args)) => commands::models(&args, settings, output),
        Some(Command::Prices(command)) => commands::prices(&command, settings, output),
        Some(Command::Batch(args)) => commands::batch(&args, settings, output),
        Some(Command::Solve(mut args)) => {
            words::lists(&args.0.words, &mut args.0.request, settings)?;
            commands::solve(&args, settings, output)
        }
        Some(Command::Check(args)) => commands::check(&args, settings, output),
        Some(Command::Diff(args)) => commands::diff(&args, settings, output),
        Some(Command::Budget(command)) => commands::budget(&command, settings, output),
        Some(Command::Config(_)) => commands::config(&cli.global, settings, output),
        Some(Command::Completions(args)) => commands::completions(&args),
        Some(Command::Man(args)) => commands::man(&args),
        // They are another program's, which main has become.
        Some(Command::Run(_) | Command::Proxy(_) | Command::Mcp(_)) => Ok(End::Done),
    }
}
