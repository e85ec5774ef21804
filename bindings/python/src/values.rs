//! Amounts, counts, days and documents as Python has them.

use imgcost::{Date, Estimate, Total, Usd};
use imgcost_core::CeilingBasis;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use serde::Serialize;

static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static DATE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// A member of a module that is imported when it is first needed.
fn member<'py>(
    py: Python<'py>,
    kept: &'static PyOnceLock<Py<PyAny>>,
    module: &str,
    name: &str,
) -> PyResult<&'py Bound<'py, PyAny>> {
    let found = || py.import(module)?.getattr(name).map(Bound::unbind);
    kept.get_or_try_init(py, found).map(|member| member.bind(py))
}

/// A `decimal.Decimal` of the plain decimal that a value is written as.
pub(crate) fn decimal<'py>(py: Python<'py>, value: impl ToString) -> PyResult<Bound<'py, PyAny>> {
    member(py, &DECIMAL, "decimal", "Decimal")?.call1((value.to_string(),))
}

/// A `datetime.date`.
pub(crate) fn date(py: Python<'_>, day: Date) -> PyResult<Bound<'_, PyAny>> {
    member(py, &DATE, "datetime", "date")?.call1((day.year(), day.month(), day.day()))
}

/// A document as JSON.
pub(crate) fn json(document: &impl Serialize) -> PyResult<String> {
    serde_json::to_string(document).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// A document as dictionaries and lists.
pub(crate) fn dict<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    member(py, &LOADS, "json", "loads")?.call1((json,))
}

/// What an estimate is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Amounts {
    Usd([Option<Usd>; 3]),
    Count([Option<u64>; 3]),
}

/// A value with floor, expected value and ceiling.
#[pyclass(name = "Estimate", module = "imgcost", frozen, eq, hash)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PyEstimate {
    amounts: Amounts,
    basis: Option<CeilingBasis>,
}

impl From<Total> for PyEstimate {
    fn from(total: Total) -> Self {
        PyEstimate { amounts: Amounts::Usd(total.amounts()), basis: total.ceiling.map(|_| total.basis) }
    }
}

impl From<Estimate<Usd>> for PyEstimate {
    fn from(usd: Estimate<Usd>) -> Self {
        Total::from(usd).into()
    }
}

impl From<Estimate<u64>> for PyEstimate {
    fn from(count: Estimate<u64>) -> Self {
        let amounts = Amounts::Count([Some(count.floor), count.expected, Some(count.ceiling)]);
        PyEstimate { amounts, basis: Some(count.basis) }
    }
}

impl PyEstimate {
    fn part<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.amounts {
            Amounts::Usd(parts) => usd(py, parts.get(index).copied().flatten()),
            Amounts::Count(parts) => {
                let part = parts.get(index).copied().flatten();
                part.map(|count| Ok(count.into_pyobject(py)?.into_any())).transpose()
            }
        }
    }

    fn words(&self, index: usize) -> Option<String> {
        match &self.amounts {
            Amounts::Usd(parts) => parts.get(index).copied().flatten().map(|usd| usd.to_string()),
            Amounts::Count(parts) => parts.get(index).copied().flatten().map(|count| count.to_string()),
        }
    }
}

/// An amount, where it is known.
pub(crate) fn usd<'py>(py: Python<'py>, usd: Option<Usd>) -> PyResult<Option<Bound<'py, PyAny>>> {
    usd.map(|usd| decimal(py, usd)).transpose()
}

#[pymethods]
impl PyEstimate {
    /// At least this.
    #[getter]
    fn floor<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.part(py, 0)
    }

    /// Probably this; `None` where nothing supports a guess.
    #[getter]
    fn expected<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.part(py, 1)
    }

    /// At most this; `None` where something has no price.
    #[getter]
    fn ceiling<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.part(py, 2)
    }

    /// What the ceiling rests on: `proven` or `assumed`; `None` where there is none.
    #[getter]
    fn basis(&self) -> Option<&'static str> {
        self.basis.map(CeilingBasis::as_str)
    }

    /// Whether floor, expected value and ceiling are one.
    #[getter]
    pub(crate) fn is_exact(&self) -> bool {
        match &self.amounts {
            Amounts::Usd([floor, expected, ceiling]) => {
                floor.is_some() && floor == expected && floor == ceiling
            }
            Amounts::Count([floor, expected, ceiling]) => floor == expected && floor == ceiling,
        }
    }

    pub(crate) fn __str__(&self) -> String {
        match (self.words(0), self.words(2)) {
            (Some(floor), Some(ceiling)) if floor == ceiling => ceiling,
            (Some(floor), Some(ceiling)) => format!("{floor} to {ceiling}"),
            (Some(floor), None) => format!("at least {floor}"),
            (None, _) => "no known price".to_owned(),
        }
    }

    fn __repr__(&self) -> String {
        format!("Estimate({})", self.__str__())
    }
}

/// What to know of a quote or charge: a stable code and a sentence.
#[pyclass(name = "Note", module = "imgcost", frozen, get_all, eq, hash)]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PyNote {
    /// The stable code, such as `model-retired`.
    code: String,
    /// The sentence.
    message: String,
}

impl From<&imgcost::Note> for PyNote {
    fn from(note: &imgcost::Note) -> Self {
        PyNote { code: note.code.to_owned(), message: note.message.clone() }
    }
}

#[pymethods]
impl PyNote {
    fn __str__(&self) -> &str {
        &self.message
    }

    fn __repr__(&self) -> String {
        format!("Note({}: {})", self.code, self.message)
    }
}
