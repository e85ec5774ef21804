//! A command line in parts, taken from and put back into words.

use std::ffi::OsString;
use std::path::Path;

use clap::CommandFactory;

use crate::args::Cli;
use crate::plain::quoted;
use crate::words::{self, Kind};

/// The commands whose words are those of a call, in any order.
const OF_A_CALL: [&str; 5] = ["quote", "explain", "compare", "solve", "models"];

/// Those of them whose words are lists.
const LISTING: [&str; 2] = ["compare", "solve"];

/// A part of a command line.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// A word.
    Word(String),
    /// An option with its value, as they were typed.
    Option { id: String, typed: Vec<OsString> },
    /// An option that the command does not have.
    Unknown(String),
}

impl Piece {
    /// The word, if it is one.
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Piece::Word(word) => Some(word),
            Piece::Option { .. } | Piece::Unknown(_) => None,
        }
    }
}

/// A command line in parts.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// The command, with the group that it is of: `budget hold`.
    pub(super) command: String,
    pub(super) pieces: Vec<Piece>,
}

/// What a command takes.
fn definition(command: &str) -> clap::Command {
    let mut definition = Cli::command();
    definition.build();
    command.split(' ').fold(definition, |above, name| above.find_subcommand(name).cloned().unwrap_or(above))
}

impl Line {
    /// Takes a line apart by what its command takes.
    pub(super) fn split(typed: &[OsString]) -> Option<Line> {
        let all = definition("");
        let at = typed.iter().position(|word| all.find_subcommand(word).is_some())?;
        let mut command = typed.get(at)?.to_str()?.to_owned();
        let mut definition = all.find_subcommand(&command)?.clone();
        let mut last = at;
        if let Some(below) = typed.get(at + 1).and_then(|word| definition.find_subcommand(word)) {
            (command, last) = (format!("{command} {}", below.get_name()), at + 1);
            definition = below.clone();
        }
        let mut pieces = Vec::new();
        let mut plain = false;
        let words = typed.iter().enumerate().filter(|(index, _)| !(at..=last).contains(index));
        let mut words = words.map(|(_, word)| word).peekable();
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
                Some(long) => {
                    arg.get_long() == Some(long)
                        || arg.get_all_aliases().is_some_and(|all| all.contains(&long))
                }
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

    /// The names that the command gives its arguments, and its long options.
    pub(super) fn known(&self) -> (Vec<String>, Vec<String>) {
        let definition = definition(&self.command);
        let arguments = || definition.get_arguments();
        let ids = arguments().map(|arg| arg.get_id().to_string()).collect();
        (ids, arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect())
    }

    /// Whether an option of the command has a value.
    pub(super) fn takes_value(&self, id: &str) -> bool {
        let definition = definition(&self.command);
        definition.get_arguments().any(|arg| arg.get_id() == id && arg.get_action().takes_values())
    }

    /// The commands of a group.
    pub(super) fn subcommands(&self) -> Vec<String> {
        definition(&self.command).get_subcommands().map(|below| below.get_name().to_owned()).collect()
    }

    /// Whether its words are those of a call, and not logs.
    pub(super) fn is_of_a_call(&self) -> bool {
        let is_log = |piece: &Piece| matches!(piece, Piece::Word(word) if Path::new(word).is_file());
        let has_log = self.command == "compare" && self.pieces.iter().any(is_log);
        OF_A_CALL.contains(&self.command.as_str()) && !has_log
    }

    /// Whether an option is there that the command does not have.
    pub(super) fn has_unknown(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Unknown(_)))
    }

    /// Whether its words are lists.
    pub(super) fn takes_lists(&self) -> bool {
        LISTING.contains(&self.command.as_str())
    }

    /// Whether it reads standard input, which can be done once only.
    pub(super) fn reads_stdin(&self) -> bool {
        let is_dash = |piece: &Piece| match piece {
            Piece::Option { typed, .. } => typed.iter().any(|word| word == "-"),
            Piece::Word(word) | Piece::Unknown(word) => word == "-",
        };
        self.pieces.iter().any(is_dash)
    }

    /// Whether an option is there.
    pub(super) fn has(&self, wanted: &str) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Option { id, .. } if id == wanted))
    }

    /// The value of an option.
    pub(super) fn value(&self, wanted: &str) -> Option<String> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Option { id, typed } if id == wanted => {
                let last = typed.last()?.to_string_lossy();
                Some(last.split_once('=').map_or(last.as_ref(), |(_, value)| value).to_owned())
            }
            _ => None,
        })
    }

    /// The words after the program's name: the command's words first, then options.
    pub(super) fn words(&self) -> Vec<OsString> {
        let mut all: Vec<OsString> = Vec::new();
        if self.command != "quote" {
            all.extend(self.command.split(' ').map(OsString::from));
        }
        let mut plain: Vec<&String> = self
            .pieces
            .iter()
            .filter_map(|piece| if let Piece::Word(word) = piece { Some(word) } else { None })
            .collect();
        if self.is_of_a_call() {
            plain.sort_by_key(|word| Kind::ALL.iter().position(|kind| word_is(word, *kind)).unwrap_or(0));
        }
        all.extend(plain.into_iter().map(OsString::from));
        for piece in &self.pieces {
            if let Piece::Option { typed, .. } = piece {
                all.extend(typed.iter().cloned());
            }
        }
        all
    }

    /// The line as it is typed.
    pub(super) fn shown(&self) -> String {
        shown(&self.words())
    }
}

/// The command with these words after the program's name, as it is typed.
pub(super) fn shown(words: &[OsString]) -> String {
    let words = words.iter().map(|word| quoted(&word.to_string_lossy()));
    std::iter::once("imgcost".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// Whether a word is of a kind, without a look at the book: what is nothing else is a model.
pub(super) fn word_is(word: &str, kind: Kind) -> bool {
    match words::meant(word, &crate::book::names()) {
        Some((known, _)) => known == kind,
        None => kind == Kind::Model,
    }
}
