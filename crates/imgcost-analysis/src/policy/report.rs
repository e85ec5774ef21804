//! What a check found.

use std::collections::BTreeMap;

use imgcost_core::{Date, Quote, Usd};
use serde::Serialize;

use super::rule::{Level, Rule};

/// The most findings of one code that are kept; those beyond are counted.
pub const KEPT_MAX: usize = 10_000;

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The code of the rule.
    #[serde(rename = "code")]
    pub rule: Rule,
    /// How much it weighs.
    pub level: Level,
    /// The line: of the row, or of the policy for what is wrong there; none for all rows together.
    pub line: Option<u64>,
    /// The row's id; empty: none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The request field or policy key that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What would be accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// What would be accepted and is nearest to what was met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// What it may cost at most, in USD, where the rule is on money and that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Usd>,
    /// The limit in USD, where the rule is on money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Usd>,
    /// The exception that lets it pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<Suppression>,
}

/// Why a finding is let pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// The reason, as the policy gives it.
    pub reason: String,
    /// The last day of the exception.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The line of the exception in the policy.
    pub policy_line: u32,
}

impl Finding {
    pub(super) fn new(rule: Rule, message: impl Into<String>) -> Finding {
        Finding {
            rule,
            level: rule.default_level(),
            line: None,
            id: String::new(),
            field: None,
            message: message.into(),
            allowed: Vec::new(),
            nearest: None,
            ceiling: None,
            limit: None,
            suppressed: None,
        }
    }

    pub(super) fn field(mut self, field: &str) -> Finding {
        self.field = Some(field.to_owned());
        self
    }
}

/// How a check ends. The last that holds counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No finding of level error.
    Passed,
    /// Nothing breaks the policy, but rows are in error or have no price.
    Incomplete,
    /// The policy is broken.
    Broken,
    /// Rules on money can't be judged: rows have no prompt.
    PromptMissing,
}

impl Verdict {
    /// What a finding of a rule at level error makes of a check.
    pub(super) fn of(rule: Rule) -> Verdict {
        match rule {
            Rule::Unpriced | Rule::RowError => Verdict::Incomplete,
            Rule::PromptMissing => Verdict::PromptMissing,
            _ => Verdict::Broken,
        }
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Incomplete => "incomplete",
            Verdict::Broken => "broken",
            Verdict::PromptMissing => "prompt-missing",
        }
    }
}

/// What all rows come to. What is unknown is never added as zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// All rows.
    pub rows: u64,
    /// Rows in error: in none of the amounts.
    pub errors: u64,
    /// Rows of which something has no price: with what is priced in the floor, and no ceiling.
    pub unpriced: u64,
    /// Rows without a prompt, though it costs: with their images only.
    pub no_prompt: u64,
    /// At least this much, in USD.
    pub floor: Option<Usd>,
    /// Probably this much, in USD, where every row that is not in error says so.
    pub expected: Option<Usd>,
    /// At most this much, in USD, where every row that is not in error has a ceiling.
    pub ceiling: Option<Usd>,
}

impl Sums {
    /// Nothing yet.
    pub(super) const fn new() -> Sums {
        let zero = Some(Usd::ZERO);
        Sums { rows: 0, errors: 0, unpriced: 0, no_prompt: 0, floor: zero, expected: zero, ceiling: zero }
    }

    pub(super) fn add(&mut self, quote: &Quote<'_>) {
        let total = quote.total();
        self.unpriced += u64::from(!quote.is_complete());
        let plus = |sum: Option<Usd>, more: Option<Usd>| sum?.plus(more?);
        // A row without any price adds nothing to what the sum is at least.
        self.floor = plus(self.floor, Some(total.floor.unwrap_or(Usd::ZERO)));
        self.expected = plus(self.expected, total.expected);
        self.ceiling = plus(self.ceiling, total.ceiling);
    }

    /// Whether every row is priced in full.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.errors == 0 && self.unpriced == 0 && self.no_prompt == 0
    }
}

/// What a check of a file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The findings: those of rows in their order, then those of the file, then of the policy.
    pub findings: Vec<Finding>,
    /// How many more findings there are of a rule than are kept.
    pub more: BTreeMap<Rule, u64>,
    /// How many findings of level error there are, those that are not kept included.
    pub errors: u64,
    /// The same of level warning.
    pub warnings: u64,
    /// How many findings an exception lets pass.
    pub suppressed: u64,
    /// What all rows come to.
    pub sums: Sums,
    /// How it ends.
    pub verdict: Verdict,
}
