//! Settings files: keys alone, or in the tables of a project's file.
//!
//! ```toml
//! policy = "policy.toml"             # or its keys in [policy]
//!
//! [defaults]                         # every key of a settings file
//! model = "gpt-image-2"
//!
//! [prices]
//! file = "contract.toml"
//!
//! [aliases]
//! draft = "gpt-image-2.5-flare"
//!
//! [budgets]
//! team = "200 per month"
//! ```

use std::path::{Path, PathBuf};

use imgcost_core::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Key, Set, Settings};
use crate::failure::bad_input;
use crate::fields::shown;
use crate::inputs;

/// The most bytes that a settings file may have.
const FILE_MAX: u64 = 1 << 20;

/// The tables, and `policy`, which may be a file's name too.
const TABLES: [&str; 5] = ["defaults", "policy", "prices", "aliases", "budgets"];

/// The keys of `[prices]`.
const PRICES: [(&str, Key); 3] =
    [("file", Key::Prices), ("book", Key::Book), ("allow_older_book", Key::AllowOlderBook)];

/// Where a policy is.
#[derive(Debug)]
pub(crate) enum PolicyPlace {
    /// In a file of its own.
    File(PathBuf),
    /// In the table `[policy]` of this file.
    Table(PathBuf),
}

/// A line of a table: a name of the user's own, what it is said to be, and where.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) name: String,
    pub(crate) value: String,
    /// File and line.
    pub(crate) origin: String,
}

/// A file that is read.
struct Source<'f> {
    path: &'f Path,
    text: &'f str,
}

type Entry<'t> = (&'t Spanned<std::borrow::Cow<'t, str>>, &'t Spanned<DeValue<'t>>);

impl Settings {
    pub(super) fn read_file(&mut self, path: &Path) -> Result<(), Error> {
        let text = inputs::text("config", path, FILE_MAX)?;
        let (table, errors) = DeTable::parse_recoverable(&text);
        let source = Source { path, text: &text };
        if let Some(error) = errors.first() {
            let at = error.span().map_or(0, |span| span.start);
            return Err(bad_input("config", format!("{}: {}", source.place(at), error.message())));
        }
        for (name, value) in table.get_ref() {
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("defaults", DeValue::Table(defaults)) => {
                    for entry in defaults {
                        self.take(&source, entry, Key::named, Key::ALL.map(Key::name))?;
                    }
                }
                ("prices", DeValue::Table(prices)) => {
                    let of_prices = |name: &str| Some(PRICES.iter().find(|(known, _)| *known == name)?.1);
                    for entry in prices {
                        self.take(&source, entry, of_prices, PRICES.map(|(name, _)| name))?;
                    }
                }
                ("policy", DeValue::Table(_)) => {
                    self.policy.get_or_insert(PolicyPlace::Table(path.to_owned()));
                }
                ("policy", DeValue::String(file)) => {
                    let file = beside(path, file.to_string());
                    self.policy.get_or_insert(PolicyPlace::File(file.into()));
                }
                ("aliases", DeValue::Table(aliases)) => tell(&mut self.aliases, &source, aliases)?,
                ("budgets", DeValue::Table(budgets)) => tell(&mut self.budgets, &source, budgets)?,
                (table, _) if TABLES.contains(&table) && Key::named(table).is_none() => {
                    return Err(source.bad(name.span().start, &format!("'{table}' must be a table")));
                }
                _ => self.take(
                    &source,
                    (name, value),
                    Key::named,
                    Key::ALL.map(Key::name).into_iter().chain(TABLES),
                )?,
            }
        }
        Ok(())
    }

    /// Takes a setting by its key, which is one of those that are known.
    fn take(
        &mut self,
        source: &Source<'_>,
        (name, value): Entry<'_>,
        key: impl Fn(&str) -> Option<Key>,
        known: impl IntoIterator<Item = &'static str>,
    ) -> Result<(), Error> {
        let (at, name) = (name.span().start, name.get_ref());
        let Some(key) = key(name) else {
            let known: Vec<&str> = known.into_iter().collect();
            let error = source.bad(at, &format!("unknown setting '{}'", shown(name)));
            return Err(error.allowed(known).nearest_name(name));
        };
        let value =
            scalar(value.get_ref()).ok_or_else(|| source.bad(at, &format!("'{name}' must be one value")))?;
        let is_path =
            matches!(key, Key::Prices | Key::Book) || (key == Key::Ledger && !value.contains("://"));
        let value = if is_path { beside(source.path, value) } else { value };
        self.values.push(Set { key, value, origin: source.place(at) });
        Ok(())
    }
}

/// Takes the lines of a table of the user's own names; a file that was read before has the say.
fn tell(all: &mut Vec<Told>, source: &Source<'_>, table: &DeTable<'_>) -> Result<(), Error> {
    for (name, value) in table {
        let (at, name) = (name.span().start, name.get_ref());
        let text = scalar(value.get_ref()).filter(|text| !text.is_empty());
        let value = text.ok_or_else(|| source.bad(at, &format!("'{}' must be text", shown(name))))?;
        if !all.iter().any(|known| known.name == *name) {
            all.push(Told { name: name.to_string(), value, origin: source.place(at) });
        }
    }
    Ok(())
}

impl Source<'_> {
    /// File and line of a byte.
    fn place(&self, offset: usize) -> String {
        let before = self.text.get(..offset).unwrap_or(self.text);
        format!("{}:{}", self.path.display(), before.matches('\n').count() + 1)
    }

    fn bad(&self, at: usize, message: &str) -> Error {
        bad_input("config", format!("{}: {message}", self.place(at)))
    }
}

/// The text of a value: decimals keep their digits, as they never become a float.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Datetime(date) => Some(date.to_string()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// A relative path in a settings file starts at the file's own folder.
fn beside(file: &Path, path: String) -> String {
    let joined = file.parent().map(|folder| folder.join(&path));
    joined.and_then(|joined| joined.to_str().map(str::to_owned)).unwrap_or(path)
}
