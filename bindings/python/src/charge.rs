//! What calls did cost.

use imgcost::{Charge, ChargeLine, Charged, Estimator, Quote};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::values::{self, PyEstimate, PyNote};
use crate::{errors, request, response};

/// What a call did cost, in USD, by its response.
///
/// The response is an object of the OpenAI or google-genai SDK, a dict, or the body as bytes or text:
/// JSON or a stream of server-sent events. The parameters are those of quote: at the least the model,
/// where the response does not name it.
///
/// >>> import imgcost
/// >>> response = {"created": 1795219200, "usage": {"output_tokens": 5488, "input_tokens": 9,
/// ...             "input_tokens_details": {"text_tokens": 9, "image_tokens": 0}}}
/// >>> imgcost.charge(response, model="gpt-image-2").expected
/// Decimal('0.164685')
#[pyfunction]
#[pyo3(signature = (response, model=None, **parameters), text_signature = "(response, model=None, **parameters)")]
pub(crate) fn charge(
    py: Python<'_>,
    response: &Bound<'_, PyAny>,
    model: Option<&Bound<'_, PyAny>>,
    parameters: Option<&Bound<'_, PyDict>>,
) -> PyResult<PyCharge> {
    let request = request::read(model, parameters)?;
    let body = response::body(response)?;
    let charged = py.detach(|| Estimator::new().charge(body.bytes(), request)).map_err(errors::of)?;
    Ok(PyCharge(charged))
}

/// A charge at a quote's terms.
pub(crate) fn of_quote(quote: &Quote, charge: Charge) -> PyCharge {
    PyCharge(Charged::of_quote(quote, charge))
}

/// What a call did cost.
#[pyclass(name = "Charge", module = "imgcost", frozen)]
#[derive(Debug, Clone)]
pub(crate) struct PyCharge(Charged);

#[pymethods]
impl PyCharge {
    /// The id of the provider.
    #[getter]
    fn provider(&self) -> &str {
        &self.0.provider
    }

    /// The id of the model: the response's, where it names another than was asked for.
    #[getter]
    fn model(&self) -> &str {
        &self.0.model
    }

    /// The day whose prices count.
    #[getter]
    fn as_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::date(py, self.0.day)
    }

    /// What the call cost in USD: no ceiling where something has no price or is not reported.
    #[getter]
    fn total(&self) -> PyEstimate {
        self.0.known_total().into()
    }

    /// What the call cost at least, in USD.
    #[getter]
    fn floor<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        values::usd(py, self.0.known_total().floor)
    }

    /// What it cost, in USD; `None` where the response leaves that open.
    #[getter]
    fn expected<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        values::usd(py, self.0.known_total().expected)
    }

    /// What it cost at most, in USD; `None` where something has no price or is not reported.
    #[getter]
    fn ceiling<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        values::usd(py, self.0.known_total().ceiling)
    }

    /// Whether floor, expected value and ceiling are one.
    #[getter]
    fn is_exact(&self) -> bool {
        self.0.known_total().is_exact()
    }

    /// Whether everything that was used has a price.
    #[getter]
    fn is_complete(&self) -> bool {
        self.0.complete
    }

    /// Whether the response reports all that is billed.
    #[getter]
    fn settles(&self) -> bool {
        self.0.settles
    }

    /// What the provider states that the call cost, where its responses do.
    #[getter]
    fn billed<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        values::usd(py, self.0.billed)
    }

    /// The items.
    #[getter]
    fn lines(&self) -> Vec<PyChargeLine> {
        self.0.lines.iter().copied().map(PyChargeLine).collect()
    }

    /// How the response differs from what was said of the call.
    #[getter]
    fn notes(&self) -> Vec<PyNote> {
        self.0.notes.iter().map(PyNote::from).collect()
    }

    /// The charge as a dict, with the keys of `imgcost usage --json`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::dict(py, &self.to_json()?)
    }

    /// The same as text.
    fn to_json(&self) -> PyResult<String> {
        values::json(&self.0)
    }

    fn __str__(&self) -> String {
        format!("{} at {}: ${}", self.0.model, self.0.provider, self.0.known_total())
    }

    fn __repr__(&self) -> String {
        format!("<Charge {}>", self.__str__())
    }
}

/// One priced item of a response.
#[pyclass(name = "ChargeLine", module = "imgcost", frozen)]
#[derive(Debug, Clone)]
pub(crate) struct PyChargeLine(ChargeLine);

#[pymethods]
impl PyChargeLine {
    /// What it is, such as image_output.
    #[getter]
    fn item(&self) -> &'static str {
        self.0.item.as_str()
    }

    /// How many tokens, images or calls.
    #[getter]
    fn quantity(&self) -> u64 {
        self.0.quantity
    }

    /// USD for `per` units; `None` where no price is known.
    #[getter]
    fn rate<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.rate.map(|rate| values::decimal(py, rate)).transpose()
    }

    /// How many units the rate is for; `None` where no price is known.
    #[getter]
    fn per(&self) -> Option<u64> {
        self.0.rate.map(|rate| rate.per())
    }

    /// Quantity times rate in USD; `None` where no price is known.
    #[getter]
    fn amount(&self) -> Option<PyEstimate> {
        self.0.amount.map(PyEstimate::from)
    }

    fn __repr__(&self) -> String {
        let amount = self.0.amount.map_or_else(
            || "no price".to_owned(),
            |amount| format!("${}", PyEstimate::from(amount).__str__()),
        );
        format!("<ChargeLine {}: {}, {amount}>", self.0.item, self.0.quantity)
    }
}
