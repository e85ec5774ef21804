//! What a thread of a process was told, in a file of its own that outlives it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use imgcost_ledger::{HoldId, NanoUsd, State};

use crate::plan::nano;

/// One line. Asking is noted before, answers when they are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// A hold is asked for, under this name.
    Ask { call: u64, id: HoldId },
    /// It was admitted; a key may have found an earlier name of it. `found` if it was there
    /// already, and the process before was killed before it heard of it.
    Held { call: u64, id: HoldId, found: bool },
    /// It was refused, with this code.
    Refused { call: u64, code: String },
    /// A change is asked for.
    Try { id: HoldId, state: State, cost: NanoUsd },
    /// It was done.
    Done { id: HoldId, state: State, cost: NanoUsd },
    /// A step beside the calls is asked for: its kind and its name, which makes it one step.
    Begin { kind: Aside, name: String },
    /// It was done.
    End { kind: Aside, name: String },
}

/// Steps beside the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Aside {
    /// A correction; the name is its key.
    Adjust,
    /// A call that was made while the ledger was away; the name is its hold's id.
    Late,
    /// A job; the name is the hold's id, and the job's too.
    Job,
}

impl Aside {
    pub(crate) const ALL: [Aside; 3] = [Aside::Adjust, Aside::Late, Aside::Job];

    fn word(self) -> &'static str {
        ["adjust", "late", "job"][self as usize]
    }
}

impl Note {
    fn line(&self) -> String {
        match self {
            Note::Ask { call, id } => format!("ask {call} {id} ."),
            Note::Held { call, id, found } => {
                let word = if *found { "found" } else { "held" };
                format!("{word} {call} {id} .")
            }
            Note::Refused { call, code } => format!("refused {call} {code} ."),
            Note::Try { id, state, cost } => format!("try {id} {state} {} .", cost.nano()),
            Note::Done { id, state, cost } => format!("done {id} {state} {} .", cost.nano()),
            Note::Begin { kind, name } => format!("begin {} {name} .", kind.word()),
            Note::End { kind, name } => format!("end {} {name} .", kind.word()),
        }
    }

    /// None for a line that a kill cut off: it ends without the dot.
    fn parse(line: &str) -> Option<Note> {
        let number = |text: &str| text.parse::<u64>().unwrap();
        let words: Vec<&str> = line.strip_suffix(" .")?.split(' ').collect();
        Some(match words[..] {
            ["ask", call, id] => Note::Ask { call: number(call), id: id.parse().unwrap() },
            [word @ ("held" | "found"), call, id] => {
                Note::Held { call: number(call), id: id.parse().unwrap(), found: word == "found" }
            }
            ["refused", call, code] => Note::Refused { call: number(call), code: code.to_owned() },
            [word @ ("try" | "done"), id, state, cost] => {
                let (id, state) = (id.parse().unwrap(), State::named(state).unwrap());
                let cost = nano(number(cost));
                if word == "try" { Note::Try { id, state, cost } } else { Note::Done { id, state, cost } }
            }
            [word @ ("begin" | "end"), kind, name] => {
                let kind = Aside::ALL.into_iter().find(|aside| aside.word() == kind).unwrap();
                let name = name.to_owned();
                if word == "begin" { Note::Begin { kind, name } } else { Note::End { kind, name } }
            }
            _ => panic!("a note without a meaning: {line}"),
        })
    }
}

pub(crate) fn path(folder: &Path, worker: u64, lane: u64) -> PathBuf {
    folder.join(format!("notes-{worker}-{lane}"))
}

pub(crate) fn read(path: &Path) -> Vec<Note> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(Note::parse).collect()
}

/// Where a thread adds its notes.
pub(crate) struct Notes(File);

impl Notes {
    pub(crate) fn open(path: &Path) -> Self {
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        // What a kill has cut off gets an end, so that the next line is one.
        file.write_all(b"\n").unwrap();
        Notes(file)
    }

    /// When it returns, the system has the line, and killing this process loses nothing of it.
    pub(crate) fn add(&mut self, note: &Note) {
        self.0.write_all(format!("{}\n", note.line()).as_bytes()).unwrap();
    }
}
