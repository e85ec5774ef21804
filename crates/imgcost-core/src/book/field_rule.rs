//! What an API accepts of single fields and of two together, where it is no limit of its own.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;
use crate::params::{Param, Value};
use crate::request::Request;

/// A field of a request, and which of its values are accepted. A rule without values refuses the
/// field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldRule {
    /// The field, by the API's name.
    pub field: String,
    /// The parameter of that name, if it is one; worked out when the book is made.
    pub param: Option<Param>,
    /// The values that are accepted; none: any that the rest of the rule allows.
    pub allowed: Vec<String>,
    /// Values that are refused.
    pub refused: Vec<String>,
    /// The least of a count.
    pub least: Option<u64>,
    /// The most of a count.
    pub most: Option<u64>,
    /// The rule holds only where these parameters have these values ...
    pub with: Vec<(Param, String)>,
    /// ... and not where these have these.
    pub unless: Vec<(Param, String)>,
    /// What giving the field means for the price.
    pub cost: FieldCost,
    /// How it is known.
    pub evidence: Option<Evidence>,
    /// The id of its source.
    pub source: Option<String>,
    /// Anything to know about it.
    pub note: Option<String>,
}

/// The rules of a model or a provider.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldRules {
    /// Those for parameters: which go together.
    pub params: Vec<FieldRule>,
    /// Those for other fields, which few requests have.
    pub others: Vec<FieldRule>,
}

impl FieldRules {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &FieldRule> {
        self.params.iter().chain(&self.others)
    }

    /// Those that may concern a request.
    pub(crate) fn of<'s>(&'s self, request: &Request) -> impl Iterator<Item = &'s FieldRule> + use<'s> {
        let plain = request.options.is_empty() && request.files.is_empty();
        let others: &[FieldRule] = if plain { &[] } else { &self.others };
        self.params.iter().chain(others)
    }
}

impl FromIterator<FieldRule> for FieldRules {
    fn from_iter<I: IntoIterator<Item = FieldRule>>(rules: I) -> Self {
        let (params, others) = rules.into_iter().partition(|rule| rule.param.is_some());
        FieldRules { params, others }
    }
}

crate::params::closed_names! {
    /// What giving a field means for the price.
    FieldCost {
        /// Nothing.
        Free = "free",
        /// It is not known: the ceiling is assumed.
        Assumed = "assumed",
        /// It is not known and may be much: there is no ceiling.
        Open = "open",
    }
}

impl FieldRule {
    /// Whether the rule holds for a request.
    pub(crate) fn holds(&self, request: &Request, provider: &str, model: &str) -> bool {
        let has = |(param, value): &(Param, String)| match param {
            // The request may have them by other names.
            Param::Provider => provider == value,
            Param::Model => model == value,
            param => has(request, *param, value),
        };
        self.with.iter().all(has) && !self.unless.iter().any(has)
    }

    /// Whether it accepts no value.
    pub(crate) fn refuses_all(&self) -> bool {
        let bounds = self.least.is_none() && self.most.is_none();
        self.allowed.is_empty() && self.refused.is_empty() && bounds && self.cost == FieldCost::Free
    }

    /// What a request gives for the field: of files, the first.
    pub(crate) fn given<'r>(&self, request: &'r Request) -> Option<Cow<'r, str>> {
        self.all_given(request).next()
    }

    /// Everything that a request gives for the field: of files, what each of them is.
    pub(crate) fn all_given<'r>(
        &self,
        request: &'r Request,
    ) -> impl Iterator<Item = Cow<'r, str>> + use<'r, '_> {
        let others = request.options.iter().chain(&request.files).filter(|_| self.param.is_none());
        let of_name = others.filter(|(name, _)| *name == self.field);
        self.of_param(request).into_iter().chain(of_name.map(|(_, value)| Cow::Borrowed(value.as_str())))
    }

    fn of_param<'r>(&self, request: &'r Request) -> Option<Cow<'r, str>> {
        match self.param {
            // Left out, they have a value all the same.
            Some(Param::N) if request.n == 1 => None,
            Some(param) => param.get(request).map(|value| match value {
                Value::Text(text) => text,
                other => other.to_string().into(),
            }),
            None => None,
        }
    }
}

/// Whether a parameter has a value, without making a text of it where that is common.
fn has(request: &Request, param: Param, value: &str) -> bool {
    match param {
        Param::OutputFormat => request.output_format.as_deref() == Some(value),
        Param::Stream => request.stream == (value == "true"),
        Param::Endpoint => request.endpoint.as_str() == value,
        param => param.get(request).is_some_and(|given| given.to_string() == value),
    }
}
