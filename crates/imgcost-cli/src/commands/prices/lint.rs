//! `imgcost prices lint`: the same check that the built-in book passed when it was built.

use std::path::PathBuf;

use imgcost_core::{Book, BookErrors, Error, File, Problem};
use serde::Serialize;

use crate::args::PricesLintArgs;
use crate::failure::{End, Failure};
use crate::report::{Column, Only, Output, Report, Table};
use crate::{clock, inputs};

/// The most bytes of one file of a price book.
pub(super) const FILE_MAX: u64 = 8 << 20;

#[derive(Serialize)]
struct Lint<'p> {
    schema: &'static str,
    files: usize,
    problems: Vec<Found<'p>>,
}

#[derive(Serialize)]
struct Found<'p> {
    file: &'p str,
    line: u32,
    message: &'p str,
}

/// Checks the built-in book, or files: a whole book, in one file or in all of its parts, or providers'
/// files over the built-in one.
pub(super) fn lint(args: &PricesLintArgs, output: &Output) -> Result<End, Failure> {
    let (files, problems) = if args.files.is_empty() { built_in() } else { own(&args.files)? };
    let lint = Lint { schema: "imgcost.lint/1", files, problems: problems.iter().map(found).collect() };
    output.write(&lint, || report(files, &problems))?;
    Ok(if problems.is_empty() { End::Done } else { End::Refused })
}

fn problems(read: Result<Book, BookErrors>) -> Vec<Problem> {
    read.err().map(|errors| errors.problems().to_vec()).unwrap_or_default()
}

fn built_in() -> (usize, Vec<Problem>) {
    let all = imgcost_pricing::BOOK.iter().chain(imgcost_pricing::MEASURED);
    let files: Vec<File<'_>> = all.map(|&(name, text)| File::new(name, text)).collect();
    (files.len(), problems(Book::read(&files)))
}

fn own(paths: &[PathBuf]) -> Result<(usize, Vec<Problem>), Error> {
    let mut texts = Vec::new();
    for path in paths {
        texts.push((path.display().to_string(), inputs::text("files", path, FILE_MAX)?));
    }
    let files: Vec<File<'_>> = texts.iter().map(|(name, text)| File::new(name, text)).collect();
    // A whole book brings its families; a provider's file alone stands over the built-in book.
    if texts.iter().any(|(_, text)| text.contains("\"imgcost.families/1\"") && !is_packed(text)) {
        return Ok((files.len(), problems(Book::read(&files))));
    }
    let base = crate::book::built_in();
    let mut found = Vec::new();
    for file in &files {
        let is_whole = is_packed(file.text);
        let read = if is_whole { Book::read_whole(*file) } else { base.with_own(*file, clock::today()) };
        found.extend(problems(read));
    }
    Ok((files.len(), found))
}

/// Whether a file is a whole book as `prices pack` writes it.
fn is_packed(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("#:file "))
}

fn found(problem: &Problem) -> Found<'_> {
    Found { file: &problem.file, line: problem.line, message: &problem.message }
}

fn report(files: usize, problems: &[Problem]) -> Report<'_> {
    let mut report = Report::default();
    problems.iter().for_each(|problem| report.heading(problem.to_string()));
    let table = Table::of("Problems", problems)
        .column(Column::name("file"), |problem| &problem.file)
        .column(Column::number("line"), |problem| problem.line)
        .column(Column::text("message"), |problem| &problem.message);
    report.table(table.only(Only::Data).end());
    report.heading(match (files, problems.len()) {
        (1, 0) => "1 file, no problems".to_owned(),
        (files, 0) => format!("{files} files, no problems"),
        (_, 1) => "1 problem".to_owned(),
        (_, count) => format!("{count} problems"),
    });
    report
}
