//! What is wrong with a price book, with file and line.

use std::fmt;

/// A problem of a price book, with its file and line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Problem {
    /// What is wrong on a line of a file.
    #[must_use]
    pub fn new(file: &str, line: u32, message: impl Into<String>) -> Problem {
        Problem { file: file.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Collects the problems of one file.
pub(super) struct Reporter<'a> {
    file: &'a str,
    line_starts: Vec<usize>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(file: &'a str, text: &str, problems: &'a mut Vec<Problem>) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1);
        Reporter { file, line_starts: std::iter::once(0).chain(after_breaks).collect(), problems }
    }

    /// The line of a byte offset, counted from 1.
    pub(super) fn line(&self, offset: usize) -> u32 {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// How many problems there are, of this file and those before it.
    pub(super) fn count(&self) -> usize {
        self.problems.len()
    }

    /// Records a problem at a byte offset.
    pub(super) fn problem(&mut self, offset: usize, message: impl Into<String>) {
        self.problem_on(self.line(offset), message);
    }

    /// Records a problem on a line.
    pub(super) fn problem_on(&mut self, line: u32, message: impl Into<String>) {
        self.problems.push(Problem { file: self.file.to_owned(), line, message: message.into() });
    }
}
