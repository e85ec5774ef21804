//! What went wrong, for an agent that is to do better.

use std::fmt;

use imgcost_core::Alternative;
use imgcost_guard::HoldError;
use imgcost_ledger::{Error as LedgerError, Refusal};
use serde_json::{Map, Value as Json, json};

/// Why a tool did not do what it was asked for.
#[derive(Debug)]
pub(super) enum Failure {
    /// The call or its response can't be priced.
    Call(imgcost::Error),
    /// There is no ceiling to be held.
    Unbounded(HoldError),
    /// A ledger refuses it or can't answer, and what would fit.
    Ledger(LedgerError, Vec<Alternative>),
    /// An argument of the tool itself.
    Argument { name: &'static str, why: String },
    /// The server was started without a ledger.
    NoLedger,
}

impl From<imgcost::Error> for Failure {
    fn from(error: imgcost::Error) -> Self {
        Failure::Call(error)
    }
}

impl From<imgcost_core::Error> for Failure {
    fn from(error: imgcost_core::Error) -> Self {
        Failure::Call(error.into())
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Failure::Ledger(error, Vec::new())
    }
}

impl Failure {
    pub(super) fn argument(name: &'static str, why: impl Into<String>) -> Failure {
        Failure::Argument { name, why: why.into() }
    }

    /// The document `imgcost.error/1`.
    pub(super) fn document(&self) -> Json {
        let error = match self {
            // Plain data always serialises.
            Failure::Call(error) => serde_json::to_value(error).unwrap_or_default(),
            other => other.members(),
        };
        json!({"schema": "imgcost.error/1", "error": error})
    }

    fn members(&self) -> Json {
        let mut members = Map::new();
        let mut add = |name: &str, value: Json| drop(members.insert(name.to_owned(), value));
        add("code", self.code().into());
        add("message", self.to_string().into());
        match self {
            Failure::Argument { name, .. } => add("field", (*name).into()),
            Failure::Ledger(error, fits) => {
                if let Some(Refusal::Full { scope, ceiling, left, .. }) = error.refusal() {
                    add("scope", scope.as_str().into());
                    add("ceiling", ceiling.to_string().into());
                    add("left", left.to_string().into());
                    add("fits", fits.iter().map(fit).collect());
                }
                if let Some(Refusal::NoBudget { scope, nearest }) = error.refusal() {
                    add("scope", scope.as_str().into());
                    add("nearest", nearest.as_ref().map(|scope| scope.as_str()).into());
                }
            }
            Failure::Call(_) | Failure::Unbounded(_) | Failure::NoLedger => {}
        }
        Json::Object(members)
    }

    fn code(&self) -> &'static str {
        match self {
            Failure::Call(error) => error.code().unwrap_or(imgcost_core::Code::BadInput).as_str(),
            Failure::Unbounded(_) => "no-ceiling",
            Failure::Ledger(error, _) => error.code(),
            Failure::Argument { .. } => imgcost_core::Code::BadInput.as_str(),
            Failure::NoLedger => "no-ledger",
        }
    }
}

/// One way to make the call that would fit.
fn fit(fit: &Alternative) -> Json {
    match fit {
        Alternative::Images { n, ceiling } => json!({"n": n, "ceiling": ceiling}),
        Alternative::Size { size, ceiling } => json!({"size": size.to_string(), "ceiling": ceiling}),
        Alternative::Quality { quality, ceiling } => json!({"quality": quality.as_str(), "ceiling": ceiling}),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Call(error) => error.fmt(f),
            Failure::Unbounded(HoldError::NoPrompt) => {
                f.write_str("the prompt costs too: give prompt, its text, or prompt_tokens")
            }
            Failure::Unbounded(error) => error.fmt(f),
            Failure::Ledger(error, fits) => {
                error.fmt(f)?;
                for (index, fit) in fits.iter().enumerate() {
                    f.write_str(if index == 0 { "; would fit: " } else { ", " })?;
                    fit.fmt(f)?;
                }
                Ok(())
            }
            Failure::Argument { name, why } => write!(f, "{name}: {why}"),
            Failure::NoLedger => f.write_str(
                "there is no budget: start the server with imgcost mcp --ledger FILE --budget SCOPE, and --cap USD for a new one",
            ),
        }
    }
}
