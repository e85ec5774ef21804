//! What people are told below the rows: what is wrong with some, and what to know of others.

use imgcost_core::Error;

use crate::commands::quote::NotedQuote;
use crate::commands::sums::counted;
use crate::report::grouped;

/// The most errors and the most notes that are told; the others are counted.
const ERRORS_MAX: usize = 20;
const NOTES_MAX: usize = 12;
/// Codes of notes that the sums tell.
const IN_SUMS: [&str; 2] = ["prompt-not-given", "model-defaulted"];

/// What to say of rows.
#[derive(Debug, Default)]
pub(super) struct Said {
    errors: Vec<(u64, Error)>,
    more_errors: u64,
    /// Of each note its code, the words of the first row that has it, and how many do.
    notes: Vec<(&'static str, String, u64)>,
    more_notes: u64,
}

impl Said {
    /// Adds what is wrong with the row on a line.
    pub(super) fn error(&mut self, line: u64, error: &Error) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push((line, error.clone()));
        } else {
            self.more_errors += 1;
        }
    }

    /// Adds the notes of a quote.
    pub(super) fn note(&mut self, priced: &NotedQuote<'_>) {
        let quote = priced.quote;
        let codes = quote.note_codes().chain(priced.remarks.iter().map(|note| note.code));
        let mut is_new = false;
        for code in codes.filter(|code| !IN_SUMS.contains(code)) {
            is_new |= !self.count(code);
        }
        if is_new {
            // Their words are made for the first row of each kind only.
            for note in quote.notes().iter().chain(priced.remarks) {
                let is_new = !IN_SUMS.contains(&note.code) && !self.has(note.code);
                if is_new && self.notes.len() < NOTES_MAX {
                    self.notes.push((note.code, note.message.clone(), 1));
                } else if is_new {
                    self.more_notes += 1;
                }
            }
        }
    }

    fn has(&self, code: &str) -> bool {
        self.notes.iter().any(|(known, ..)| *known == code)
    }

    /// Counts a note of a code; false where it is the first.
    fn count(&mut self, code: &str) -> bool {
        match self.notes.iter_mut().find(|(known, ..)| *known == code) {
            Some((_, _, rows)) => *rows += 1,
            None => return false,
        }
        true
    }

    /// Adds what is to be said of later rows.
    pub(super) fn merge(&mut self, later: &mut Said) {
        for (line, error) in later.errors.drain(..) {
            self.error(line, &error);
        }
        self.more_errors += later.more_errors;
        for (code, message, rows) in later.notes.drain(..) {
            let has_room = self.notes.len() < NOTES_MAX;
            match self.notes.iter_mut().find(|(known, ..)| *known == code) {
                Some((_, _, count)) => *count += rows,
                None if has_room => self.notes.push((code, message, rows)),
                None => self.more_notes += rows,
            }
        }
        self.more_notes += later.more_notes;
    }

    /// The errors, each with its place, as compilers write them.
    pub(super) fn errors(&self, file: &str) -> impl Iterator<Item = String> {
        let error = move |(line, error): &(u64, Error)| match error.field_name() {
            Some(field) if !error.message().starts_with(field) => format!("{file}:{line}: {field}: {error}"),
            _ => format!("{file}:{line}: {error}"),
        };
        let more = self.more_errors;
        let rest =
            (more > 0).then(|| format!("… and {} more in error: -f csv has all of them", grouped(more)));
        self.errors.iter().map(error).chain(rest)
    }

    /// The notes, each once, with how many rows have it.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        let note = |(_, message, rows): &(&str, String, u64)| match rows {
            1 => format!("1 row: {message}"),
            rows => format!("{}, such as: {message}", counted(*rows, "row")),
        };
        let rest = (self.more_notes > 0)
            .then(|| format!("{} more notes: -f csv has all of them", grouped(self.more_notes)));
        self.notes.iter().map(note).chain(rest)
    }
}
