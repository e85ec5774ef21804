//! From a configuration to a proxy that can be served.

use std::collections::BTreeSet;
use std::env;
use std::sync::Arc;

use imgcost_core::Book;
use imgcost_guard::{Builder, Event, Guard, Policy, Rules, built_in_book};
use imgcost_ledger::{Cap, Ledger, Scope};
use imgcost_wire::Dialect;

use crate::backend::Backend;
use crate::config::{Budget, Config};
use crate::error::SetupError;
use crate::forward::Forward;
use crate::keys::Keys;
use crate::life::Life;
use crate::proxy::{Lasting, Proxy};
use crate::telemetry::Telemetry;
use crate::upstream::{Base, Upstream};
use crate::{files, ledger};

/// The largest file of prices or rules that is read.
const FILE_BYTES: u64 = 16 << 20;

/// Where events of all guards go.
pub(crate) type Listen = Arc<dyn Fn(&Event) + Send + Sync>;

impl Proxy {
    /// Sets a proxy up: reads its files, opens its ledger, makes sure of its budgets.
    ///
    /// # Errors
    /// What is wrong with the configuration, or can't be had.
    pub fn new(
        config: &Config,
        listen: impl Fn(&Event) + Send + Sync + 'static,
    ) -> Result<Proxy, SetupError> {
        let place = match (&config.ledger, &config.ledger_env) {
            (Some(_), Some(_)) => {
                return Err(SetupError::new("ledger and ledger_env both name a ledger: take one"));
            }
            (Some(ledger), None) => ledger.clone(),
            (None, Some(name)) => env::var(name)
                .map_err(|_| SetupError::new(format!("ledger_env names {name}, which is not set")))?,
            (None, None) => {
                return Err(SetupError::new("no ledger: --ledger names a file, memory, or postgres://…"));
            }
        };
        let open = if config.dry_run { ledger::open_for_dry_run } else { ledger::open };
        let ledger = open(&place, !config.budgets.is_empty())?;
        Proxy::over(config, ledger, listen)
    }

    /// [`Proxy::new`] over a ledger that is open.
    ///
    /// # Errors
    /// As [`Proxy::new`].
    pub fn over(
        config: &Config,
        ledger: Arc<dyn Ledger>,
        listen: impl Fn(&Event) + Send + Sync + 'static,
    ) -> Result<Proxy, SetupError> {
        let telemetry = Telemetry::new(config.log);
        let counted = Arc::clone(&telemetry);
        let listen: Listen = Arc::new(move |event| {
            counted.event(event);
            listen(event);
        });
        Proxy::lasting(
            config,
            Lasting { ledger, telemetry, life: Life::new(), listen, config: Arc::new(config.clone()) },
        )
    }

    /// The same proxy with another configuration: over the same ledger, at the same addresses.
    pub(crate) fn again(&self, config: &Config) -> Result<Proxy, SetupError> {
        let lasting = self.lasting.clone();
        let (listen, admin) = (lasting.config.listen, lasting.config.admin);
        Proxy::lasting(&Config { listen, admin, ..config.clone() }, lasting)
    }

    fn lasting(config: &Config, lasting: Lasting) -> Result<Proxy, SetupError> {
        let ledger = &lasting.ledger;
        let keys = Keys::new(&config.keys)?;
        if keys.is_empty() && !config.listen.ip().is_loopback() {
            return Err(SetupError::new(format!(
                "listening on {} lets other machines spend: give clients keys of their own (imgcost-proxy key), or \
                 listen on 127.0.0.1",
                config.listen
            )));
        }
        if config.upstreams.is_empty() {
            return Err(SetupError::new(
                "no upstream: --upstream https://api.openai.com/v1, or [[upstream]] in the file",
            ));
        }
        let scope: Scope = config
            .budget
            .parse()
            .map_err(|error| SetupError::new(format!("budget {}: {error}", config.budget)))?;
        let makers = Makers {
            config,
            ledger: Arc::clone(ledger),
            policy: policy(config)?,
            prices: config.prices.as_deref().map(|path| files::text(path, FILE_BYTES)).transpose()?,
            listen: Arc::clone(&lasting.listen),
            forward: Arc::new(Forward::new(&config.timeouts)?),
            scope: scope.clone(),
        };
        let upstreams = config
            .upstreams
            .iter()
            .map(|upstream| makers.upstream(upstream))
            .collect::<Result<Vec<_>, _>>()?;
        check_routes(&upstreams)?;
        if !keys.is_empty()
            && let Some(open) = config.upstreams.iter().zip(&upstreams).find(|(_, up)| !up.has_key())
        {
            return Err(SetupError::new(format!(
                "upstream {}: where clients have keys of the proxy's, it needs the API's: key_env or key_file",
                open.0.url
            )));
        }
        tell_unbudgeted(&lasting, keys.scopes().chain([&scope]))?;
        Ok(Proxy::of_parts(config, upstreams, keys, scope, lasting))
    }
}

/// Tells of scopes that no budget covers, whose calls would all be refused.
fn tell_unbudgeted<'s>(lasting: &Lasting, scopes: impl Iterator<Item = &'s Scope>) -> Result<(), SetupError> {
    for scope in scopes.collect::<BTreeSet<_>>() {
        let budgets = lasting.ledger.status(Some(scope))?;
        if !budgets.iter().any(|status| status.budget.scope.covers(scope.as_str())) {
            lasting.telemetry.log.tell(&format!(
                "no budget covers {scope}, and its image calls are refused until one does: imgcost budget set {scope} USD"
            ));
        }
    }
    Ok(())
}

/// What all upstreams have in common.
struct Makers<'c> {
    config: &'c Config,
    ledger: Arc<dyn Ledger>,
    policy: Policy,
    prices: Option<String>,
    listen: Listen,
    forward: Arc<Forward>,
    scope: Scope,
}

impl Makers<'_> {
    fn upstream(&self, config: &crate::config::Upstream) -> Result<Upstream, SetupError> {
        let base = Base::of(config)?;
        let book = built_in_book();
        let provider = base.provider(config, &book)?;
        check_passes(config, &provider, &book)?;
        let mut builder = Guard::builder(book, Arc::clone(&self.ledger), self.scope.clone())
            .policy(self.policy.clone())
            .provider(&provider)
            .host(base.host())
            .by("imgcost-proxy")
            .body_limit(self.config.limits.body);
        if let Some(prices) = &self.prices {
            builder = builder.prices(prices).map_err(|errors| SetupError::new(errors.to_string()))?;
        }
        if let Some(model) = &config.default_model {
            builder = builder.default_model(model);
        }
        for (deployment, model) in &config.deployments {
            builder = builder.deployment(deployment, model);
        }
        for budget in &self.config.budgets {
            builder = ensure(builder, budget)?;
        }
        let listen = Arc::clone(&self.listen);
        let builder = builder.on_event(move |event| listen(event));
        let guard =
            builder.build().map_err(|error| SetupError::new(format!("upstream {}: {error}", config.url)))?;
        let backend = match self.config.dry_run {
            true => Backend::Nothing(guard.clone()),
            false => Backend::Upstream(Arc::clone(&self.forward)),
        };
        Upstream::new(config, base, provider, guard, backend)
    }
}

/// Refuses an API that no proxy can be in front of.
fn check_passes(config: &crate::config::Upstream, provider: &str, book: &Book) -> Result<(), SetupError> {
    let dialects = book.provider(provider).map(Dialect::taken_by).unwrap_or_default();
    // One that has other calls too may serve those.
    let reasons: Option<Vec<_>> = dialects.into_iter().map(Dialect::without_proxy).collect();
    match reasons.unwrap_or_default().first() {
        None => Ok(()),
        Some(why) => Err(SetupError::new(format!(
            "upstream {}: {provider} can't be behind a proxy: {why}; inside a program the guard caps it \
             (imgcost-guard), in a shell imgcost budget hold",
            config.url
        ))),
    }
}

/// Makes sure of a budget.
fn ensure(builder: Builder, budget: &Budget) -> Result<Builder, SetupError> {
    let wrong = |why: String| SetupError::new(format!("budget of {}: {why}", budget.scope));
    let cap = Cap::usd(&budget.usd).map_err(|error| wrong(error.to_string()))?;
    builder.budget(&budget.scope, (cap, budget.per.into())).map_err(|error| wrong(error.to_string()))
}

fn policy(config: &Config) -> Result<Policy, SetupError> {
    let policy = config.guard.policy()?;
    let Some(path) = &config.policy else { return Ok(policy) };
    let text = files::text(path, FILE_BYTES)?;
    let rules = Rules::read(&path.display().to_string(), &text).map_err(|problems| {
        SetupError::new(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    Ok(policy.rules(rules))
}

/// Two upstreams that would take the same request are a mistake.
fn check_routes(upstreams: &[Upstream]) -> Result<(), SetupError> {
    let mut taken = BTreeSet::new();
    for upstream in upstreams {
        let all = [String::new()];
        let models = if upstream.models.is_empty() { &all[..] } else { &upstream.models };
        for model in models {
            if !taken.insert((&upstream.prefix, model.clone())) {
                let of_model = if model.is_empty() { String::new() } else { format!(" for model {model}") };
                return Err(SetupError::new(format!(
                    "two upstreams take the path {}/{of_model}: give them paths of their own, or models",
                    upstream.prefix
                )));
            }
        }
    }
    Ok(())
}
