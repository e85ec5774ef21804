use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::future::ResponseFuture;
use super::layer::{GuardLayer, NotSent};
use crate::guard::Guard;
use crate::http::{BoxError, Call, ObservedBody, admit, collect};

/// A service of HTTP requests behind a [`Guard`].
///
/// A denied call never reaches the inner service: the error is the boxed
/// [`Error`](crate::Error), got back by `downcast_ref`. The inner service's own errors come
/// boxed as they were. Request bodies of image calls are collected, and sent on as the same
/// bytes; all others pass untouched. A [`Spend`](crate::Spend) among a request's extensions says
/// whose money it spends; [`booked`](crate::booked) gets from the response what it cost.
#[derive(Clone)]
pub struct GuardService<S> {
    inner: S,
    guard: Guard,
    not_sent: NotSent,
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService { inner, guard: self.guard.clone(), not_sent: Arc::clone(&self.not_sent) }
    }
}

impl<S, B, R> Service<Request<B>> for GuardService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body + From<Bytes> + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
    R: Body<Data = Bytes> + Send + 'static,
{
    type Response = Response<ObservedBody<R>>;
    type Error = BoxError;
    type Future = ResponseFuture<Self::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The clone may not be ready; the one that was polled is.
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        let (guard, not_sent) = (self.guard.clone(), Arc::clone(&self.not_sent));
        ResponseFuture::new(exchange(inner, guard, not_sent, request))
    }
}

async fn exchange<S, B, R>(
    mut inner: S,
    guard: Guard,
    not_sent: NotSent,
    request: Request<B>,
) -> Result<Response<ObservedBody<R>>, BoxError>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    B: Body + From<Bytes>,
    B::Error: Into<BoxError>,
    R: Body<Data = Bytes>,
{
    // With its host, where the client's addresses have one.
    let address = request.uri().to_string();
    if let Some(call) = guard.result_async(request.method().as_str(), &address).await {
        let response = inner.call(request).await.map_err(Into::into)?;
        return Ok(observed(call, response));
    }
    if guard.lets_pass(request.method().as_str(), &address) {
        let response = inner.call(request).await.map_err(Into::into)?;
        return Ok(response.map(ObservedBody::untouched));
    }
    let (parts, body) = request.into_parts();
    let guard = guard.spending_of(&parts.extensions);
    let body = collect(&guard, body).await?;
    let call = admit(&guard, &address, &parts.headers, &body).await?;
    // From here on the call counts as sent: dropping this future then books it as such.
    let call = call.map(Call::sending);
    match (inner.call(Request::from_parts(parts, B::from(body))).await, call) {
        (Ok(response), Some(call)) => Ok(observed(call, response)),
        (Ok(response), None) => Ok(response.map(ObservedBody::untouched)),
        (Err(error), call) => {
            let error: BoxError = error.into();
            if let Some(call) = call {
                call.lost(not_sent(&*error));
            }
            Err(error)
        }
    }
}

fn observed<R: Body<Data = Bytes>>(call: Call, mut response: Response<R>) -> Response<ObservedBody<R>> {
    let status = response.status().as_u16();
    call.attach(response.extensions_mut());
    response.map(|body| ObservedBody::of(call, status, body))
}

impl<S: fmt::Debug> fmt::Debug for GuardService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardService")
            .field("inner", &self.inner)
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}
