//! Several ways to make a call, priced side by side.

use imgcost::analysis::compare::{Axes, Cell, Cheapest, Grid, Sort, State, cheapest};
use imgcost::analysis::selector::{Pattern, Selector};
use imgcost::{Param, Request, Total};
use imgcost_core::{
    Basis, Book, Code, Date, Endpoint, Error as Problem, Offer, OfferDefaults, Request as Counts,
    TotalDocument, read,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use serde::Serialize;
use serde::ser::SerializeMap;

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
    let mut asked = Asked::read(py, model, parameters)?;
    let sort = sort.map(Sort::read).transpose().map_err(errors::of_problem)?.unwrap_or_default();
    py.detach(|| asked.cells(&sort)).map_err(errors::of)
}

/// What differs between the calls, and what does not.
struct Asked {
    axes: Axes,
    request: Request,
}

/// The parameters that take lists, beside the day.
const LISTS: [Param; 6] = [Param::Model, Param::Provider, Param::Quality, Param::Size, Param::N, Param::Tier];

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
            match param {
                Some(Param::AsOf) => axes.days = days(&list(&value)?).map_err(errors::of_problem)?,
                Some(param) if LISTS.contains(&param) => {
                    take(&mut axes, param, &list(&value)?).map_err(errors::of_problem)?;
                }
                _ => rest.set_item(name, value)?,
            }
        }
        Ok(Asked { axes, request: request::read(None, Some(&rest))? })
    }

    fn cells(&mut self, sort: &Sort) -> Result<Vec<PyCell>, imgcost::Error> {
        let book = imgcost_pricing::book();
        let base = self.request.counts();
        self.fill_axes(book);
        let endpoint_known = self.request.names_endpoint();
        let grid =
            Grid::new(book, &self.axes, &base, &mut |offer, request| fill(offer, request, endpoint_known))?;
        let mut cells: Vec<&Cell<'_>> = grid.cells().iter().collect();
        sort.apply(&mut cells);
        let cheapest = cheapest(&cells);
        Ok(cells.into_iter().map(|cell| PyCell::of(cell, cheapest)).collect())
    }

    /// What is compared where nothing is named.
    fn fill_axes(&mut self, book: &Book) {
        let axes = &mut self.axes;
        if axes.models.is_empty() {
            axes.models.push(Selector::Usual);
        }
        if axes.providers.is_empty() {
            let named = axes.models.iter().filter_map(|model| match model {
                Selector::Exact(name) => book.usual_provider(name).ok(),
                _ => None,
            });
            let mut names: Vec<&str> = Vec::new();
            for provider in named {
                if !names.contains(&provider.id.as_str()) {
                    names.push(&provider.id);
                }
            }
            // As patterns: a pair that is not offered was not asked for.
            axes.providers = names.into_iter().map(|name| Selector::Glob(Pattern::new(name))).collect();
        }
        if axes.qualities.is_empty() {
            axes.qualities.push(Selector::Usual);
        }
        if axes.sizes.is_empty() {
            axes.sizes.push(Selector::Usual);
        }
    }
}

/// Fills in what depends on the offer; what only some providers or endpoints take is left out of the
/// calls to others.
fn fill(offer: &Offer<'_>, request: &mut Counts, endpoint_known: bool) {
    offer.complete(request, endpoint_known, &OfferDefaults::default());
    if offer.model.basis != Basis::Ratio {
        request.group_ratio = None;
    }
    if request.endpoint != Endpoint::Responses {
        request.responses_model = None;
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

fn take(axes: &mut Axes, param: Param, names: &[String]) -> Result<(), Problem> {
    let field = param.as_str();
    if param == Param::N {
        axes.counts = names.iter().map(|text| read::whole(field, text)).collect::<Result<_, _>>()?;
        return Ok(());
    }
    let selectors = Selector::list(field, &names.join(","))?;
    match param {
        Param::Model => axes.models = selectors,
        Param::Provider => axes.providers = selectors,
        Param::Quality => axes.qualities = selectors,
        Param::Size => axes.sizes = selectors,
        Param::Tier => axes.tiers = selectors,
        _ => return Err(Problem::new(Code::BadInput, format!("{field} takes no list")).field(field)),
    }
    Ok(())
}

fn days(texts: &[String]) -> Result<Vec<Date>, Problem> {
    texts.iter().map(|text| read::date(Param::AsOf.as_str(), text)).collect()
}

/// One combination, and what came of it.
#[pyclass(name = "Cell", module = "imgcost", frozen)]
#[derive(Debug, Clone)]
pub(crate) struct PyCell {
    request: Counts,
    state: State,
    per_image: Option<Total>,
    per_call: Option<Total>,
    per_megapixel: Option<Total>,
    availability: &'static str,
    shutdown: Option<Date>,
    is_cheapest: bool,
}

impl PyCell {
    fn of(cell: &Cell<'_>, cheapest: Option<Cheapest>) -> PyCell {
        let mut request = cell.request();
        (request.quality, request.size) = (cell.quality().cloned(), cell.size());
        PyCell {
            request,
            state: cell.state().clone(),
            per_image: cell.per_image(),
            per_call: cell.per_call(),
            per_megapixel: cell.per_megapixel(),
            availability: cell.availability().as_str(),
            shutdown: cell.availability().day(),
            is_cheapest: cheapest.is_some_and(|cheapest| cheapest.is(cell)),
        }
    }
}

/// A cell as a document, with the keys of the cells of `imgcost compare --json`.
#[derive(Serialize)]
struct Document<'c> {
    request: RequestDocument<'c>,
    state: &'static str,
    availability: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shutdown: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_image: Option<TotalDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_call: Option<TotalDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_megapixel: Option<TotalDocument>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cheapest: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'c Problem>,
}

struct RequestDocument<'c>(&'c Counts);

impl Serialize for RequestDocument<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for param in Param::ALL.iter().filter(|param| **param != Param::Tier) {
            if let Some(value) = param.get(self.0) {
                map.serialize_entry(param.as_str(), &value)?;
            }
        }
        map.serialize_entry(Param::Tier.as_str(), self.0.tier.as_str())?;
        map.end()
    }
}

#[pymethods]
impl PyCell {
    /// The model, as it was named.
    #[getter]
    fn model(&self) -> &str {
        &self.request.model
    }

    /// The id of the provider.
    #[getter]
    fn provider(&self) -> &str {
        &self.request.provider
    }

    /// The quality, the model's default filled in.
    #[getter]
    fn quality(&self) -> Option<&str> {
        self.request.quality.as_ref().map(|quality| quality.as_str())
    }

    /// The size, the model's default filled in.
    #[getter]
    fn size(&self) -> Option<String> {
        self.request.size.map(|size| size.to_string())
    }

    /// How many images.
    #[getter]
    fn n(&self) -> u32 {
        self.request.n
    }

    /// The price list.
    #[getter]
    fn tier(&self) -> &'static str {
        self.request.tier.as_str()
    }

    /// The day whose prices count.
    #[getter]
    fn as_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values::date(py, self.request.as_of)
    }

    /// priced, unpriced or illegal.
    #[getter]
    fn state(&self) -> &'static str {
        self.state.name()
    }

    /// USD an image; `None` where the API would refuse the call.
    #[getter]
    fn per_image(&self) -> Option<PyEstimate> {
        self.per_image.map(PyEstimate::from)
    }

    /// USD for the call.
    #[getter]
    fn per_call(&self) -> Option<PyEstimate> {
        self.per_call.map(PyEstimate::from)
    }

    /// USD for a million pixels.
    #[getter]
    fn per_megapixel(&self) -> Option<PyEstimate> {
        self.per_megapixel.map(PyEstimate::from)
    }

    /// current, ends (within 30 days) or retired, on the day.
    #[getter]
    fn availability(&self) -> &'static str {
        self.availability
    }

    /// Whether an image costs the least here.
    #[getter]
    fn is_cheapest(&self) -> bool {
        self.is_cheapest
    }

    /// Why the API would refuse the call.
    #[getter]
    fn error(&self) -> Option<String> {
        match &self.state {
            State::Illegal(error) => Some(error.to_string()),
            State::Priced(_) | State::Unpriced(..) => None,
        }
    }

    /// The cell as a dict, with the keys of the cells of `imgcost compare --json`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let document = Document {
            request: RequestDocument(&self.request),
            state: self.state.name(),
            availability: self.availability,
            shutdown: self.shutdown,
            per_image: self.per_image.map(Into::into),
            per_call: self.per_call.map(Into::into),
            per_megapixel: self.per_megapixel.map(Into::into),
            cheapest: self.is_cheapest,
            error: match &self.state {
                State::Illegal(error) => Some(error),
                State::Priced(_) | State::Unpriced(..) => None,
            },
        };
        values::dict(py, &values::json(&document)?)
    }

    fn __repr__(&self) -> String {
        let of = [Some(self.request.model.clone()), self.quality().map(str::to_owned), self.size()];
        let of = of.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let figure = match (&self.state, &self.per_image) {
            (State::Illegal(error), _) => error.message().to_owned(),
            (_, Some(total)) => format!("${total} an image"),
            (_, None) => self.state.name().to_owned(),
        };
        format!("<Cell {of}: {figure}>")
    }
}
