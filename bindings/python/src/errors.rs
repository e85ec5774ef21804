//! Errors of the libraries as exceptions of the package: a class for each kind of trouble, with what
//! the library knows of it as attributes.

use imgcost::Error;
use imgcost_core::{Code, Error as Problem};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

static CLASSES: PyOnceLock<Py<PyModule>> = PyOnceLock::new();

/// A new exception of the package, by the name of its class.
pub(crate) fn new<'py>(
    py: Python<'py>,
    class: &str,
    code: &str,
    message: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let classes = CLASSES.get_or_try_init(py, || py.import("imgcost._errors").map(Bound::unbind))?;
    let error = classes.bind(py).getattr(class)?.call1((message,))?;
    error.setattr("code", code)?;
    Ok(error)
}

/// What can't be accepted: the class tells the kind.
pub(crate) fn of(error: Error) -> PyErr {
    let class = match &error {
        Error::UnknownProvider(_)
        | Error::UnknownModel(_)
        | Error::NotOffered(_)
        | Error::SeveralProviders(_) => "UnknownName",
        Error::NoPrice(_) => "NoPrice",
        Error::Response(_) => "BadResponse",
        Error::Prices(_) => "BadPrices",
        _ => "BadRequest",
    };
    let code = match &error {
        Error::SeveralProviders(_) => "several-providers",
        Error::Response(_) => "bad-response",
        Error::Prices(_) => "bad-prices",
        _ => error.code().map_or("bad-input", Code::as_str),
    };
    Python::attach(|py| {
        let made = new(py, class, code, &error.to_string()).and_then(|made| {
            made.setattr("field", error.field())?;
            made.setattr("allowed", PyTuple::new(py, error.allowed())?)?;
            made.setattr("nearest", error.nearest())?;
            Ok(made)
        });
        made.map_or_else(|why| why, PyErr::from_value)
    })
}

/// The same of the core's error.
pub(crate) fn of_problem(problem: Problem) -> PyErr {
    of(Error::from(problem))
}
