//! An API behind the proxy, ready to be called.

use std::sync::Arc;

use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{HeaderMap, Uri};
use imgcost_core::Book;
use imgcost_guard::Guard;
use imgcost_guard::tower::{GuardLayer, GuardService};
use tower_layer::Layer;

use crate::backend::Backend;
use crate::config::{Credential, Upstream as Config};
use crate::error::SetupError;
use crate::forward::Forward;
use crate::telemetry::Named;
use crate::{files, keys};

/// The longest file with a key.
const KEY_BYTES: u64 = 4096;

/// An API behind the proxy.
pub(crate) struct Upstream {
    /// What the paths that go there begin with: nothing, or a slash and no slash at the end.
    pub(crate) prefix: String,
    /// The models that it takes where others have the same prefix; all that the others don't, if none.
    pub(crate) models: Vec<String>,
    pub(crate) guard: Guard,
    pub(crate) service: GuardService<Backend>,
    /// What it is called in logs and metrics.
    pub(crate) named: Arc<Named>,
    base: Base,
    key: Option<Key>,
}

/// Where an API is.
pub(crate) struct Base {
    scheme: Scheme,
    authority: Authority,
    /// As a prefix is.
    path: String,
}

struct Key {
    key: String,
    place: Option<Credential>,
}

impl Upstream {
    pub(crate) fn new(
        config: &Config,
        base: Base,
        provider: String,
        guard: Guard,
        backend: Backend,
    ) -> Result<Self, SetupError> {
        let prefix = match &config.path {
            Some(path) => prefix(path).ok_or_else(|| {
                SetupError::new(format!("upstream {}: path must begin with a slash, not {path}", config.url))
            })?,
            None => base.path.clone(),
        };
        let key = key(config)?.map(|key| Key { key, place: config.key_in });
        let service = GuardLayer::new(guard.clone()).not_sent(Forward::was_not_sent).layer(backend);
        let named = Arc::new(Named { upstream: format!("{}{}", base.authority, base.path), provider });
        Ok(Upstream { prefix, models: config.models.clone(), guard, service, named, base, key })
    }

    /// Whether the proxy has the API's key.
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The rest of a path that goes there, from its slash on.
    pub(crate) fn rest<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(&self.prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether it takes a model by name.
    pub(crate) fn names(&self, model: &str) -> bool {
        self.models.iter().any(|name| match name.strip_suffix('*') {
            Some(start) => model.starts_with(start),
            None => model == name,
        })
    }

    /// The address there of a request to here. The rest of the path is not changed.
    pub(crate) fn address(&self, uri: &Uri, drop_key: bool) -> Result<Uri, http::Error> {
        let rest = self.rest(uri.path()).unwrap_or_default();
        let query = match uri.query() {
            Some(query) if drop_key || self.has_key() => keys::query_without_key(query),
            query => query.map(str::to_owned),
        };
        let path = format!("{}{rest}", self.base.path);
        let path = if path.is_empty() { "/" } else { &path };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let mut parts = Parts::default();
        parts.scheme = Some(self.base.scheme.clone());
        parts.authority = Some(self.base.authority.clone());
        parts.path_and_query = Some(PathAndQuery::try_from(format!("{path}{query}"))?);
        Ok(Uri::from_parts(parts)?)
    }

    /// Puts the API's key in, if the proxy has it, for a request to this address of the proxy's. A key of the proxy's own never goes out.
    pub(crate) fn authorise(&self, headers: &mut HeaderMap, uri: &Uri) {
        if let Some(Key { key, place }) = &self.key {
            keys::replace(headers, uri, key, *place);
        }
    }
}

impl Base {
    /// Reads an address.
    pub(crate) fn of(config: &Config) -> Result<Self, SetupError> {
        let url = &config.url;
        let wrong =
            |why: &str| SetupError::new(format!("upstream {url}: {why}, such as https://api.openai.com/v1"));
        let uri: Uri = url.parse().map_err(|_| wrong("it must be an address"))?;
        if uri.query().is_some() {
            return Err(wrong("it must have no query"));
        }
        let Parts { scheme: Some(scheme), authority: Some(authority), path_and_query, .. } = uri.into_parts()
        else {
            return Err(wrong("it must begin with https:// and name a host"));
        };
        if authority.as_str().contains('@') {
            return Err(SetupError::new("an upstream's address must have no user or password in it"));
        }
        let is_plain = scheme == Scheme::HTTP;
        if !is_plain && scheme != Scheme::HTTPS {
            return Err(wrong("it must begin with https://"));
        }
        if is_plain && !config.plain_http && !is_loopback(authority.host()) {
            return Err(wrong("plain_http = true takes http:// to another machine; better is https://"));
        }
        let path = prefix(path_and_query.as_ref().map_or("", PathAndQuery::path)).unwrap_or_default();
        Ok(Base { scheme, authority, path })
    }

    /// Whose prices count there: as configured, else whose host it is; on this machine, OpenAI's.
    pub(crate) fn provider(&self, config: &Config, book: &Book) -> Result<String, SetupError> {
        let of_host = || book.provider_at(self.host()).map(|provider| provider.id.clone());
        let of_loopback = || is_loopback(self.host()).then(|| imgcost_core::DEFAULT_PROVIDER.to_owned());
        config.provider.clone().or_else(of_host).or_else(of_loopback).ok_or_else(|| {
            SetupError::new(format!(
                "upstream {}: whose prices count there? provider = \"openai\", or --provider openai, if its API is \
                 OpenAI's; imgcost models --support lists all",
                config.url
            ))
        })
    }

    pub(crate) fn host(&self) -> &str {
        self.authority.host()
    }
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// A path without the slash at its end.
fn prefix(path: &str) -> Option<String> {
    let path = path.trim_end_matches('/');
    (path.is_empty() || path.starts_with('/')).then(|| path.to_owned())
}

/// The API's key, from the environment or a file.
fn key(config: &Config) -> Result<Option<String>, SetupError> {
    let wrong = |why: String| SetupError::new(format!("upstream {}: {why}", config.url));
    let key = match (&config.key_env, &config.key_file) {
        (Some(_), Some(_)) => return Err(wrong("key_env and key_file both name a key: take one".to_owned())),
        (Some(name), None) => {
            std::env::var(name).map_err(|_| wrong(format!("key_env names {name}, which is not set")))?
        }
        (None, Some(path)) => files::text(path, KEY_BYTES)?,
        (None, None) => return Ok(None),
    };
    let key = key.trim();
    if key.is_empty() || !key.chars().all(|c| c.is_ascii_graphic()) {
        return Err(wrong("its key must be one word of visible characters".to_owned()));
    }
    Ok(Some(key.to_owned()))
}
