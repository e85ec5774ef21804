//! Quotes.

use std::hash::{DefaultHasher, Hash, Hasher};

use imgcost::{Quote, QuoteLine};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::charge::{self, PyCharge};
use crate::response;
use crate::values::{self, PyEstimate, PyNote};
use crate::{errors, request};

/// What a call will cost, in USD, before it is made.
///
/// It takes the parameters of the call by their names in the API, and prompt, its text. What is left
/// out is at the API's default; without as_of, prices are today's (UTC).
///
/// >>> import imgcost
/// >>> quote = imgcost.quote("gpt-image-2", quality="high", size="1536x1024", n=4, as_of="2026-11-21")
/// >>> quote.ceiling
/// Decimal('0.65856')
#[pyfunction]
#[pyo3(signature = (model=None, **parameters), text_signature = "(model=None, **parameters)")]
pub(crate) fn quote(
    model: Option<&Bound<'_, PyAny>>,
    parameters: Option<&Bound<'_, PyDict>>,
) -> PyResult<PyQuote> {
    // Below two microseconds: letting other threads run would take longer.
    imgcost::quote(&request::read(model, parameters)?).map(PyQuote).map_err(errors::of)
}

/// What a call will cost: lines that add up to a total.
#[pyclass(name = "Quote", module = "imgcost", frozen)]
#[derive(Debug, Clone)]
pub(crate) struct PyQuote(pub(crate) Quote);

#[pymethods]
impl PyQuote {
    /// The id of the provider.
    #[getter]
    fn provider(&self) -> &str {
        self.0.provider()
    }

    /// The id of the model.
    #[getter]
    fn model(&self) -> &str {
        self.0.model()
    }

    /// The day whose prices count.
    #[getter]
    fn as_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::date(py, self.0.day())
    }

    /// A name for what was asked and what came of it: quotes with the same id are the same.
    #[getter]
    fn id(&self) -> &str {
        self.0.id()
    }

    /// The sum of the lines in USD.
    #[getter]
    fn total(&self) -> PyEstimate {
        self.0.total().into()
    }

    /// What the call costs at least, in USD.
    #[getter]
    fn floor<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        values::usd(py, self.0.total().floor)
    }

    /// What it will probably cost, in USD; `None` where nothing supports a guess.
    #[getter]
    fn expected<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        values::usd(py, self.0.total().expected)
    }

    /// What it costs at most, in USD; `None` where something has no price.
    #[getter]
    fn ceiling<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        values::usd(py, self.0.total().ceiling)
    }

    /// Whether floor, expected value and ceiling are one.
    #[getter]
    fn is_exact(&self) -> bool {
        self.0.total().is_exact()
    }

    /// Whether there is a ceiling, and it follows from a published or measured rule.
    #[getter]
    fn is_proven(&self) -> bool {
        self.0.total().is_proven()
    }

    /// Whether everything that the call may cost has a price, so that there is a ceiling.
    #[getter]
    fn is_complete(&self) -> bool {
        self.0.is_complete()
    }

    /// What the call pays for; the amounts add up to the total exactly.
    #[getter]
    fn lines(&self) -> Vec<PyLine> {
        self.0.lines().iter().cloned().map(PyLine).collect()
    }

    /// What to know of it, such as that the model was shut down.
    #[getter]
    fn notes(&self) -> Vec<PyNote> {
        self.0.notes().iter().map(PyNote::from).collect()
    }

    /// What the call did cost, by its response: an SDK's object, a dict, or the body as bytes or text.
    /// Prices are those of the quote's day.
    fn charge(&self, py: Python<'_>, response: &Bound<'_, PyAny>) -> PyResult<PyCharge> {
        let body = response::body(response)?;
        let charge = py.detach(|| self.0.charge(body.bytes())).map_err(errors::of)?;
        Ok(charge::of_quote(&self.0, charge))
    }

    /// The document imgcost.quote/1, the same as `imgcost --json` writes, as a dict.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::dict(py, &self.to_json()?)
    }

    /// The same as text.
    fn to_json(&self) -> PyResult<String> {
        values::json(&self.0)
    }

    fn __str__(&self) -> String {
        format!("{} at {}: ${}", self.0.model(), self.0.provider(), self.0.total())
    }

    fn __repr__(&self) -> String {
        format!("<Quote {}>", self.__str__())
    }

    fn __eq__(&self, other: &PyQuote) -> bool {
        self.0.id() == other.0.id()
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.id().hash(&mut hasher);
        hasher.finish()
    }
}

/// One thing that a call pays for.
#[pyclass(name = "Line", module = "imgcost", frozen)]
#[derive(Debug, Clone)]
pub(crate) struct PyLine(QuoteLine);

#[pymethods]
impl PyLine {
    /// What it is, such as image_output.
    #[getter]
    fn item(&self) -> &'static str {
        self.0.item.as_str()
    }

    /// What is counted: token, image, call or megapixel.
    #[getter]
    fn unit(&self) -> &'static str {
        self.0.unit.as_str()
    }

    /// How many.
    #[getter]
    fn quantity(&self) -> PyEstimate {
        self.0.quantity.into()
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

    /// How the quantity is known: published, measured, derived or assumed.
    #[getter]
    fn evidence(&self) -> &'static str {
        self.0.evidence.as_str()
    }

    /// The id of the source of the quantity.
    #[getter]
    fn source(&self) -> &str {
        &self.0.source
    }

    fn __repr__(&self) -> String {
        let amount = self.0.amount.map_or_else(
            || "no price".to_owned(),
            |amount| format!("${}", PyEstimate::from(amount).__str__()),
        );
        let quantity = PyEstimate::from(self.0.quantity);
        format!("<Line {}: {} {}, {amount}>", self.0.item, quantity.__str__(), self.0.unit)
    }
}
