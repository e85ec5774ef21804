//! What rows and calls are grouped by: the names of `--by` of `batch` and `usage`.

use std::fmt;

use imgcost_core::Error;

use crate::failure::bad_input;
use crate::fields;

/// A name to group by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum By {
    Model,
    Quality,
    Size,
    Provider,
    Endpoint,
    Day,
    Month,
    /// Of the calls of a ledger.
    Scope,
    Tag(String),
}

const NAMES: [(&str, By); 8] = [
    ("model", By::Model),
    ("quality", By::Quality),
    ("size", By::Size),
    ("provider", By::Provider),
    ("endpoint", By::Endpoint),
    ("day", By::Day),
    ("month", By::Month),
    ("scope", By::Scope),
];

impl By {
    /// Reads names between commas, each once. Only calls have a scope.
    pub(super) fn list(text: &str, has_scope: bool) -> Result<Vec<By>, Error> {
        let mut list: Vec<By> = Vec::new();
        let known = || NAMES.into_iter().filter(|(_, by)| has_scope || *by != By::Scope);
        for name in text.split(',').map(str::trim) {
            let by = match name.strip_prefix("tag:").filter(|tag| !tag.is_empty()) {
                Some(tag) => Some(By::Tag(tag.to_owned())),
                None => known().find(|(known, _)| *known == name).map(|(_, by)| by),
            };
            let by = by.ok_or_else(|| {
                let error = fields::illegal("by", name, "not a name to group by");
                error.allowed(known().map(|(name, _)| name).chain(["tag:NAME"])).nearest_name(name)
            })?;
            if list.contains(&by) {
                return Err(bad_input("by", format!("by: {} is named twice", fields::shown(name))));
            }
            list.push(by);
        }
        Ok(list)
    }

    /// A day, or its month: `2026-11`.
    pub(super) fn day<'t>(&self, day: &'t str) -> &'t str {
        let month = day.rsplit_once('-').map(|(month, _)| month);
        month.filter(|_| *self == By::Month).unwrap_or(day)
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            By::Tag(name) => write!(f, "tag:{name}"),
            by => f.write_str(NAMES.iter().find(|(_, known)| known == by).map_or("", |(name, _)| name)),
        }
    }
}
