//! A call on its way, and its response as it passes.

use std::sync::{Mutex, PoisonError};

use imgcost_guard::{Booked, Call, ResponseObserver};
use pyo3::prelude::*;

use crate::process::Own;
use crate::values;

/// An admitted call, until it is answered. Dropped without a word it counts as sent and never answered.
#[pyclass(name = "_Call", module = "imgcost", frozen)]
pub(crate) struct PyCall(Mutex<Own<Call>>);

impl PyCall {
    pub(crate) fn new(call: Call) -> PyCall {
        PyCall(Mutex::new(Own::new(call)))
    }

    fn take(&self) -> Option<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[pymethods]
impl PyCall {
    /// No byte of it was sent.
    fn not_sent(&self, py: Python<'_>) {
        // What can't be booked is told.
        py.detach(|| self.take().map(Call::not_sent).map(drop));
    }

    /// It was sent, and no response came.
    fn no_response(&self, py: Python<'_>) {
        py.detach(|| self.take().map(Call::no_response).map(drop));
    }

    /// It is answered; the body is to come.
    fn answered(&self, status: u16) -> Option<PyObserver> {
        self.take().map(|call| PyObserver(Mutex::new(Own::new(call.answered(status)))))
    }
}

/// Reads the body of a response as it passes, and books the call as soon as that has said what it cost.
#[pyclass(name = "_Observer", module = "imgcost", frozen)]
pub(crate) struct PyObserver(Mutex<Own<ResponseObserver>>);

impl PyObserver {
    fn take(&self) -> Option<ResponseObserver> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[pymethods]
impl PyObserver {
    /// The next bytes, decoded.
    fn feed(&self, py: Python<'_>, chunk: &[u8]) {
        py.detach(|| {
            if let Some(observer) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get() {
                observer.feed(chunk);
            }
        });
    }

    /// The body is whole.
    fn end(&self, py: Python<'_>) {
        // What can't be booked is told, and the image is paid: no reason to fail.
        py.detach(|| self.take().map(ResponseObserver::end).map(drop));
    }

    /// The body broke off, or nobody reads the rest.
    fn broke_off(&self, py: Python<'_>) {
        py.detach(|| self.take().map(ResponseObserver::broke_off).map(drop));
    }
}

/// How a call was booked.
#[pyclass(name = "Booked", module = "imgcost", frozen)]
#[derive(Debug, Clone)]
pub(crate) struct PyBooked(pub(crate) Booked);

#[pymethods]
impl PyBooked {
    /// settled, released, presumed, or held where a job goes on.
    #[getter]
    fn state(&self) -> &'static str {
        self.0.state.as_str()
    }

    /// What counts for it from now on, in USD.
    #[getter]
    fn amount<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::decimal(py, self.0.amount)
    }

    /// How far the cost is above what was held, in USD.
    #[getter]
    fn overrun<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::decimal(py, self.0.overrun)
    }

    /// Why it was released or presumed.
    #[getter]
    fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    fn __repr__(&self) -> String {
        format!("<Booked {} at ${}>", self.0.state, self.0.amount)
    }
}
