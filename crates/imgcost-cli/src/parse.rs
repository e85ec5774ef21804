//! From the command line to [`Cli`], with errors in our own words and form.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use imgcost_core::{Code, Error};

use crate::args::{Cli, PricesCommand};
use crate::failure::{self, Failure};
use crate::report::Format;
use crate::settings::Settings;
use crate::subcommands::Command;

/// What came of the command line.
pub(crate) enum Parsed {
    /// Something to do, and the format that a flag asks for.
    Run(Box<Cli>, Option<Format>),
    /// It was answered (`--help`, `--version`) or refused.
    Ended(ExitCode),
}

/// Parses the command line.
pub(crate) fn arguments() -> Parsed {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => {
            let format = asked_format(&cli);
            Parsed::Run(Box::new(cli), format)
        }
        Err(error) if !error.use_stderr() => {
            let printed = error.print();
            Parsed::Ended(printed.map_or_else(
                |error| failure::report(&Failure::Output(error), Format::Table),
                |()| ExitCode::SUCCESS,
            ))
        }
        Err(error) => {
            Parsed::Ended(failure::report(&Failure::Refused(refusal(&error)), guessed_format(&arguments)))
        }
    }
}

fn asked_format(cli: &Cli) -> Option<Format> {
    let output = match &cli.command {
        None => &cli.quote.output,
        Some(Command::Quote(args) | Command::Explain(args)) => &args.output,
        Some(Command::Models(args)) => &args.output,
        Some(Command::Prices(PricesCommand::Show(args))) => &args.output,
        Some(Command::Prices(PricesCommand::Lint(args))) => &args.output,
        Some(Command::Prices(PricesCommand::Sources(args))) => &args.output,
        Some(Command::Prices(PricesCommand::Schema(_))) => return Some(Format::Json),
        Some(Command::Usage(args)) => &args.output,
        Some(Command::Batch(args)) => &args.output,
        Some(Command::Compare(args)) => &args.output,
        Some(Command::Solve(args)) => &args.output,
        Some(Command::Check(args)) => &args.output,
        Some(Command::Diff(args)) => &args.output,
        Some(Command::Drift(args)) => &args.output,
        Some(Command::Reconcile(args)) => &args.output,
        Some(Command::Budget(command)) => &command.ledger().output,
        Some(Command::Completions(_) | Command::Man) => return Some(Format::Table),
    };
    output.format.as_deref().and_then(Format::named)
}

/// The format that a command line asks for that could not be parsed: who wanted JSON gets
/// its errors as JSON too.
fn guessed_format(arguments: &[OsString]) -> Format {
    let mut found = None;
    let mut words = arguments.iter().skip(1).map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        let value = match word.as_ref() {
            "--" => break,
            "-f" | "--format" => words.next().map(|value| value.into_owned()),
            word => word
                .strip_prefix("--format=")
                .or_else(|| word.strip_prefix("-f"))
                .map(|value| value.trim_start_matches('=').to_owned()),
        };
        found = value.and_then(|value| Format::named(&value)).or(found);
    }
    found.or_else(|| Format::named(&Settings::format_of_environment()?)).unwrap_or(Format::Table)
}

/// A parser's error as one of ours.
fn refusal(error: &clap::Error) -> Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let list = |kind| match error.get(kind) {
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    };
    let argument = text(ContextKind::InvalidArg).or_else(|| text(ContextKind::InvalidSubcommand));
    let field = argument.map(field_of);
    let nearest = [ContextKind::SuggestedValue, ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand];
    let nearest: Vec<String> = nearest.into_iter().flat_map(list).collect();
    let message = match (error.kind(), argument, text(ContextKind::InvalidValue)) {
        (ErrorKind::InvalidValue, Some(argument), Some("")) => format!("{} needs a value", plain(argument)),
        (ErrorKind::InvalidValue, Some(argument), Some(value)) => {
            format!("{} = {}: not one of its values", field_of(argument), crate::fields::shown(value))
        }
        (ErrorKind::UnknownArgument, Some(argument), _) => {
            format!("there is no option '{}'", crate::fields::shown(argument))
        }
        (ErrorKind::InvalidSubcommand, Some(name), _) => {
            format!("there is no subcommand '{}'", crate::fields::shown(name))
        }
        _ => first_paragraph(error),
    };
    let mut refusal = Error::new(Code::BadInput, message).allowed(list(ContextKind::ValidValue));
    if let Some(field) = field {
        refusal = refusal.field(field);
    }
    // The parser's guesses come in no order of likeness.
    let typed = text(ContextKind::InvalidValue).or(argument.map(plain)).unwrap_or_default();
    let nearest = match nearest.as_slice() {
        [] => return refusal,
        [only] => only.clone(),
        [first, ..] => {
            let names = nearest.iter().map(String::as_str);
            imgcost_core::nearest_name(typed, names).unwrap_or(first).to_owned()
        }
    };
    refusal.nearest(nearest)
}

/// `--as-of <DATE>` without its placeholder.
fn plain(argument: &str) -> &str {
    argument.split_once(' ').map_or(argument, |(flag, _)| flag)
}

/// The field that an argument sets: `--as-of <DATE>` sets `as_of`.
fn field_of(argument: &str) -> String {
    plain(argument)
        .trim_start_matches('-')
        .trim_matches(['<', '>', '[', ']'])
        .replace('-', "_")
        .to_lowercase()
}

/// What the parser says, without its usage text.
fn first_paragraph(error: &clap::Error) -> String {
    let text = error.to_string();
    let head = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = head.trim_start_matches("error:").split_whitespace().collect();
    words.join(" ")
}
