//! Files of jobs that can only be read whole: a JSON list, and TOML, `[[job]]` tables over one
//! `[defaults]`.
//!
//! Each table is written out as a row of JSON Lines, so that all
//! formats share one reading of keys and values, with the same words for what is wrong.

use std::ops::Range;

use imgcost_core::read::shown;
use imgcost_core::{Error, Request};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::field::{Field, unknown};
use super::files::Outside;
use super::lines::ROW_MAX;
use super::row::JobRow;
use super::{json, too_long};
use crate::input::{bad_input, placed, size_words};

/// The most bytes of a file: its parsed tables take some thirty times as much.
pub(crate) const FILE_MAX: u64 = 16 << 20;

/// The jobs of a file.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    text: Vec<u8>,
    /// For each the line of its table, and its offset in the text.
    rows: Vec<(u64, Range<usize>)>,
    next: usize,
}

impl Jobs {
    /// Reads a file.
    ///
    /// # Errors
    /// It is not TOML, has other tables than `job` and `defaults`, or defaults that no row takes.
    pub(crate) fn read(name: &str, text: &str, outside: &Outside) -> Result<Jobs, Error> {
        let lines = LineStarts::of(text);
        let at = |offset: usize| format!("{name}:{}", lines.line(offset));
        let table = DeTable::parse(text).map_err(|error| {
            let place = error.span().map_or_else(|| name.to_owned(), |span| at(span.start));
            bad_input("file", format!("{place}: not TOML: {}", error.message().replace('\n', "; ")))
        })?;
        let (mut jobs, mut defaults) = (None, Map::new());
        for (key, value) in table.get_ref() {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("job", DeValue::Array(tables)) => jobs = Some(tables),
                ("defaults", DeValue::Table(table)) => {
                    let place = at(value.span().start);
                    defaults = object(table);
                    check_defaults(&defaults, outside)
                        .map_err(|error| placed(error, &format!("{place}: in [defaults]")))?;
                }
                (known @ ("job" | "defaults"), _) => {
                    let written = if known == "job" { "[[job]]" } else { "[defaults]" };
                    let message = format!("{}: {known} is written as {written}", at(key.span().start));
                    return Err(bad_input(known, message).nearest(written));
                }
                (other, _) => {
                    let message = format!("{}: there is no table '{}'", at(key.span().start), shown(other));
                    let error = bad_input(&shown(other), message).allowed(["job", "defaults"]);
                    return Err(error.nearest_name(other));
                }
            }
        }
        let mut read = Jobs::default();
        for job in jobs.into_iter().flatten() {
            let line = lines.line(job.span().start);
            let start = read.text.len();
            let value = match job.get_ref() {
                DeValue::Table(table) => Value::Object(over(&defaults, object(table))),
                other => plain(other),
            };
            serde_json::to_writer(&mut read.text, &value)
                .map_err(|error| bad_input("file", format!("{}: {error}", at(job.span().start))))?;
            read.rows.push((line, start..read.text.len()));
        }
        Ok(read)
    }

    /// Reads a JSON list of rows, none where it was too long or no text.
    ///
    /// # Errors
    /// It is neither, or not JSON.
    pub(crate) fn of_list(name: &str, text: Option<String>) -> Result<Jobs, Error> {
        let text = text.ok_or_else(|| {
            let most = size_words(FILE_MAX);
            bad_input(
                "file",
                format!("{name}: a JSON list is UTF-8 and has at most {most}; write an object a line"),
            )
        })?;
        let items: Vec<&RawValue> = serde_json::from_str(&text).map_err(|error| {
            bad_input("file", format!("{name}:{}: not a JSON list: {error}", error.line()))
        })?;
        let lines = LineStarts::of(&text);
        let mut rows = Vec::with_capacity(items.len());
        let mut end = 0;
        for item in items {
            // The items are parts of the text, one after the other.
            let found = text.get(end..).and_then(|rest| rest.find(item.get())).unwrap_or_default();
            let start = end + found;
            end = start + item.get().len();
            rows.push((lines.line(start), start..end));
        }
        Ok(Jobs { text: text.into_bytes(), rows, next: 0 })
    }

    /// Moves on to the next job: its line, and the row as JSON.
    pub(crate) fn next(&mut self) -> Option<(u64, Range<usize>)> {
        let next = self.rows.get(self.next).cloned();
        self.next += usize::from(next.is_some());
        next
    }

    /// All of the text that its jobs are in.
    pub(crate) fn all(&self) -> &[u8] {
        &self.text
    }

    /// The bytes of a job.
    pub(crate) fn bytes(&self, job: Range<usize>) -> &[u8] {
        self.text.get(job).unwrap_or_default()
    }

    /// How many jobs are behind, and how many there are.
    pub(crate) fn passed(&self) -> (u64, u64) {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        (count(self.next), count(self.rows.len()))
    }
}

/// Where the lines of a text begin.
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn of(text: &str) -> LineStarts {
        LineStarts(memchr::memchr_iter(b'\n', text.as_bytes()).collect())
    }

    /// The line, counted from 1, of a byte.
    fn line(&self, offset: usize) -> u64 {
        let before = self.0.partition_point(|end| *end < offset);
        u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1)
    }
}

/// Defaults are refused at once, as a header is.
fn check_defaults(defaults: &Map<String, Value>, outside: &Outside) -> Result<(), Error> {
    if let Some(key) = defaults.keys().find(|key| key.as_str() == "id") {
        return Err(bad_input(key, "id is each row's own"));
    }
    if let Some(key) = defaults.keys().find(|key| *key != "tags" && Field::named(key).is_none()) {
        return Err(unknown("key", key));
    }
    let text = serde_json::to_vec(defaults).unwrap_or_default();
    if text.len() > ROW_MAX {
        return Err(too_long(ROW_MAX));
    }
    let mut row = JobRow::new(&Request::new("", "", outside.today));
    json::read(&text, &mut row, outside);
    row.error.map_or(Ok(()), Err)
}

/// A job's keys, and those of the defaults that it does not say itself.
fn over(defaults: &Map<String, Value>, mut job: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in defaults {
        let field = Field::named(key);
        if key == "tags" {
            match (job.get_mut(key), value) {
                (Some(Value::Object(own)), Value::Object(tags)) => {
                    for (name, tag) in tags {
                        own.entry(name).or_insert_with(|| tag.clone());
                    }
                }
                (Some(_), _) => {}
                (None, _) => {
                    job.insert(key.clone(), value.clone());
                }
            }
        } else if !job.keys().any(|own| is_same(Field::named(own), field)) {
            job.insert(key.clone(), value.clone());
        }
    }
    job
}

/// Whether two keys say the same thing, or two ways to give a prompt.
fn is_same(own: Option<Field>, default: Option<Field>) -> bool {
    own == default || (own.is_some_and(Field::is_prompt) && default.is_some_and(Field::is_prompt))
}

fn object(table: &DeTable<'_>) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref()))).collect()
}

/// A value as JSON. Days and numbers that JSON lines can't hold become text, as a row would
/// write them.
fn plain(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Integer(number) => {
            let whole = u64::from_str_radix(number.as_str(), number.radix());
            whole.map_or_else(|_| number_or_text(number.as_str()), Value::from)
        }
        DeValue::Float(number) => number_or_text(number.as_str()),
        DeValue::Array(items) => items.iter().map(|item| plain(item.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(object(table)),
    }
}

fn number_or_text(text: &str) -> Value {
    serde_json::from_str(text).ok().filter(Value::is_number).unwrap_or_else(|| Value::String(text.to_owned()))
}
