//! A policy from TOML. All problems are collected, with file and line, before anything is
//! refused; money is text in quotes, as it is in price books.

use imgcost_core::{Date, Problem, Usd};
use toml::de::DeTable;

use super::reader::Reader;
use super::rule::{Level, Rule};
use crate::selector::Pattern;

/// Rules that a file of jobs must keep. What a policy does not name is not looked for, save what
/// makes its sums unsure (rows in error, and items without a price), and retired models.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    pub(super) name: String,
    pub(super) max_per_call: Option<Usd>,
    pub(super) max_per_image: Option<Usd>,
    pub(super) max_per_file: Option<Usd>,
    pub(super) allowed_models: Option<Vec<Name>>,
    pub(super) denied_models: Option<Vec<Name>>,
    pub(super) allowed_providers: Option<Vec<Name>>,
    pub(super) allowed_qualities: Option<Vec<Name>>,
    pub(super) max_pixels: Option<u64>,
    pub(super) max_n: Option<u64>,
    pub(super) forbid_auto: bool,
    pub(super) forbid_retired: bool,
    pub(super) warn_before_days: Option<u64>,
    pub(super) require_batch: bool,
    pub(super) require_proven: bool,
    pub(super) warn_unverified: bool,
    pub(super) max_price_age_days: Option<u64>,
    pub(super) levels: Vec<(Rule, Level)>,
    /// The line of each key.
    pub(super) lines: Vec<(&'static str, u32)>,
    pub(super) exceptions: Vec<Exception>,
}

/// A pattern with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) pattern: Pattern,
    pub(super) line: u32,
}

/// What lets findings of a rule pass: those of rows that fit all that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exception {
    pub(super) rule: Rule,
    pub(super) id: Option<Pattern>,
    pub(super) model: Option<Pattern>,
    pub(super) tag: Option<(String, Pattern)>,
    pub(super) reason: String,
    pub(super) until: Option<Date>,
    pub(super) line: u32,
}

impl Policy {
    /// Reads and checks a policy.
    ///
    /// # Errors
    /// Everything that is wrong with it, by file and line: unknown keys with the nearest one,
    /// values of the wrong kind, exceptions without a reason.
    pub fn read(name: &str, text: &str) -> Result<Policy, Vec<Problem>> {
        Policy::read_at(name, text, |document| Some(document))
    }

    /// Reads and checks the policy in the table `[policy]` of a file that has others too.
    ///
    /// # Errors
    /// As [`Policy::read`].
    pub fn read_table(name: &str, text: &str) -> Result<Policy, Vec<Problem>> {
        Policy::read_at(name, text, |document| document.get("policy")?.get_ref().as_table())
    }

    fn read_at(
        name: &str,
        text: &str,
        table: impl for<'d, 't> Fn(&'d DeTable<'t>) -> Option<&'d DeTable<'t>>,
    ) -> Result<Policy, Vec<Problem>> {
        let (document, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader::new(name, text);
        for error in errors {
            reader.problem(error.span().map_or(0, |span| span.start), error.message());
        }
        let mut policy = Policy { name: name.to_owned(), ..Policy::default() };
        if reader.problems.is_empty() {
            for (key, value) in table(document.get_ref()).into_iter().flatten() {
                let at = key.span().start;
                reader.key(&mut policy, key.get_ref(), at, value);
            }
        }
        reader.problems.sort();
        reader.problems.dedup();
        if reader.problems.is_empty() { Ok(policy) } else { Err(reader.problems) }
    }

    /// The rules without a policy: those that need no asking (illegal, unpriced and retired rows), and
    /// that nothing is left to the model.
    #[must_use]
    pub fn built_in() -> Policy {
        Policy { name: "built-in rules".to_owned(), forbid_auto: true, ..Policy::default() }
    }

    /// The same policy with `require_proven`.
    #[must_use]
    pub fn requiring_proven(self) -> Policy {
        Policy { require_proven: true, ..self }
    }

    /// The file's name, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line of the key that sets a rule; none for the built-in rules and those without a key.
    #[must_use]
    pub(super) fn line(&self, rule: Rule) -> Option<u32> {
        let key = rule.key()?;
        self.lines.iter().find(|(known, _)| *known == key).map(|(_, line)| *line)
    }

    /// The most that all rows together may cost.
    #[must_use]
    pub const fn max_per_file(&self) -> Option<Usd> {
        self.max_per_file
    }

    /// How much a finding of a rule weighs here: as `[levels]` has it, else an error where
    /// `forbid_retired` asks for it, else the rule's default.
    #[must_use]
    pub fn level(&self, rule: Rule) -> Level {
        let default = match rule {
            Rule::Retired if self.forbid_retired => Level::Error,
            rule => rule.default_level(),
        };
        self.levels.iter().find(|(known, _)| *known == rule).map_or(default, |(_, level)| *level)
    }

    /// Whether it asks for anything that is not looked for without asking.
    pub(super) fn sets_rules(&self) -> bool {
        let keys: Vec<&str> = Rule::ALL.iter().filter_map(|rule| rule.key()).collect();
        let by_key = self.lines.iter().any(|(key, _)| keys.contains(key));
        let by_table = !self.levels.is_empty() || !self.exceptions.is_empty();
        by_key || by_table || self.forbid_auto || self.require_proven
    }

    /// Whether any of its rules is on money or its proof, so that it needs each row's prompt.
    #[must_use]
    pub fn is_on_money(&self) -> bool {
        let is_proof = self.require_proven && self.level(Rule::NotProven) != Level::Off;
        is_proof
            || [
                (self.max_per_call, Rule::MaxPerCall),
                (self.max_per_image, Rule::MaxPerImage),
                (self.max_per_file, Rule::MaxPerFile),
            ]
            .into_iter()
            .any(|(limit, rule)| limit.is_some() && self.level(rule) != Level::Off)
    }
}

/// A text of others in a message: one line of it, cut to 64 characters.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(64).map(|c| if c.is_control() { '?' } else { c }).collect();
    if text.chars().nth(64).is_some() {
        shown.push('…');
    }
    shown
}

/// The name that is spelled most like a text, if one is near.
pub(super) fn nearest<S: AsRef<str>>(text: &str, names: &[S]) -> Option<String> {
    imgcost_core::nearest_name(text, names.iter().map(AsRef::as_ref)).map(str::to_owned)
}
