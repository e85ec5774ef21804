//! The command to type instead of one that was refused: all of the request but what was wrong,
//! with every fault mended at once, and tried before it is shown.

mod faults;
mod line;

use std::ffi::OsString;

use clap::CommandFactory;
use imgcost_core::{Code, Error};

use crate::args::{Cli, Command};
use crate::commands::{self, models};
use crate::parse;
use crate::request::{self, NoModel};
use crate::settings::Settings;
use crate::words::{self, Kind};

use line::{Line, Piece, shown, word_is};

/// How many faults are mended at most.
const FAULTS_MAX: usize = 16;

/// Commands of other programs, and what they are here.
const FOREIGN: &[(&str, &str)] = &[
    ("version", "--version"),
    ("list", "models"),
    ("ls", "models"),
    ("price", "models"),
    ("pricing", "models"),
    ("providers", "models --support"),
    ("search", "models"),
    ("show", "models"),
    ("info", "models"),
    ("cost", "quote"),
    ("estimate", "quote"),
    ("cheapest", "solve"),
    ("settings", "config"),
    ("completion", "completions"),
    ("breakdown", "help batch"),
    ("init", "check --init"),
    ("mcp", "help budget"),
];

/// Options without which the command would be for another call, or at other prices: what can't keep
/// them is not shown.
const KEPT: [&str; 12] = [
    "as_of",
    "assume_prompt_tokens",
    "book",
    "cap",
    "image",
    "mask",
    "prices",
    "prompt",
    "prompt_file",
    "prompt_tokens",
    "request",
    "tier",
];

/// The endings of job files.
const JOBS: [&str; 4] = [".csv", ".tsv", ".jsonl", ".toml"];

/// The command that a line belongs to, as help names it: `budget hold`.
pub(crate) fn command_of(typed: &[OsString]) -> String {
    let mut command = Cli::command();
    let mut path = Vec::new();
    for word in parse::spelled_out(typed) {
        let name = word.to_string_lossy();
        let Some(below) = command.find_subcommand(name.as_ref()) else { continue };
        path.push(name.into_owned());
        command = below.clone();
        if !command.has_subcommands() {
            break;
        }
    }
    path.join(" ")
}

/// The command to type instead, if one is found that is accepted.
pub(crate) fn command(typed: &[OsString], settings: &Settings) -> Option<String> {
    let first = typed.first().and_then(|word| word.to_str()).unwrap_or_default();
    if words::RENAMED_COMMANDS.iter().any(|(name, _)| *name == first) && typed.len() > 1 {
        return Some(as_usage(typed));
    }
    if let Some(meant) = command_like(first, typed.len()) {
        if meant.starts_with("help ") {
            return Some(format!("imgcost {meant}"));
        }
        let is_whole =
            parse::cli(&[(&*meant).into()]).map_or_else(|error| crate::is_help(error.kind()), |_| true);
        let alone = if is_whole { format!("imgcost {meant}") } else { format!("imgcost help {meant}") };
        let meant: Vec<OsString> = meant.split(' ').map(OsString::from).collect();
        let all: Vec<OsString> = meant.iter().chain(typed.iter().skip(1)).cloned().collect();
        let mended = Line::split(&all).filter(|line| attempt(line, settings).is_ok());
        let mended = mended.map(|line| line.shown()).or_else(|| mended_line(&all, settings));
        return mended.or(Some(alone));
    }
    mended_line(typed, settings)
}

/// The command that a first word is another name of, or is misspelled from.
fn command_like(first: &str, count: usize) -> Option<String> {
    if let Some((_, meant)) = FOREIGN.iter().find(|(word, _)| *word == first) {
        return Some((*meant).to_owned());
    }
    let names = Cli::command();
    let mut names = names.get_subcommands().map(clap::Command::get_name).chain(["help"]);
    if count > 2 || first.starts_with('-') || names.any(|name| name == first) {
        return None;
    }
    let names = Cli::command();
    let names = names.get_subcommands().map(clap::Command::get_name).chain(["help"]);
    imgcost_core::nearest_name(first, names).map(str::to_owned)
}

fn mended_line(typed: &[OsString], settings: &Settings) -> Option<String> {
    let mut line = Line::split(&parse::spelled_out(typed))?;
    let before = line.clone();
    if !line.is_of_a_call() {
        line.mend_options();
        line.mend_group();
        line.mend_budget();
        let is_accepted = line.shown() != before.shown() && parse::cli(&line.words()).is_ok();
        return is_accepted.then(|| line.shown());
    }
    if let Some(batch) = of_jobs(&line) {
        return Some(batch);
    }
    if line.reads_stdin() {
        return None;
    }
    line.mend_words(settings)?;
    for _ in 0..FAULTS_MAX {
        match attempt(&line, settings) {
            // Nothing is left of it: a part of a model's name may have been meant.
            Ok(()) if line.words().is_empty() => {
                let named = Line { command: "models".to_owned(), ..before };
                let is_found = !named.words().is_empty() && attempt(&named, settings).is_ok();
                return Some(if is_found { named.shown() } else { "imgcost help".to_owned() });
            }
            // What compare alone refuses is not mended.
            Ok(()) => {
                let is_other = before.has_unknown() || line.shown() != before.shown();
                let keeps_all = KEPT.iter().all(|id| line.has(id) || !before.has(id));
                return (is_other && keeps_all).then(|| line.shown());
            }
            Err(error) => line.mend(&error)?,
        }
    }
    None
}

/// A quote that names a file of jobs is for `batch`.
fn of_jobs(line: &Line) -> Option<String> {
    let is_jobs = |piece: &Piece| match piece {
        Piece::Word(word) => JOBS.iter().any(|ending| word.to_lowercase().ends_with(ending)),
        _ => false,
    };
    let file = line.pieces.iter().find(|piece| is_jobs(piece)).filter(|_| line.command == "quote")?;
    let options = line.pieces.iter().filter(|piece| matches!(piece, Piece::Option { .. }));
    let pieces = std::iter::once(file).chain(options).cloned().collect();
    let batch = Line { command: "batch".to_owned(), pieces };
    parse::cli(&batch.words()).is_ok().then(|| batch.shown())
}

/// A line of a command that is part of `usage` now, with its options' names of today.
fn as_usage(typed: &[OsString]) -> String {
    let now = |word: &OsString| match word.to_string_lossy().as_ref() {
        "--usage-export" | "--costs-export" => "--bill".to_owned(),
        "--max-outside" => "--max-outside-share".to_owned(),
        word => word.to_owned(),
    };
    let words = typed.iter().skip(1).map(now).map(OsString::from);
    shown(&std::iter::once("usage".into()).chain(words).collect::<Vec<_>>())
}

/// Whether a line sets a parameter itself.
pub(crate) fn gives(typed: &[OsString], field: &str) -> bool {
    let Some(line) = Line::split(&parse::spelled_out(typed)) else { return true };
    // The words of these are files.
    let has_words = !["batch", "check", "diff"].contains(&line.command.as_str());
    let kind = Kind::ALL.into_iter().find(|kind| has_words && kind.name() == field);
    line.pieces.iter().any(|piece| match piece {
        Piece::Option { id, .. } => id == field,
        Piece::Word(word) => kind.is_some_and(|kind| word_is(word, kind)),
        Piece::Unknown(_) => false,
    })
}

/// Does with the line what its command would, up to the quote.
fn attempt(line: &Line, settings: &Settings) -> Result<(), Error> {
    let cli = parse::cli(&line.words()).map_err(|error| parse::refusal(&error))?;
    let args = match cli.command {
        Some(Command::Quote(args) | Command::Explain(args)) => args.0,
        Some(Command::Compare(args)) => {
            let mut args = args.0;
            words::lists(&args.words, &mut args.request, settings)?;
            return commands::check_comparison(&args, settings);
        }
        Some(Command::Solve(args)) => {
            let mut request = args.0.request;
            return words::lists(&args.0.words, &mut request, settings);
        }
        Some(Command::Models(args)) => {
            return models::find(&args, &*request::book(&args.book, settings)?).map(drop);
        }
        _ => return Ok(()),
    };
    let mut asked = args.request.clone();
    crate::terminal::silenced(|| words::one_call(&args.words, &mut asked, settings))?;
    let cap = request::cap(args.cap.as_deref(), settings)?;
    let book = request::book(&asked.book, settings)?;
    let no_model = if cap.is_some() { NoModel::Refuse } else { NoModel::Default };
    let asked = request::asked(&asked, settings, &book, no_model)?;
    let quote = book.quote(&asked.request)?;
    if (args.cap.is_some() || args.require_proven) && imgcost_analysis::lacks_prompt(&quote) {
        return Err(Error::new(Code::IllegalCombination, "").field("prompt"));
    }
    Ok(())
}
