//! From the command line to [`Cli`], with errors in our own words and form.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ColorChoice, CommandFactory, FromArgMatches, Subcommand};
use imgcost_core::{Code, Error};

use crate::args::{BudgetCommand, Cli, Command, PricesCommand};
use crate::report::Format;

/// A flag that is not there, and what to type instead: another flag, one with its value, or one
/// that takes a file with an ending.
pub(crate) struct Renamed {
    pub(crate) old: &'static str,
    pub(crate) now: &'static str,
}

/// Flags that are gone.
pub(crate) const RENAMED: &[Renamed] = &[
    Renamed { old: "--batch-api", now: "--tier batch" },
    Renamed { old: "--sarif", now: "-o FILE.sarif" },
    Renamed { old: "--totals", now: "--by" },
    Renamed { old: "--usage-export", now: "--bill" },
    Renamed { old: "--costs-export", now: "--bill" },
    Renamed { old: "--proven-only", now: "--require-proven" },
    // Of the commands of `budget` that take a path.
    Renamed { old: "--scope", now: "SCOPE" },
    Renamed { old: "--max-outside", now: "--max-outside-share" },
];

/// Parses the words after the program's name.
pub(crate) fn cli(words: &[OsString]) -> Result<Cli, clap::Error> {
    let color = match value_of(words, &["--color"]).as_deref() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    };
    let mut command = Cli::command().color(color);
    let words = std::iter::once(OsString::from("imgcost")).chain(spelled_out(words));
    Cli::from_arg_matches(&command.try_get_matches_from_mut(words)?)
}

/// The words with the command that is meant: `quote` where the first word names none. A command
/// may be asked for help by a word, too.
pub(crate) fn spelled_out(words: &[OsString]) -> Vec<OsString> {
    let mut all = words.to_vec();
    let Some(at) = first_of_its_own(words) else { return all };
    let word = |at: usize| all.get(at).and_then(|word| word.to_str()).unwrap_or_default();
    let name = word(at).to_owned();
    if matches!(name.as_str(), "help" | "-h" | "--help" | "-V" | "--version") {
        return all;
    }
    if !Command::has_subcommand(&name) {
        all.insert(at, "quote".into());
        return all;
    }
    let last = match name.as_str() {
        "budget" if BudgetCommand::has_subcommand(word(at + 1)) => at + 1,
        "prices" if PricesCommand::has_subcommand(word(at + 1)) => at + 1,
        // A group has a `help` of its own.
        "budget" | "prices" => return all,
        _ => at,
    };
    if word(last + 1) == "help" && all.len() == last + 2 {
        all.pop();
        all.push("--help".into());
    }
    all
}

/// Where the first word is that is no global option.
pub(crate) fn first_of_its_own(words: &[OsString]) -> Option<usize> {
    let mut at = 0;
    loop {
        let word = words.get(at)?.to_str().unwrap_or_default();
        at += match word {
            "-f" | "--format" | "-o" | "--out" | "--color" | "--config" => 2,
            "--json" | "--quiet" | "--verbose" => 1,
            _ if word.starts_with("--format=")
                || word.starts_with("--out=")
                || word.starts_with("--config=")
                || word.starts_with("--color=") =>
            {
                1
            }
            _ if word.len() > 2 && (word.starts_with("-f") || word.starts_with("-o")) => 1,
            _ => return Some(at),
        };
    }
}

/// The format that a command line asks for, also one that can't be parsed: its errors are
/// written as its results would be.
pub(crate) fn format(words: &[OsString]) -> Option<Format> {
    let is_json = |word: &OsString| word == "--json";
    if words.iter().take_while(|word| *word != "--").any(is_json) {
        return Some(Format::Json);
    }
    Format::named(&value_of(words, &["-f", "--format"])?)
}

/// The settings file that a command line names.
pub(crate) fn config(words: &[OsString]) -> Option<PathBuf> {
    value_of(words, &["--config"]).map(PathBuf::from)
}

/// The last value of an option, however it is written.
fn value_of(words: &[OsString], names: &[&str]) -> Option<String> {
    let mut found = None;
    let mut words = words.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--");
    while let Some(word) = words.next() {
        if names.contains(&word.as_ref()) {
            found = words.next().map(std::borrow::Cow::into_owned);
            continue;
        }
        let attached = names.iter().find_map(|name| {
            let rest = word.strip_prefix(name)?;
            rest.strip_prefix('=').or_else(|| (!name.starts_with("--")).then_some(rest))
        });
        found = attached.map(str::to_owned).or(found);
    }
    found
}

/// A parser's error as one of ours.
pub(crate) fn refusal(error: &clap::Error) -> Error {
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
    let shown = crate::fields::shown;
    let message = match (error.kind(), argument, text(ContextKind::InvalidValue)) {
        (ErrorKind::InvalidValue, Some(argument), Some("")) => format!("{} needs a value", flag(argument)),
        (ErrorKind::InvalidValue, Some(argument), Some(value)) => {
            format!("{} = {}: not one of its values", field_of(argument), shown(value))
        }
        (ErrorKind::UnknownArgument, Some(argument), _) if argument.starts_with('-') => {
            format!("unknown option '{}'", shown(argument))
        }
        (ErrorKind::UnknownArgument, Some(argument), _) => {
            format!("unexpected argument '{}'", shown(argument))
        }
        (ErrorKind::InvalidSubcommand, Some(name), _) => format!("unknown command '{}'", shown(name)),
        (ErrorKind::ArgumentConflict, Some(argument), _) => {
            let others = list(ContextKind::PriorArg);
            let others: Vec<&str> = others.iter().map(|other| flag(other)).collect();
            match others.as_slice() {
                [] => format!("{} is given twice", flag(argument)),
                [other] if *other == flag(argument) => format!("{other} is given twice"),
                others => format!("{} can't be combined with {}", flag(argument), others.join(", ")),
            }
        }
        _ => first_paragraph(error),
    };
    let mut refusal = Error::new(Code::BadInput, message).allowed(list(ContextKind::ValidValue));
    if let Some(argument) = argument {
        refusal = refusal.field(field_of(argument));
    }
    if let Some(renamed) = RENAMED.iter().find(|renamed| argument.map(flag) == Some(renamed.old)) {
        return refusal.nearest(renamed.now);
    }
    // The parser's guesses come in no order of likeness, and some are far off.
    let typed = text(ContextKind::InvalidValue).or(argument.map(flag)).unwrap_or_default();
    let guesses = [ContextKind::SuggestedValue, ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand];
    let guesses: Vec<String> = guesses.into_iter().flat_map(list).collect();
    let bare = |text: &str| text.trim_start_matches('-').to_owned();
    let names: Vec<String> = guesses.iter().map(|guess| bare(guess)).collect();
    let nearest = imgcost_core::nearest_name(&bare(typed), names.iter().map(String::as_str));
    let nearest = nearest.and_then(|nearest| guesses.iter().find(|guess| bare(guess) == nearest));
    match nearest {
        Some(nearest) => refusal.nearest(nearest),
        None => refusal,
    }
}

/// `--as-of <DATE>` without its placeholder.
fn flag(argument: &str) -> &str {
    argument.split_once(' ').map_or(argument, |(flag, _)| flag)
}

/// The field that an argument sets: `--as-of <DATE>` sets `as_of`.
fn field_of(argument: &str) -> String {
    flag(argument)
        .trim_start_matches('-')
        .trim_matches(['<', '>', '[', ']', '.'])
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

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_command_is_quote_where_the_first_word_names_none() {
        for (typed, meant) in [
            ("", ""),
            ("--json", "--json"),
            ("gpt-image-2 high", "quote gpt-image-2 high"),
            ("-f json -q high", "-f json quote -q high"),
            ("-fjson --color=never models", "-fjson --color=never models"),
            ("--json help models", "--json help models"),
            ("compare help", "compare --help"),
            ("budget help hold", "budget help hold"),
            ("budget hold help", "budget hold --help"),
            ("budget hold help me", "budget hold help me"),
        ] {
            assert_eq!(spelled_out(&words(typed)), words(meant), "{typed}");
        }
    }

    #[test]
    fn the_format_is_found_wherever_it_is() {
        for (typed, format) in [
            ("models", None),
            ("-f json models", Some(Format::Json)),
            ("models -fcsv --frob", Some(Format::Csv)),
            ("models --format=tsv", Some(Format::Tsv)),
            ("models --json -f", Some(Format::Json)),
            ("-f csv -- -f json", Some(Format::Csv)),
        ] {
            assert_eq!(super::format(&words(typed)), format, "{typed}");
        }
    }
}
