//! The keys of a policy, each read with its place.

use imgcost_core::{Date, Problem, Usd};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::read::{Exception, Name, Policy, nearest, shown};
use super::rule::{FindingScope, Level, Rule};
use crate::selector::Pattern;

/// The keys of a policy.
const KEYS: &[&str] = &[
    "schema",
    "max_per_call",
    "max_per_image",
    "max_per_file",
    "allowed_models",
    "denied_models",
    "allowed_providers",
    "allowed_qualities",
    "max_pixels",
    "max_n",
    "forbid_auto",
    "forbid_retired",
    "warn_before_days",
    "require_batch",
    "require_proven",
    "warn_unverified",
    "max_price_age_days",
    "levels",
    "exception",
];
/// The keys of an exception.
const EXCEPTION_KEYS: &[&str] = &["rule", "id", "model", "tag", "reason", "until"];
/// The form of the file.
const SCHEMA: &str = "imgcost.policy/1";

type Value<'t> = Spanned<DeValue<'t>>;

/// Reads values, and notes what is wrong with them.
pub(super) struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    pub(super) problems: Vec<Problem>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Reader<'t> {
        Reader { file, text, problems: Vec::new() }
    }

    /// The line of a byte offset, counted from 1.
    fn line(&self, offset: usize) -> u32 {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX)
    }

    pub(super) fn problem(&mut self, at: usize, message: impl Into<String>) {
        let line = self.line(at);
        self.problems.push(Problem::new(self.file, line, message));
    }

    fn expected(&mut self, key: &str, value: &Value<'_>, what: &str) {
        let found = match value.get_ref() {
            DeValue::String(text) => format!("\"{}\"", shown(text)),
            other => other.type_str().to_owned(),
        };
        self.problem(value.span().start, format!("{key}: expected {what}, found {found}"));
    }

    fn unknown(&mut self, at: usize, what: &str, name: &str, known: &[&str]) {
        let hint = nearest(name, known).map_or_else(
            || format!("allowed: {}", known.join(", ")),
            |near| format!("did you mean '{near}'?"),
        );
        self.problem(at, format!("there is no {what} '{}'; {hint}", shown(name)));
    }

    pub(super) fn key(&mut self, policy: &mut Policy, key: &str, at: usize, value: &Value<'_>) {
        let known = KEYS.iter().find(|known| **known == key);
        policy.lines.extend(known.map(|known| (*known, self.line(at))));
        match key {
            "schema" if value.get_ref().as_str() != Some(SCHEMA) => {
                self.expected(key, value, &format!("\"{SCHEMA}\""));
            }
            "schema" => {}
            "max_per_call" => policy.max_per_call = self.usd(key, value),
            "max_per_image" => policy.max_per_image = self.usd(key, value),
            "max_per_file" => policy.max_per_file = self.usd(key, value),
            "allowed_models" => policy.allowed_models = self.patterns(key, value),
            "denied_models" => policy.denied_models = self.patterns(key, value),
            "allowed_providers" => policy.allowed_providers = self.patterns(key, value),
            "allowed_qualities" => policy.allowed_qualities = self.patterns(key, value),
            "max_pixels" => policy.max_pixels = self.count(key, value, 1),
            "max_n" => policy.max_n = self.count(key, value, 1),
            "forbid_auto" => policy.forbid_auto = self.flag(key, value),
            "forbid_retired" => policy.forbid_retired = self.flag(key, value),
            "warn_before_days" => policy.warn_before_days = self.count(key, value, 1),
            "require_batch" => policy.require_batch = self.flag(key, value),
            "require_proven" => policy.require_proven = self.flag(key, value),
            "warn_unverified" => policy.warn_unverified = self.flag(key, value),
            "max_price_age_days" => policy.max_price_age_days = self.count(key, value, 0),
            "levels" => self.levels(policy, value),
            "exception" => self.exceptions(policy, value),
            _ => self.unknown(at, "key", key, KEYS),
        }
    }

    fn usd(&mut self, key: &str, value: &Value<'_>) -> Option<Usd> {
        let usd = value.get_ref().as_str().and_then(|text| text.parse().ok());
        if usd.is_none() {
            self.expected(key, value, "an amount in US dollars in quotes, such as \"0.25\"");
        }
        usd
    }

    fn count(&mut self, key: &str, value: &Value<'_>, least: u64) -> Option<u64> {
        let digits = value.get_ref().as_integer().filter(|number| number.radix() == 10);
        let count = digits.and_then(|number| number.as_str().replace('_', "").parse::<u64>().ok());
        let count = count.filter(|count| *count >= least);
        if count.is_none() {
            self.expected(key, value, &format!("a whole number from {least}"));
        }
        count
    }

    fn flag(&mut self, key: &str, value: &Value<'_>) -> bool {
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.expected(key, value, "true or false");
        }
        flag.unwrap_or(false)
    }

    fn patterns(&mut self, key: &str, value: &Value<'_>) -> Option<Vec<Name>> {
        let wanted = "a list of names in quotes, in which * matches anything";
        let Some(items) = value.get_ref().as_array() else {
            self.expected(key, value, wanted);
            return None;
        };
        if items.is_empty() {
            self.problem(value.span().start, format!("{key}: the list is empty; leave the key out instead"));
        }
        let mut patterns = Vec::new();
        for item in items.iter() {
            match item.get_ref().as_str().filter(|text| !text.is_empty()) {
                Some(text) => {
                    let line = self.line(item.span().start);
                    patterns.push(Name { pattern: Pattern::plain(text), line });
                }
                None => self.expected(key, item, wanted),
            }
        }
        Some(patterns)
    }

    fn levels(&mut self, policy: &mut Policy, value: &Value<'_>) {
        let Some(table) = value.get_ref().as_table() else {
            return self.expected("levels", value, "a table of rules and levels");
        };
        for (name, level) in table {
            let rule = self.rule(name.get_ref(), name.span().start);
            let said = level.get_ref().as_str().and_then(Level::named);
            if said.is_none() {
                self.expected(name.get_ref(), level, &format!("one of {}", Level::NAMES.join(", ")));
            }
            if let (Some(rule), Some(level)) = (rule, said) {
                if policy.levels.iter().any(|(known, _)| *known == rule) {
                    self.problem(name.span().start, format!("levels: {rule} is given twice"));
                }
                policy.levels.push((rule, level));
            }
        }
    }

    fn rule(&mut self, name: &str, at: usize) -> Option<Rule> {
        let rule = Rule::named(name);
        if rule.is_none() {
            let names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
            self.unknown(at, "rule", name, &names);
        }
        rule
    }

    fn exceptions(&mut self, policy: &mut Policy, value: &Value<'_>) {
        let Some(items) = value.get_ref().as_array() else {
            return self.expected("exception", value, "tables in [[double brackets]]");
        };
        for item in items.iter() {
            match item.get_ref().as_table() {
                Some(table) => {
                    let before = self.problems.len();
                    let exception = self.exception(table, item.span().start);
                    policy.exceptions.extend(exception.filter(|_| self.problems.len() == before));
                }
                None => self.expected("exception", item, "tables in [[double brackets]]"),
            }
        }
    }

    fn exception(&mut self, table: &DeTable<'_>, at: usize) -> Option<Exception> {
        for (key, _) in table {
            if !EXCEPTION_KEYS.contains(&key.get_ref().as_ref()) {
                self.unknown(key.span().start, "key of an exception", key.get_ref(), EXCEPTION_KEYS);
            }
        }
        let rule = match self.words(table, "rule") {
            Some((name, name_at)) => self.rule(name, name_at),
            None => {
                if !table.contains_key("rule") {
                    self.problem(at, "exception: 'rule' is missing: the rule that it excepts from");
                }
                None
            }
        };
        if let Some(rule) = rule.filter(|rule| rule.scope() != FindingScope::Row) {
            self.problem(
                at,
                format!("exception: {rule} is not about a row; change its limit or level instead"),
            );
        }
        let pattern = |words: Option<(&str, usize)>| words.map(|(text, _)| Pattern::plain(text));
        let id = pattern(self.words(table, "id"));
        let model = pattern(self.words(table, "model"));
        let tag = self.words(table, "tag").and_then(|(text, tag_at)| {
            let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
            if parts.is_none() {
                self.problem(tag_at, format!("tag: expected NAME=PATTERN, found \"{}\"", shown(text)));
            }
            parts.map(|(name, pattern)| (name.to_owned(), Pattern::plain(pattern)))
        });
        if !["id", "model", "tag"].iter().any(|key| table.contains_key(*key)) {
            self.problem(at, "exception: it names no rows; give id, model or tag, each with * for anything");
        }
        let reason = self.words(table, "reason").filter(|(text, _)| !text.trim().is_empty());
        if reason.is_none() {
            self.problem(at, "exception: 'reason' is missing: why these rows may break the rule");
        }
        let until = self.until(table);
        let line = self.line(at);
        Some(Exception { rule: rule?, id, model, tag, reason: reason?.0.trim().to_owned(), until, line })
    }

    /// The text of a key, with its place; a value of another kind is a problem.
    fn words<'v>(&mut self, table: &'v DeTable<'_>, key: &str) -> Option<(&'v str, usize)> {
        let value = table.get(key)?;
        let words = value.get_ref().as_str();
        if words.is_none() {
            self.expected(key, value, "text in quotes");
        }
        Some((words?, value.span().start))
    }

    fn until(&mut self, table: &DeTable<'_>) -> Option<Date> {
        let value = table.get("until")?;
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            _ => String::new(),
        };
        let day = Some(text).filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
        if day.is_none() {
            self.expected("until", value, "the last day, such as \"2026-12-31\"");
        }
        day
    }
}
