//! Where requests go.

use std::cmp::Reverse;

use http::request::Parts;
use http::{Method, StatusCode, Uri};

use crate::body::{RequestBody, collected};
use crate::model;
use crate::refusal::Refusal;
use crate::upstream::Upstream;

/// The APIs behind a proxy.
pub(crate) struct Routes(Vec<Upstream>);

/// An API that may take a request.
pub(crate) struct Candidate<'u> {
    pub(crate) upstream: &'u Upstream,
    /// Where the request goes there.
    pub(crate) address: Uri,
    /// Whether it may be an image call there.
    pub(crate) is_watched: bool,
}

impl Routes {
    pub(crate) fn new(mut upstreams: Vec<Upstream>) -> Self {
        // The longest path first.
        upstreams.sort_by_key(|upstream| Reverse(upstream.prefix.len()));
        Routes(upstreams)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Upstream> {
        self.0.iter()
    }

    /// The upstreams that a request may go to: several if their models decide. A key of the proxy's own
    /// is left out of the address.
    pub(crate) fn of(&self, parts: &Parts, drop_key: bool) -> Result<Vec<Candidate<'_>>, Refusal> {
        let path = parts.uri.path();
        let Some(first) = self.all().find(|upstream| upstream.rest(path).is_some()) else {
            let mut bases: Vec<_> = self.all().map(|upstream| format!("{}/", upstream.prefix)).collect();
            bases.dedup();
            let why = format!("nothing is behind {path}; the base URL's path is {}", bases.join(" or "));
            return Err(Refusal::new(StatusCode::NOT_FOUND, "no-upstream", why));
        };
        let candidates = self.all().filter(|upstream| upstream.prefix == first.prefix).map(|upstream| {
            let address = upstream.address(&parts.uri, drop_key);
            let address = address
                .map_err(|error| Refusal::bad_request(format!("the path can't be sent on: {error}")))?;
            let is_watched = upstream.guard.watches(parts.method.as_str(), &address.to_string());
            Ok(Candidate { upstream, address, is_watched })
        });
        candidates.collect()
    }
}

/// The one that takes a request, by its model where there are several, for which up to so many bytes of its
/// body are read.
pub(crate) async fn chosen<'u>(
    mut candidates: Vec<Candidate<'u>>,
    parts: &Parts,
    body: RequestBody,
    most: usize,
) -> Result<(Candidate<'u>, RequestBody), Refusal> {
    if candidates.len() == 1
        && let Some(only) = candidates.pop()
    {
        return Ok((only, body));
    }
    let (model, body) = if parts.method == Method::POST {
        let bytes = collected(body, most).await?;
        (model::of(parts.uri.path(), &parts.headers, &bytes), RequestBody::from(bytes))
    } else {
        (None, body)
    };
    let names =
        |candidate: &Candidate<'_>| model.as_deref().is_some_and(|name| candidate.upstream.names(name));
    let by_name = candidates.iter().position(names);
    let for_all = || candidates.iter().position(|candidate| candidate.upstream.models.is_empty());
    match by_name.or_else(for_all) {
        Some(index) => Ok((candidates.swap_remove(index), body)),
        None => {
            let models: Vec<_> = candidates.iter().flat_map(|candidate| &candidate.upstream.models).collect();
            let models = models.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let named =
                model.map_or("it names no model".to_owned(), |model| format!("no upstream takes {model}"));
            Err(Refusal::new(StatusCode::NOT_FOUND, "no-upstream", format!("{named}; here are {models}")))
        }
    }
}
