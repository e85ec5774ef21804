//! What can go wrong, by kind.

use std::fmt;

use imgcost_core::{Code, Error as Problem};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// Why a call can't be quoted, or its response not be charged.
///
/// Each has the field that it is about, what is allowed there, and the nearest of it.
///
/// ```
/// use imgcost::{Error, Request};
/// let error = imgcost::quote(&Request::new("gpt-imgae-2")).unwrap_err();
/// assert!(matches!(error, Error::UnknownModel(_)));
/// assert_eq!((error.field(), error.nearest()), (Some("model"), Some("gpt-image-2")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// No provider of that name.
    UnknownProvider(Problem),
    /// No model of that name at any provider, or none was named.
    UnknownModel(Problem),
    /// The provider does not offer the model; others do, which are what is allowed.
    NotOffered(Problem),
    /// The provider is not named, and several offer the model.
    SeveralProviders(Problem),
    /// The day is before the first known price, or there is no Batch API price.
    NoPrice(Problem),
    /// A value that the API would refuse, or that is not what it should be.
    IllegalValue(Problem),
    /// Two values that exclude each other, or one that needs another.
    IllegalCombination(Problem),
    /// A response that reports nothing that can be charged, or an error.
    Response(Problem),
    /// A number is too large to be priced exactly.
    TooLarge(Problem),
    /// A price book of your own that is wrong: every problem, with its line.
    #[cfg(feature = "toml")]
    Prices(imgcost_core::BookErrors),
}

impl Error {
    /// The parameter of the request that it is about, by its name in the API.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.problem()?.field_name()
    }

    /// What would be accepted there, where it can be listed.
    #[must_use]
    pub fn allowed(&self) -> &[String] {
        self.problem().map_or(&[], Problem::allowed_values)
    }

    /// The accepted value that is nearest to the one that was given.
    #[must_use]
    pub fn nearest(&self) -> Option<&str> {
        self.problem()?.nearest_value()
    }

    /// The stable code of what went wrong; none for prices of your own.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        self.problem().map(Problem::code)
    }

    fn problem(&self) -> Option<&Problem> {
        match self {
            Error::UnknownProvider(problem)
            | Error::UnknownModel(problem)
            | Error::NotOffered(problem)
            | Error::SeveralProviders(problem)
            | Error::NoPrice(problem)
            | Error::IllegalValue(problem)
            | Error::IllegalCombination(problem)
            | Error::Response(problem)
            | Error::TooLarge(problem) => Some(problem),
            #[cfg(feature = "toml")]
            Error::Prices(_) => None,
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        match problem.code() {
            Code::UnknownProvider => Error::UnknownProvider(problem),
            Code::UnknownModel | Code::NoModel => Error::UnknownModel(problem),
            Code::NotOfferedHere => Error::NotOffered(problem),
            Code::BeforeFirstPrice | Code::NoBatchPrice => Error::NoPrice(problem),
            Code::IllegalCombination => Error::IllegalCombination(problem),
            Code::TooLarge => Error::TooLarge(problem),
            _ => Error::IllegalValue(problem),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "toml")]
            Error::Prices(problems) => problems.fmt(f),
            error => error.problem().map_or(Ok(()), |problem| problem.fmt(f)),
        }
    }
}

impl std::error::Error for Error {}

impl Serialize for Error {
    /// As the member `error` of the document `imgcost.error/1`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("Error", 5)?;
        document.serialize_field("code", self.code().unwrap_or(Code::BadInput).as_str())?;
        document.serialize_field("field", &self.field())?;
        document.serialize_field("message", &self.to_string())?;
        if !self.allowed().is_empty() {
            document.serialize_field("allowed", self.allowed())?;
        }
        if let Some(nearest) = self.nearest() {
            document.serialize_field("nearest", nearest)?;
        }
        document.end()
    }
}
