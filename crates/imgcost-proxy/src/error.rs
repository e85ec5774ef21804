//! Why the proxy can't start.

/// What is wrong with the configuration or the machine, in a sentence that says where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SetupError(String);

impl SetupError {
    /// Why, in a sentence that says where.
    pub fn new(why: impl Into<String>) -> Self {
        SetupError(why.into())
    }
}

impl From<imgcost_guard::Error> for SetupError {
    fn from(error: imgcost_guard::Error) -> Self {
        SetupError::new(error.to_string())
    }
}

impl From<imgcost_ledger::Error> for SetupError {
    fn from(error: imgcost_ledger::Error) -> Self {
        SetupError::new(error.to_string())
    }
}
