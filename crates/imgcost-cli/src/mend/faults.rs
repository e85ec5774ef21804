//! What can be wrong with a line, and how each fault is mended.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use imgcost_core::{Code, Error, Tier};

use super::line::{Line, Piece, word_is};
use crate::args::BookArgs;
use crate::book::Names;
use crate::parse::{self, Renamed};
use crate::report::Format;
use crate::settings::Settings;
use crate::words::{self, Kind};

/// Options of other programs, and what they are here.
const FOREIGN: &[Renamed] = &[
    Renamed { old: "--count", now: "--n" },
    Renamed { old: "--number", now: "--n" },
    Renamed { old: "--num", now: "--n" },
    Renamed { old: "--quantity", now: "--n" },
    Renamed { old: "--resolution", now: "--size" },
    Renamed { old: "--dimensions", now: "--size" },
    Renamed { old: "--max-cost", now: "--cap" },
    Renamed { old: "--limit", now: "--cap" },
    Renamed { old: "--budget", now: "--cap" },
    Renamed { old: "--batch", now: "--tier batch" },
    Renamed { old: "--no-color", now: "--color never" },
    Renamed { old: "--output", now: "--format" },
    Renamed { old: "-v", now: "--verbose" },
];

/// Values of other programs, by option, and what they are here.
const FOREIGN_VALUES: &[(&str, &str, &str)] = &[
    ("sort", "price", "per-image"),
    ("sort", "cost", "per-image"),
    ("size", "square", "1024x1024"),
    ("size", "landscape", "1536x1024"),
    ("size", "portrait", "1024x1536"),
];

impl Line {
    /// Mends what the words alone show: unknown ones, several of a kind, a word against an option.
    pub(super) fn mend_words(&mut self, settings: &Settings) -> Option<()> {
        self.mend_options();
        self.mend_lists();
        // Its words are parts of names, too: what they match is for the command to find out.
        if self.command == "models" {
            return Some(());
        }
        let path = |id: &str| self.value(id).map(PathBuf::from);
        let args = BookArgs {
            prices: path("prices"),
            book: path("book"),
            allow_older_book: self.value("allow_older_book").is_some(),
            as_of: None,
        };
        words::with_names(&args, settings, |names| {
            self.mend_unknown(names);
            self.mend_several(names);
            Ok(())
        })
        .ok()
    }

    /// Options of a kind that are given several times are words, and so are lists with a name that is
    /// misspelled.
    fn mend_lists(&mut self) {
        let names = crate::book::names();
        let is_misspelled = |text: &str| {
            let unknown = |name: &str| !name.contains('*') && words::meant(name, &names).is_none();
            text.split(',').map(str::trim).any(|name| unknown(name) && words::near(name, &names).is_some())
        };
        for id in Kind::ALL.map(Kind::name).into_iter().filter(|id| *id != Kind::N.name()) {
            let is_it = |piece: &Piece| matches!(piece, Piece::Option { id: known, .. } if known == id);
            let is_repeated = self.pieces.iter().filter(|piece| is_it(piece)).count() > 1;
            let is_list = self.takes_lists() && self.value(id).is_some_and(|text| is_misspelled(&text));
            if !is_repeated && !is_list {
                continue;
            }
            let lists = self.takes_lists();
            self.pieces = std::mem::take(&mut self.pieces)
                .into_iter()
                .flat_map(|piece| match &piece {
                    Piece::Option { id: known, typed } if known == id && !typed.is_empty() => {
                        let last = typed.last().map(|last| last.to_string_lossy()).unwrap_or_default();
                        let value = last.split_once('=').map_or(last.as_ref(), |(_, value)| value);
                        let separator = if lists { ',' } else { '\0' };
                        value.split(separator).map(|word| Piece::Word(word.trim().to_owned())).collect()
                    }
                    _ => vec![piece],
                })
                .collect();
        }
    }

    /// A group's command that is misspelled, or is another program's; `config` takes no words.
    pub(super) fn mend_group(&mut self) {
        let is_word = |piece: &Piece| matches!(piece, Piece::Word(_));
        if self.command == "config" {
            self.pieces.retain(|piece| !is_word(piece));
        }
        let names = self.subcommands();
        let Some(at) = self.pieces.iter().position(is_word).filter(|_| !names.is_empty()) else { return };
        let Some(Piece::Word(word)) = self.pieces.get(at) else { return };
        let near = match word.as_str() {
            "list" | "ls" => Some("show"),
            word => imgcost_core::nearest_name(word, names.iter().map(String::as_str)),
        };
        if let Some(near) = near {
            self.command = format!("{} {near}", self.command);
            self.pieces.remove(at);
        } else if self.command == "prices" {
            self.command.push_str(" show");
        }
    }

    /// Mends options that the command does not have: of other programs, renamed or misspelled ones.
    /// Others go.
    pub(super) fn mend_options(&mut self) {
        let (_, long) = self.known();
        let mut pieces: Vec<Piece> = Vec::new();
        let mut taken = std::mem::take(&mut self.pieces).into_iter().peekable();
        while let Some(piece) = taken.next() {
            let text = match piece {
                Piece::Unknown(text) => text,
                Piece::Option { id, typed } => {
                    pieces.push(with_own_value(id, typed));
                    continue;
                }
                word @ Piece::Word(_) => {
                    pieces.push(word);
                    continue;
                }
            };
            let (name, attached) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (text.as_str(), None),
            };
            let renamed = FOREIGN.iter().chain(parse::RENAMED).find(|renamed| renamed.old == name);
            let near = || {
                let names = long.iter().map(String::as_str);
                imgcost_core::nearest_name(name.trim_start_matches('-'), names)
                    .map(|name| format!("--{name}"))
            };
            let next = match taken.peek() {
                Some(Piece::Word(word)) => Some(word.clone()),
                _ => None,
            };
            let Some(mut meant) = renamed.map(|renamed| renamed.now.to_owned()).or_else(near) else {
                // What follows may be its value, which is no word of the call.
                let is_word = |word: &String| words::meant(word, &crate::book::names()).is_some();
                if attached.is_none() && next.is_some_and(|word| !is_word(&word)) {
                    taken.next();
                }
                continue;
            };
            let value = attached.clone().or(next);
            if name == "--output" && value.as_deref().is_some_and(|value| value.contains('.')) {
                meant = "--out".to_owned();
            }
            let (flag, value) = match meant.split_once(' ') {
                Some((flag, form)) => match form.strip_prefix("FILE") {
                    Some(ending) => (flag, value.map(|file| with_ending(file, ending))),
                    None => (flag, Some(form.to_owned())),
                },
                None => (meant.as_str(), value),
            };
            let is_given = meant.split_once(' ').is_some_and(|(_, form)| !form.starts_with("FILE"));
            let again = self.command.split(' ').chain([flag]).map(OsString::from);
            let again: Vec<OsString> = again.chain(value.map(OsString::from)).collect();
            let Some(Piece::Option { id, typed }) =
                Line::split(&again).and_then(|line| line.pieces.into_iter().next())
            else {
                continue;
            };
            // It takes a value, and there is none.
            if typed.len() == 1 && self.takes_value(&id) {
                continue;
            }
            if typed.len() == 2 && attached.is_none() && !is_given {
                taken.next();
            }
            pieces.push(Piece::Option { id, typed });
        }
        self.pieces = pieces;
        if self.command == "solve" && self.has("budget") && !self.has("how_many") {
            let typed = vec!["--how-many".into()];
            self.pieces.push(Piece::Option { id: "how_many".to_owned(), typed });
        }
    }

    /// Mends `budget set`: `100/month` is an amount and a window, and an amount alone has no scope.
    pub(super) fn mend_budget(&mut self) {
        if self.command != "budget set" {
            return;
        }
        let is_amount = |word: &str| word.parse::<imgcost_core::Usd>().is_ok();
        let mut pieces = Vec::new();
        for piece in std::mem::take(&mut self.pieces) {
            match &piece {
                Piece::Word(word) => match word.split_once('/').filter(|(amount, _)| is_amount(amount)) {
                    Some((amount, window)) => pieces.extend([
                        Piece::Word(amount.to_owned()),
                        Piece::Option { id: "per".to_owned(), typed: vec!["--per".into(), window.into()] },
                    ]),
                    None => pieces.push(piece),
                },
                _ => pieces.push(piece),
            }
        }
        let words: Vec<&str> = pieces.iter().filter_map(Piece::word).collect();
        if let [amount] = words.as_slice()
            && is_amount(amount)
        {
            pieces.insert(0, Piece::Word("team".to_owned()));
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
            } else if let Some((_, _, size)) = shape(&lower) {
                pieces.push(Piece::Word((*size).to_owned()));
            } else if !self.takes_lists() && (lower.ends_with(".json") || Path::new(&word).is_file()) {
                pieces.push(Piece::Option {
                    id: "request".to_owned(),
                    typed: vec!["--request".into(), word.into()],
                });
            } else if lower != "standard" && Tier::NAMES.contains(&lower.as_str()) && !self.has("tier") {
                let typed = vec!["--tier".into(), lower.into()];
                pieces.push(Piece::Option { id: "tier".to_owned(), typed });
            } else if let Some(n) = lower.strip_suffix('x').filter(|n| !has_n && n.parse::<u32>().is_ok()) {
                pieces.push(Piece::Word(format!("x{n}")));
            } else if !has_n && word.parse::<u32>().is_ok_and(|n| n > 0) {
                pieces.push(Piece::Word(format!("x{word}")));
            } else if word.contains(' ') && !self.has("prompt") {
                let typed = vec!["--prompt".into(), word.into()];
                pieces.push(Piece::Option { id: "prompt".to_owned(), typed });
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
            let (known, _) = self.known();
            self.pieces.retain(|piece| !matches!(piece, Piece::Option { id, .. } if !known.contains(id)));
        }
    }

    /// Mends one fault.
    pub(super) fn mend(&mut self, error: &Error) -> Option<()> {
        // A file that is not there can't be mended.
        let field = error.field_name().filter(|field| *field != "request")?;
        let value = match error.code() {
            Code::NotOfferedHere => {
                let word = self.pieces.iter().find_map(|piece| match piece {
                    Piece::Word(word) if word_is(word, Kind::Model) => Some(word.clone()),
                    _ => None,
                });
                let model = word.or_else(|| self.value("model")).unwrap_or_default();
                let makes = |id: &&String| {
                    imgcost_pricing::book().provider(id).is_ok_and(|provider| provider.makes(&model))
                };
                let allowed = error.allowed_values();
                allowed.iter().find(makes).or_else(|| allowed.first()).cloned()
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
}

/// The size of a word for one.
fn shape(word: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    FOREIGN_VALUES.iter().find(|(option, foreign, _)| *option == "size" && *foreign == word)
}

/// An option with a value that it takes in place of another program's.
fn with_own_value(id: String, typed: Vec<OsString>) -> Piece {
    let value = typed.last().map(|last| last.to_string_lossy().into_owned()).unwrap_or_default();
    let value = value.split_once('=').map_or(value.as_str(), |(_, value)| value);
    let option = |id: &str, flag: &str, value: &str| Piece::Option {
        id: id.to_owned(),
        typed: vec![flag.into(), value.into()],
    };
    if id == "out" && Format::named(value).is_some() {
        return option("format", "--format", value);
    }
    let own = FOREIGN_VALUES.iter().find(|(of, foreign, _)| *of == id && *foreign == value);
    match own {
        Some((id, _, own)) => option(id, &format!("--{id}"), own),
        None => Piece::Option { id, typed },
    }
}

/// A file's name with an ending that it may have already.
fn with_ending(file: String, ending: &str) -> String {
    if file.ends_with(ending) { file } else { file + ending }
}
