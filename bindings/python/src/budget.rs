//! A budget: where calls are held before they are made, and booked afterwards.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use imgcost::Estimator;
use imgcost_guard::{Event, Guard, Mode, Policy, Spend, built_in_book};
use imgcost_ledger::{Budget, Cap, Ledger, MemoryLedger, PostgresLedger, Scope, SqliteLedger, Window};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::call::PyCall;
use crate::hold::PyHold;
use crate::process::Own;
use crate::quote::PyQuote;
use crate::values;
use crate::{denied, errors, request};

/// Who acts, as the ledger's journal names it.
const BY: &str = "imgcost-python";
/// The provider of hosts that the price book does not know.
const DEFAULT_PROVIDER: &str = "openai";

/// Money for calls: each is quoted before it is made, and the most that it may cost is held.
///
/// scope is whose money it is, such as "team/alice". ledger is where budgets are: a file, a
/// postgres:// address, or "memory"; without one, a cap is kept in memory, for this process. cap makes
/// sure that the scope has a budget, in USD per hour, day, week, month, or in total: one that was set
/// before stays as it is. provider is whose API the calls go to, where their host does not tell.
///
/// >>> import imgcost
/// >>> budget = imgcost.Budget("demo", cap="0.10")
/// >>> with budget.hold(model="gpt-image-2", quality="low", size="1024x1024", prompt="a fox") as hold:
/// ...     booked = hold.settle({"usage": {"input_tokens": 8, "output_tokens": 196}})
/// >>> booked.state, budget.left
/// ('settled', Decimal('0.09408'))
#[pyclass(name = "Budget", module = "imgcost", frozen)]
pub(crate) struct PyBudget {
    setup: Setup,
    opened: Mutex<Own<Opened>>,
}

struct Setup {
    scope: Scope,
    ledger: Place,
    cap: Option<(Cap, Window)>,
    provider: Option<String>,
    per_call_cap: Option<imgcost::Usd>,
    observe: bool,
    deployments: Vec<(String, String)>,
    on_event: Option<Arc<Py<PyAny>>>,
}

enum Place {
    Memory,
    File(PathBuf),
    Postgres(String),
}

/// A ledger with the guards of the providers that were called.
#[derive(Clone)]
struct Opened {
    ledger: Arc<dyn Ledger>,
    guards: HashMap<String, Guard>,
}

impl Place {
    fn read(ledger: Option<&Bound<'_, PyAny>>, has_cap: bool) -> PyResult<Place> {
        let Some(ledger) = ledger.filter(|ledger| !ledger.is_none()) else {
            return match std::env::var("IMGCOST_LEDGER") {
                Ok(place) if !place.is_empty() => Ok(Place::named(&place)),
                _ if has_cap => Ok(Place::Memory),
                _ => Err(PyValueError::new_err(
                    "no ledger: name one (a file, postgres://…, or memory), or give a cap for this process",
                )),
            };
        };
        match ledger.cast::<PyString>() {
            Ok(place) => Ok(Place::named(&place.to_cow()?)),
            Err(_) => Ok(Place::File(ledger.extract()?)),
        }
    }

    fn named(place: &str) -> Place {
        match place {
            "memory" => Place::Memory,
            address if address.starts_with("postgres://") || address.starts_with("postgresql://") => {
                Place::Postgres(address.to_owned())
            }
            path => Place::File(path.into()),
        }
    }

    fn open(&self, may_make: bool) -> Result<Arc<dyn Ledger>, imgcost_ledger::Error> {
        Ok(match self {
            Place::Memory => Arc::new(MemoryLedger::new()),
            Place::Postgres(address) => Arc::new(PostgresLedger::connect(address)?),
            Place::File(path) if !may_make && !path.exists() => {
                let (place, path) = (path.display(), path.display());
                return Err(imgcost_ledger::Error::BadInput {
                    field: "ledger",
                    why: format!(
                        "there is no ledger at {place}; imgcost budget set SCOPE USD --ledger {path} makes one, \
                         and a cap a budget with it"
                    ),
                });
            }
            Place::File(path) => Arc::new(SqliteLedger::open(path)?),
        })
    }
}

impl Setup {
    fn open(&self) -> Result<Opened, imgcost_ledger::Error> {
        let ledger = self.ledger.open(self.cap.is_some())?;
        if let Some((cap, window)) = &self.cap {
            ledger.ensure_budget(&Budget::new(self.scope.clone(), *window, *cap), BY)?;
        }
        Ok(Opened { ledger, guards: HashMap::new() })
    }

    fn guard(&self, ledger: Arc<dyn Ledger>, provider: &str) -> PyResult<Guard> {
        let mode = if self.observe { Mode::Observe } else { Mode::Enforce };
        let mut policy = Policy::default().mode(mode);
        if let Some(cap) = self.per_call_cap {
            policy = policy.per_call_cap(cap);
        }
        let mut builder = Guard::builder(built_in_book(), ledger, self.scope.clone())
            .provider(provider)
            .policy(policy)
            .by(BY);
        for (deployment, model) in &self.deployments {
            builder = builder.deployment(deployment, model);
        }
        if let Some(listener) = self.on_event.clone() {
            builder = builder.on_event(move |event| tell(&listener, event));
        }
        builder.build().map_err(|error| match error {
            imgcost_guard::BuildError::NotInBook(problem) => errors::of_problem(problem),
            imgcost_guard::BuildError::NotForLedgers(error) => denied::of_ledger(&error),
            other => PyValueError::new_err(other.to_string()),
        })
    }
}

/// Tells Python of an event. What it raises is shown, and harms no call.
fn tell(listener: &Py<PyAny>, event: &Event) {
    // None while the interpreter ends: then nobody listens.
    Python::try_attach(|py| {
        let told = listener.call1(py, (event.name(), event.to_string(), event.is_warning()));
        if let Err(error) = told {
            error.write_unraisable(py, Some(listener.bind(py)));
        }
    });
}

impl PyBudget {
    /// The guard of a provider, over this process's connection to the ledger.
    pub(crate) fn guard(&self, provider: &str) -> PyResult<Guard> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.get().is_none() {
            *opened = Own::new(self.setup.open().map_err(|error| denied::of_ledger(&error))?);
        }
        let Some(Opened { ledger, guards }) = opened.get() else {
            return Err(PyValueError::new_err("the ledger is not open"));
        };
        if let Some(guard) = guards.get(provider) {
            return Ok(guard.clone());
        }
        let guard = self.setup.guard(Arc::clone(ledger), provider)?;
        guards.insert(provider.to_owned(), guard.clone());
        Ok(guard)
    }

    /// The provider that is called at an address.
    fn provider_of(&self, address: &str) -> &str {
        if let Some(provider) = &self.setup.provider {
            return provider;
        }
        let known = imgcost_wire::host(address).and_then(|host| imgcost_pricing::book().provider_at(host));
        known.map_or(DEFAULT_PROVIDER, |provider| &provider.id)
    }

    fn ledger(&self) -> PyResult<Arc<dyn Ledger>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.get().is_none() {
            *opened = Own::new(self.setup.open().map_err(|error| denied::of_ledger(&error))?);
        }
        let opened = opened.get().map(|opened| Arc::clone(&opened.ledger));
        opened.ok_or_else(|| PyValueError::new_err("the ledger is not open"))
    }
}

/// Whose money one call spends, where that differs from the budget's own scope, and under which name.
fn spend(scope: Option<&str>, key: Option<&str>, tags: Option<&Bound<'_, PyDict>>) -> PyResult<Spend> {
    let mut spend = match scope {
        Some(scope) => Spend::of(read_scope(scope)?),
        None => Spend::new(),
    };
    if let Some(key) = key {
        spend = spend.key(key);
    }
    for (name, value) in tags.into_iter().flat_map(|tags| tags.iter()) {
        spend = spend.tag(name.str()?.to_cow()?, value.str()?.to_cow()?);
    }
    Ok(spend)
}

fn read_scope(text: &str) -> PyResult<Scope> {
    text.parse::<Scope>().map_err(|error| PyValueError::new_err(error.to_string()))
}

fn read_usd(field: &str, value: &Bound<'_, PyAny>) -> PyResult<imgcost::Usd> {
    let text = value.str()?;
    imgcost_core::read::usd(field, &text.to_cow()?).map_err(errors::of_problem)
}

#[pymethods]
impl PyBudget {
    #[new]
    #[pyo3(signature = (scope, ledger=None, *, cap=None, per=None, provider=None, per_call_cap=None, observe=false, deployments=None, on_event=None))]
    #[expect(clippy::too_many_arguments, reason = "they are keyword arguments in Python")]
    fn new(
        py: Python<'_>,
        scope: &str,
        ledger: Option<&Bound<'_, PyAny>>,
        cap: Option<&Bound<'_, PyAny>>,
        per: Option<&str>,
        provider: Option<String>,
        per_call_cap: Option<&Bound<'_, PyAny>>,
        observe: bool,
        deployments: Option<&Bound<'_, PyDict>>,
        on_event: Option<Py<PyAny>>,
    ) -> PyResult<PyBudget> {
        let window = per.unwrap_or(Window::Total.as_str()).parse::<Window>();
        let window = window.map_err(|error| PyValueError::new_err(error.to_string()))?;
        if per.is_some() && cap.is_none() {
            return Err(PyValueError::new_err("per goes with cap"));
        }
        let cap = cap.map(|cap| read_usd("cap", cap)).transpose()?;
        let cap = cap.map(|usd| Cap::usd(&usd.to_string())).transpose();
        let deployments = deployments.into_iter().flat_map(|deployments| deployments.iter());
        let setup = Setup {
            scope: read_scope(scope)?,
            ledger: Place::read(ledger, cap.as_ref().is_ok_and(Option::is_some))?,
            cap: cap.map_err(|error| denied::of_ledger(&error))?.map(|cap| (cap, window)),
            provider,
            per_call_cap: per_call_cap.map(|cap| read_usd("per_call_cap", cap)).transpose()?,
            observe,
            deployments: deployments
                .map(|(name, model)| Ok((name.extract()?, model.extract()?)))
                .collect::<PyResult<_>>()?,
            on_event: on_event.map(Arc::new),
        };
        let opened = py.detach(|| setup.open()).map_err(|error| denied::of_ledger(&error))?;
        let budget = PyBudget { setup, opened: Mutex::new(Own::new(opened)) };
        // A provider that nobody knows is an error here, not at the first call.
        py.detach(|| budget.guard(budget.setup.provider.as_deref().unwrap_or(DEFAULT_PROVIDER)))?;
        Ok(budget)
    }

    /// Whose money it is.
    #[getter]
    fn scope(&self) -> &str {
        self.setup.scope.as_str()
    }

    /// What is left in USD on the tightest budget of the scope and of those above it; `None` where
    /// nothing is limited.
    #[getter]
    fn left<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let statuses = py.detach(|| self.statuses())?;
        let scope = &self.setup.scope;
        let on_path = statuses
            .iter()
            .filter(|status| scope.prefixes().any(|above| above == status.budget.scope.as_str()));
        let left = on_path.filter_map(|status| status.left()).min();
        left.map(|left| values::decimal(py, left)).transpose()
    }

    /// The budgets of the scope and of those above and below it, as `imgcost budget show --json` has
    /// them: a list of dicts.
    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let json = py.detach(|| values::json(&self.statuses()?))?;
        values::dict(py, &json)
    }

    /// Quotes a call and holds its ceiling. The parameters are those of quote. As a context manager, the
    /// hold is presumed spent at the end of the block unless it was settled or released.
    ///
    /// Raises Refused if the call does not fit; then it must not be made.
    #[pyo3(signature = (model=None, *, scope=None, key=None, tags=None, **parameters), text_signature = "(self, model=None, *, scope=None, key=None, tags=None, **parameters)")]
    fn hold(
        &self,
        py: Python<'_>,
        model: Option<&Bound<'_, PyAny>>,
        scope: Option<&str>,
        key: Option<&str>,
        tags: Option<&Bound<'_, PyDict>>,
        parameters: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyHold> {
        let mut request = request::read(model, parameters)?;
        let names_none = |name: &str| {
            parameters
                .is_none_or(|given| given.get_item(name).ok().flatten().is_none_or(|value| value.is_none()))
        };
        if let Some(provider) = self.setup.provider.as_ref().filter(|_| names_none("provider")) {
            request = request.provider(provider);
        }
        let spend = spend(scope, key, tags)?;
        let quote = Estimator::new().quote(&request).map_err(errors::of)?;
        let held = py.detach(|| {
            let guard = self.guard(quote.provider())?.spending(spend);
            Ok::<_, PyErr>(guard.hold(quote.request()))
        })?;
        match held {
            Ok(hold) => Ok(PyHold::new(hold, PyQuote(quote))),
            Err(error) => Err(denied::of(py, &error, Some(quote))),
        }
    }

    /// Whether a request may be an image call, so that its body has to be read.
    fn _watches(&self, py: Python<'_>, method: &str, address: &str) -> PyResult<bool> {
        py.detach(|| Ok(self.guard(self.provider_of(address))?.watches(method, address)))
    }

    /// Reads a request, quotes it and holds its money. `None` if it is no image call.
    #[pyo3(signature = (address, content_type, body, scope=None, key=None, tags=None))]
    #[expect(clippy::too_many_arguments, reason = "a request and whose money it spends")]
    fn _before(
        &self,
        py: Python<'_>,
        address: &str,
        content_type: Option<&str>,
        body: &[u8],
        scope: Option<&str>,
        key: Option<&str>,
        tags: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<PyCall>> {
        let spend = spend(scope, key, tags)?;
        let (held, quote) = py.detach(|| {
            let guard = self.guard(self.provider_of(address))?.spending(spend);
            let held = guard.before(address, content_type, body);
            // What was refused is quoted once more, for those who handle it.
            let read = || guard.read(address, content_type, body).ok().flatten();
            let quote = held.as_ref().err().and_then(|_| Estimator::new().quote_counts(&read()?).ok());
            Ok::<_, PyErr>((held, quote))
        })?;
        held.map(|call| call.map(PyCall::new)).map_err(|error| denied::of(py, &error, quote))
    }

    /// Watches a request for the result of a job. `None` if it asks for none that is known.
    fn _result(&self, py: Python<'_>, address: &str) -> PyResult<Option<PyCall>> {
        py.detach(|| {
            let guard = self.guard(self.provider_of(address))?;
            // A ledger that can't answer holds no request for a result back.
            Ok(guard.result(address).ok().flatten().map(PyCall::new))
        })
    }

    /// Waits until everything is booked that is on its way to the ledger, and returns how many bookings
    /// it did not take. For the end of a program.
    fn drain(&self, py: Python<'_>) -> usize {
        py.detach(|| {
            let guards: Vec<Guard> = {
                let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
                opened.get().map(|opened| opened.guards.values().cloned().collect()).unwrap_or_default()
            };
            guards.iter().map(Guard::drain).sum()
        })
    }

    fn __repr__(&self) -> String {
        format!("<Budget {}>", self.setup.scope)
    }
}

impl PyBudget {
    fn statuses(&self) -> PyResult<Vec<imgcost_ledger::Status>> {
        self.ledger()?.status(Some(&self.setup.scope)).map_err(|error| denied::of_ledger(&error))
    }
}
