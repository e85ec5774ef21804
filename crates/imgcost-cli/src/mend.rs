//! The command to type instead of one that was refused: all of the request but what was wrong,
//! with every fault mended at once, and tried before it is shown.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use imgcost_core::{Code, Error};

use crate::args::{BookArgs, Cli, Command};
use crate::book::Names;
use crate::parse;
use crate::request::{self, NoModel};
use crate::settings::Settings;
use crate::words::{self, Kind};

/// How many faults are mended at most.
const FAULTS_MAX: usize = 16;

/// Words of other programs, and what they are here.
const FOREIGN: &[(&str, &str)] = &[
    ("version", "--version"),
    ("list", "models"),
    ("ls", "models"),
    ("price", "models"),
    ("pricing", "models"),
    ("cost", "quote"),
    ("estimate", "quote"),
    ("settings", "config"),
    ("completion", "completions"),
];

/// Options of other programs, and what they are here.
const FOREIGN_OPTIONS: &[(&str, &str)] = &[
    ("--count", "--n"),
    ("--number", "--n"),
    ("--num", "--n"),
    ("--output", "--format"),
    ("-v", "--verbose"),
];

/// Words for sizes.
const SHAPES: &[(&str, &str)] =
    &[("square", "1024x1024"), ("landscape", "1536x1024"), ("portrait", "1024x1536")];

/// A part of a command line.
#[derive(Debug, Clone)]
enum Piece {
    /// A word.
    Word(String),
    /// An option with its value, as they were typed.
    Option { id: String, typed: Vec<OsString> },
    /// An option that the command does not have.
    Unknown(String),
}

/// A command line in parts.
#[derive(Debug, Clone)]
struct Line {
    command: String,
    pieces: Vec<Piece>,
}

/// The commands whose lines are mended.
const MENDED: [&str; 4] = ["quote", "explain", "compare", "solve"];

/// Those of them whose words are lists.
const LISTING: [&str; 2] = ["compare", "solve"];

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
    if let ([_], Some((_, meant))) = (typed, FOREIGN.iter().find(|(word, _)| *word == first)) {
        return Some(format!("imgcost {meant}"));
    }
    if words::RENAMED_COMMANDS.iter().any(|(name, _)| *name == first) && typed.len() > 1 {
        return Some(as_usage(typed));
    }
    if typed.len() <= 2 && !first.starts_with('-') {
        let names = Cli::command();
        let names: Vec<&str> = names.get_subcommands().map(clap::Command::get_name).chain(["help"]).collect();
        let meant = imgcost_core::nearest_name(first, names.iter().copied()).filter(|name| *name != first);
        if let Some(meant) = meant {
            let rest = typed.iter().skip(1).map(|word| quoted(&word.to_string_lossy()));
            let words: Vec<String> =
                ["imgcost".to_owned(), meant.to_owned()].into_iter().chain(rest).collect();
            return Some(words.join(" "));
        }
    }
    let mut line = Line::split(&parse::spelled_out(typed))?;
    let reads_stdin =
        |piece: &Piece| matches!(piece, Piece::Option { typed, .. } if typed.iter().any(|word| word == "-"));
    if !MENDED.contains(&line.command.as_str()) || line.pieces.iter().any(reads_stdin) {
        return None;
    }
    let before = line.shown();
    line.mend_words(settings)?;
    for _ in 0..FAULTS_MAX {
        match line.attempt(settings) {
            // Nothing is left of it.
            Ok(()) if line.words().is_empty() => return Some("imgcost help".to_owned()),
            // What compare alone refuses is not mended.
            Ok(()) => return Some(line.shown()).filter(|shown| *shown != before),
            Err(error) => line.mend(&error)?,
        }
    }
    None
}

/// A line of a command that is part of `usage` now, with its options' names of today.
fn as_usage(typed: &[OsString]) -> String {
    let now = |word: &OsString| match word.to_string_lossy().as_ref() {
        "--usage-export" | "--costs-export" => "--bill".to_owned(),
        "--max-outside" => "--max-outside-share".to_owned(),
        word => quoted(word),
    };
    let words: Vec<String> = typed.iter().skip(1).map(now).collect();
    format!("imgcost usage {}", words.join(" "))
}

/// Whether a line sets a parameter itself.
pub(crate) fn gives(typed: &[OsString], field: &str) -> bool {
    let Some(line) = Line::split(&parse::spelled_out(typed)) else { return true };
    line.pieces.iter().any(|piece| matches!(piece, Piece::Option { id, .. } if id == field))
        || (Kind::ALL.iter().any(|kind| kind.name() == field)
            && line.pieces.iter().any(|piece| matches!(piece, Piece::Word(_))))
}

impl Line {
    /// Takes a line apart by what its command takes.
    fn split(typed: &[OsString]) -> Option<Line> {
        let mut definition = Cli::command();
        definition.build();
        let at = typed.iter().position(|word| definition.find_subcommand(word).is_some())?;
        let command = typed.get(at)?.to_str()?.to_owned();
        let definition = definition.find_subcommand(&command)?.clone();
        let mut pieces = Vec::new();
        let mut plain = false;
        let mut words =
            typed.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, word)| word).peekable();
        while let Some(word) = words.next() {
            let text = word.to_string_lossy().into_owned();
            if plain || text == "-" || !text.starts_with('-') {
                pieces.push(Piece::Word(text));
                continue;
            }
            if text == "--" {
                plain = true;
                continue;
            }
            let (name, has_value) = match text.split_once('=') {
                Some((name, _)) => (name, true),
                None => (text.as_str(), false),
            };
            let arg = definition.get_arguments().find(|arg| match name.strip_prefix("--") {
                Some(long) => arg.get_long() == Some(long),
                None => arg.get_short().is_some_and(|short| name.chars().nth(1) == Some(short)),
            });
            let Some(arg) = arg else {
                pieces.push(Piece::Unknown(text));
                continue;
            };
            let attached = has_value || (!text.starts_with("--") && text.chars().count() > 2);
            let mut typed = vec![word.clone()];
            if arg.get_action().takes_values() && !attached {
                typed.extend(words.next().cloned());
            }
            pieces.push(Piece::Option { id: arg.get_id().to_string(), typed });
        }
        Some(Line { command, pieces })
    }

    /// Mends what the words alone show: unknown ones, several of a kind, a word against an option.
    fn mend_words(&mut self, settings: &Settings) -> Option<()> {
        self.mend_options();
        let own = self.value("prices").map(PathBuf::from);
        let args = BookArgs { prices: own, as_of: None };
        words::with_names(&args, settings, |names| {
            self.mend_unknown(names);
            self.mend_several(names);
            Ok(())
        })
        .ok()
    }

    fn mend_options(&mut self) {
        let definition = Cli::command();
        let long: Vec<String> = match definition.find_subcommand(&self.command) {
            Some(command) => {
                let mut command = command.clone();
                command.build();
                command.get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect()
            }
            None => Vec::new(),
        };
        let mut pieces: Vec<Piece> = Vec::new();
        let mut taken = std::mem::take(&mut self.pieces).into_iter().peekable();
        while let Some(piece) = taken.next() {
            let Piece::Unknown(text) = piece else {
                pieces.push(piece);
                continue;
            };
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (text.clone(), None),
            };
            let foreign =
                FOREIGN_OPTIONS.iter().find(|(known, _)| *known == name).map(|(_, ours)| (*ours).to_owned());
            let near = || {
                let names = long.iter().map(String::as_str);
                imgcost_core::nearest_name(name.trim_start_matches('-'), names)
                    .map(|name| format!("--{name}"))
            };
            let Some(meant) = foreign.or_else(near) else { continue };
            let mut again = vec![OsString::from(self.command.clone()), meant.into()];
            again.extend(value.map(OsString::from).or_else(|| match taken.peek() {
                Some(Piece::Word(word)) => Some(OsString::from(word.clone())),
                _ => None,
            }));
            let Some(line) = Line::split(&again) else { continue };
            if text.split_once('=').is_none()
                && matches!(line.pieces.as_slice(), [Piece::Option { typed, .. }] if typed.len() == 2)
            {
                taken.next();
            }
            pieces.extend(line.pieces.into_iter().take(1));
        }
        self.pieces = pieces;
    }

    fn mend_unknown(&mut self, names: &Names<'_>) {
        let has_n = self.has("n");
        let mut pieces = Vec::new();
        for piece in std::mem::take(&mut self.pieces) {
            let word = match piece {
                Piece::Word(word) => word,
                other => {
                    pieces.push(other);
                    continue;
                }
            };
            let is_pattern = self.takes_lists() && word.contains('*');
            let lower = word.to_lowercase();
            if words::meant(&word, names).is_some() || is_pattern {
                pieces.push(Piece::Word(word));
            } else if word.contains(',') {
                pieces.extend(
                    word.split(',').map(|part| Piece::Word(part.to_owned())).filter(
                        |part| matches!(part, Piece::Word(part) if words::meant(part, names).is_some()),
                    ),
                );
            } else if let Some((_, size)) = SHAPES.iter().find(|(shape, _)| *shape == lower) {
                pieces.push(Piece::Word((*size).to_owned()));
            } else if !self.takes_lists() && (lower.ends_with(".json") || Path::new(&word).is_file()) {
                pieces.push(Piece::Option {
                    id: "request".to_owned(),
                    typed: vec!["--request".into(), word.into()],
                });
            } else if !has_n && word.parse::<u32>().is_ok_and(|n| n > 0) {
                pieces.push(Piece::Word(format!("x{word}")));
            } else if let Some(near) = words::near(&word, names) {
                pieces.push(Piece::Word(near.to_owned()));
            }
        }
        self.pieces = pieces;
    }

    /// Words that name a thing twice make a comparison; those against an option go.
    fn mend_several(&mut self, names: &Names<'_>) {
        for kind in Kind::ALL {
            let id = kind.name();
            // Lists of options are words of a comparison.
            let lists = |piece: &Piece| {
                matches!(piece, Piece::Option { id: known, typed }
                if known == id && typed.iter().any(|text| text.to_string_lossy().contains(',')))
            };
            let is_list = self.pieces.iter().any(lists);
            let mut values: Vec<String> = Vec::new();
            for piece in &self.pieces {
                if let Piece::Word(word) = piece
                    && let Some((_, value)) = words::meant(word, names).filter(|(known, _)| *known == kind)
                    && !values.contains(&value)
                {
                    values.push(value);
                }
            }
            if self.has(id) && !is_list {
                self.pieces.retain(|piece| {
                    !matches!(piece, Piece::Word(word) if words::meant(word, names).is_some_and(|(known, _)| known == kind))
                });
            } else if (values.len() > 1 || is_list) && !self.takes_lists() {
                self.command = "compare".to_owned();
            }
        }
        if self.command == "compare" {
            let definition = Cli::command();
            let known: Vec<String> = match definition.find_subcommand("compare") {
                Some(command) => {
                    let mut command = command.clone();
                    command.build();
                    command.get_arguments().map(|arg| arg.get_id().to_string()).collect()
                }
                None => Vec::new(),
            };
            let is_global = |id: &str| matches!(id, "format" | "json" | "color" | "quiet" | "verbose");
            self.pieces.retain(|piece| match piece {
                Piece::Option { id, .. } => known.contains(id) || is_global(id),
                _ => true,
            });
        }
    }

    fn takes_lists(&self) -> bool {
        LISTING.contains(&self.command.as_str())
    }

    fn has(&self, wanted: &str) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Option { id, .. } if id == wanted))
    }

    /// Does with the line what its command would, up to the quote.
    fn attempt(&self, settings: &Settings) -> Result<(), Error> {
        let cli = parse::cli(&self.words()).map_err(|error| parse::refusal(&error))?;
        let args = match cli.command {
            Some(Command::Quote(args) | Command::Explain(args)) => args.0,
            Some(Command::Compare(args)) => {
                let mut request = args.0.request;
                return words::lists(&args.0.words, &mut request, settings);
            }
            Some(Command::Solve(args)) => {
                let mut request = args.0.request;
                return words::lists(&args.0.words, &mut request, settings);
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
        if args.cap.is_some() && imgcost_analysis::lacks_prompt(&quote) {
            return Err(Error::new(Code::IllegalCombination, "").field("prompt"));
        }
        Ok(())
    }

    /// Mends one fault.
    fn mend(&mut self, error: &Error) -> Option<()> {
        // A file that is not there can't be mended.
        let field = error.field_name().filter(|field| *field != "request")?;
        let value = match error.code() {
            Code::NotSoldHere => {
                let word = self.pieces.iter().find_map(|piece| match piece {
                    Piece::Word(word) if word_is(word, Kind::Model) => Some(word.clone()),
                    _ => None,
                });
                let model = word.or_else(|| self.value("model")).unwrap_or_default();
                let maker = words::maker(&model)
                    .filter(|maker| error.allowed_values().iter().any(|one| one == maker));
                maker.map(str::to_owned).or_else(|| error.allowed_values().first().cloned())
            }
            // The plainest name is the one most likely meant.
            Code::NoModel => error.allowed_values().iter().min_by_key(|name| name.len()).cloned(),
            _ => error.nearest_value().map(str::to_owned),
        };
        if field == "prompt" && error.message().is_empty() {
            self.pieces.push(Piece::Option {
                id: field.to_owned(),
                typed: vec!["--prompt".into(), "your prompt".into()],
            });
            return Some(());
        }
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == field);
        let before = self.shown();
        if let Some(kind) = kind {
            self.pieces.retain(|piece| !matches!(piece, Piece::Word(word) if word_is(word, kind)));
        }
        self.pieces.retain(|piece| !matches!(piece, Piece::Option { id, .. } if id == field));
        if let Some(value) = value {
            match kind {
                Some(Kind::Model | Kind::Quality | Kind::Size) => self.pieces.push(Piece::Word(value)),
                Some(Kind::N) => self.pieces.push(Piece::Word(format!("x{value}"))),
                _ => {
                    let flag = format!("--{}", field.replace('_', "-"));
                    self.pieces
                        .push(Piece::Option { id: field.to_owned(), typed: vec![flag.into(), value.into()] });
                }
            }
        }
        (self.shown() != before).then_some(())
    }

    /// The value of an option.
    fn value(&self, wanted: &str) -> Option<String> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Option { id, typed } if id == wanted => {
                let last = typed.last()?.to_string_lossy();
                Some(last.split_once('=').map_or(last.as_ref(), |(_, value)| value).to_owned())
            }
            _ => None,
        })
    }

    /// The words after the program's name: the request's words first, then options.
    fn words(&self) -> Vec<OsString> {
        let mut all: Vec<OsString> = Vec::new();
        if self.command != "quote" {
            all.push(self.command.clone().into());
        }
        let rank = |word: &str| Kind::ALL.iter().position(|kind| word_is(word, *kind)).unwrap_or(0);
        let mut plain: Vec<&String> = self
            .pieces
            .iter()
            .filter_map(|piece| if let Piece::Word(word) = piece { Some(word) } else { None })
            .collect();
        plain.sort_by_key(|word| rank(word));
        all.extend(plain.into_iter().map(OsString::from));
        for piece in &self.pieces {
            if let Piece::Option { typed, .. } = piece {
                all.extend(typed.iter().cloned());
            }
        }
        all
    }

    fn shown(&self) -> String {
        let words = self.words();
        let words = words.iter().map(|word| quoted(&word.to_string_lossy()));
        std::iter::once("imgcost".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
    }
}

/// Whether a word is of a kind, without a look at the book: what is nothing else is a model.
fn word_is(word: &str, kind: Kind) -> bool {
    match crate::words::meant(word, &crate::book::names()) {
        Some((known, _)) => known == kind,
        None => kind == Kind::Model,
    }
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
