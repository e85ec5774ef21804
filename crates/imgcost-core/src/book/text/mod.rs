//! Reading a price book from TOML: shape first, then rows, then the book as a whole. All
//! problems are collected, with file and line, before anything is refused.

mod check;
mod check_images;
mod discount;
mod overlay;
mod problem;
mod read;
mod read_family;
mod shape;
mod shapes;
mod shapes_family;
mod units;
mod view;
mod whole;

use std::fmt;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use toml::de::DeTable;

pub use problem::Problem;
pub use whole::pack;

use self::problem::Reporter;
use self::shape::Shape;
use self::view::View;
use super::packed::{FamilySection, Section, Shelf};
use super::{Book, Model, SourceLocation};

/// A file of a price book: its name, for messages, and its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct File<'a> {
    /// Such as `providers/openai.toml`.
    pub name: &'a str,
    /// Its content.
    pub text: &'a str,
}

impl<'a> File<'a> {
    /// A file of this name and content.
    #[must_use]
    pub const fn new(name: &'a str, text: &'a str) -> File<'a> {
        File { name, text }
    }
}

/// Everything that is wrong with a price book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookErrors {
    problems: Vec<Problem>,
}

impl BookErrors {
    /// In order of file and line, each once.
    fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort();
        problems.dedup();
        BookErrors { problems }
    }

    /// The problems, by file and line.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for BookErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if index > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for BookErrors {}

const SCHEMAS: &[(&str, &Shape)] = &[
    ("imgcost.sources/1", &shapes::SOURCES),
    ("imgcost.families/1", &shapes_family::FAMILIES),
    ("imgcost.prices/1", &shapes::PRICES),
    ("imgcost.measured/1", &shapes::MEASURED),
];

/// The JSON Schemas of the files: file name and schema.
#[must_use]
pub fn schemas() -> Vec<(String, Value)> {
    let schema = |(id, shape): &(&str, &Shape)| {
        let name = id.trim_start_matches("imgcost.").replace("/1", ".schema.json");
        let mut schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": id });
        if let (Value::Object(head), Value::Object(body)) = (&mut schema, shape.schema()) {
            head.extend(body);
        }
        (name, schema)
    };
    SCHEMAS.iter().map(schema).collect()
}

impl Book {
    /// Reads and checks a whole book.
    ///
    /// # Errors
    /// Everything that is wrong in any of the files, with file and line: unknown or missing
    /// keys, wrong types, overlapping days, unknown sources, tables that contradict tokens
    /// times rate without a note.
    pub fn read(files: &[File<'_>]) -> Result<Book, BookErrors> {
        let mut problems = Vec::new();
        let mut book = Book { digest: digest(files), ..Book::default() };
        for file in files {
            let index = book.add_file(file.name);
            parse(*file, &mut problems, |schema, view, reporter| match schema {
                "imgcost.sources/1" => add_sources(&mut book, &view, reporter),
                "imgcost.families/1" => add_families(&mut book, &view, index, reporter),
                "imgcost.prices/1" => add_provider(&mut book, &view, index, reporter),
                _ => {}
            });
        }
        finish(book, problems)
    }

    fn add_file(&mut self, name: &str) -> u16 {
        self.files.push(name.to_owned());
        u16::try_from(self.files.len() - 1).unwrap_or(u16::MAX)
    }
}

/// Parses a file, checks its shape, and hands it on if nothing is wrong with it.
fn parse(file: File<'_>, problems: &mut Vec<Problem>, take: impl FnOnce(&str, View<'_>, &mut Reporter<'_>)) {
    let before = problems.len();
    let mut reporter = Reporter::new(file.name, file.text, problems);
    if let Some(slip) = json_slip(file.text) {
        reporter.problem(0, slip);
        return;
    }
    let (document, errors) = DeTable::parse_recoverable(file.text);
    for error in errors {
        reporter.problem(error.span().map_or(0, |span| span.start), error.message());
    }
    let table = document.get_ref();
    let schema = table.get("schema").and_then(|schema| schema.get_ref().as_str()).unwrap_or_default();
    match SCHEMAS.iter().find(|(id, _)| *id == schema) {
        Some((_, shape)) => shape.check(table, 0, &mut reporter),
        None => {
            let ids: Vec<_> = SCHEMAS.iter().map(|(id, _)| *id).collect();
            reporter.problem(0, format!("schema = \"{schema}\" is not one of {}", ids.join(", ")));
        }
    }
    if reporter.count() == before {
        take(schema, View::new(table, 0), &mut reporter);
    }
}

/// What to say of a file in JSON, which no TOML begins like.
fn json_slip(text: &str) -> Option<&'static str> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_json = text.starts_with('{')
        || text.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(['{', '"']));
    let is_map =
        || ["litellm_provider", "cost_per_token", "cost_per_image"].iter().any(|key| text.contains(key));
    match is_json {
        false => None,
        true if is_map() => Some(
            "this is LiteLLM's map of prices, in JSON and in USD per token; a price book is TOML, in USD per million tokens: write the rates that you need, each times 1,000,000, as in docs/prices.md, Prices of your own",
        ),
        true => {
            Some("this is JSON, and a price book is TOML: docs/prices.md, Prices of your own, has an example")
        }
    }
}

fn add_sources(book: &mut Book, file: &View<'_>, reporter: &mut Reporter<'_>) {
    for view in file.views("source") {
        if let Some(source) = read::source(&view) {
            if book.sources.get().contains_key(&source.id) {
                reporter.problem(view.at(), format!("source '{}' is listed twice", source.id));
            }
            if source.kind == "map" && source.maps.is_empty() {
                reporter.problem(view.at_key("kind"), "'maps' is missing: which price map it is");
            }
            book.sources.get_mut().insert(source.id.clone(), source);
        }
    }
}

fn add_families(book: &mut Book, file: &View<'_>, index: u16, reporter: &mut Reporter<'_>) {
    for view in file.views("family") {
        if let Some((offset, slip)) = read_family::size_slips(&view) {
            reporter.problem(offset, slip);
        }
        let location = SourceLocation { file: index, line: reporter.line(view.at()) };
        book.families.extend(read_family::family(&view, location).map(FamilySection::new));
    }
}

fn add_provider(book: &mut Book, file: &View<'_>, index: u16, reporter: &mut Reporter<'_>) {
    for (key, what) in [("title", "the provider's name in full"), ("checked", "the day it was last checked")]
    {
        if file.text(key).is_none() {
            reporter.problem(0, format!("'{key}' is missing: {what}"));
        }
    }
    let models = file.views("model");
    for view in std::iter::once(file).chain(&models).filter(|view| view.text("discount").is_some()) {
        reporter.problem(view.at_key("discount"), "'discount' is for a price book of your own (--prices)");
    }
    let location = SourceLocation { file: index, line: reporter.line(file.at_key("provider")) };
    let Some(mut provider) = read::provider(file, location) else { return };
    if book.providers.iter().any(|other| other.id == provider.id) {
        reporter.problem(file.at_key("provider"), format!("provider '{}' has two files", provider.id));
    }
    for view in file.views("outcome") {
        for status in view.texts("status").filter(|status| read::status(status).is_none()) {
            reporter.problem(
                view.at_key("status"),
                format!("status \"{status}\": expected such as \"429\" or \"5xx\""),
            );
        }
    }
    let mut rows = Rows { index, own: false, reporter };
    provider.text_models = Section::new(rows.each(&file.views("text_model"), read::text_model));
    for view in models {
        for key in ["family", "basis"].into_iter().filter(|key| view.text(key).is_none()) {
            rows.reporter.problem(view.at(), format!("'{key}' is missing"));
        }
        if let Some(mut model) = read::model(&view, rows.location(view.at())) {
            rows.fill(&mut model, &view);
            provider.models.push(model);
        }
    }
    book.providers.push(Shelf::new(provider));
}

/// Reads dated rows, and checks what each must carry: a source and an evidence class in the
/// built-in book, a reason in a user's own.
struct Rows<'r, 'a> {
    index: u16,
    own: bool,
    reporter: &'r mut Reporter<'a>,
}

impl Rows<'_, '_> {
    fn location(&self, offset: usize) -> SourceLocation {
        SourceLocation { file: self.index, line: self.reporter.line(offset) }
    }

    fn check(&mut self, view: &View<'_>) {
        let wanted: &[&str] = if self.own { &["reason"] } else { &["source", "evidence"] };
        for key in wanted.iter().filter(|key| view.text(key).is_none()) {
            self.reporter.problem(view.at(), format!("'{key}' is missing"));
        }
        if view.text("to").is_some_and(|to| Some(to) <= view.text("from")) {
            self.reporter.problem(view.at_key("to"), "'to' must be after 'from': rows are half-open");
        }
    }

    fn each<T>(
        &mut self,
        views: &[View<'_>],
        read: impl Fn(&View<'_>, SourceLocation) -> Option<T>,
    ) -> Vec<T> {
        let mut rows = Vec::new();
        for view in views {
            self.check(view);
            rows.extend(read(view, self.location(view.at())));
        }
        rows
    }

    fn fill(&mut self, model: &mut Model, view: &View<'_>) {
        model.rates = self.each(&view.views("rates"), read::rates);
        model.calls = self.each(&view.views("call"), read::call);
        model.ratios = self.each(&view.views("ratio"), read::ratio);
        model.fixed = self.each(&view.views("fixed"), read::fixed);
        for table in view.views("table") {
            self.check(&table);
            model.images.extend(read::table(&table, |offset| self.location(offset)));
        }
        let images = view.views("image");
        for image in &images {
            for (offset, slip) in read::image_slips(image) {
                self.reporter.problem(offset, slip);
            }
        }
        model.images.extend(self.each(&images, read::image));
    }
}

/// Checks the book as a whole and works out what is derived from it.
fn finish(mut book: Book, mut problems: Vec<Problem>) -> Result<Book, BookErrors> {
    book.families.sort_by(|a, b| a.id.cmp(&b.id));
    book.providers.sort_by(|a, b| a.id.cmp(&b.id));
    for shelf in &mut book.providers {
        shelf.provider_mut().models.sort_by(|a, b| a.id.cmp(&b.id));
    }
    check::references(&book, &mut problems);
    if problems.is_empty() {
        super::derived::derive(&mut book);
        check_images::tables(&book, &mut problems);
    }
    if problems.is_empty() {
        return Ok(book);
    }
    Err(BookErrors::new(problems))
}

/// In whatever order the files are given.
fn digest(files: &[File<'_>]) -> String {
    let mut hash = Sha256::new();
    let mut files = files.to_vec();
    files.sort_unstable_by_key(|file| file.name);
    for file in files {
        for part in [file.name, file.text] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
