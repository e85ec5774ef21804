//! Money that is held for a call that any client makes.

use std::sync::{Mutex, PoisonError};

use imgcost_guard::{Booked, Error, Hold};
use pyo3::prelude::*;

use crate::call::PyBooked;
use crate::process::Own;
use crate::quote::PyQuote;
use crate::{denied, errors, response, values};

/// Money that is held for a call: settle it with the response, or release it if the call was not made.
///
/// As a context manager it is presumed spent at the end of the block unless one of these was done.
#[pyclass(name = "Hold", module = "imgcost", frozen)]
pub(crate) struct PyHold {
    id: String,
    scope: String,
    amount: imgcost_ledger::NanoUsd,
    left: Option<imgcost_ledger::NanoUsd>,
    quote: PyQuote,
    state: Mutex<Own<State>>,
}

struct State {
    hold: Hold,
    booked: Option<Booked>,
}

impl PyHold {
    pub(crate) fn new(hold: Hold, quote: PyQuote) -> PyHold {
        PyHold {
            id: hold.id().as_str().to_owned(),
            scope: hold.scope().as_str().to_owned(),
            amount: hold.amount(),
            left: hold.left(),
            quote,
            state: Mutex::new(Own::new(State { hold, booked: None })),
        }
    }

    fn book(
        &self,
        py: Python<'_>,
        step: impl FnOnce(&Hold) -> Result<Booked, Error> + Send,
    ) -> PyResult<PyBooked> {
        let booked = py.detach(|| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(state) = state.get() else { return Err(Error::Interrupted) };
            let booked = step(&state.hold)?;
            state.booked = Some(booked.clone());
            Ok(booked)
        });
        booked.map(PyBooked).map_err(|error| denied::of(py, &error, None))
    }

    /// Counts the call as spent, if nothing else was booked.
    fn presume_open(&self, py: Python<'_>, reason: &str) -> PyResult<()> {
        let is_open = py.detach(|| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.get().is_some_and(|state| state.booked.is_none())
        });
        if is_open { self.book(py, |hold| hold.presume(reason)).map(drop) } else { Ok(()) }
    }
}

#[pymethods]
impl PyHold {
    /// Its name in the ledger.
    #[getter]
    fn id(&self) -> &str {
        &self.id
    }

    /// Whose money it is.
    #[getter]
    fn scope(&self) -> &str {
        &self.scope
    }

    /// How much is held, in USD: the ceiling.
    #[getter]
    fn amount<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::decimal(py, self.amount)
    }

    /// What is left on the tightest budget after it; `None` where nothing is limited.
    #[getter]
    fn left<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.left.map(|left| values::decimal(py, left)).transpose()
    }

    /// The quote of the call.
    #[getter]
    fn quote(&self) -> PyQuote {
        self.quote.clone()
    }

    /// How it was booked; `None` while it is open.
    #[getter]
    fn booked(&self, py: Python<'_>) -> Option<PyBooked> {
        // Whoever books holds the lock while listeners are told, which takes the interpreter.
        py.detach(|| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.get().and_then(|state| state.booked.clone()).map(PyBooked)
        })
    }

    /// Books what the response says the call cost: an SDK's object, a dict, or the body as bytes or
    /// text. One that does not say it makes the hold presumed.
    fn settle(&self, py: Python<'_>, response: &Bound<'_, PyAny>) -> PyResult<PyBooked> {
        let body = response::body(response)?;
        let response = py.detach(|| imgcost_wire::response(body.bytes()));
        let response = response.map_err(|problem| errors::of(imgcost::Error::Response(problem)))?;
        self.book(py, |hold| hold.settle(&response))
    }

    /// Gives the money back: the call was not made, or is known to have been free.
    #[pyo3(signature = (reason="the call was not made"))]
    fn release(&self, py: Python<'_>, reason: &str) -> PyResult<PyBooked> {
        self.book(py, |hold| hold.release(reason))
    }

    /// Counts the call as having cost its ceiling, since nobody knows.
    #[pyo3(signature = (reason="the outcome of the call is unknown"))]
    fn presume(&self, py: Python<'_>, reason: &str) -> PyResult<PyBooked> {
        self.book(py, |hold| hold.presume(reason))
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (kind=None, _error=None, _traceback=None))]
    fn __exit__(
        &self,
        py: Python<'_>,
        kind: Option<&Bound<'_, PyAny>>,
        _error: Option<&Bound<'_, PyAny>>,
        _traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        match kind {
            None => self.presume_open(py, "the block ended without a response"),
            Some(kind) => {
                let name = kind.getattr("__name__")?.str()?.to_cow()?.into_owned();
                // The exception is what its user has to see, whatever the ledger takes.
                if let Err(error) = self.presume_open(py, &format!("the block ended by {name}")) {
                    error.write_unraisable(py, Some(kind));
                }
                Ok(())
            }
        }
    }

    fn __repr__(&self) -> String {
        format!("<Hold {} of ${} for {}>", self.id, self.amount, self.scope)
    }
}
