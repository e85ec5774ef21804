//! What a check found.

use std::collections::BTreeMap;

use imgcost_core::{Date, Usd};
use serde::{Serialize, Serializer};

use super::rule::{Level, Rule};
use crate::RowSum;

/// The most findings of one code that are kept; those beyond are counted.
pub const KEPT_MAX: usize = 10_000;

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The rule, by code and name.
    #[serde(flatten, serialize_with = "code_and_name")]
    pub rule: Rule,
    /// How much it weighs; [`Level::Excepted`] where an exception lets it pass.
    pub level: Level,
    /// The file that it is of, as it was named; empty: none was.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
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
    /// What would be accepted and is nearest to what was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// What it may cost at most, in USD, where the rule is on money and that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Usd>,
    /// The limit in USD, where the rule is on money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Usd>,
    /// By how much it may go over the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<Usd>,
    /// The line of the key in the policy that sets the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_line: Option<u32>,
    /// The exception from the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<Excepted>,
}

/// Why a finding is excepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Excepted {
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
            file: String::new(),
            line: None,
            id: String::new(),
            field: None,
            message: message.into(),
            allowed: Vec::new(),
            nearest: None,
            ceiling: None,
            limit: None,
            over: None,
            policy_line: None,
            exception: None,
        }
    }

    pub(super) fn field(mut self, field: &str) -> Finding {
        self.field = Some(field.to_owned());
        self
    }
}

/// `"code": "IC001", "rule": "max-per-call"`.
fn code_and_name<S: Serializer>(rule: &Rule, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map([("code", rule.code()), ("rule", rule.name())])
}

/// How a check ends. The last that holds counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No finding of level error.
    Passed,
    /// Nothing breaks the policy, but rows are in error or have no price, or there are none where
    /// there have to be some.
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
            Rule::Unpriced | Rule::RowError | Rule::NoRows => Verdict::Incomplete,
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

/// What a check of a file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The findings: those of rows in their order, then those of the file, then of the policy.
    pub findings: Vec<Finding>,
    /// How many more findings there are of a rule than are kept.
    pub more: BTreeMap<Rule, u64>,
    /// How many findings of level error there are, those that are not kept included.
    pub errors: u64,
    /// The same of level warning.
    pub warnings: u64,
    /// How many findings are excepted.
    pub excepted: u64,
    /// What all rows come to.
    pub sum: RowSum,
    /// How it ends.
    pub verdict: Verdict,
}
