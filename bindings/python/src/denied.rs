//! Why a call was not made, or could not be booked, as exceptions of the package.

use imgcost::{Quote, Usd};
use imgcost_core::Alternative;
use imgcost_guard::Error;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::quote::PyQuote;
use crate::{errors, values};

/// A denial, with the quote of the call where it can be quoted.
pub(crate) fn of(py: Python<'_>, error: &Error, quote: Option<Quote>) -> PyErr {
    match error {
        Error::Ledger(error) if error.is_failure() => of_ledger(error),
        Error::Busy { .. } | Error::Interrupted => of_failure(py, error.code(), &error.to_string()),
        _ => refused(py, error, quote).map_or_else(|why| why, PyErr::from_value),
    }
}

/// A ledger that can't answer, or does not take a step.
pub(crate) fn of_ledger(error: &imgcost_ledger::Error) -> PyErr {
    Python::attach(|py| of_failure(py, error.code(), &error.to_string()))
}

fn of_failure(py: Python<'_>, code: &str, message: &str) -> PyErr {
    errors::new(py, "LedgerError", code, message).map_or_else(|why| why, PyErr::from_value)
}

fn refused<'py>(py: Python<'py>, error: &Error, quote: Option<Quote>) -> PyResult<Bound<'py, PyAny>> {
    let made = errors::new(py, "Refused", error.code(), &error.to_string())?;
    let decimal = |usd: Usd| values::decimal(py, usd);
    match error {
        Error::Refused(refused) => {
            made.setattr("scope", refused.scope.as_str())?;
            made.setattr("ceiling", decimal(refused.ceiling.usd())?)?;
            if let Some(left) = refused.left {
                made.setattr("left", decimal(left.usd())?)?;
            }
        }
        Error::OverCallCap(over) => {
            made.setattr("ceiling", decimal(over.ceiling)?)?;
            made.setattr("left", decimal(over.cap)?)?;
        }
        Error::NotQuotable(problem) => {
            made.setattr("field", problem.field_name())?;
            made.setattr("allowed", PyTuple::new(py, problem.allowed_values())?)?;
            made.setattr("nearest", problem.nearest_value())?;
        }
        _ => {}
    }
    let fits = error.fits().iter().map(|fit| fitting(py, fit)).collect::<PyResult<Vec<_>>>()?;
    made.setattr("fits", PyTuple::new(py, fits)?)?;
    if let Some(quote) = quote {
        made.setattr("quote", Py::new(py, PyQuote(quote))?)?;
    }
    Ok(made)
}

/// What would fit: a parameter, its value, and the ceiling then.
fn fitting<'py>(py: Python<'py>, fit: &Alternative) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    let ceiling = match fit {
        Alternative::Images { n, ceiling } => {
            found.set_item("parameter", "n")?;
            found.set_item("value", n)?;
            ceiling
        }
        Alternative::Size { size, ceiling } => {
            found.set_item("parameter", "size")?;
            found.set_item("value", size.to_string())?;
            ceiling
        }
        Alternative::Quality { quality, ceiling } => {
            found.set_item("parameter", "quality")?;
            found.set_item("value", quality.as_str())?;
            ceiling
        }
    };
    found.set_item("ceiling", values::decimal(py, ceiling)?)?;
    Ok(found)
}
