//! One error type: what was wrong, where, what is allowed, and the nearest valid value.

use std::fmt;

use serde::Serialize;

use crate::nearest;

/// What kind of problem a request met. The names are stable and go into JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// No provider of that name.
    UnknownProvider,
    /// No model of that name at any provider.
    UnknownModel,
    /// The provider does not offer that model; others do.
    NotOfferedHere,
    /// The day is before the first known price.
    BeforeFirstPrice,
    /// The provider has no Batch API price for that model.
    NoBatchPrice,
    /// A value that the API would refuse.
    IllegalValue,
    /// Two values that exclude each other, or one that needs another.
    IllegalCombination,
    /// A body or response that is not what it should be.
    BadInput,
    /// A field of a body that is in no table of its API.
    UnknownField,
    /// Nothing names the model, where one has to be known.
    NoModel,
    /// Numbers too large to be priced exactly.
    TooLarge,
}

impl Code {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::UnknownProvider => "unknown-provider",
            Code::UnknownModel => "unknown-model",
            Code::NotOfferedHere => "not-offered-here",
            Code::BeforeFirstPrice => "before-first-price",
            Code::NoBatchPrice => "no-batch-price",
            Code::IllegalValue => "illegal-value",
            Code::IllegalCombination => "illegal-combination",
            Code::BadInput => "bad-input",
            Code::UnknownField => "unknown-field",
            Code::NoModel => "no-model",
            Code::TooLarge => "too-large",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Problem {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<String>,
    #[serde(skip)]
    kind: Code,
}

/// How many allowed values a message names.
const ALLOWED_SHOWN: usize = 8;

/// Why a request can't be quoted or a usage can't be priced.
///
/// ```
/// use imgcost_core::{Code, Error};
/// let error = Error::new(Code::IllegalValue, "n must be from 1 to 10").field("n").nearest("10");
/// assert_eq!(error.code().as_str(), "illegal-value");
/// assert_eq!(error.to_string(), "n must be from 1 to 10; nearest: 10");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Error(Box<Problem>);

impl Error {
    /// A problem, in words that name the value that was met.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error(Box::new(Problem {
            code: code.as_str(),
            field: None,
            message: message.into(),
            allowed: Vec::new(),
            nearest: None,
            kind: code,
        }))
    }

    /// The request field that it is about, by its API name.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// The values that would be accepted.
    #[must_use]
    pub fn allowed<T: fmt::Display>(mut self, allowed: impl IntoIterator<Item = T>) -> Self {
        self.0.allowed = allowed.into_iter().map(|value| value.to_string()).collect();
        self
    }

    /// The accepted value that is nearest to the one that was met.
    #[must_use]
    pub fn nearest(mut self, nearest: impl fmt::Display) -> Self {
        self.0.nearest = Some(nearest.to_string());
        self
    }

    /// Takes the allowed name that is spelled most like `text` as the nearest one, and puts the
    /// allowed names in the order of likeness where they are too many to be shown.
    #[must_use]
    pub fn nearest_name(mut self, text: &str) -> Self {
        if self.0.allowed.len() > ALLOWED_SHOWN {
            nearest::sort(text, &mut self.0.allowed);
        }
        self.0.nearest = nearest::name(text, self.0.allowed.iter().map(String::as_str)).map(str::to_owned);
        self
    }

    /// The kind of problem.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.kind
    }

    /// The request field that it is about, if one is.
    #[must_use]
    pub fn field_name(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// What was wrong, without the allowed values.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The values that would be accepted, if they can be listed.
    #[must_use]
    pub fn allowed_values(&self) -> &[String] {
        &self.0.allowed
    }

    /// The nearest value that would be accepted.
    #[must_use]
    pub fn nearest_value(&self) -> Option<&str> {
        self.0.nearest.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let (allowed, message) = (&self.0.allowed, &self.0.message);
        if !allowed.is_empty() && allowed.iter().all(|value| message.contains(value.as_str())) {
            // The message names them all.
            return Ok(());
        }
        if let Some((first, rest)) =
            allowed.get(..ALLOWED_SHOWN.min(allowed.len())).and_then(<[_]>::split_first)
        {
            write!(f, "; allowed: {first}")?;
            rest.iter().try_for_each(|value| write!(f, ", {value}"))?;
        }
        if let Some(more) = allowed.len().checked_sub(ALLOWED_SHOWN).filter(|more| *more > 0) {
            write!(f, " and {more} more")?;
        }
        if let Some(nearest) = &self.0.nearest {
            write!(f, "; nearest: {nearest}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
