//! The body of an image call's response, on its way to the client and into the books.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use imgcost_guard::Booked;

use crate::body::{BoxError, ResponseBody};
use crate::headers::{add_settled, remove_own};
use crate::life::Life;

/// What the call was booked at, once it is.
pub(crate) type Settled = Pin<Box<dyn Future<Output = Option<Booked>> + Send>>;

/// A response that is read to its end whatever becomes of its client: the call is made, and what it
/// cost is said at the end. With a client that takes trailers, the last is what it was booked at.
pub(crate) struct Relayed {
    inner: Option<ResponseBody>,
    patience: Duration,
    trailer: Option<Settled>,
    is_over: bool,
    life: Arc<Life>,
}

impl Relayed {
    /// A body that is read for as long as this after its client went away.
    pub(crate) fn new(
        inner: ResponseBody,
        patience: Duration,
        trailer: Option<Settled>,
        life: Arc<Life>,
    ) -> Self {
        Relayed { inner: Some(inner), patience, trailer, is_over: false, life }
    }
}

impl Body for Relayed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(inner) = &mut self.inner {
            match ready!(Pin::new(inner).poll_frame(cx)) {
                Some(mut frame) => {
                    self.is_over = frame.is_err();
                    if let Some(trailers) = frame.as_mut().ok().and_then(Frame::trailers_mut) {
                        // What a client is told of the books comes from here alone.
                        remove_own(trailers);
                        if self.trailer.is_some() {
                            cx.waker().wake_by_ref();
                            return Poll::Pending;
                        }
                    }
                    return Poll::Ready(Some(frame));
                }
                None => self.inner = None,
            }
        }
        let Some(trailer) = &mut self.trailer else { return Poll::Ready(None) };
        let booked = ready!(trailer.as_mut().poll(cx));
        self.trailer = None;
        let mut headers = HeaderMap::new();
        if let Some(booked) = booked {
            add_settled(&mut headers, &booked);
        }
        Poll::Ready((!headers.is_empty()).then(|| Ok(Frame::trailers(headers))))
    }

    fn is_end_stream(&self) -> bool {
        self.trailer.is_none() && self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.inner, &self.trailer) {
            (Some(inner), None) => inner.size_hint(),
            // Only what comes in chunks has something after it.
            _ => SizeHint::default(),
        }
    }
}

impl Drop for Relayed {
    fn drop(&mut self) {
        let Some(mut inner) = self.inner.take().filter(|inner| !self.is_over && !inner.is_end_stream())
        else {
            return;
        };
        // Without a runtime the proxy is ending, and what was seen decides.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (patience, life) = (self.patience, Arc::clone(&self.life));
        runtime.spawn(async move {
            let rest = async { while let Some(Ok(_)) = inner.frame().await {} };
            // Past that, what was seen decides.
            tokio::select! {
                _ = tokio::time::timeout(patience, rest) => {}
                () = life.is_cut() => {}
            }
        });
    }
}
