//! One request through the proxy.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRAILER};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use imgcost_guard::tower::ObservedBody;
use imgcost_guard::{Error, Guard, booked, held};
use imgcost_ledger::{Ledger, Scope};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_service::Service;

use crate::backend::BackendBody;
use crate::body::{BoxError, Paced, RequestBody, ResponseBody, whole};
use crate::config::{Config, Limits, Timeouts};
use crate::front::Front;
use crate::keys::{Holder, Keys};
use crate::refusal::{Refusal, json_response};
use crate::relayed::{Relayed, Settled};
use crate::upstream::Upstream;
use crate::{headers, model};

/// Up to how many bytes a response is read before it is passed on, so that what its call was booked at
/// can be in a header.
const SMALL: u64 = 64 << 10;
/// What memory is counted in.
const KIB: usize = 1 << 10;

/// A capping reverse proxy: all it knows, but for what it listens on.
pub struct Proxy {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
    upstreams: Vec<Upstream>,
    keys: Keys,
    scope: Scope,
    front: Front,
    is_dry_run: bool,
    /// Room for the bodies that are kept until their calls are admitted, in KiB.
    room: Arc<Semaphore>,
}

impl Proxy {
    pub(crate) fn of_parts(
        config: &Config,
        mut upstreams: Vec<Upstream>,
        keys: Keys,
        scope: Scope,
        ledger: Arc<dyn Ledger>,
    ) -> Self {
        // The longest path first.
        upstreams.sort_by_key(|upstream| Reverse(upstream.prefix.len()));
        let spends_for_all = keys.is_empty() && upstreams.iter().any(Upstream::has_key);
        let room = (config.limits.memory / KIB).clamp(1, Semaphore::MAX_PERMITS);
        Proxy {
            ledger,
            limits: config.limits.clone(),
            timeouts: config.timeouts.clone(),
            upstreams,
            keys,
            scope,
            front: Front::new(config, spends_for_all),
            is_dry_run: config.dry_run,
            room: Arc::new(Semaphore::new(room)),
        }
    }

    /// Waits until what happened is booked.
    pub(crate) async fn drain(&self) {
        for upstream in &self.upstreams {
            upstream.guard.drain_async().await;
        }
    }

    /// The response to a request, whatever it is.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<ResponseBody> {
        self.pass(request).await.unwrap_or_else(Refusal::into_response)
    }

    async fn pass(&self, request: Request<Incoming>) -> Result<Response<ResponseBody>, Refusal> {
        self.front.check(&request)?;
        let (mut parts, body) = request.into_parts();
        let holder = self.holder(&parts)?;
        let spend = headers::spend(&parts.headers, holder.map_or(&self.scope, |holder| &holder.scope))?;
        let upstreams = self.upstreams_at(&parts)?;
        let (method, uri) = (parts.method.clone(), parts.uri.clone());
        let address = |upstream: &Upstream| {
            let address = upstream.address(&uri, holder.is_some());
            address.map_err(|error| Refusal::bad_request(format!("the path can't be sent on: {error}")))
        };
        let mut is_collected = false;
        for upstream in &upstreams {
            is_collected |= upstream.guard.watches(method.as_str(), &address(upstream)?.to_string());
        }
        let _room = if is_collected { Some(self.room_for(&body).await?) } else { None };
        let most = self.limits.upload.max(u64::try_from(self.limits.body).unwrap_or(u64::MAX));
        let body = RequestBody::incoming(body, most, self.timeouts.request());
        let (upstream, body) = self.chosen(&upstreams, &parts, body).await?;
        parts.uri = address(upstream)?;
        if headers::is_dry_run(&parts.headers) {
            return quoted(&upstream.guard, &parts, body).await;
        }
        let takes_trailers = headers::takes_trailers(&parts.headers);
        let is_spawned = is_collected;
        parts.version = Version::HTTP_11;
        headers::to_upstream(&mut parts.headers);
        upstream.authorise(&mut parts.headers);
        parts.extensions.insert(spend);
        let relay = Relay {
            is_dry_run: self.is_dry_run,
            takes_trailers,
            idle: self.timeouts.idle(),
            patience: self.timeouts.abandoned(),
        };
        let mut service = upstream.service.clone();
        let response =
            async move { relay.response(service.call(Request::from_parts(parts, body)).await).await };
        if !is_spawned {
            return response.await;
        }
        // A client that goes away ends this future, and not the call: what it costs is known at its end.
        let response = tokio::spawn(response).await;
        response.unwrap_or_else(|_| {
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "interrupted", "the proxy was interrupted"))
        })
    }

    /// Whose key a request has; none if no key is needed.
    fn holder(&self, parts: &Parts) -> Result<Option<&Holder>, Refusal> {
        if self.keys.is_empty() {
            return Ok(None);
        }
        match self.keys.holder(&parts.headers, &parts.uri) {
            Some(holder) => Ok(Some(holder)),
            None => Err(Refusal::new(
                StatusCode::UNAUTHORIZED,
                "invalid_api_key",
                "this proxy takes keys of its own: give the one you were handed as the client's API key",
            )),
        }
    }

    /// The upstreams that a path goes to: several if their models decide.
    fn upstreams_at(&self, parts: &Parts) -> Result<Vec<&Upstream>, Refusal> {
        let path = parts.uri.path();
        let Some(first) = self.upstreams.iter().find(|upstream| upstream.rest(path).is_some()) else {
            let mut bases: Vec<_> = self.upstreams.iter().map(|up| format!("{}/", up.prefix)).collect();
            bases.dedup();
            return Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "no-upstream",
                format!("nothing is behind {path}; the base URL's path is {}", bases.join(" or ")),
            ));
        };
        Ok(self.upstreams.iter().filter(|upstream| upstream.prefix == first.prefix).collect())
    }

    /// The upstream that takes a request, by its model where there are several.
    async fn chosen<'u>(
        &self,
        upstreams: &[&'u Upstream],
        parts: &Parts,
        body: RequestBody,
    ) -> Result<(&'u Upstream, RequestBody), Refusal> {
        if let [only] = upstreams {
            return Ok((only, body));
        }
        let for_all = upstreams.iter().find(|upstream| upstream.models.is_empty());
        let (model, body) = if parts.method == Method::POST {
            let bytes = collected(body, self.limits.body).await?;
            (model::of(parts.uri.path(), &parts.headers, &bytes), RequestBody::from(bytes))
        } else {
            (None, body)
        };
        let by_name = model.as_deref().and_then(|model| upstreams.iter().find(|up| up.names(model)));
        match by_name.or(for_all) {
            Some(upstream) => Ok((upstream, body)),
            None => {
                let models: Vec<_> = upstreams.iter().flat_map(|up| &up.models).map(String::as_str).collect();
                let named = model
                    .map_or("it names no model".to_owned(), |model| format!("no upstream takes {model}"));
                Err(Refusal::new(
                    StatusCode::NOT_FOUND,
                    "no-upstream",
                    format!("{named}; here are {}", models.join(", ")),
                ))
            }
        }
    }

    /// Waits until there is memory for a body.
    async fn room_for(&self, body: &Incoming) -> Result<OwnedSemaphorePermit, Refusal> {
        let length = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
        let kept = length.unwrap_or(usize::MAX).min(self.limits.body).min(self.limits.memory);
        let permits = u32::try_from(kept / KIB).unwrap_or(u32::MAX).max(1);
        let room = Arc::clone(&self.room).acquire_many_owned(permits);
        let busy = || {
            let why = "too many large requests at a time; try again later";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", why)
        };
        tokio::time::timeout(self.timeouts.request(), room).await.map_err(|_| busy())?.map_err(|_| busy())
    }
}

/// All bytes of a body, up to a size.
async fn collected(body: RequestBody, most: usize) -> Result<Bytes, Refusal> {
    let limited = http_body_util::Limited::new(body, most);
    Ok(limited.collect().await.map_err(|error| Refusal::of(&error))?.to_bytes())
}

/// What a call would cost, which is not made.
async fn quoted(guard: &Guard, parts: &Parts, body: RequestBody) -> Result<Response<ResponseBody>, Refusal> {
    let bytes = collected(body, usize::MAX).await?;
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let read =
        guard.read(&parts.uri.to_string(), content_type, &bytes).map_err(|error| Refusal::denied(&error))?;
    let Some(request) = read else {
        return Err(Refusal::bad_request(
            "it is no image call: nothing is held for it, and nothing is quoted",
        ));
    };
    let quote = guard.book().quote(&request).map_err(|error| Refusal::denied(&Error::NotQuotable(error)))?;
    let mut response = json_response(StatusCode::OK, &quote.document());
    response.headers_mut().insert(headers::DRY_RUN, HeaderValue::from_static("1"));
    Ok(response)
}

/// How a response is passed on.
struct Relay {
    is_dry_run: bool,
    takes_trailers: bool,
    /// How long its next piece may take.
    idle: Duration,
    /// How long it is read on after its client went away.
    patience: Duration,
}

impl Relay {
    async fn response(
        self,
        response: Result<Response<ObservedBody<BackendBody>>, BoxError>,
    ) -> Result<Response<ResponseBody>, Refusal> {
        let response = response.map_err(|error| Refusal::of(&error))?;
        let hold = held(response.extensions()).cloned();
        let settled = Box::pin(booked(response.extensions()));
        let (mut parts, body) = response.into_parts();
        parts.extensions.clear();
        parts.version = Version::HTTP_11;
        headers::to_client(&mut parts.headers);
        if self.is_dry_run {
            parts.headers.insert(headers::DRY_RUN, HeaderValue::from_static("1"));
        }
        let body = Paced::new(body, self.idle, "the upstream");
        let Some(hold) = hold else { return Ok(Response::from_parts(parts, body.boxed_unsync())) };
        headers::add_hold(&mut parts.headers, &hold);
        if is_small(&parts.headers, &body) {
            let bytes = body.collect().await.map_err(|error| broken_off(&error))?.to_bytes();
            if let Some(booked) = settled.await {
                headers::add_settled(&mut parts.headers, &booked);
            }
            return Ok(Response::from_parts(parts, whole(bytes)));
        }
        let trailer = if self.takes_trailers {
            parts.headers.remove(CONTENT_LENGTH);
            parts.headers.insert(TRAILER, HeaderValue::from_static(headers::SETTLED_NAME));
            Some(settled as Settled)
        } else {
            None
        };
        let relayed = Relayed::new(body.boxed_unsync(), self.patience, trailer);
        Ok(Response::from_parts(parts, relayed.boxed_unsync()))
    }
}

/// Whether a body is there at once: its length is known and small, and it is no stream of events.
fn is_small(headers: &HeaderMap, body: &impl Body) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    !content_type.starts_with("text/event-stream")
        && body.size_hint().exact().is_some_and(|length| length <= SMALL)
}

fn broken_off(error: &BoxError) -> Refusal {
    Refusal::new(StatusCode::BAD_GATEWAY, "upstream-broke-off", format!("the response broke off: {error}"))
}
