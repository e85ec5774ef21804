use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::http::BoxError;

/// The response to come of a guarded service.
///
/// It owns the call: dropped before the request went out, the hold is released; dropped after,
/// it is booked as sent and never answered.
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<T, E = BoxError>(Pin<Box<dyn Future<Output = Result<T, E>> + Send>>);

impl<T, E> ResponseFuture<T, E> {
    pub(crate) fn new(exchange: impl Future<Output = Result<T, E>> + Send + 'static) -> Self {
        ResponseFuture(Box::pin(exchange))
    }
}

impl<T, E> Future for ResponseFuture<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<T, E> fmt::Debug for ResponseFuture<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
