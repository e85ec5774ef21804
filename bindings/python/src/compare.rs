//! Several ways to make a call, priced side by side.

use imgcost::analysis::compare::{Axes, Cell, CellDocument, Cheapest, Sort, State};
use imgcost::{Param, Request, Total};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::values::{self, PyEstimate};
use crate::{errors, request};

/// Every combination of some settings, priced side by side.
///
/// The parameters are those of quote; model, provider, quality, size, n, tier and as_of take lists as
/// well, or "all", and names may be patterns such as "gpt-image-*". Without a model all are compared
/// that the provider offers on the day; without quality or size, every quality at the usual sizes.
///
/// >>> import imgcost
/// >>> found = imgcost.compare(["gpt-image-2", "gpt-image-2.5-flare"], quality="high", size="1536x1024",
/// ...                         as_of="2026-11-21")
/// >>> [(cell.model, str(cell.per_image.ceiling)) for cell in found]
/// [('gpt-image-2', '0.16464'), ('gpt-image-2.5-flare', '0.04116')]
#[pyfunction]
#[pyo3(signature = (model=None, *, sort=None, **parameters), text_signature = "(model=None, *, sort=None, **parameters)")]
pub(crate) fn compare(
    py: Python<'_>,
    model: Option<&Bound<'_, PyAny>>,
    sort: Option<&str>,
    parameters: Option<&Bound<'_, PyDict>>,
) -> PyResult<Vec<PyCell>> {
    let Asked { axes, request } = Asked::read(py, model, parameters)?;
    let sort = sort.map(Sort::read).transpose().map_err(errors::of_problem)?.unwrap_or_default();
    let cells = py.detach(|| {
        let comparison = imgcost::compare(&request, axes, &sort)?;
        let least = comparison.least();
        Ok(comparison.into_cells().into_iter().map(|cell| PyCell { cell, least }).collect())
    });
    cells.map_err(errors::of)
}

/// What differs between the calls, and what does not.
struct Asked {
    axes: Axes,
    request: Request,
}

impl Asked {
    fn read(
        py: Python<'_>,
        model: Option<&Bound<'_, PyAny>>,
        given: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Asked> {
        let rest = PyDict::new(py);
        let mut axes = Axes::default();
        let named = model.map(|model| (PyString::new(py, Param::Model.as_str()).into_any(), model.clone()));
        for (name, value) in named.into_iter().chain(given.into_iter().flat_map(|given| given.iter())) {
            if value.is_none() {
                continue;
            }
            let param = name.str()?.to_cow()?.parse::<Param>().ok();
            match param.filter(|param| Axes::PARAMS.contains(param)) {
                Some(param) => axes.take(param, &list(&value)?).map_err(errors::of_problem)?,
                None => rest.set_item(name, value)?,
            }
        }
        Ok(Asked { axes, request: request::read(None, Some(&rest))? })
    }
}

/// One value or several, as text.
fn list(value: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let one = |value: Bound<'_, PyAny>| -> PyResult<String> { Ok(value.str()?.to_cow()?.into_owned()) };
    if let Ok(values) = value.cast::<PyList>() {
        return values.iter().map(one).collect();
    }
    if let Ok(values) = value.cast::<PyTuple>() {
        return values.iter().map(one).collect();
    }
    let text = one(value.clone())?;
    Ok(text.split(',').map(|name| name.trim().to_owned()).collect())
}

/// One combination, and what came of it.
#[pyclass(name = "Cell", module = "imgcost", frozen)]
#[derive(Debug, Clone)]
pub(crate) struct PyCell {
    cell: Cell<'static>,
    /// The least that an image costs, of all that were compared.
    least: Option<Cheapest>,
}

impl PyCell {
    fn total(total: Option<Total>) -> Option<PyEstimate> {
        total.map(PyEstimate::from)
    }
}

#[pymethods]
impl PyCell {
    /// The model, as it was named.
    #[getter]
    fn model(&self) -> &str {
        self.cell.model()
    }

    /// The id of the provider.
    #[getter]
    fn provider(&self) -> &str {
        self.cell.provider()
    }

    /// The quality, the model's default filled in.
    #[getter]
    fn quality(&self) -> Option<&str> {
        self.cell.quality().map(|quality| quality.as_str())
    }

    /// The size, the model's default filled in.
    #[getter]
    fn size(&self) -> Option<String> {
        self.cell.size().map(|size| size.to_string())
    }

    /// How many images.
    #[getter]
    fn n(&self) -> u32 {
        self.cell.n()
    }

    /// The price list.
    #[getter]
    fn tier(&self) -> &'static str {
        self.cell.tier().as_str()
    }

    /// The day whose prices count.
    #[getter]
    fn as_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::date(py, self.cell.as_of())
    }

    /// priced, unpriced or illegal.
    #[getter]
    fn state(&self) -> &'static str {
        self.cell.state().name()
    }

    /// USD an image; `None` where the API would refuse the call.
    #[getter]
    fn per_image(&self) -> Option<PyEstimate> {
        PyCell::total(self.cell.per_image())
    }

    /// USD for the call.
    #[getter]
    fn per_call(&self) -> Option<PyEstimate> {
        PyCell::total(self.cell.per_call())
    }

    /// USD for a million pixels.
    #[getter]
    fn per_megapixel(&self) -> Option<PyEstimate> {
        PyCell::total(self.cell.per_megapixel())
    }

    /// current, ends (within 30 days) or retired, on the day.
    #[getter]
    fn availability(&self) -> &'static str {
        self.cell.availability().as_str()
    }

    /// Whether an image costs the least here.
    #[getter]
    fn is_cheapest(&self) -> bool {
        self.least.is_some_and(|least| least.is(&self.cell))
    }

    /// Why the API would refuse the call.
    #[getter]
    fn error(&self) -> Option<String> {
        match self.cell.state() {
            State::Illegal(error) => Some(error.to_string()),
            State::Priced(_) | State::Unpriced(..) => None,
        }
    }

    /// The cell as a dict, with the keys of the cells of `imgcost compare --json`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::dict(py, &values::json(&CellDocument::of(&self.cell, self.least))?)
    }

    fn __repr__(&self) -> String {
        let of = [Some(self.model().to_owned()), self.quality().map(str::to_owned), self.size()];
        let of = of.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let figure = match (self.cell.state(), self.cell.per_image()) {
            (State::Illegal(error), _) => error.message().to_owned(),
            (_, Some(total)) => format!("${total} an image"),
            (_, None) => self.state().to_owned(),
        };
        format!("<Cell {of}: {figure}>")
    }
}
